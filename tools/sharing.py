"""Pytest plugin: share the tests among the cores, the longest first; ``--quick`` leaves out what is marked as slow.

The tests of one file stay together in one worker, where they share a page, a server or a module's fixture. Those of the
files in `ALONE` share nothing, so each can run anywhere.
"""

from tools.progress import expected, read_durations

ALONE = (
    "tests/notebooks/test_sabotage.py",
    "tests/site/test_decks.py",
    "tests/site/test_live.py",
    "tests/site/test_pages.py",
)


def group_of(nodeid):
    """Return the name of the group that a test belongs to."""
    file = nodeid.partition("::")[0]
    return nodeid if file in ALONE else file


def pytest_addoption(parser):
    parser.addoption("--quick", action="store_true", help="leave out the tests that are marked as slow")


def pytest_configure(config):
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(Scheduling())


class Scheduling:
    """The hook of pytest-xdist."""

    def pytest_xdist_make_scheduler(self, config, log):
        # not `loadgroup`: with pytest 9.2 it no longer groups anything (pytest-xdist issue 1386)
        from xdist.scheduler import LoadScopeScheduling

        class GroupScheduling(LoadScopeScheduling):
            def _split_scope(self, nodeid):
                return group_of(nodeid)

        return GroupScheduling(config, log)


def pytest_collection_modifyitems(config, items):
    if config.getoption("quick"):
        left_out = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("slow")]
    durations, groups = read_durations(), {}
    for item in items:
        groups.setdefault(group_of(item.nodeid), []).append(item)
    longest_first = sorted(groups.values(), key=lambda group: -sum(expected(item.nodeid, durations) for item in group))
    items[:] = [item for group in longest_first for item in group]
