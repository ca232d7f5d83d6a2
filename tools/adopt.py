"""Make the book your own: put your repository's address wherever this one's stands.

    python -m tools.adopt https://github.com/you/your-book

The address stands in ``_config.yml``; every other place repeats it and is rewritten from there.
"""

import re
import sys

import yaml

from tools.project import ROOT, StepError, write_atomically

NOT_OURS = {".git", ".venv", ".store", "_build", "node_modules", "vendor", "__pycache__"}
ADDRESS = re.compile(r"https://github\.com/(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(\.git)?/?")


def adopt(new, *, root=ROOT):
    """Rewrite the repository's address in every text file of the book.

    Parameters
    ----------
    new : str
        ``https://github.com/OWNER/NAME``.
    root : Path
        The checkout.

    Returns
    -------
    list of Path
        The files changed.

    Raises
    ------
    StepError
        If the address is not of that form, or nothing had to be changed.
    """
    match = ADDRESS.fullmatch(new)
    if not match:
        raise StepError(f"{new!r} is no repository's address; expected https://github.com/OWNER/NAME")
    told = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]
    old = ADDRESS.fullmatch(told)
    replacements = {
        f"{old['owner']}/{old['name']}": f"{match['owner']}/{match['name']}",
        f"{old['owner']}.github.io/{old['name']}": f"{match['owner']}.github.io/{match['name']}",
    }
    changed = []
    for path in own_files(root):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        adopted = text
        for before, after in replacements.items():
            adopted = adopted.replace(before, after)
        if adopted != text:
            write_atomically(path, adopted)
            changed.append(path)
    if not changed:
        raise StepError(f"nothing was changed; the book says {told} already")
    return changed


def own_files(root):
    """Return the files of the book, git repository or not: all but what is installed, built or git's own."""
    parts = [path for path in sorted(root.iterdir()) if path.name not in NOT_OURS]
    files = [path for part in parts for path in ([part] if part.is_file() else sorted(part.rglob("*")))]
    return [path for path in files if path.is_file() and not NOT_OURS & set(path.relative_to(root).parts)]


def main():
    if len(sys.argv) != 2 or not sys.argv[1]:
        sys.exit("adopt: say where your copy lives: make adopt REPO=https://github.com/you/your-book")
    try:
        changed = adopt(sys.argv[1].rstrip("/"))
    except StepError as error:
        sys.exit(f"adopt: {error}")
    print(f"adopt: {len(changed)} files now say {sys.argv[1]}")


if __name__ == "__main__":
    main()
