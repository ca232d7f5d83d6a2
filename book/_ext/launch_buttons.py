"""Sphinx extension: the rocket of a lecture, with only the places that can open it from where the book lives.

It opens the copies on the branch ``repository.branch`` of ``_config.yml``, which read like their pages. The theme's own
rocket offers Colab for any host, and gives Binder an address of other hosts that it cannot read.
"""

from urllib.parse import quote, urlencode, urlsplit

BINDER_NAMES = {"github.com": "gh", "gitlab.com": "gl"}


def binder_address(repository, branch, *, binder="https://mybinder.org"):
    """Return where Binder makes a machine for a branch.

    Parameters
    ----------
    repository : str
        ``https://HOST/OWNER/NAME``.
    branch, binder : str

    Returns
    -------
    str
    """
    host, path = urlsplit(repository).netloc, urlsplit(repository).path.strip("/")
    if host == "gitlab.com":
        path = quote(path, safe="")
    if host not in BINDER_NAMES:
        path = quote(repository, safe="")
    return f"{binder}/v2/{BINDER_NAMES.get(host, 'git')}/{path}/{quote(branch, safe='')}"


def launch_links(repository, branch, places, notebook):
    """Return where a notebook can be launched: a name, an address and an icon each.

    Parameters
    ----------
    repository, branch : str
    places : dict of str to str
        The addresses of ``binder``, ``colab`` and ``jupyterhub``; an empty one is left out, and Colab, which opens
        GitHub's notebooks only, for another host.
    notebook : str
        Its path in the repository.

    Returns
    -------
    list of (str, str, str)
    """
    places = {name: address.rstrip("/") for name, address in places.items() if address}
    host, path = urlsplit(repository).netloc, urlsplit(repository).path.strip("/")
    links = []
    if "binder" in places:
        address = binder_address(repository, branch, binder=places["binder"])
        links.append(("Binder", f"{address}?urlpath=lab/tree/{notebook}", "logo_binder.svg"))
    if "colab" in places and host == "github.com":
        links.append(("Colab", f"{places['colab']}/github/{path}/blob/{branch}/{notebook}", "logo_colab.png"))
    if "jupyterhub" in places:
        folder = path.rpartition("/")[2]
        asked = urlencode({"repo": repository, "branch": branch, "urlpath": f"lab/tree/{folder}/{notebook}"})
        links.append(
            ("JupyterHub", f"{places['jupyterhub']}/hub/user-redirect/git-pull?{asked}", "logo_jupyterhub.svg")
        )
    return links


def add_rocket(app, pagename, templatename, context, doctree):
    if not pagename.startswith("notebooks/") or doctree is None:
        return
    options = app.config.html_theme_options
    links = launch_links(
        options["repository_url"], options["repository_branch"], app.config.launch, f"{pagename}.ipynb"
    )
    buttons = [
        {"type": "link", "text": name, "tooltip": f"Launch on {name}", "icon": f"_static/images/{icon}", "url": address}
        for name, address, icon in links
    ]
    if buttons:
        context["header_buttons"].append(
            {
                "type": "group",
                "tooltip": "Launch interactive content",
                "icon": "fas fa-rocket",
                "buttons": buttons,
                "label": "launch-buttons",
            }
        )


def setup(app):
    app.add_config_value("launch", {}, "html", types=dict)
    app.connect("html-page-context", add_rocket, priority=501)  # among the theme's other buttons
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
