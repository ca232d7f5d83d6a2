"""Build the site from a tested run, then run every test; end with one line that says what happened.

python -m tools.test [PYTEST ARGUMENT ...]
"""

import os
import re
import subprocess
import sys
import time

from tools.project import ROOT, StepError, lectures
from tools.site import build


def main():
    start = time.perf_counter()
    try:
        print(build(jobs=max(1, min(os.cpu_count() or 1, len(lectures())))), flush=True)
    except StepError as error:
        sys.exit(f"{error}\ntest: failed before the tests, while building the site")
    status, summary = run_pytest(sys.argv[1:])
    minutes = (time.perf_counter() - start) / 60
    verdict = "all is well" if status == 0 else "failed"
    print(f"test: {verdict}: {summary}, {minutes:.1f} minutes with the build")
    sys.exit(status)


def run_pytest(arguments):
    """Run pytest with its output passed on as it comes; return its status and its own closing words."""
    command = [sys.executable, "-m", "pytest", "--durations=10", *arguments]
    summary = "no summary"
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout:
            print(line, end="", flush=True)
            if match := re.search(r"=+ (.*(?:passed|failed|error).*) in [\d.]+s", line):
                summary = match[1]
    return child.returncode, summary


if __name__ == "__main__":
    main()
