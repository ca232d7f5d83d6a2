"""The demo of lecture 01, with mouse and keyboard."""

import pytest

STEM = "01_introduction"
SWITCHES = ["shading", "texture", "unknown", "noise", "touching", "occlusion", "shadows", "clutter"]


@pytest.fixture
def summer(begin):
    page, _ = begin(STEM, "intro-summer")
    return page, page.locator("#demo-intro-summer")


def told(root):
    stage = root.locator(".live-stage")
    return {key: int(stage.get_attribute(f"data-{key}")) for key in ("recovered", "ghosts", "relaxed")}


def becomes(page, root, **expected):
    """Wait until the demo says so."""
    page.wait_for_function(
        "([node, expected]) => Object.entries(expected).every(([key, value]) => Number(node.dataset[key]) === value)",
        arg=[root.locator(".live-stage").element_handle(), expected],
        timeout=5_000,
    )


def picture(root):
    return root.locator(".live-see canvas").evaluate("node => node.toDataURL()")


def test_july_is_solved_and_shadows_and_a_cloth_ruin_it(summer):
    page, root = summer
    page.sent.clear()
    assert told(root) == {"recovered": 4, "ghosts": 0, "relaxed": 0}
    plain = picture(root)
    root.locator("[data-switch=shadows] input").check()
    becomes(page, root, relaxed=1)
    assert picture(root) != plain
    assert told(root)["recovered"] <= 1
    root.get_by_text("July again").click()
    becomes(page, root, relaxed=0, recovered=4)
    assert picture(root) == plain
    root.locator("[data-switch=clutter] input").check()
    becomes(page, root, relaxed=1, recovered=0)
    assert "0 of 4 recovered" in root.locator(".live-verdict").inner_text()
    assert root.locator(".live-lost").count() == 4
    assert page.sent == []


@pytest.mark.parametrize("name", ["shading", "texture", "unknown"])
def test_what_costs_nothing_in_the_text_costs_nothing_here(name, summer):
    page, root = summer
    root.get_by_text("July again").click()
    becomes(page, root, relaxed=0)
    plain = picture(root)
    root.locator(f"[data-switch={name}] input").check()
    becomes(page, root, relaxed=1)
    assert picture(root) != plain
    assert told(root)["recovered"] >= 3


def test_all_switches_by_keyboard(summer):
    page, root = summer
    root.get_by_text("July again").press("Enter")
    becomes(page, root, relaxed=0)
    for count, name in enumerate(SWITCHES, start=1):
        box = root.locator(f"[data-switch={name}] input")
        box.focus()
        box.press(" ")
        becomes(page, root, relaxed=count)
    assert told(root)["recovered"] == 0
    root.get_by_text("July again").press("Enter")
    becomes(page, root, relaxed=0)
    assert not any(box.is_checked() for box in root.locator(".live-switch input").all())


def test_solids_are_moved_by_arrow_keys_and_by_dragging_until_two_are_one(summer):
    page, root = summer
    root.get_by_text("July again").click()
    becomes(page, root, relaxed=0, recovered=4)
    first, second = root.locator(".live-handle").nth(0), root.locator(".live-handle").nth(1)
    before = picture(root)
    first.focus()
    first.press("ArrowRight")
    page.wait_for_function(
        "([node, old]) => node.toDataURL() !== old", arg=[root.locator(".live-see canvas").element_handle(), before]
    )
    start, goal = first.bounding_box(), second.bounding_box()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(goal["x"] + goal["width"] / 2, goal["y"] + goal["height"] / 2, steps=8)
    page.mouse.up()
    page.wait_for_function(
        "node => Number(node.dataset.recovered) < 4", arg=root.locator(".live-stage").element_handle(), timeout=5_000
    )
    held = first.bounding_box()
    assert abs(held["x"] - goal["x"]) < 12
    assert abs(held["y"] - goal["y"]) < 12
    assert "arrow keys move it" in first.get_attribute("aria-label")


def test_another_table_and_another_view_are_described_anew(summer):
    page, root = summer
    root.get_by_text("July again").click()
    becomes(page, root, relaxed=0, recovered=4)
    before = picture(root)
    slider = root.locator(".live-views input").first
    slider.focus()
    slider.press("ArrowRight")
    page.wait_for_function(
        "([node, old]) => node.toDataURL() !== old", arg=[root.locator(".live-see canvas").element_handle(), before]
    )
    assert told(root)["recovered"] >= 3
    words = root.locator(".live-found").inner_text()
    root.get_by_text("Another table").click()
    page.wait_for_function(
        "([node, old]) => node.innerText !== old", arg=[root.locator(".live-found").element_handle(), words]
    )
    assert float(root.locator(".live-stage").get_attribute("data-milliseconds")) < 2000
