"""The demos of lectures 17 and 18, by mouse and keyboard."""

import pytest

from tests.site.visit import until


def gained(stage):
    return float(stage.get_attribute("data-after")) - float(stage.get_attribute("data-before"))


def test_noise_is_cleaned_and_too_little_noise_is_not(begin):
    page, stage = begin("17_autoencoders", "denoiser")
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


PLANES = [("latent-plane", "17_autoencoders"), ("vae-plane", "18_variational_autoencoders")]
PICTURE = "canvas => canvas.toDataURL()"


@pytest.mark.parametrize(("name", "stem"), PLANES)
def test_the_ring_walks_over_the_plane_of_codes(begin, name, stem):
    page, stage = begin(stem, name)
    plane, made = stage.locator(".live-code-plane"), stage.locator(".live-tile canvas").first
    first, before = stage.get_attribute("data-z"), made.evaluate(PICTURE)
    plane.focus()
    for _ in range(4):
        plane.press("Shift+ArrowRight")
    until(page, stage, f"node.dataset.z !== '{first}'")
    page.wait_for_timeout(200)
    assert made.evaluate(PICTURE) != before
    box = plane.bounding_box()
    plane.click(position={"x": 0.25 * box["width"], "y": 0.3 * box["height"]})
    page.wait_for_timeout(200)
    left, up = (float(value) for value in stage.get_attribute("data-z").split())
    plane.click(position={"x": 0.75 * box["width"], "y": 0.6 * box["height"]})
    page.wait_for_timeout(200)
    right, down = (float(value) for value in stage.get_attribute("data-z").split())
    assert right > left
    assert down < up


def test_the_spread_of_each_code_is_drawn_on_request(begin):
    page, stage = begin("18_variational_autoencoders", "vae-plane")
    plane, clouds = stage.locator(".live-code-plane"), stage.get_by_label("Show how far each code spreads")
    without = plane.evaluate(PICTURE)
    clouds.focus()
    clouds.press("Space")
    page.wait_for_timeout(200)
    assert plane.evaluate(PICTURE) != without
    clouds.press("Space")
    page.wait_for_timeout(200)
    assert plane.evaluate(PICTURE) == without


def test_a_kind_and_two_numbers_choose_the_garment(begin):
    page, stage = begin("18_variational_autoencoders", "vae-kinds")
    made = stage.locator(".live-large")
    pictures = [made.evaluate(PICTURE)]
    for act, condition in [
        (lambda: stage.locator(".live-thumb").nth(8).press("Enter"), "node.dataset.category === '8'"),
        (lambda: stage.locator("input[type=range]").nth(1).press("End"), "node.dataset.codes.endsWith(' 2')"),
        (lambda: stage.get_by_text("New noise").click(), "node.dataset.noise === '2'"),
    ]:
        act()
        until(page, stage, condition)
        pictures.append(made.evaluate(PICTURE))
    assert len(set(pictures)) == len(pictures)
