"""Start a lecture from a template that already passes the tests.

python -m tools.lecture 20_new_subject
"""

import re
import sys

import yaml

from tools.project import NOTEBOOKS, ROOT, StepError, write_atomically

TEMPLATE = ROOT / "tools" / "template"
NAME = re.compile(r"(?P<number>\d\d)_(?P<subject>[a-z][a-z0-9_]*)")


def start_lecture(name, *, root=ROOT):
    """Write the files of a new lecture and list it in the table of contents.

    Parameters
    ----------
    name : str
        Two digits and a subject in lower case, such as ``20_new_subject``.
    root : Path
        The checkout to write into.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    StepError
        If the name does not fit, or a lecture of that name or number is there already.
    """
    match = NAME.fullmatch(name)
    if not match:
        raise StepError(f"{name!r} is no name for a lecture; expected two digits and a subject, such as 20_new_subject")
    notebooks = root / NOTEBOOKS.name
    if taken := sorted(notebooks.glob(f"{match['number']}_*.ipynb")):
        raise StepError(f"the number {match['number']} is taken by {taken[0].name}; choose another")
    values = {
        "NUMBER": match["number"],
        "SLUG": match["subject"].replace("_", "-"),
        "TITLE": match["subject"].replace("_", " ").capitalize(),
        "REPO": yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"],
    }
    targets = {
        "notebooks/lecture.ipynb": notebooks / f"{name}.ipynb",
        "quizzes.toml": root / "utils" / "assets" / "quizzes" / f"{name}.toml",
        "checks.py": root / "utils" / "checks" / f"{match['subject']}.py",
        "answers.py": root / "tests" / "unit" / "course" / "answers" / f"{match['subject']}.py",
    }
    written = fill_in(TEMPLATE, targets, values)
    toc = root / "_toc.yml"
    write_atomically(
        toc, with_chapter(toc.read_text(encoding="utf-8"), f"notebooks/{name}", f"{values['NUMBER']} {values['TITLE']}")
    )
    return [*written, toc]


def fill_in(template, targets, values):
    """Write files from templates; return their paths.

    Parameters
    ----------
    template : Path
        Folder of the templates.
    targets : dict of str to Path
        Template to file.
    values : dict of str to str
        What ``@@KEY@@`` becomes.
    """
    for source, target in targets.items():
        text = (template / source).read_text(encoding="utf-8")
        for key, value in values.items():
            text = text.replace(f"@@{key}@@", value)
        write_atomically(target, text)
    return list(targets.values())


def with_chapter(toc, chapter, title):
    """Return the table of contents with one lecture more, after the one whose number comes before."""
    lines = toc.splitlines()
    lectures = {line.split()[-1]: index for index, line in enumerate(lines) if "- file: notebooks/" in line}
    before = [name for name in lectures if name < chapter]
    place = lectures[max(before)] + 2 if before else min(lectures.values())
    return "\n".join([*lines[:place], f"      - file: {chapter}", f"        title: {title}", *lines[place:]]) + "\n"


def main():
    if len(sys.argv) != 2 or not sys.argv[1]:
        sys.exit("lecture: name it, for example: make lecture NAME=20_new_subject")
    try:
        written = start_lecture(sys.argv[1])
    except StepError as error:
        sys.exit(f"lecture: {error}")
    print("lecture: wrote " + ", ".join(str(path.relative_to(ROOT)) for path in written))


if __name__ == "__main__":
    main()
