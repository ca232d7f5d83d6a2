"""Build the site from a tested run, then run every test; end with one line that says what happened.

    python -m tools.test [--quick [--lecture STEM]] [PYTEST ARGUMENT ...]

The tests share the cores (pytest-xdist): what waits for a browser or a kernel runs beside what computes. With
``--quick`` nothing is built: style, the lectures' contract and the quick tests of the package, what to run before a
commit. With a lecture's name as well, only what concerns that lecture, executed if it changed.
"""

import argparse
import os
import re
import subprocess
import sys
import time

from tools.project import ROOT, StepError, choose_lectures, lectures
from tools.site import build
from tools.store import forget_uses, summary

CORES = os.cpu_count() or 1


def main():
    start = time.perf_counter()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="build nothing, and leave out what takes long")
    parser.add_argument("--lecture", metavar="STEM", help="with --quick: only what concerns this lecture")
    options, arguments = parser.parse_known_args()
    forget_uses()
    try:
        if options.quick:
            lint()
            arguments = [*quick_tests(options.lecture), *arguments]
        else:
            print(build(jobs=max(1, min(CORES, len(lectures())))), flush=True)
    except StepError as error:
        sys.exit(f"{error}\n{summary()}\ntest: failed before the tests")
    status, words = run_pytest(arguments)
    minutes = (time.perf_counter() - start) / 60
    verdict = "all is well" if status == 0 else "failed"
    print(summary())
    print(f"test: {verdict}: {words}, {minutes:.1f} minutes in all")
    sys.exit(status)


def quick_tests(stem):
    """Return pytest's arguments for the quick tests, or for one lecture's contract, words, answers and demos."""
    if not stem:
        return ["--quick", "tests/unit", "tests/notebooks", "tests/tools"]
    [lecture] = choose_lectures([stem])
    subject = lecture.stem.partition("_")[2]
    text = lecture.read_text(encoding="utf-8")
    demos = [path.stem for path in sorted((ROOT / "book/live/demos").glob("*.js")) if f'\\"{path.stem}\\"' in text]
    about = ["test_contract.py", "test_terms.py", "test_notation.py"]
    folders = [*(f"tests/notebooks/{name}" for name in about), "tests/unit/course", "tests/unit/live"]
    return [*folders, "-k", " or ".join([lecture.stem, subject, *demos])]


def lint():
    """Check style; stop at what is found."""
    if subprocess.run([sys.executable, "-m", "tools.style"], cwd=ROOT).returncode:
        sys.exit(1)


def run_pytest(arguments):
    """Run pytest with its output passed on as it comes; return its status and its own closing words."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tools.progress",
        "-p",
        "tools.sharing",
        "-p",
        "tools.verdicts",
        "--durations=10",
    ]
    command += ["--numprocesses", str(CORES), "--dist", "loadscope", "--no-loadscope-reorder"]
    command += ["--max-worker-restart", "0", *arguments]  # a new worker would begin with what ended the last one
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}  # a thread that waits takes a core
    words = "no summary"
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, encoding="utf-8") as child:
        for line in child.stdout:
            print(line, end="", flush=True)
            if match := re.search(r"=+ (.*(?:passed|failed|error).*) in [\d.]+s", line):
                words = match[1]
    return child.returncode, words


if __name__ == "__main__":
    main()
