"""Make the book your own: put your repository's address wherever this one's stands.

    python -m tools.adopt https://github.com/you/your-book

The address stands in ``_config.yml``; every other place repeats it and is rewritten from there.
"""

import re
import subprocess
import sys

import yaml

from tools.project import ROOT, StepError, write_atomically

ADDRESS = re.compile(r"https://github\.com/(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(\.git)?/?")


def adopt(new, *, root=ROOT):
    """Rewrite the repository's address in every tracked text file.

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
        If the address is not of that form.
    """
    match = ADDRESS.fullmatch(new)
    if not match:
        raise StepError(f"{new!r} is no repository's address; expected https://github.com/OWNER/NAME")
    old = ADDRESS.fullmatch(yaml.safe_load((root / "_config.yml").read_text())["repository"]["url"])
    replacements = {
        f"{old['owner']}/{old['name']}": f"{match['owner']}/{match['name']}",
        f"{old['owner']}.github.io/{old['name']}": f"{match['owner']}.github.io/{match['name']}",
    }
    changed = []
    for path in tracked_files(root):
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
    return changed


def tracked_files(root):
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    return [root / name for name in listed.split("\0") if name and (root / name).is_file()]


def main():
    if len(sys.argv) != 2 or not sys.argv[1]:
        sys.exit("adopt: say where your copy lives: make adopt REPO=https://github.com/you/your-book")
    try:
        changed = adopt(sys.argv[1].rstrip("/"))
    except StepError as error:
        sys.exit(f"adopt: {error}")
    print(f"adopt: {len(changed)} files now say {sys.argv[1]}; look at them with: git diff")


if __name__ == "__main__":
    main()
