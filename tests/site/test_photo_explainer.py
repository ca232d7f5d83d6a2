"""The demo of lecture 12 with pictures of the reader's own: each ends in an answer or in a sentence."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from tests.site.visit import ready, start, turn_to
from tools.project import EXECUTED
from utils.networks.pretrained import imagenet_classes, load_efficientnet_lite0, prepare
from utils.pictures.photographs import load_photograph, photograph_names

STEM = "12_explaining_networks"
LIVE = EXECUTED / STEM / "live"


ANSWERED = "([node, before]) => (node.dataset.count ?? null) !== before"
COUNT_ANSWERS = """
node => new MutationObserver(() => (node.dataset.count = 1 + Number(node.dataset.count || 0)))
  .observe(node, { attributeFilter: ["data-milliseconds"] })
"""


@pytest.fixture(scope="module")
def settings():
    """Return what the lecture exported for the demo."""
    manifest = json.loads((LIVE / "manifest.json").read_text())
    (name,) = [name for name, entry in manifest.items() if entry["demo"] == "photo_explainer"]
    return name, json.loads((LIVE / manifest[name]["config"]).read_text())


@pytest.fixture
def demo(begin, settings):
    """Start the demo, count its answers; return the page and the demo's stage."""
    page, _ = begin(STEM, settings[0])
    return page, counted(page, settings[0])


def counted(page, name):
    """Return the stage of the demo, which has started, and count its answers."""
    stage = page.locator(f"#demo-{name} .live-photo-explainer")
    stage.evaluate(COUNT_ANSWERS)
    return stage


def answer(page, stage, act):
    """Do something to the demo and wait for the network's answer."""
    before = stage.get_attribute("data-count")
    act()
    page.wait_for_function(ANSWERED, arg=[stage.element_handle(), before], timeout=20_000)
    return stage.get_attribute("data-first"), float(stage.get_attribute("data-share"))


def photographs(stage):
    return stage.locator("select").first


def give(stage, path):
    stage.locator("input[type=file]").set_input_files(path)


def test_nothing_is_fetched_before_the_reader_asks_for_it(site, open_page, ask, settings):
    page = open_page(f"{site}/notebooks/{STEM}.html")
    ask(the_network_is_not_fetched_before_the_reader_asks, page, settings)
    ask(the_page_tells_the_sizes_as_they_are, page, settings)
    ask(the_models_are_small_and_the_large_one_waits_until_it_is_chosen, page, settings)


def the_network_is_not_fetched_before_the_reader_asks(page, settings):
    name, config = settings
    root = page.locator(f"#demo-{name}")
    root.scroll_into_view_if_needed()
    page.wait_for_timeout(1000)
    assert root.get_attribute("data-state") == "idle"
    assert not [url for url in page.sent if url.endswith((".onnx", ".wasm"))]
    megabytes = f"{config['models'][0]['bytes'] / 1e6:.1f} MB"
    assert megabytes in root.get_by_role("button").inner_text()


def the_page_tells_the_sizes_as_they_are(page, settings):
    small, large = (f"{model['bytes'] / 1e6:.1f}" for model in settings[1]["models"])
    assert f"The file shrinks from {large} to {small} MB." in page.locator("article").inner_text()


def the_models_are_small_and_the_large_one_waits_until_it_is_chosen(page, settings):
    start(page, settings[0])
    stage = counted(page, settings[0])
    small, large = settings[1]["models"]
    assert small["bytes"] <= 6e6
    assert large["bytes"] <= 20e6
    fetched = [url.rpartition("/")[2] for url in page.sent if url.endswith(".onnx")]
    assert fetched == [small["file"]]
    answer(page, stage, lambda: stage.locator("select").nth(1).select_option(index=1))
    assert stage.get_attribute("data-weights") == large["name"]
    fetched = [url.rpartition("/")[2] for url in page.sent if url.endswith(".onnx")]
    assert fetched == [small["file"], large["file"]]


def test_every_photograph_of_the_book_gets_the_answer_of_pytorch(demo, tmp_path):
    page, stage = demo
    answer(page, stage, lambda: stage.locator("select").nth(1).select_option(index=1))
    network, classes = load_efficientnet_lite0(), imagenet_classes()
    for name in photograph_names():
        pixels = load_photograph(name).pixels
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
        first, share = answer(page, stage, lambda name=name: give(stage, tmp_path / f"{name}.png"))
        with torch.inference_mode():
            expected = network(prepare(pixels)).softmax(dim=1)[0]
        assert first == classes[expected.argmax()], name
        assert share == pytest.approx(expected.max().item(), abs=1e-4), name


def cat():
    return Image.fromarray(load_photograph("cat").pixels)


def turned(path):
    orientation = Image.Exif()
    orientation[0x0112] = 6  # to be shown turned by a quarter
    cat().transpose(Image.Transpose.ROTATE_90).save(path, exif=orientation)


def half_transparent(path):
    picture = np.array(cat().convert("RGBA"))
    picture[:, :150, 3] = 0
    Image.fromarray(picture).save(path)


@pytest.mark.parametrize(
    ("file", "make"),
    [
        ("plain.webp", lambda path: cat().save(path)),
        ("four-inks.jpg", lambda path: cat().convert("CMYK").save(path)),
        ("turned.jpg", turned),
        ("transparent.png", half_transparent),
        ("fifty-megapixels.jpg", lambda path: cat().resize((8660, 5774)).save(path, quality=60)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_unusual_pictures_of_a_cat_are_a_cat(demo, tmp_path, file, make):
    page, stage = demo
    make(tmp_path / file)
    photographs(stage).select_option(label="coffee")
    page.wait_for_function("node => node.dataset.first === 'espresso'", arg=stage.element_handle())
    first, _ = answer(page, stage, lambda: give(stage, tmp_path / file))
    assert first == "Egyptian cat"
    assert stage.locator(".live-error").is_hidden()
    assert photographs(stage).locator("option:checked").inner_text() == "your own"


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [("note.jpg", b"only words", "cannot read “note.jpg” as a picture"), ("none.png", b"", "“none.png” is empty")],
)
def test_what_is_no_picture_is_refused_in_a_sentence_and_nothing_is_lost(demo, tmp_path, file, content, words):
    page, stage = demo
    before = stage.get_attribute("data-first")
    (tmp_path / file).write_bytes(content)
    give(stage, tmp_path / file)
    alert = stage.locator(".live-error")
    alert.wait_for(state="visible")
    assert words in alert.inner_text()
    assert stage.get_attribute("data-first") == before
    photographs(stage).select_option(label="coffee")
    alert.wait_for(state="hidden")


def test_any_class_can_be_asked_for_by_keyboard_and_an_unknown_one_is_told(demo):
    page, stage = demo
    search = stage.get_by_label("Any of the")
    search.focus()
    page.keyboard.type("computer keyboard")
    page.keyboard.press("Enter")
    page.wait_for_function("node => node.dataset.explained === 'computer keyboard'", arg=stage.element_handle())
    assert "computer keyboard" in stage.locator("canvas").get_attribute("aria-label")
    search.fill("nonsense")
    search.press("Enter")
    stage.locator(".live-error").wait_for(state="visible")
    assert "None of the 1000 classes has “nonsense” in its name" in stage.locator(".live-error").inner_text()


def test_another_class_has_another_map(demo):
    _, stage = demo
    pixels = "node => node.querySelector('canvas').toDataURL()"
    before = stage.evaluate(pixels)
    second = stage.locator(".live-explain").nth(1)
    second.press("Enter")
    assert second.get_attribute("aria-pressed") == "true"
    assert stage.evaluate(pixels) != before


def test_the_camera_is_used_only_when_the_reader_asks_and_stops(demo):
    page, stage = demo
    page.context.grant_permissions(["camera"])
    before = stage.get_attribute("data-first")
    page.wait_for_timeout(300)
    assert stage.get_attribute("data-first") == before
    stage.get_by_role("button", name="Use the camera").click()
    hold = stage.get_by_role("button", name="Hold this picture")
    hold.wait_for()
    for _ in range(2):  # one picture after the other
        answer(page, stage, lambda: None)
    hold.click()
    stage.get_by_role("button", name="Use the camera").wait_for()
    page.wait_for_timeout(500)
    count = stage.get_attribute("data-count")
    page.wait_for_timeout(500)
    assert stage.get_attribute("data-count") == count


def test_a_camera_that_is_refused_is_told(demo):
    _, stage = demo
    stage.get_by_role("button", name="Use the camera").click()
    stage.locator(".live-error").wait_for(state="visible")
    assert "choose a file" in stage.locator(".live-error").inner_text().lower()


# Cameras whose permission comes when the test says so: `cameras` are the requests, `tracks` what was given for them.
FAKE_CAMERAS = """
() => {
  Object.assign(window, { cameras: [], tracks: [] });
  navigator.mediaDevices.getUserMedia = () => new Promise((resolve) => cameras.push(resolve));
  window.grant = (i) => {
    const canvas = document.createElement("canvas");
    canvas.getContext("2d").fillRect(0, 0, 64, 64);
    const stream = canvas.captureStream(10);
    tracks.push(...stream.getTracks());
    cameras[i](stream);
  };
  window.live = () => tracks.filter((track) => track.readyState === "live").length;
}
"""


@pytest.fixture
def late_camera(demo):
    """The demo, and cameras that are granted late."""
    page, stage = demo
    page.evaluate(FAKE_CAMERAS)
    yield page, stage, stage.locator(".live-camera")
    page.evaluate("delete navigator.mediaDevices.getUserMedia")


def is_off(page, button):
    page.wait_for_function("live() === 0", timeout=5_000)
    page.wait_for_timeout(200)
    assert page.evaluate("live()") == 0
    assert button.inner_text() == "Use the camera"


def granted(page, count, which):
    """Wait until the camera was asked for so many times, and grant one of the requests."""
    page.wait_for_function("count => cameras.length === count", arg=count)
    page.evaluate("grant", which)


def is_on(page, button):
    page.wait_for_function("node => node.innerText === 'Hold this picture'", arg=button.element_handle())
    assert page.evaluate("live()") == 1


def test_two_presses_ask_for_one_camera(late_camera):
    page, _, button = late_camera
    button.dblclick()
    granted(page, 1, 0)
    is_on(page, button)
    button.click()
    is_off(page, button)


def test_a_camera_that_comes_too_late_is_let_go(late_camera):
    page, stage, button = late_camera
    button.click()
    photographs(stage).select_option(label="coffee")
    granted(page, 1, 0)
    is_off(page, button)
    assert photographs(stage).locator("option:checked").inner_text() == "coffee"


def test_a_camera_asked_for_again_is_the_only_one(late_camera):
    page, stage, button = late_camera
    button.click()
    photographs(stage).select_option(label="coffee")
    button.click()
    granted(page, 2, 1)
    is_on(page, button)
    page.evaluate("grant(0)")
    page.wait_for_function("live() === 1")
    is_on(page, button)
    button.click()
    is_off(page, button)


def test_a_file_turns_the_camera_off(late_camera, tmp_path):
    page, stage, button = late_camera
    cat().save(tmp_path / "cat.png")
    button.click()
    granted(page, 1, 0)
    is_on(page, button)
    give(stage, tmp_path / "cat.png")
    is_off(page, button)


@pytest.mark.parametrize("first", ["granted", "left"])
def test_a_camera_is_off_while_the_demo_is_out_of_sight(late_camera, first):
    page, _, button = late_camera
    button.click()
    if first == "granted":
        granted(page, 1, 0)
        is_on(page, button)
    page.evaluate("scrollTo(0, 0)")
    if first == "left":
        granted(page, 1, 0)
    is_off(page, button)


def test_a_camera_is_off_on_another_slide(site, open_page, settings):
    page = open_page(f"{site}/slides/{STEM}.html", height=720)
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    root = page.locator(f"#demo-{settings[0]}")
    for first in ("granted", "left"):
        turn_to(page, f"#demo-{settings[0]}")
        ready(page, f"#demo-{settings[0]}")
        page.evaluate(FAKE_CAMERAS)
        button = root.locator(".live-camera")
        button.click()
        if first == "granted":
            granted(page, 1, 0)
            is_on(page, button)
        page.evaluate("Reveal.prev()")
        if first == "left":
            granted(page, 1, 0)
        is_off(page, button)


def test_a_camera_that_is_unplugged_is_offered_again(late_camera):
    page, _, button = late_camera
    button.click()
    granted(page, 1, 0)
    is_on(page, button)
    page.evaluate("tracks.forEach((track) => (track.stop(), track.dispatchEvent(new Event('ended'))))")
    is_off(page, button)


def test_a_file_that_is_read_late_does_not_replace_what_was_chosen_meanwhile(demo, tmp_path):
    page, stage = demo
    page.evaluate(
        """() => {
          const decode = Image.prototype.decode;
          Image.prototype.decode = async function () {
            await new Promise((resolve) => (window.goOn = resolve));
            Image.prototype.decode = decode;
            return decode.call(this);
          };
        }"""
    )
    cat().save(tmp_path / "cat.png")
    give(stage, tmp_path / "cat.png")
    page.wait_for_function("'goOn' in window")
    answer(page, stage, lambda: photographs(stage).select_option(label="coffee"))
    page.evaluate("goOn()")
    page.wait_for_timeout(500)
    assert photographs(stage).locator("option:checked").inner_text() == "coffee"
    assert stage.get_attribute("data-first") == "espresso"
