"""The demos of lecture 07, with mouse and keyboard."""

import json
import re

import numpy as np
import pytest
from scipy.stats import binomtest

from tests.site.visit import start_on_slide, until
from tools.project import EXECUTED

STEM = "07_perceptron_to_backprop"
NAMES = ["backprop-machine", "backprop-xor"]
LIVE = EXECUTED / STEM / "live"


def fact(stage, key):
    return float(stage.get_attribute(f"data-{key}"))


def press(stage, name):
    stage.get_by_role("button", name=name, exact=True).click()


def is_told(page, stage, words):
    """Wait until a screen reader has been told."""
    status = stage.locator(":scope > [role=status]").element_handle()
    page.wait_for_function("([node, words]) => node.textContent.includes(words)", arg=[status, words], timeout=5_000)


def own_requests(page):
    """What was asked for, but the files of the other demo, which may start when it comes into view."""
    return [url for url in page.sent if "/_static/live" not in url]


def choose_units(stage, index):
    """Move the first slider to its place of that number."""
    stage.get_by_role("slider").first.fill(str(index))


# ---------------------------------------------------------------- Rosenblatt's machine

NONE, SIXTEEN, SIXTY_FOUR = 0, 5, 7  # places on the slider: 0, 1, 2, 4, 8, 16, 32, 64, ...


@pytest.fixture
def machine(begin):
    return begin(STEM, "backprop-machine")


@pytest.fixture(scope="module")
def settings():
    """What the lecture's run sent to the demo; arrays as NumPy arrays."""
    manifest = json.loads((LIVE / "manifest.json").read_text(encoding="utf-8"))
    config = json.loads((LIVE / manifest["backprop-machine"]["config"]).read_text(encoding="utf-8"))
    data = (LIVE / config["data"]).read_bytes()
    return {name: array_of(value, data) for name, value in config["settings"].items()}


def array_of(value, data):
    if not isinstance(value, dict) or "array" not in value:
        return value
    dtype, dims, offset = (value["array"][key] for key in ("dtype", "dims", "offset"))
    return np.frombuffer(data, dtype, count=np.prod(dims), offset=offset).reshape(dims)


def choose_task(stage, name):
    stage.get_by_role("combobox", name="Task").select_option(label=name)


def task_named(settings, part):
    """Index and name of the first task whose name begins so."""
    names = [task["name"] for task in settings["tasks"]]
    index = next(i for i, name in enumerate(names) if name.startswith(part))
    return index, names[index]


def run_to_the_end(page, stage):
    press(stage, "Run")
    run = stage.get_by_role("button", name="Run", exact=True)
    run.wait_for(timeout=60_000)
    return [int(count) for count in stage.get_attribute("data-mistakes").split()]


def table_of(stage):
    rows = stage.locator("table tr").all()
    return {row.locator("th").inner_text(): row.locator("td").inner_text() for row in rows}


def test_letters_are_learned_and_what_is_shown_is_counted_again(machine, settings):
    page, stage = machine
    page.sent.clear()
    index, name = task_named(settings, "E or F")
    choose_task(stage, name)
    choose_units(stage, 9)
    own = settings["picture_task"] == index
    train, test = (own & (settings["is_test"] == part) for part in (0, 1))
    wires = settings["wires"][:256].astype(int) - 1
    on = settings["pictures"].astype(int) @ wires.T > settings["thresholds"][:256]
    shares = table_of(stage)
    assert shares["units that are ever on"] == f"{on[train].any(axis=0).sum()} of 256"
    share = int(100 * (settings["labels"][test] == 0).mean() + 0.5)  # a half is rounded up in the page
    assert shares["right on new pictures"] == f"{share} % of {test.sum()}"
    mistakes = run_to_the_end(page, stage)
    assert mistakes[-1] == 0 < min(mistakes[:-1])
    assert sum(mistakes) == fact(stage, "total")
    assert fact(stage, "right") > 0.65, "guessing finds half"
    shares = table_of(stage)
    assert [shares[row] for row in ("epochs", "mistakes so far", "mistakes in the last epoch")] == [
        str(len(mistakes)),
        str(sum(mistakes)),
        "0",
    ]
    assert stage.locator(".live-chart").get_attribute("aria-label").startswith("Mistakes in each epoch: 0 in epoch")
    is_told(page, stage, f"Learned: no mistake in the last of {len(mistakes)} epochs")
    assert own_requests(page) == []


def test_without_units_xor_never_ends_and_with_sixteen_it_mostly_does(machine, settings):
    page, stage = machine
    choose_task(stage, task_named(settings, "two lamps")[1])
    choose_units(stage, NONE)
    for name in ("Other wires", "Ten draws"):
        assert stage.get_by_role("button", name=name).is_disabled(), "there are no wires to draw"
    mistakes = run_to_the_end(page, stage)
    assert len(mistakes) == 200
    assert min(mistakes) > 0
    is_told(page, stage, "Given up at the limit")
    choose_units(stage, SIXTEEN)
    press(stage, "Ten draws")
    until(page, stage, "node.dataset.took")
    solved = int(fact(stage, "draws"))
    assert solved >= 7
    assert fact(stage, "took") < 5_000, "a tenth of it on a quiet machine"
    is_told(page, stage, f"{solved} of 10 draws of wires for 16 units learn it within 200 epochs.")
    ends = []
    for _ in range(10):  # the same ten, one by one
        press(stage, "Other wires")
        ends.append(run_to_the_end(page, stage)[-1])
    assert ends.count(0) == solved


def test_a_mistake_turns_the_dials_of_the_units_that_are_on_by_one_and_what_is_right_turns_none(machine):
    page, stage = machine
    choose_units(stage, SIXTY_FOUR)
    seen = []
    for _ in range(12):
        dials = stage.locator(".live-dials").get_attribute("aria-label")
        press(stage, "One picture")
        told = stage.locator(".live-verdict").inner_text()
        wrong = ": wrong" in told
        before = int(re.match(r"The sum was (−?\d+)", told)[1].replace("−", "-"))
        on = int(re.match(r"\d+", stage.locator(".live-lamps").get_attribute("aria-label"))[0])
        name = re.search("“(.*)”", told)[1]
        step = (on + 1) * (1 if name == "F" else -1) if wrong else 0
        assert fact(stage, "sum") == before + step
        assert wrong == ((before > 0) != (name == "F"))
        assert wrong or stage.locator(".live-dials").get_attribute("aria-label") == dials
        seen.append(wrong)
        assert table_of(stage)["mistakes so far"] == str(sum(seen))
    assert set(seen) == {True, False}
    is_told(page, stage, told)
    press(stage, "Forget")
    assert fact(stage, "sum") == fact(stage, "total") == 0
    assert stage.locator(".live-dials").get_attribute("aria-label").endswith("weights from 0 to 0")


TURNED = """
async (stage) => {
  const dials = stage.querySelector(".live-dials"), pictures = new Set([dials.toDataURL()]);
  [...stage.querySelectorAll("button")].find((one) => one.textContent === "F").click();
  for (const end = performance.now() + 800; performance.now() < end; ) {
    await new Promise(requestAnimationFrame);
    pictures.add(dials.toDataURL());
  }
  return pictures.size;
}
"""


def test_dials_turn_before_the_readers_eyes_unless_motion_is_reduced(machine):
    page, stage = machine
    choose_units(stage, SIXTEEN)
    assert stage.evaluate(TURNED) > 4
    press(stage, "Forget")
    page.emulate_media(reduced_motion="reduce")
    assert stage.evaluate(TURNED) == 2, "before and after"
    page.emulate_media(reduced_motion="no-preference")


def test_what_is_drawn_by_keyboard_is_judged_at_once_and_corrected_by_hand(machine):
    page, stage = machine
    choose_units(stage, NONE)
    press(stage, "Clear")
    assert stage.locator(".live-lamps").get_attribute("aria-label") == "0 of 400 cells are on"
    pad = stage.locator(".live-pad")
    pad.focus()
    pad.press(" ")
    pad.press("ArrowRight")
    pad.press("ArrowRight")
    pad.press("ArrowRight")
    pad.press(" ")
    lit = int(re.match(r"\d+", stage.locator(".live-lamps").get_attribute("aria-label"))[0])
    assert lit > 4
    assert stage.get_attribute("data-said") == "E", "a sum of 0 is not above 0"
    stage.get_by_role("button", name="F", exact=True).press("Enter")
    assert (fact(stage, "sum"), stage.get_attribute("data-said")) == (lit + 1, "F")
    stage.get_by_role("button", name="F", exact=True).press("Enter")
    assert fact(stage, "sum") == lit + 1, "right: nothing is changed"
    stage.get_by_role("button", name="E", exact=True).press("Enter")
    assert (fact(stage, "sum"), fact(stage, "total")) == (0, 2)
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.8 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.8 * box["height"], steps=6)
    page.mouse.up()
    assert int(re.match(r"\d+", stage.locator(".live-lamps").get_attribute("aria-label"))[0]) > lit + 20


def test_a_first_layer_that_learns_needs_few_units(machine, settings):
    page, stage = machine
    choose_task(stage, task_named(settings, "parity of 4")[1])
    choose_units(stage, SIXTEEN)
    press(stage, "Ten draws")
    until(page, stage, "node.dataset.took")
    assert fact(stage, "draws") <= 3
    stage.get_by_role("radio", name="learns, too").check()
    for _ in range(5):
        if run_to_the_end(page, stage)[-1] == 0:
            break
        press(stage, "Other first weights")
    assert stage.get_attribute("data-mistakes").endswith(" 0")
    press(stage, "Forget")
    assert stage.get_attribute("data-mistakes") == ""
    assert stage.locator(".live-lamps").get_attribute("aria-label").startswith("16 association units: the brighter")


@pytest.mark.parametrize(("name", "go"), [("backprop-machine", "Run"), ("backprop-xor", "Train")])
def test_where_motion_is_reduced_the_end_is_the_same_and_comes_at_once(begin, name, go):
    keys = {"backprop-machine": ["mistakes", "sum", "right"], "backprop-xor": ["step", "loss", "right"]}[name]
    ends = []
    for motion in ("no-preference", "reduce"):
        page, stage = begin(STEM, name)
        page.emulate_media(reduced_motion=motion)
        changes = stage.evaluate_handle(
            "node => { const seen = []; new MutationObserver(() => seen.push(1))"
            ".observe(node, { attributeFilter: ['data-step', 'data-epochs'] }); return seen; }"
        )
        if name == "backprop-machine":
            choose_units(stage, SIXTEEN)
        before = len(changes.json_value())
        press(stage, go)
        stage.get_by_role("button", name=go, exact=True).wait_for(timeout=60_000)
        ends.append([stage.get_attribute(f"data-{key}") for key in keys])
        shown = len(changes.json_value()) - before
        assert shown <= 2 if motion == "reduce" else shown > 10
    page.emulate_media(reduced_motion="no-preference")
    assert ends[0] == ends[1]


# ---------------------------------------------------------------- XOR

TANH, RELU, SIGMOID = "tanh", "ReLU", "sigmoid"


@pytest.fixture
def xor(begin):
    return begin(STEM, "backprop-xor")


@pytest.fixture
def at_once(xor):
    """The playground for a reader who asked for reduced motion: a training shows its end alone."""
    page, _ = xor
    page.emulate_media(reduced_motion="reduce")
    yield xor
    page.emulate_media(reduced_motion="no-preference")


def train(page, stage):
    press(stage, "Train")
    stage.get_by_role("button", name="Train", exact=True).wait_for(timeout=60_000)
    return int(fact(stage, "right"))


def choose(stage, width, activation):
    choose_units(stage, width)
    stage.get_by_role("radio", name=activation).check()


def points_of(stage):
    labels = [one.get_attribute("aria-label") for one in stage.locator(".live-thing").all()]
    return [[float(number) for number in re.findall(r"-?[\d.]+(?=[, :])", label)[-3:]] for label in labels]


def test_two_units_can_represent_xor_and_learn_it_from_some_starts(at_once):
    page, stage = at_once
    page.sent.clear()
    choose(stage, 2, TANH)
    ends = []
    for _ in range(8):
        right = train(page, stage)
        told = stage.locator(".live-verdict").inner_text()
        assert told == (
            f"{'Solved' if right == 4 else 'Not solved'} after 2000 steps: "
            f"{right} of 4 right, loss {fact(stage, 'loss'):.3f}."
        )
        why = stage.locator(".live-why").inner_text()
        assert (why == "") == (right == 4)
        flat = "Flat ground" in why
        assert right == 4 or flat == (fact(stage, "slope") < 0.01)
        ends.append(right)
        is_told(page, stage, told)
        press(stage, "Another start")
        assert stage.locator(".live-verdict").inner_text().startswith("Not trained yet")
    assert 4 in ends
    assert min(ends) < 4
    assert stage.locator(".live-units figure").count() == 2
    assert own_requests(page) == []


def test_dead_units_are_counted_and_named(at_once):
    page, stage = at_once
    choose(stage, 4, RELU)
    found = set()
    for _ in range(12):
        train(page, stage)
        dead = int(fact(stage, "dead"))
        assert stage.locator(".live-units figcaption").all_inner_texts().count("dead") == dead
        said = re.match(r"(\d) of 4 hidden units (is|are) dead", stage.locator(".live-why").inner_text())
        assert (int(said[1]) if said else 0) == dead
        found.add(dead)
        press(stage, "Another start")
    assert len(found) > 1
    choose(stage, 4, SIGMOID)
    train(page, stage)
    assert fact(stage, "dead") == 0


def test_fifty_starts_agree_with_the_measured_share_and_stand_beside_it(xor):
    page, stage = xor
    picture = "node => node.querySelector('.live-plot').toDataURL()"
    plain = stage.evaluate(picture)
    for place, (width, activation, share) in enumerate([(2, RELU, 0.21), (3, TANH, 0.97)], start=1):
        choose(stage, width, activation)
        press(stage, "Try 50 starts here")
        until(page, stage, f"JSON.parse(node.dataset.tried ?? '[]').length === {place}")
        one = json.loads(stage.get_attribute("data-tried"))[-1]
        assert (one["width"], one["activation"], one["count"]) == (width, activation, 50)
        assert one["hits"] / 50 == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 50))
        low, high = binomtest(one["hits"], 50).proportion_ci(0.95, "wilson")
        words = f"{2 * one['hits']} %; the true share lies between {100 * low:.0f} % and {100 * high:.0f} %"
        assert words in stage.locator(".live-reliability").inner_text()
        is_told(page, stage, words)
        assert fact(stage, "slice") < 200, "20 on a quiet machine"
        assert stage.locator("progress").evaluate("node => node.value") == 50
    assert stage.evaluate(picture) != plain
    assert stage.locator(".live-plot").get_attribute("aria-label").count("starts with") == 2
    press(stage, "XOR again")
    assert stage.evaluate(picture) == plain


def test_a_trial_is_ended_by_another_choice(xor):
    page, stage = xor
    choose(stage, 16, TANH)
    press(stage, "Try 50 starts here")
    choose(stage, 2, TANH)
    page.wait_for_timeout(3_000)
    assert stage.get_attribute("data-tried") is None
    assert stage.locator("progress").evaluate("node => node.value") == 0


def test_points_move_and_change_their_class_by_keyboard_and_by_mouse(at_once):
    page, stage = at_once
    points = stage.locator(".live-thing")
    start = [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]
    assert points_of(stage) == start
    for i in (1, 2, 3):
        points.nth(i).press("Enter")
    assert [label for *_, label in points_of(stage)] == [0, 0, 0, 1]
    choose_units(stage, 1)
    assert train(page, stage) == 4, "AND needs one line"
    points.nth(0).press("ArrowLeft")
    for _ in range(4):
        points.nth(0).press("Shift+ArrowUp")
    assert points_of(stage)[0] == [-0.05, 1, 0]
    assert fact(stage, "step") == 0
    frame, box = stage.locator(".live-window").bounding_box(), points.nth(3).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(frame["x"] + 0.5 * frame["width"], frame["y"] + 0.25 * frame["height"], steps=6)
    page.mouse.up()
    assert points_of(stage)[3] == [0.5, 1, 1], "dragged, and still of its class"
    points.nth(3).click()
    assert points_of(stage)[3] == [0.5, 1, 0]
    points.nth(3).press("Shift+ArrowUp")
    for _ in range(5):
        points.nth(3).press("Shift+ArrowUp")
    assert points_of(stage)[3][1] == 1.5, "it stays in the plane"
    press(stage, "XOR again")
    assert points_of(stage) == start


def test_the_picture_of_the_plane_changes_while_it_trains(xor):
    page, stage = xor
    choose(stage, 8, TANH)
    heat = "node => node.querySelector('.live-window canvas').toDataURL()"
    pictures = {stage.evaluate(heat)}
    press(stage, "Train")
    for _ in range(100):  # a loaded machine draws few pictures a second
        page.wait_for_timeout(50)
        pictures.add(stage.evaluate(heat))
        if len(pictures) == 4:
            break
    assert len(pictures) == 4
    assert stage.get_by_role("button", name="Pause").is_visible()
    press(stage, "Pause")
    step = fact(stage, "step")
    assert 0 < step < 2000
    page.wait_for_timeout(200)
    assert fact(stage, "step") == step
    train(page, stage)
    assert fact(stage, "step") == 2000


# ---------------------------------------------------------------- room


def fill_up(page, root, name):
    """Let a demo say as much as it can."""
    stage = root.locator(".live-stage")
    if name == "backprop-machine":
        stage.get_by_role("radio", name="learns, too").check()
        choose_units(stage, 3)
        press(stage, "One picture")
        press(stage, "Ten draws")
        until(page, stage, "node.querySelector('.live-drawn').textContent")
        return
    choose(stage, 16, RELU)
    for _ in range(6):
        train(page, stage)
        if fact(stage, "dead"):
            break
        press(stage, "Another start")
    press(stage, "Try 50 starts here")
    until(page, stage, "node.dataset.tried")


@pytest.mark.parametrize("name", NAMES)
def test_on_a_slide_all_of_it_fits(site, open_page, name):
    page = open_page(f"{site}/slides/{STEM}.html", width=1280, height=720)
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    root = start_on_slide(page, name)
    fill_up(page, root, name)
    assert root.evaluate("node => node.getBoundingClientRect().bottom / Reveal.getScale()") <= 720


@pytest.mark.parametrize("width", [320, 390])
@pytest.mark.parametrize("name", NAMES)
def test_on_a_phone_it_is_two_screens_high_and_nothing_sticks_out(site, open_page, name, width):
    page = open_page(f"{site}/notebooks/{STEM}.html", width=width, theme="dark")
    root = page.locator(f"#demo-{name}")
    root.scroll_into_view_if_needed()
    page.wait_for_function("node => node.dataset.state === 'ready'", arg=root.element_handle(), timeout=20_000)
    fill_up(page, root, name)
    box = root.bounding_box()
    assert box["height"] <= 1600
    wide = "node => [...node.querySelectorAll('*')].filter((one) => one.checkVisibility() && "
    wide += "getComputedStyle(one).clipPath === 'none' && "
    wide += "one.getBoundingClientRect().right > node.getBoundingClientRect().right - 2).map((one) => one.className)"
    assert root.evaluate(wide) == []
