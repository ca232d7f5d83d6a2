"""The demos of lecture 17, by mouse and keyboard."""

import pytest

STEM = "17_autoencoders"


@pytest.fixture
def begin(site, open_page, start):
    """Start one of the lecture's demos; return the page and the demo's stage."""

    def begin_(name):
        page = open_page(f"{site}/notebooks/{STEM}.html")
        return page, start(page, name).locator(".live-stage")

    return begin_


def until(page, stage, condition):
    page.wait_for_function(f"node => {condition}", arg=stage.element_handle(), timeout=20_000)


def gained(stage):
    return float(stage.get_attribute("data-after")) - float(stage.get_attribute("data-before"))


def test_noise_is_cleaned_and_too_little_noise_is_not(begin):
    page, stage = begin("denoiser")
    page.sent.clear()
    assert gained(stage) > 4  # decibels, at the noise of the training
    level = stage.locator("input[type=range]")
    level.focus()
    level.press("Home")
    until(page, stage, "node.dataset.before === 'Infinity'")
    assert "There is no noise" in stage.inner_text()
    for _ in range(3):
        level.press("ArrowRight")
    until(page, stage, "Number(node.dataset.before) > 25 && Number(node.dataset.before) < 35")
    assert gained(stage) < 0
    stage.get_by_label("masked pixels").check()
    level.press("End")
    until(page, stage, "Number(node.dataset.before) < 15")
    stage.locator(".live-thumb").nth(5).press("Enter")
    until(page, stage, "node.dataset.item === '5'")
    assert page.sent == []


def test_the_ring_walks_over_the_plane_of_codes(begin):
    page, stage = begin("latent-plane")
    plane, made = stage.locator(".live-code-plane"), stage.locator(".live-tile canvas").first
    first, before = stage.get_attribute("data-z"), made.evaluate("canvas => canvas.toDataURL()")
    plane.focus()
    for _ in range(4):
        plane.press("Shift+ArrowRight")
    until(page, stage, f"node.dataset.z !== '{first}'")
    page.wait_for_timeout(200)
    assert made.evaluate("canvas => canvas.toDataURL()") != before
    box = plane.bounding_box()
    plane.click(position={"x": 0.25 * box["width"], "y": 0.3 * box["height"]})
    page.wait_for_timeout(200)
    left, up = (float(value) for value in stage.get_attribute("data-z").split())
    plane.click(position={"x": 0.75 * box["width"], "y": 0.6 * box["height"]})
    page.wait_for_timeout(200)
    right, down = (float(value) for value in stage.get_attribute("data-z").split())
    assert right > left
    assert down < up
