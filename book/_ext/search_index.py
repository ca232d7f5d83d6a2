"""Sphinx extension: the search index after a build of some pages is that of a build of all.

Sphinx reads the last index back, but not the names of the package in it, and keeps the words that no page has any more.
"""

from pathlib import Path

from sphinx.search import js_index

INDEX = "searchindex.js"


def read_names_back(app, builder):
    """Tell Sphinx the names that the last index has; it replaces those of the pages that it writes now."""
    index = Path(builder.outdir) / INDEX
    if builder.format == "html" and index.is_file():
        known = js_index.loads(index.read_text(encoding="utf-8"))
        app.env._search_index_index_entries |= names_by_page(known, app.env.all_docs)


def names_by_page(index, pages):
    """Return the names in an index as Sphinx collects them: page to (name, anchor, "main" or nothing).

    Parameters
    ----------
    index : dict
    pages : iterable of str
        Those that are still there.
    """
    names = {page: [] for page in sorted(pages)}
    for name, places in index["indexentries"].items():
        for number, anchor, is_main in places:
            names.get(index["docnames"][number], []).append((name, anchor, "main" if is_main else ""))
    return names


def forget_words(app, exception):
    """Leave out the words that no page has any more."""
    index = Path(app.outdir) / INDEX
    if exception or app.builder.format != "html":
        return
    content = js_index.loads(index.read_text(encoding="utf-8"))
    for kind in ("terms", "titleterms"):
        content[kind] = {word: pages for word, pages in content[kind].items() if pages != []}
    index.write_text(js_index.dumps(content), encoding="utf-8")


def setup(app):
    app.connect("write-started", read_names_back)
    app.connect("build-finished", forget_words)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
