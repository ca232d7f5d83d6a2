"""Start a new kind of demo from a template that already passes the tests.

python -m tools.demo my_demo
"""

import re
import sys

from tools.lecture import TEMPLATE, fill_in
from tools.project import ROOT, StepError

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
CALL = """from utils.live import demo

demo("{name}", id="{slug}", alt="Say here what one sees, for those who do not see it.", start=3)
"""


def start_demo(name, *, root=ROOT):
    """Write a demo's module, its sheet and its test.

    Parameters
    ----------
    name : str
        In lower case, such as ``loss_landscape``.
    root : Path
        The checkout to write into.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    StepError
        If the name does not fit, or there is a demo of that name already.
    """
    if not NAME.fullmatch(name):
        raise StepError(f"{name!r} is no name for a demo; expected lower case, such as loss_landscape")
    demos = root / "book" / "live" / "demos"
    if (demos / f"{name}.js").exists():
        raise StepError(f"there is a demo {name} already; choose another name")
    slug = name.replace("_", "-")
    values = {"NAME": name, "CLASS": f"live-{slug}", "TITLE": name.replace("_", " ").capitalize()}
    targets = {
        "demo/demo.js": demos / f"{name}.js",
        "demo/demo.css": demos / f"{name}.css",
        "demo/test.py": root / "tests" / "unit" / "live" / f"test_{name}_demos.py",
    }
    return fill_in(TEMPLATE, targets, values)


def main():
    if len(sys.argv) != 2 or not sys.argv[1]:
        sys.exit("demo: name it, for example: make demo NAME=loss_landscape")
    name = sys.argv[1]
    try:
        written = start_demo(name)
    except StepError as error:
        sys.exit(f"demo: {error}")
    print("demo: wrote " + ", ".join(str(path.relative_to(ROOT)) for path in written))
    print(f"demo: a lecture shows it with\n\n{CALL.format(name=name, slug=name.replace('_', '-'))}")


if __name__ == "__main__":
    main()
