"""Pytest plugin: share the tests among the cores, the longest first; ``--quick`` leaves out what is marked as slow.

Tests that share a page, a server or a module's fixture stay together in one worker: those of one file, but for the
tests of the site and the sabotaged lectures, each of which can run anywhere unless it is marked with `xdist_group`.
"""

import pytest

from tools.progress import expected, read_durations

ALONE = ("tests/site/", "tests/notebooks/test_sabotage.py")


def pytest_addoption(parser):
    parser.addoption("--quick", action="store_true", help="leave out the tests that are marked as slow")


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes more than about two seconds; `make check` leaves it out")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    if config.getoption("quick"):
        left_out = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("slow")]
    durations = read_durations()
    groups = {}
    for item in items:
        groups.setdefault(group_of(item), []).append(item)
    for name, members in groups.items():
        for item in members:
            if not item.get_closest_marker("xdist_group"):
                item.add_marker(pytest.mark.xdist_group(name=name))
    longest_first = sorted(groups.values(), key=lambda group: -sum(expected(item.nodeid, durations) for item in group))
    items[:] = [item for group in longest_first for item in group]


def group_of(item):
    """Return the name of the group that a test belongs to."""
    if mark := item.get_closest_marker("xdist_group"):
        return mark.kwargs.get("name") or mark.args[0]
    file = item.nodeid.partition("::")[0]
    return item.nodeid.replace("@", " at ") if file.startswith(ALONE) else file  # pytest-xdist puts @ before the name
