"""The search index: what the last build knew is told to the next one."""

from book._ext.search_index import names_by_page


def test_names_are_told_by_page_without_the_pages_that_are_gone():
    names = {"fit()": [[0, "loop.fit", True], [1, "steps.fit", False]], "module": [[2, "module-x", False]]}
    index = {"docnames": ["loop", "steps", "gone"], "indexentries": names}
    assert names_by_page(index, {"steps", "new", "loop"}) == {
        "loop": [("fit()", "loop.fit", "main")],
        "new": [],
        "steps": [("fit()", "steps.fit", "")],
    }
