"""The demo of lecture 03, with mouse and keyboard; its pictures are painted and its scores computed again."""

import json

import numpy as np
import onnxruntime
import pytest

from tests.site.visit import start_on_slide, until
from tests.unit.live.test_tasks_demos import KINDS, expected_of, parsed, scene_of, truth_of, written
from tools.project import EXECUTED
from utils.scenes import captions

STEM, NAME = "03_tasks", "tasks-round-trip"
LIVE = EXECUTED / STEM / "live"
TASKS = ["classification", "counting", "detection", "captioning"]


@pytest.fixture
def trip(begin):
    return begin(STEM, NAME)


@pytest.fixture(scope="module")
def config():
    """What the lecture's run sent to the demo."""
    manifest = json.loads((LIVE / "manifest.json").read_text(encoding="utf-8"))
    return json.loads((LIVE / manifest[NAME]["config"]).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def network(config):
    """What the exported network answers to a picture of (64, 64, 3) bytes."""
    session = onnxruntime.InferenceSession(LIVE / config["models"][0]["file"])

    def answer(pixels):
        images = (pixels.transpose(2, 0, 1)[None] / np.float32(255)).astype("float32")
        return dict(zip(("dense", "presence", "count"), session.run(None, {"images": images}), strict=True))

    return answer


def facts(stage, *keys):
    return [json.loads(stage.get_attribute(f"data-{key}")) for key in keys]


def sent_and_back(stage):
    return [stage.get_attribute(f"data-{key}") for key in ("sentence", "caption")]


def write(page, stage, text):
    """Write a sentence and wait until it is drawn and read."""
    draw(page, stage, lambda: stage.get_by_role("textbox").fill(text))


def draw(page, stage, act):
    before = stage.get_attribute("data-drawing")
    act()
    until(page, stage, f"node.dataset.drawing !== {json.dumps(before)}")


def attack(page, stage, name, strength):
    stage.get_by_role("radio", name=name).check()
    stage.get_by_role("slider", name="Strength").fill(str(strength))
    until(page, stage, f"node.dataset.attack === '{name}' && Number(node.dataset.strength) === {strength}")


PIXELS = """
(stage) => {
  const canvas = stage.querySelector(".live-window canvas"), { width, height } = canvas;
  return [...canvas.getContext("2d").getImageData(0, 0, width, height).data];
}
"""


def pixels_of(stage):
    return np.reshape(stage.evaluate(PIXELS), (64, 64, 4))[..., :3]


def words_marked(stage, tag):
    return stage.locator(tag).all_inner_texts()


# ---------------------------------------------------------------- there and back


def test_most_random_sentences_come_back_whole(trip):
    page, stage = trip
    page.sent.clear()
    another = stage.get_by_role("button", name="Random sentence")
    whole, said = 0, set()
    for _ in range(30):
        draw(page, stage, another.click)
        sentence, caption = sent_and_back(stage)
        typed = parsed(stage.get_by_role("textbox").input_value())
        assert written({**typed, "ground": None}) == sentence
        said.add(sentence)
        whole += sentence == caption
        assert (sentence == caption) == (words_marked(stage, "del") == words_marked(stage, "ins") == [])
    assert whole > 15
    assert len(said) > 25
    assert page.sent == []


@pytest.mark.parametrize("name, strength", [("occlude", 1), ("darken", 1), ("shrink", 1), ("noise", 1)])
def test_an_attack_of_full_strength_loses_the_sentence_and_none_gives_it_back(trip, name, strength):
    page, stage = trip
    before = [pixels_of(stage).tolist(), sent_and_back(stage)]
    attack(page, stage, name, strength)
    scores = facts(stage, "scores")[0]
    assert scores["captioning"] < 0.5
    assert scores["detection"] < 0.5
    assert words_marked(stage, "del") != []
    attack(page, stage, name, 0)
    assert [pixels_of(stage).tolist(), sent_and_back(stage)] == before


def test_scores_are_those_of_the_networks_answer_to_the_picture(trip, network):
    page, stage = trip
    another = stage.get_by_role("button", name="Random sentence")
    attacks = [("occlude", 0), ("occlude", 0.3), ("shrink", 0.3), ("recolour", 0.35), ("darken", 0.3), ("noise", 0.2)]
    found = []
    for name, strength in 2 * attacks:
        draw(page, stage, another.click)
        attack(page, stage, name, strength)
        drawing, scores, count, presence = facts(stage, "drawing", "scores", "count", "presence")
        painted, boxes = truth_of(scene_of(attacked(drawing, name, strength)))
        pixels = pixels_of(stage)
        if name == "shrink" or not strength:
            assert np.array_equal(pixels, painted)
        answer = network(pixels)
        layout = parsed(sent_and_back(stage)[0])
        expected = expected_of(answer, layout, boxes)
        assert scores == pytest.approx({task: expected[task] for task in TASKS})
        assert sent_and_back(stage) == [expected["sentence"], expected["caption"]]
        assert count == answer["count"].argmax()
        assert presence == pytest.approx((1 / (1 + np.exp(-answer["presence"][0]))).tolist(), abs=1e-3)
        shown = stage.locator("[data-task] > .live-number").all_inner_texts()
        assert [float(text) for text in shown] == pytest.approx([scores[task] for task in TASKS], abs=0.00501)
        found.append(tuple(scores.values()))
    assert len(set(found)) > 4


def attacked(drawing, name, strength):
    """Shrinking alone moves the boxes."""
    factor = 1 - 0.8 * strength if name == "shrink" else 1
    return {**drawing, "things": [{**one, "scale": max(4, one["scale"] * factor)} for one in drawing["things"]]}


def test_a_turned_hue_changes_the_colours_that_are_read_and_leaves_the_ground(trip):
    page, stage = trip
    write(page, stage, "a blue bag on brick")
    clean = pixels_of(stage)
    attack(page, stage, "recolour", 1)
    turned = pixels_of(stage)
    changed = (clean != turned).any(axis=2)
    (x0, y0, x1, y1) = truth_of(scene_of(facts(stage, "drawing")[0]))[1][0]
    assert changed[int(y0) : int(y1), int(x0) : int(x1)].mean() > 0.4
    assert changed.sum() < 1.2 * (x1 - x0) * (y1 - y0)
    red, green, blue = (pixel.mean() for pixel in turned[changed].T)
    assert red > green > blue
    assert "blue" in words_marked(stage, "del")


# ---------------------------------------------------------------- writing


@pytest.mark.parametrize(
    "text", ["a blue cat", "a orange bag", "a pink coat on grass", "a red bag", "bag", "a white bag a", "a blue bag, a"]
)
def test_the_first_word_that_does_not_fit_is_told_as_parse_does(trip, text, monkeypatch):
    monkeypatch.setattr(captions, "KINDS", tuple(KINDS))
    monkeypatch.setattr(captions, "ACTIONS", ())
    page, stage = trip
    before = [stage.get_attribute(f"data-{key}") for key in ("drawing", "sentence")]
    box = stage.get_by_role("textbox")
    box.fill(text)
    fault = stage.locator(f"[id='{box.get_attribute('aria-describedby')}']")
    assert fault.inner_text() == parsed(text)
    assert box.get_attribute("aria-invalid") == "true"
    status = stage.locator("[role=status]")
    page.wait_for_function(
        "([node, text]) => node.textContent === text", arg=[status.element_handle(), fault.inner_text()]
    )
    assert [stage.get_attribute(f"data-{key}") for key in ("drawing", "sentence")] == before
    write(page, stage, "a pink seven")
    assert fault.inner_text() == ""
    assert box.get_attribute("aria-invalid") == "false"


def test_more_than_three_things_are_refused(trip):
    _, stage = trip
    stage.get_by_role("textbox").fill("a blue bag, a blue bag, a blue bag and a blue bag")
    assert "the sentence has 4 things; expected at most 3" in stage.inner_text()


def test_a_sentence_is_put_together_by_keyboard(trip):
    page, stage = trip
    box = stage.get_by_role("textbox")
    box.fill("")
    words = stage.get_by_role("group", name="Words that may come next")
    for word in ["large", "orange", "bag", "left of", "blue", "trousers", "on", "gravel"]:
        words.get_by_role("button", name=word, exact=True).press("Enter")
        assert page.evaluate("document.activeElement.closest('.live-words') !== null"), "the focus stays at the words"
    assert box.input_value() == "a large orange bag left of blue trousers on gravel"
    until(page, stage, "node.dataset.sentence === 'blue trousers right of a large orange bag'")
    assert facts(stage, "drawing")[0]["ground"] == 2
    words.get_by_role("button", name="Remove the last word").press("Enter")
    assert box.input_value() == "a large orange bag left of blue trousers on"
    assert words.get_by_role("button").all_inner_texts()[1:] == ["brick", "grass", "gravel"]


def test_the_same_sentence_is_drawn_in_many_ways_but_only_when_asked(trip, config):
    page, stage = trip
    sentence, before = (stage.get_attribute(f"data-{key}") for key in ("sentence", "drawing"))
    box = stage.get_by_role("textbox")
    assert box.input_value() == config["settings"]["sentence"]
    box.press("End")
    box.press_sequentially("  ")
    page.wait_for_timeout(300)
    assert stage.get_attribute("data-drawing") == before, "a space says nothing new"
    drawings = set()
    for _ in range(5):
        draw(page, stage, stage.get_by_role("button", name="Draw it again").click)
        assert stage.get_attribute("data-sentence") == sentence
        (drawing,) = facts(stage, "drawing")
        drawings.add(json.dumps([one["at"] for one in drawing["things"]]))
        assert captions.describe(scene_of(drawing)).startswith(sentence)
    assert len(drawings) == 5


# ---------------------------------------------------------------- by hand


def come_back_whole(page, stage, sentence):
    """Write a sentence, and draw it again until the network reads it rightly."""
    write(page, stage, sentence)
    for _ in range(20):
        sent, back = sent_and_back(stage)
        if sent == back:
            return
        draw(page, stage, stage.get_by_role("button", name="Draw it again").click)
    raise AssertionError(f"{sentence!r} never came back whole; last it was {back!r}")


def drag(page, stage, thing, across):
    """Drag a thing to a share of the picture's width, at its own height."""
    frame, box = stage.locator(".live-window").bounding_box(), thing.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(frame["x"] + across * frame["width"], box["y"] + box["height"] / 2, steps=8)
    page.mouse.up()


def test_a_thing_dragged_to_the_other_side_loses_the_relation(trip):
    page, stage = trip
    sent, turned = "a white bag left of a blue boot", "a white bag right of a blue boot"
    things = stage.locator(".live-thing")
    for _ in range(6):  # where they end up, the network may take one for something else
        come_back_whole(page, stage, f"{sent} on grass")
        things.first.scroll_into_view_if_needed()
        drag(page, stage, things.first, 0.97)
        drag(page, stage, things.nth(1), 0.03)
        page.wait_for_timeout(200)
        if sent_and_back(stage) == [sent, turned]:
            break
        write(page, stage, "a pink bag")
    assert sent_and_back(stage) == [sent, turned]
    assert words_marked(stage, "del") == ["left"]
    assert words_marked(stage, "ins") == ["right"]
    assert facts(stage, "scores")[0]["captioning"] == pytest.approx(7 / 8)
    lines = [stage.locator(tag).evaluate("node => getComputedStyle(node).textDecorationLine") for tag in ("del", "ins")]
    assert lines == ["line-through", "underline"], "not by colour alone"


def test_a_thing_is_moved_by_arrow_keys_and_stays_in_the_picture(trip):
    page, stage = trip
    write(page, stage, "a large blue bag")
    thing = stage.locator(".live-thing")
    ((one,),) = (drawing["things"] for drawing in facts(stage, "drawing"))
    draw(page, stage, lambda: thing.press("ArrowUp" if one["at"][0] > 20 else "ArrowDown"))
    for _ in range(20):
        thing.press("Shift+ArrowRight")
    until(page, stage, "JSON.parse(node.dataset.drawing).things[0].at[1] === 63 - 15")
    assert "column 48 of 64" in thing.get_attribute("aria-label")


# ---------------------------------------------------------------- which task fails first


def test_the_curves_of_a_trial_are_told_in_words(trip):
    page, stage = trip
    page.sent.clear()
    for name in ("darken", "noise"):
        stage.get_by_role("radio", name=name).check()
        stage.get_by_role("button", name="Which task fails first?").press("Enter")
        until(page, stage, f"node.dataset.tried === '{name}'")
        (curves,) = facts(stage, "curves")
        assert list(curves) == TASKS
        assert {len(scores) for scores in curves.values()} == {11}
        assert min(scores[0] for scores in curves.values()) > 0.6
        assert all(scores[-1] < scores[0] for scores in curves.values())
        told = stage.locator(".live-trial .live-verdict").inner_text()
        fell = {task: next((i for i, score in enumerate(curves[task]) if score < 0.5), 99) for task in TASKS}
        first = min(fell.values())
        begin = told.split("first: ")[1].split(f" at strength {first / 10:.1f}.")[0]
        assert [task for task in TASKS if task in begin] == [task for task in TASKS if fell[task] == first]
        status = stage.locator("[role=status]")
        page.wait_for_function("([node, text]) => node.textContent === text", arg=[status.element_handle(), told])
    assert page.sent == []


TRIED = """
(stage) => new Promise((resolve) => {
  const tried = [], start = [...stage.querySelectorAll("button")].find((one) => one.textContent.startsWith("Which"));
  new MutationObserver(() => stage.dataset.tried && tried.push(stage.dataset.tried))
    .observe(stage, { attributeFilter: ["data-tried"] });
  stage.querySelector("input[value='0']").click();
  start.click();
  setTimeout(() => {
    stage.querySelector("input[value='3'][type=radio]").click();
    start.click();
  }, 60);
  const look = () => (tried.length ? setTimeout(() => resolve(tried), 1500) : setTimeout(look, 50));
  look();
})
"""


def test_a_new_trial_ends_the_one_before(trip):
    _, stage = trip
    assert stage.evaluate(TRIED) == ["darken"]


def test_on_a_slide_all_of_it_fits_also_with_an_error(site, open_page):
    page = open_page(f"{site}/slides/{STEM}.html", width=1280, height=720)
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    root = start_on_slide(page, NAME)
    stage = root.locator(".live-stage")
    root.get_by_role("button", name="Which task fails first?").click()
    until(page, stage, "node.dataset.tried")
    long = "a small orange t-shirt, small yellow trousers and a small orange t-shirt"
    for text in ("", "a blue cat", f"{long} on", f"{long} on gravel"):
        root.get_by_role("textbox").fill(text)
        page.wait_for_timeout(300)
        bottom = root.evaluate("node => node.getBoundingClientRect().bottom / Reveal.getScale()")
        assert bottom <= 720, text
