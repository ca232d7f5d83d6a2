"""Make the book your own: put your repository's address wherever this one's stands.

    python -m tools.adopt https://github.com/you/your-book [--branch NAME] [--site ADDRESS]

The address stands in ``_config.yml``; every other place repeats it and is rewritten from there. Any host will do:
GitHub, GitLab, Codeberg, or your university's own.
"""

import argparse
import re
import sys

import yaml

from book._ext.launch_buttons import binder_address
from tools.project import ROOT, StepError, write_atomically

NOT_OURS = {".git", ".venv", ".store", "_build", "node_modules", "vendor", "__pycache__"}
ADDRESS = re.compile(r"https://(?P<host>[\w.-]+(:\d+)?)/(?P<owner>[\w.~-]+(/[\w.~-]+)*)/(?P<name>[\w.~-]+?)(\.git)?/?")
# where a host publishes the site of a repository
SITES = {
    "github.com": "https://{owner}.github.io/{name}",
    "gitlab.com": "https://{owner}.gitlab.io/{name}",
    "codeberg.org": "https://{owner}.codeberg.page/{name}",
}
WORKFLOW = ".github/workflows/publish.yml"
INSTALLER = "deploy/tljh/install.sh"


def adopt(new, *, branch="main", site=None, root=ROOT):
    """Rewrite the repository's address in every text file of the book.

    Parameters
    ----------
    new : str
        ``https://HOST/OWNER/NAME``.
    branch : str
        From which the book is published. The notebooks to launch are kept on ``launch``, or for another branch than
        ``main`` on ``launch-<branch>``.
    site : str, optional
        Where the book is published; known for the hosts of `SITES`.
    root : Path
        The checkout.

    Returns
    -------
    list of Path
        The files changed.

    Raises
    ------
    StepError
        If the address is not of that form, the site's is needed, or nothing had to be changed.
    """
    match = ADDRESS.fullmatch(new)
    if not match:
        raise StepError(f"{new!r} is no repository's address; expected https://HOST/OWNER/NAME")
    told = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    address = f"https://{match['host']}/{match['owner']}/{match['name']}"
    launch = "launch" if branch == "main" else f"launch-{branch}"
    old = told["repository"]
    replacements = {
        binder_address(old["url"], old["branch"]): binder_address(address, launch),
        old["url"]: address,
        told["html"]["baseurl"]: site_of(match, site),
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
        for pattern, after in settings_in(path.relative_to(root).as_posix(), match["host"], branch, launch):
            adopted = re.sub(pattern, after, adopted, flags=re.MULTILINE)
        if adopted != text:
            write_atomically(path, adopted)
            changed.append(path)
    if not changed:
        raise StepError(f"nothing was changed; the book says {old['url']} already")
    return changed


def site_of(match, site):
    """Return where the book is published."""
    if site:
        return site.rstrip("/")
    if match["host"] not in SITES:
        raise StepError(
            f"where does {match['host']} publish the book? Say it: make adopt REPO=… SITE=https://pages.example.org/book"
        )
    return SITES[match["host"]].format(owner=match["owner"].partition("/")[0].lower(), name=match["name"])


def settings_in(name, host, branch, launch):
    """Return what to set in one file besides: a pattern and its replacement each."""
    if name == "_config.yml":
        # Codeberg and others have addresses of GitHub's form
        provider = next((known for known in ("gitlab", "bitbucket") if known in host), "github")
        return [
            (r"^(  branch: )\S+", rf"\g<1>{launch}"),
            (r"^( +repository_provider: )\S+", rf"\g<1>{provider}"),
        ]
    if name == INSTALLER:
        return [(r"^copies=\S+", f"copies={launch}")]
    if name == WORKFLOW:
        return [(r"^( +branches: )\[.*\]", rf"\g<1>[{branch}]"), (r"^( +BRANCH: )\S+", rf"\g<1>{launch}")]
    return []


def own_files(root):
    """Return the files of the book, git repository or not: all but what is installed, built or git's own."""
    parts = [path for path in sorted(root.iterdir()) if path.name not in NOT_OURS]
    files = [path for part in parts for path in ([part] if part.is_file() else sorted(part.rglob("*")))]
    return [path for path in files if path.is_file() and not NOT_OURS & set(path.relative_to(root).parts)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repository", nargs="?", default="")
    parser.add_argument("--branch", default="main")
    parser.add_argument("--site", default=None)
    options = parser.parse_args()
    if not options.repository:
        sys.exit("adopt: say where your copy lives: make adopt REPO=https://github.com/you/your-book")
    try:
        changed = adopt(options.repository, branch=options.branch, site=options.site)
    except StepError as error:
        sys.exit(f"adopt: {error}")
    print(f"adopt: {len(changed)} files now say {options.repository}")


if __name__ == "__main__":
    main()
