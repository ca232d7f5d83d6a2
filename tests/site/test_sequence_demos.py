"""The demos of lectures 15 and 16, by mouse and keyboard."""

import pytest


def becomes(page, node, name, value):
    page.wait_for_function(
        "([node, name, value]) => node.dataset[name] === value",
        arg=[node.element_handle(), name, value],
        timeout=10_000,
    )


def differs(page, node, name, value):
    page.wait_for_function(
        "([node, name, value]) => node.dataset[name] !== value",
        arg=[node.element_handle(), name, value],
        timeout=10_000,
    )


def test_points_move_by_keyboard_and_steps_lower_the_loss(begin):
    page, stage = begin("15_metric_learning", "triplet-margin")
    page.sent.clear()
    before = {key: stage.get_attribute(f"data-{key}") for key in ("angles", "active", "loss")}
    point = stage.locator(".live-embedding").nth(3)
    point.focus()
    point.press("Enter")
    assert "live-anchor" in point.get_attribute("class")
    point.press("Shift+ArrowLeft")
    assert stage.get_attribute("data-angles") != before["angles"]
    stage.get_by_text("Start again").click()
    assert stage.get_attribute("data-angles") == before["angles"]
    stage.get_by_text("Two steps downhill").click()
    assert float(stage.get_attribute("data-loss")) < float(before["loss"])
    stage.get_by_text("Start again").click()
    margin = stage.locator("input[type=range]")
    margin.focus()
    margin.press("End")
    assert int(stage.get_attribute("data-active")) > int(before["active"])
    assert page.sent == []


def test_a_search_finds_others_and_a_change_of_the_query_changes_it(begin):
    page, stage = begin("15_metric_learning", "gallery-query")
    rows = stage.locator(".live-found")
    assert rows.count() == 3
    first = [row.get_attribute("data-found") for row in rows.all()]
    assert all(len(set(found.split())) == 8 for found in first)
    turn = stage.locator("input[type=range]").first
    turn.focus()
    turn.press("Home")  # upside down
    differs(page, rows.last, "found", first[-1])
    stage.get_by_text("As it was").click()
    becomes(page, rows.last, "found", first[-1])
    stage.locator("select").select_option("1")
    differs(page, rows.last, "found", first[-1])
    assert stage.locator(".live-thumb[aria-pressed=true]").count() == 1


@pytest.mark.parametrize(
    ("text", "answer"), [("(()())", "all closed"), ("((", "2 open"), ("()(", "1 open"), ("(()", "1 open")]
)
def test_brackets_are_counted_as_they_are_typed(begin, text, answer):
    page, stage = begin("16_recurrent_networks", "gate-stepper")
    box = stage.locator("input").first
    box.fill("x" + text)  # what is no bracket is left out
    assert box.input_value() == text
    becomes(page, stage, "answer", answer)
    assert stage.locator("tbody tr").count() == 8
    for cell, rows in (("GRU", 5), ("RNN", 3)):
        stage.get_by_label(cell, exact=True).check()
        page.wait_for_function(
            "([node, rows]) => node.rows.length === rows",
            arg=[stage.locator("tbody").element_handle(), rows],
            timeout=10_000,
        )
        assert stage.get_attribute("data-answer") == answer
    box.fill("")
    becomes(page, stage, "answer", "")


def test_gated_cells_keep_a_symbol_through_a_delay(begin):
    page, stage = begin("16_recurrent_networks", "delay-memory")
    stage.locator("select").select_option("2")
    delay = stage.locator("input[type=range]")
    delay.focus()
    for _ in range(9):
        delay.press("ArrowRight")
    becomes(page, stage, "asked", "C 10")
    assert stage.locator(".live-sequence").inner_text() == "C" + 10 * "." + "?"
    assert [stage.get_attribute(f"data-{name}") for name in ("lstm", "gru")] == ["C", "C"]


def test_a_scene_is_composed_and_captioned(begin):
    page, stage = begin("16_recurrent_networks", "scene-captioner")
    said = stage.get_attribute("data-caption")
    assert said.endswith("on grass")
    page.sent.clear()
    stage.get_by_label("one", exact=True).check()
    differs(page, stage, "caption", said)
    assert stage.locator(".live-thing:visible").count() == 1
    thing = stage.locator(".live-thing").first
    before = thing.get_attribute("aria-label")
    thing.focus()
    thing.press("Shift+ArrowDown")
    page.wait_for_function(
        "([node, before]) => node.getAttribute('aria-label') !== before", arg=[thing.element_handle(), before]
    )
    caption = stage.get_attribute("data-caption")
    stage.get_by_label("Ground").select_option("2")
    differs(page, stage, "caption", caption)
    assert stage.get_attribute("data-caption").endswith("on gravel")
    words = stage.locator(".live-word")
    assert words.count() == len(stage.get_attribute("data-caption").split())
    words.nth(1).press("Enter")
    assert words.nth(1).get_attribute("aria-pressed") == "true"
    assert "it looked most at the cell" in stage.inner_text()
    assert stage.locator(".live-score").count() == 5
    assert page.sent == []


def test_a_thing_is_dragged_and_stays_in_the_picture(begin):
    page, stage = begin("16_recurrent_networks", "scene-captioner")
    thing, frame = stage.locator(".live-thing").first, stage.locator(".live-window").bounding_box()
    start = thing.bounding_box()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(frame["x"] - 40, frame["y"] - 40, steps=5)
    page.mouse.up()
    page.wait_for_function(
        "node => /at row 9, column 9 of 48/.test(node.getAttribute('aria-label'))", arg=thing.element_handle()
    )
