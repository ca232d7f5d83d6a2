"""The numbers of figures: counted by lecture, whatever stands in front."""

import importlib.util

from tools.project import ROOT

spec = importlib.util.spec_from_file_location("figure_numbers", ROOT / "book/_ext/figure_numbers.py")
figure_numbers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(figure_numbers)

COUNTED = {
    "book/data": {"figure": {"fig-sizes": (1,)}},
    "notebooks/04_challenges": {"figure": {"fig-b": (3,), "fig-a": (2,)}, "table": {"tab-a": (1,)}},
    "notebooks/12_explaining_networks": {"figure": {"fig-c": (4,)}},
}


def test_a_lectures_number_comes_first_and_its_figures_count_from_one():
    numbered = figure_numbers.numbered_by_lecture(COUNTED)
    assert numbered["notebooks/04_challenges"] == {
        "figure": {"fig-a": (4, 1), "fig-b": (4, 2)},
        "table": {"tab-a": (4, 1)},
    }
    assert numbered["notebooks/12_explaining_networks"] == {"figure": {"fig-c": (12, 1)}}
    assert numbered["book/data"] == COUNTED["book/data"]


def test_a_lecture_added_in_front_renumbers_nothing():
    moved = {page: _moved(kinds) for page, kinds in COUNTED.items()} | {"notebooks/03_x": {"figure": {"fig-new": (2,)}}}
    before, after = figure_numbers.numbered_by_lecture(COUNTED), figure_numbers.numbered_by_lecture(moved)
    assert {page: after[page] for page in before if page.startswith("notebooks/")} == {
        page: numbers for page, numbers in before.items() if page.startswith("notebooks/")
    }


def test_only_pages_whose_numbers_changed_are_written_again():
    class Env:
        toc_fignumbers = COUNTED

    env = Env()
    figure_numbers.show_own_count(None, env)
    env.toc_fignumbers = COUNTED  # what Sphinx counts
    assert len(figure_numbers.number(None, env)) == 2, "a first build writes the lectures"
    figure_numbers.show_own_count(None, env)
    assert env.toc_fignumbers == COUNTED, "Sphinx compares with its own count"
    assert figure_numbers.number(None, env) == []


def _moved(kinds):
    return {kind: {name: (number[0] + 1,) for name, number in counted.items()} for kind, counted in kinds.items()}
