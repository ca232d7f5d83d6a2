"""The demos of lecture 08, by mouse and keyboard."""

import pytest

STEM = "08_convolutional_networks"


SCORES = "node => [...node.querySelectorAll('.live-score')].map(score => score.dataset.value).join()"


def test_drawing_by_keyboard_alone_changes_the_scores(begin):
    page, stage = begin(STEM, "digits-feature-maps")
    pad = stage.locator(".live-pad")
    before = stage.evaluate(SCORES)
    assert len(before.split(",")) == 10
    assert sum(map(float, before.split(","))) == pytest.approx(1, abs=1e-3)
    pad.focus()
    for key in ["Space", "ArrowDown", "Space", "ArrowDown", "Space", "ArrowRight", "Space"] * 4:
        pad.press(key)
    page.wait_for_function(f"([node, before]) => ({SCORES})(node) !== before", arg=[stage.element_handle(), before])


def test_drawing_with_the_pointer_changes_the_maps(begin):
    page, stage = begin(STEM, "digits-feature-maps")
    pad = stage.locator(".live-pad")
    maps = "node => [...node.querySelectorAll('canvas')].map(canvas => canvas.toDataURL()).join()"
    before = stage.evaluate(maps)
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 10, box["y"] + box["height"] - 10, steps=12)
    page.mouse.up()
    page.wait_for_timeout(300)
    after = stage.evaluate(maps)
    changed = sum(one != other for one, other in zip(before.split(",data:"), after.split(",data:"), strict=True))
    assert changed > 5


def test_nothing_is_sent_while_a_reader_draws(begin):
    page, stage = begin(STEM, "garments-feature-maps")
    page.sent.clear()
    pad = stage.locator(".live-pad")
    pad.focus()
    for _ in range(6):
        pad.press("Space")
        pad.press("ArrowRight")
    page.wait_for_timeout(300)
    assert page.sent == []


GREY = """
canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
  .every((value, i, all) => i % 4 === 3 || value === all[i - (i % 4)])
"""
PIXELS = """
canvas => {
  const all = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return Array.from({length: canvas.height}, (_, row) =>
    Array.from({length: canvas.width}, (_, column) => all[4 * (row * canvas.width + column)]));
}
"""


@pytest.fixture
def kernel_demo(begin):
    """The demo of kernels: photograph, its close-up, response and its close-up, and a way to set the weights."""
    page, stage = begin(STEM, "kernel-explorer")

    def set_weights(weights):
        for box, weight in zip(stage.locator(".live-weight").all(), weights, strict=True):
            box.fill(str(weight))
        page.wait_for_timeout(300)
        return stage.locator(".live-window canvas").all()

    return stage, set_weights


@pytest.mark.parametrize(
    ("weights", "words"),
    [([1 / 9] * 9, "1.00: grey"), ([0, -1, 0, -1, 5, -1, 0, -1, 0], "1.00: grey"), ([0] * 8 + [2], "2.00: grey")],
)
def test_a_kernel_whose_weights_do_not_sum_to_zero_gives_a_picture_in_grey(kernel_demo, weights, words):
    stage, set_weights = kernel_demo
    assert all(canvas.evaluate(GREY) for canvas in set_weights(weights))
    assert stage.locator(".live-legend").inner_text().split() == ["≤", "0.00", "≥", "1.00"]
    assert words in stage.inner_text()
    assert "grey" in stage.locator(".live-window").nth(2).get_attribute("aria-label")


def test_a_kernel_whose_weights_sum_to_zero_gives_signs_in_red_and_blue(kernel_demo):
    stage, set_weights = kernel_demo
    photo, photo_zoom, response, response_zoom = set_weights([-0.333, 0.333, 0, -0.333, 0.333, 0, -0.333, 0.333, 0])
    assert photo.evaluate(GREY)
    assert not response.evaluate(GREY)
    assert "≤ −" in stage.locator(".live-legend").inner_text()
    assert "sum to 0: red is above zero, blue below" in stage.inner_text()
    assert "red" in stage.locator(".live-window").nth(2).get_attribute("aria-label")


@pytest.mark.parametrize(("place", "down", "right"), [(0, -1, -1), (3, 0, -1), (7, 1, 0)])
def test_the_close_ups_show_where_a_single_weight_moves_the_picture(kernel_demo, place, down, right):
    stage, set_weights = kernel_demo
    _, photo_zoom, _, response_zoom = set_weights([int(i == place) for i in range(9)])
    before, after = photo_zoom.evaluate(PIXELS), response_zoom.evaluate(PIXELS)
    assert len(before) == len(before[0]) == 9
    inner = range(1, 8)
    assert all(abs(after[row][column] - before[row + down][column + right]) <= 1 for row in inner for column in inner)
    assert before != after


LEGENDS = "node => [...node.querySelectorAll('.live-legend')].map(legend => legend.innerText).join()"


def test_the_colours_of_the_maps_keep_their_meaning_while_one_draws(begin):
    page, stage = begin(STEM, "garments-feature-maps")
    first, verdict = stage.evaluate(LEGENDS), stage.locator(".live-verdict").inner_text()
    assert "dark: 0" in first
    assert "bright: ≥" in first
    pad = stage.locator(".live-pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 10, steps=8)
    page.mouse.up()
    page.wait_for_function(
        "([node, before]) => node.innerText !== before",
        arg=[stage.locator(".live-verdict").element_handle(), verdict],
    )
    assert stage.evaluate(LEGENDS) == first
    stage.locator(".live-thumb").nth(12).click()
    page.wait_for_function(f"([node, before]) => ({LEGENDS})(node) !== before", arg=[stage.element_handle(), first])
    stage.get_by_role("button", name="Clear").click()
    page.wait_for_function(f"([node, first]) => ({LEGENDS})(node) === first", arg=[stage.element_handle(), first])


def test_a_picked_example_shows_its_true_label(begin):
    page, stage = begin(STEM, "garments-feature-maps")
    verdict = stage.locator(".live-verdict")
    for index in (4, 12):
        thumb = stage.locator(".live-thumb").nth(index)
        label = thumb.get_attribute("aria-label").partition(": ")[2]
        thumb.click()
        verdict.get_by_text(f"Picked: {label};").wait_for(timeout=5_000)
        assert "the network says: " in verdict.inner_text()
    stage.get_by_role("button", name="Clear").click()
    page.wait_for_function("node => !node.innerText.includes('Picked')", arg=verdict.element_handle())


def test_the_drawing_pad_says_how_ink_is_counted(begin):
    _, stage = begin(STEM, "digits-feature-maps")
    assert "the ink counted in 64 blocks of 4 × 4" in stage.inner_text()
