"""Sphinx extension: number figures and tables by lecture, as *Figure 12.5*.

Sphinx counts them through the whole book, so that a lecture added in front would renumber all that follow. Here the
number of a lecture, which its file carries, comes first, and the count starts again in each.
"""

import re

LECTURE = re.compile(r"notebooks/(\d+)_")


def numbered_by_lecture(numbers):
    """Return figure numbers that begin with the number of their lecture.

    Parameters
    ----------
    numbers : dict of str to dict
        What Sphinx counted: page -> kind -> figure's id -> number, as ``(85,)``. Other pages than lectures keep it.
    """
    return {
        page: {kind: _by_lecture(page, counted) for kind, counted in kinds.items()} for page, kinds in numbers.items()
    }


def _by_lecture(page, counted):
    lecture = LECTURE.match(page)
    if not lecture:
        return counted
    in_order = sorted(counted, key=counted.get)
    return {name: (int(lecture[1]), place) for place, name in enumerate(in_order, start=1)}


def show_own_count(app, env):
    """Give Sphinx its own count of the last build, before it counts again and compares."""
    env.dlia_shown = env.toc_fignumbers
    env.toc_fignumbers = getattr(env, "dlia_counted", {})
    return []


def number(app, env):
    """Number by lecture, and name the pages that have to be written again for it."""
    env.dlia_counted = env.toc_fignumbers
    env.toc_fignumbers = numbered_by_lecture(env.dlia_counted)
    return [page for page, kinds in env.toc_fignumbers.items() if kinds != env.dlia_shown.get(page)]


def setup(app):
    app.connect("env-get-updated", show_own_count, priority=400)  # Sphinx's own count has 500
    app.connect("env-get-updated", number, priority=600)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
