"""The demo that takes blocks out of networks: what it shows is held against PyTorch, by mouse and keyboard."""

import json
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.site.exported import fact, on_slide, played, publish, put
from tests.site.visit import choose_theme, until, violations
from utils.data import load_images

BLOCKS, WIDTH, COUNT = 9, 12, 500
ID = "architectures-pull"
STEM = "10_architectures"  # its networks are replaced by those of this test
IN_ORDER = list(range(BLOCKS))
ALL_IN = [1.0] * BLOCKS


# ---------------------------------------------------------------- two networks, and a page that shows them


class Chain(nn.Module):
    """A stem, blocks in any order, a classifier; random weights, of which only the classifier's are fitted."""

    def __init__(self, *, residual):
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        scale = (2 / (9 * WIDTH)) ** 0.5
        self.residual = residual
        self.stem = torch.randn(WIDTH, 1, 3, 3, generator=generator) / 3
        self.first = scale * torch.randn(BLOCKS, WIDTH, WIDTH, 3, 3, generator=generator)
        self.second = scale * torch.randn(BLOCKS, WIDTH, WIDTH, 3, 3, generator=generator)
        self.shifts = 0.1 * torch.randn(BLOCKS, 2, WIDTH, 1, 1, generator=generator)
        self.second *= 0.4 if residual else 1
        self.classifier = None

    def features(self, images, order, gates):
        x = F.relu(F.conv2d((images / 255 - 0.286) / 0.353, self.stem, stride=2, padding=1))
        for place in range(BLOCKS):
            block, gate = order[place], gates[place]
            branch = F.relu(F.conv2d(x, self.first[block], padding=1) + self.shifts[block, 0])
            branch = F.conv2d(branch, self.second[block], padding=1) + self.shifts[block, 1]
            x = F.relu(x + gate * branch) if self.residual else gate * F.relu(branch) + (1 - gate) * x
        pooled = F.avg_pool2d(x, 4, stride=3).flatten(1)
        return torch.cat([pooled, torch.ones_like(pooled[:, :1])], 1)

    def forward(self, images, order, gates):
        return self.features(images, order, gates) @ self.classifier

    def fit(self, images, labels):
        """Fit the classifier of the whole chain by ridge regression."""
        found = self.features(images, torch.tensor(IN_ORDER), torch.tensor(ALL_IN))
        ridge = 1e-3 * found.square().sum() / len(found[0]) * torch.eye(found.shape[1])
        self.classifier = torch.linalg.solve(found.T @ found + ridge, found.T @ (F.one_hot(labels, 10) - 0.1))
        return self


@pytest.fixture(scope="module")
def task():
    """What the demo is called with."""
    garments = load_images("fashion_mnist", split="test", n=COUNT)
    images = F.avg_pool2d(255 * garments.images, 2).round()
    networks = {name: Chain(residual=name == "residual").fit(images, garments.labels) for name in ("residual", "plain")}
    return {
        "model": networks,
        "example": (images, torch.tensor(IN_ORDER), torch.tensor(ALL_IN)),
        "input_names": ["images", "order", "gates"],
        "output_names": ["scores"],
        "images": images[:, 0].to(torch.uint8),
        "labels": garments.labels.to(torch.uint8),
        "class_names": list(garments.classes),
        "n_blocks": BLOCKS,
    }


@pytest.fixture(scope="module")
def given(task):
    """The classes that PyTorch gives the images: given(network, order, gates)."""

    def given_(network, order=IN_ORDER, gates=ALL_IN):
        with torch.no_grad():
            scores = task["model"][network](task["example"][0], torch.tensor(order), torch.tensor(gates))
        return scores.argmax(1).numpy()

    return given_


@pytest.fixture(scope="module")
def accuracy(task, given):
    return lambda network, *chain: (given(network, *chain) == task["labels"].numpy()).mean()


def export(folder, task):
    return publish(folder, "pull_a_layer", id=ID, alt="Blocks of a network, taken out one by one.", **task)


@pytest.fixture(scope="module")
def published(task, tmp_path_factory):
    folder = tmp_path_factory.mktemp("live")
    return folder, export(folder, task)


@pytest.fixture
def pull(lectures, published):
    """The page and the demo's stage, just started."""
    with played(lectures, STEM, published, ID) as both:
        yield both


# ---------------------------------------------------------------- what a reader does


def settled(page, stage):
    """Wait for the answer to what was done last; return the accuracy."""
    until(page, stage, "node.dataset.accuracy !== 'null'")
    assert stage.locator(".live-accuracy").inner_text() == f"{100 * fact(stage, 'accuracy'):.1f} %"
    return fact(stage, "accuracy")


def block(stage, number):
    return stage.get_by_role("button", name=f"Take block {number} out", exact=True)


def swap(stage, left, right):
    return stage.get_by_role("button", name=f"Swap block {left} with its right neighbour, block {right}", exact=True)


def choose(page, stage, network):
    stage.get_by_role("radio", name=network).check()
    until(page, stage, f"node.dataset.network === '\"{network}\"'")
    return settled(page, stage)


def press(stage, name):
    stage.get_by_role("button", name=name, exact=True).click()


def gates_without(*numbers):
    return [float(i + 1 not in numbers) for i in range(BLOCKS)]


def is_told(page, stage):
    """Wait until a screen reader is told what the demo's sentence says."""
    words = stage.locator(".live-verdict").inner_text()
    is_said(page, stage, words)
    return words


def is_said(page, stage, words):
    status = stage.locator("[role=status]").element_handle()
    page.wait_for_function("([node, text]) => node.textContent === text", arg=[status, words])


# ---------------------------------------------------------------- accuracies


def test_the_networks_of_this_test_lose_little_and_fall_to_chance(accuracy):
    """What follows would say little if no state differed from another."""
    residual, plain = (
        [accuracy(name, IN_ORDER, gates_without(i + 1)) for i in IN_ORDER] for name in ("residual", "plain")
    )
    assert min(residual) > 0.2 > max(plain)
    assert len({*residual, accuracy("residual")}) >= 7


@pytest.mark.parametrize("network", ["residual", "plain"])
def test_the_accuracy_of_every_state_is_the_one_that_pytorch_finds(pull, accuracy, network):
    page, stage = pull
    assert choose(page, stage, network) == accuracy(network)
    block(stage, 3).click()
    assert settled(page, stage) == accuracy(network, IN_ORDER, gates_without(3))
    block(stage, 1).press("Enter")
    block(stage, 8).press("Space")
    assert settled(page, stage) == accuracy(network, IN_ORDER, gates_without(1, 3, 8))
    press(stage, "Put everything back")
    assert settled(page, stage) == accuracy(network)
    swap(stage, 1, 2).click()
    assert settled(page, stage) == accuracy(network, [1, 0, *IN_ORDER[2:]])
    swap(stage, 1, 3).press("Enter")
    assert settled(page, stage) == accuracy(network, [1, 2, 0, *IN_ORDER[3:]])
    block(stage, 3).click()
    order, gates = [1, 2, 0, *IN_ORDER[3:]], [1.0, 0, *ALL_IN[2:]]
    assert settled(page, stage) == accuracy(network, order, gates)
    swap(stage, 2, 3).click()  # what is out stays out, wherever it stands
    assert settled(page, stage) == accuracy(network, [2, 1, 0, *IN_ORDER[3:]], [0, *ALL_IN[1:]])


def test_a_block_may_be_at_part_of_its_strength(pull, accuracy):
    page, stage = pull
    block(stage, 4).click()
    strength = stage.get_by_role("slider", name="Strength of block 4")
    assert strength.input_value() == "0"
    strength.fill("0.4")
    assert settled(page, stage) == accuracy("residual", IN_ORDER, [*ALL_IN[:3], 0.4, *ALL_IN[4:]])
    assert "with block 4 at 40 %" in is_told(page, stage)
    assert block(stage, 4).get_attribute("aria-pressed") == "false"
    block(stage, 4).click()
    assert settled(page, stage) == accuracy("residual", IN_ORDER, gates_without(4))
    assert strength.get_attribute("aria-valuetext") == "0 %"


def test_putting_everything_back_leaves_no_trace_in_the_chain(pull, accuracy):
    page, stage = pull
    for number in (2, 5):
        block(stage, number).click()
    swap(stage, 5, 6).click()
    settled(page, stage)
    assert [face.inner_text() for face in stage.locator("button.live-block").all()] == list("123465789")
    assert stage.locator(".live-out button").all_inner_texts() == ["2", "5"]
    press(stage, "Put everything back")
    assert settled(page, stage) == accuracy("residual")
    assert [face.inner_text() for face in stage.locator("button.live-block").all()] == list("123456789")
    assert stage.locator(".live-out").count() == 0
    assert stage.get_by_role("slider", name="Strength of block").input_value() == "1"
    assert is_told(page, stage).startswith("The whole residual network gets")


def test_the_focus_stays_where_it_was_pressed(pull):
    page, stage = pull
    for face in (block(stage, 7), swap(stage, 3, 4)):
        handle = face.element_handle()
        face.press("Enter")
        settled(page, stage)
        assert handle.evaluate("node => node === document.activeElement")
    assert block(stage, 7).get_attribute("aria-pressed") == "true"


# ---------------------------------------------------------------- what is said and shown


def test_the_sentence_counts_what_turned_and_names_the_guess(pull, task, given):
    page, stage = pull
    labels = task["labels"].numpy()
    guess = stage.get_by_role("slider", name="Your guess")
    mark = stage.locator(".live-marked .live-guess")
    assert not mark.is_visible()
    guess.fill("0.8")
    assert mark.is_visible()
    assert "guess" not in is_told(page, stage)
    for number in (6, 2):
        block(stage, number).click()
    settled(page, stage)
    whole, now = given("residual"), given("residual", IN_ORDER, gates_without(2, 6))
    lost = ((whole == labels) & (now != labels)).sum()
    won = ((whole != labels) & (now == labels)).sum()
    assert lost > 10
    assert won > 1
    assert is_told(page, stage) == (
        f"The residual network without blocks 2 and 6 gets {100 * (now == labels).mean():.1f} % right. "
        f"You guessed 80 %. {lost} images that the whole one had right are wrong now, {won} the other way round."
    )


def test_the_bar_has_marks_for_chance_the_whole_network_and_the_guess(pull, accuracy):
    page, stage = pull
    stage.get_by_role("slider", name="Your guess").fill("0.35")
    block(stage, 4).click()
    settled(page, stage)
    track, bar = (stage.locator(f".live-marked .live-{part}").bounding_box() for part in ("track", "bar"))
    expected = accuracy("residual", IN_ORDER, gates_without(4))
    assert bar["width"] / track["width"] == pytest.approx(expected, abs=0.01)
    marks = {"chance": 0.1, "guess": 0.35, "mark:not(.live-chance, .live-guess)": accuracy("residual")}
    for name, share in marks.items():
        box = stage.locator(f".live-marked .live-{name}").bounding_box()
        middle = box["x"] + box["width"] / 2 - track["x"]
        assert middle / track["width"] == pytest.approx(share, abs=0.015), name
    legend = stage.locator(".live-result .live-legend-list").inner_text()
    assert f"whole network: {100 * accuracy('residual'):.1f} %" in legend
    assert "chance: 10 %" in legend


PIXELS = """
canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return [...data].filter((_, i) => i % 4 === 0);
}
"""


def test_of_each_class_an_image_that_was_lost_is_shown_where_there_is_one(pull, task, given):
    page, stage = pull
    images, labels, names = task["images"].numpy(), task["labels"].numpy(), task["class_names"]
    whole, seen = given("residual"), set()
    for numbers in ((), (1,), (1, 5, 9)):
        press(stage, "Put everything back")
        for number in numbers:
            block(stage, number).click()
        settled(page, stage)
        now = given("residual", IN_ORDER, gates_without(*numbers))
        for label, shown in enumerate(stage.locator(".live-tile").all()):
            pixels = np.array(shown.locator("canvas").evaluate(PIXELS)).reshape(images[0].shape)
            (found,) = [i for i in np.flatnonzero(labels == label) if np.array_equal(images[i], pixels)]
            assert shown.get_by_role("img", name=names[label], exact=True).count() == 1
            assert shown.inner_text() == f"{'✓' if now[found] == label else '✗'} {names[now[found]]}"
            lost = (labels == label) & (whole == label) & (now != label)
            assert lost[found] == lost.any()
            verdict = "lost" if lost.any() else "right" if now[found] == label else "wrong"
            assert shown.get_attribute("data-verdict") == verdict
            seen.add(verdict)
    assert {"lost", "right"} <= seen


def chart(stage, i):
    canvas = stage.locator(".live-charts canvas[role=img]").nth(i)
    return canvas.evaluate("node => node.toDataURL()"), canvas.get_attribute("aria-label")


INK = (
    "(canvas, [x, y]) => [...canvas.getContext('2d').getImageData(Math.round(x), Math.round(y), 1, 1).data].slice(0, 3)"
)
BLUE, ORANGE = [0, 114, 178], [213, 94, 0]


def ink(stage, i, x, share, span):
    """The colour of a chart at a place of its axes, of which x spans from `span[0]` to `span[1]`."""
    across = 92 + (640 - 92 - 22) * (x - span[0]) / (span[1] - span[0])
    down = 300 - 66 - (300 - 66 - 18) * share
    return stage.locator(".live-charts canvas[role=img]").nth(i).evaluate(INK, [across, down])


def test_marks_stand_at_the_blocks_taken_out_and_the_accuracy(pull, accuracy):
    page, stage = pull
    span = (-0.3, 9.3)
    for numbers in ((4,), (4, 6), (4, 6, 9)):
        block(stage, numbers[-1]).click()
        settled(page, stage)
        share = accuracy("residual", IN_ORDER, gates_without(*numbers))
        assert ink(stage, 0, len(numbers) - 0.1, share, span) == BLUE
        assert ink(stage, 0, len(numbers) - 0.1, share + 0.15, span) != BLUE
    choose(page, stage, "plain")
    assert ink(stage, 0, 3.1, accuracy("plain", IN_ORDER, gates_without(4, 6, 9)), span) == ORANGE
    assert ink(stage, 0, 0.1, accuracy("plain"), span) == ORANGE
    assert ink(stage, 0, -0.1, accuracy("residual"), span) == BLUE


def test_half_a_block_counts_half_and_a_reordered_chain_has_a_small_mark(pull, accuracy):
    page, stage = pull
    span, edge = (-0.3, 9.3), 9 / (640 - 92 - 22) * 9.6  # as far from its middle as only a large mark reaches
    block(stage, 7).click()
    stage.get_by_role("slider", name="Strength of block 7").fill("0.5")
    settled(page, stage)
    share = accuracy("residual", IN_ORDER, [*ALL_IN[:6], 0.5, 1, 1])
    assert ink(stage, 0, 0.5 - 0.1, share, span) == BLUE
    press(stage, "Put everything back")
    swap(stage, 8, 9).click()
    block(stage, 8).click()
    settled(page, stage)
    choose(page, stage, "plain")  # so that no mark is the outlined one of the state shown
    reordered = accuracy("residual", [*IN_ORDER[:7], 8, 7], [*ALL_IN[:8], 0])
    assert ink(stage, 0, 1 - 0.1, reordered, span) == BLUE
    assert ink(stage, 0, 1 - 0.1 - edge, reordered, span) != BLUE
    assert ink(stage, 0, -0.1 - edge, accuracy("residual"), span) == BLUE


def test_shortcuts_are_arcs_and_what_is_out_is_passed_by_one_or_by_a_wire(pull):
    page, stage = pull
    block(stage, 6).click()
    wires = "nodes => nodes.map((node) => getComputedStyle(node, '::before').display !== 'none')"
    for network in ("residual", "plain"):
        choose(page, stage, network)
        arcs = [arc.is_visible() for arc in stage.locator(".live-arc").all()]
        assert arcs == [network == "residual"] * BLOCKS
        through = stage.locator(".live-cell:has(button)").evaluate_all(wires)
        assert through == [network == "plain" or i != 5 for i in IN_ORDER]


def test_every_state_leaves_its_mark_in_the_chart(pull):
    page, stage = pull
    pictures = {chart(stage, 0)[0]}
    for tried, act in enumerate(
        [
            lambda: block(stage, 3).click(),
            lambda: block(stage, 5).click(),
            lambda: swap(stage, 1, 2).click(),
            lambda: choose(page, stage, "plain"),  # and the whole plain network
        ]
    ):
        assert stage.get_attribute("data-tried") == str(1 + tried)
        act()
        settled(page, stage)
        picture, words = chart(stage, 0)
        assert picture not in pictures
        pictures.add(picture)
    assert stage.get_attribute("data-tried") == "6"
    assert "6 states tried" in words
    choose(page, stage, "residual")
    assert stage.get_attribute("data-tried") == "6", "what was tried is not tried again"


# ---------------------------------------------------------------- each block in turn


def test_each_block_in_turn_finds_what_pytorch_finds_for_both_networks(pull, accuracy):
    page, stage = pull
    block(stage, 2).click()
    before = settled(page, stage)
    empty = chart(stage, 1)[0]
    pictures = {empty}
    for network in ("residual", "plain"):
        choose(page, stage, network)
        assert None in fact(stage, "alone")[network]
        stage.get_by_role("button", name="Each block in turn").press("Enter")
        until(page, stage, f"!JSON.parse(node.dataset.alone).{network}.includes(null)")
        expected = [accuracy(network, IN_ORDER, gates_without(i + 1)) for i in IN_ORDER]
        assert fact(stage, "alone")[network] == expected
        words = (
            f"{network}: least, {100 * min(expected):.1f} %, without block {1 + np.argmin(expected)}; "
            f"most, {100 * max(expected):.1f} %, without block {1 + np.argmax(expected)}"
        )
        assert words in stage.locator(".live-charts .live-caption").inner_text()
        is_said(page, stage, words)
        picture, label = chart(stage, 1)
        assert words in label
        for number, share in enumerate(expected, start=1):
            x = number + (-0.2 if network == "residual" else 0.2)
            assert ink(stage, 1, x, share, (0.4, 9.6)) == (BLUE if network == "residual" else ORANGE)
        assert picture not in pictures
        pictures.add(picture)
    assert choose(page, stage, "residual") == before, "the reader's own state is left alone"


SWEEP_AND_LEAVE = """
(node) => {
  const sweep = [...node.querySelectorAll("button")].find((one) => one.textContent === "Each block in turn");
  sweep.click();
  sweep.click();
  setTimeout(() => {
    node.querySelectorAll("input[type=radio]")[1].click();
    window.left = JSON.parse(node.dataset.alone);
  }, 100);
}
"""


def test_the_reader_may_go_on_while_each_block_is_tried(pull, accuracy):
    page, stage = pull
    for network in ("plain", "residual"):
        choose(page, stage, network)
    stage.evaluate(SWEEP_AND_LEAVE)
    until(page, stage, "node.dataset.network === '\"plain\"'")
    assert None in page.evaluate("left.residual"), "the page answers before all blocks are tried"
    for number in (9, 8):
        block(stage, number).click()
    until(page, stage, "!JSON.parse(node.dataset.alone).residual.includes(null)")
    assert settled(page, stage) == accuracy("plain", IN_ORDER, gates_without(8, 9))
    page.wait_for_timeout(1000)
    plain = accuracy("plain", IN_ORDER, gates_without(9))  # the reader's own state on the way, if it was computed
    assert set(fact(stage, "alone")["plain"]) <= {None, plain}
    assert fact(stage, "alone")["plain"][:8] == [None] * 8, "whose blocks are tried was settled at the press"
    assert fact(stage, "alone")["residual"] == [accuracy("residual", IN_ORDER, gates_without(i + 1)) for i in IN_ORDER]


# ---------------------------------------------------------------- answers that come late, or never

WATCH = """
(node) => {
  window.seen = [];
  const keep = () => seen.push(["network", "chain", "accuracy"].map((key) => JSON.parse(node.dataset[key])));
  new MutationObserver(keep).observe(node, { attributes: true });
}
"""
MANY = "node => [...node.querySelectorAll('button.live-block')].slice(0, 6).forEach((face) => face.click())"


def test_no_number_ever_stands_beside_a_chain_it_does_not_belong_to(pull, accuracy):
    page, stage = pull
    stage.evaluate(WATCH)
    stage.evaluate(MANY)
    page.wait_for_timeout(40)
    for number in (2, 7):
        block(stage, number).click()
    last = gates_without(1, 3, 4, 5, 6, 7)
    assert settled(page, stage) == accuracy("residual", IN_ORDER, last)
    page.wait_for_timeout(1000)
    assert fact(stage, "accuracy") == accuracy("residual", IN_ORDER, last)
    seen = page.evaluate("seen")
    states = {json.dumps(state): state for state in seen if state[2] is not None}
    for network, chain, found in states.values():
        order, gates = ([float(one[key]) for one in chain] for key in ("block", "gate"))
        assert found == accuracy(network, [int(place) for place in order], gates)
    assert any(found is None for _, _, found in seen), "while it is computed there is no number"


def plain_model(published):
    folder, html = published
    config = json.loads((folder / re.search(r"live/(\w+\.json)", html)[1]).read_text())
    (name,) = [model["file"] for model in config["models"] if model["name"] == "plain"]
    return f"**/{name}"


def test_the_plain_network_is_loaded_when_asked_for_and_its_late_answer_changes_nothing(pull, published, accuracy):
    page, stage = pull
    pattern, waiting = plain_model(published), []
    page.route(pattern, lambda route: waiting.append(route))
    stage.get_by_role("radio", name="plain").check()
    block(stage, 5).click()
    page.wait_for_timeout(500)
    assert len(waiting) == 1, "only now it is asked for"
    assert fact(stage, "accuracy") is None
    press(stage, "Put everything back")
    stage.get_by_role("radio", name="residual").check()
    assert settled(page, stage) == accuracy("residual")
    words = stage.locator(".live-verdict").inner_text()
    waiting[0].fallback()
    page.wait_for_timeout(1500)
    assert (fact(stage, "accuracy"), fact(stage, "network")) == (accuracy("residual"), "residual")
    assert stage.locator(".live-verdict").inner_text() == words
    page.unroute(pattern)
    assert choose(page, stage, "plain") == accuracy("plain")


def test_a_network_that_cannot_be_loaded_is_told_and_the_other_goes_on(lectures, pull, published, accuracy):
    page, stage = pull
    pattern = plain_model(published)
    page.route(pattern, lambda route: route.fulfill(status=404, body=""))
    stage.get_by_role("radio", name="plain").check()
    stage.get_by_role("alert").wait_for()
    assert stage.get_by_role("alert").inner_text().strip()
    assert fact(stage, "accuracy") is None
    stage.get_by_role("radio", name="residual").check()
    block(stage, 1).click()
    assert settled(page, stage) == accuracy("residual", IN_ORDER, gates_without(1))
    until(page, stage, "node.querySelector('[role=alert]').hidden")
    page.unroute(pattern)
    assert choose(page, stage, "plain") == accuracy("plain", IN_ORDER, gates_without(1))
    lectures[0].forget()


# ---------------------------------------------------------------- settings that do not fit

WRONG = {
    "a model is missing": (
        lambda task: {"model": {"residual": task["model"]["residual"]}},
        "The models are residual; expected residual and plain",
    ),
    "images as one row each": (
        lambda task: {"images": task["images"].flatten(1)},
        "images is uint8 of shape (500, 196); expected uint8 of shape (n, rows, columns).",
    ),
    "images as floats": (
        lambda task: {"images": task["images"].float()},
        "images is float32 of shape (500, 14, 14); expected uint8 of shape (n, rows, columns).",
    ),
    "no labels": (lambda task: {"labels": None}, "labels is missing; expected uint8 of shape (500)."),
    "too few labels": (
        lambda task: {"labels": task["labels"][:400]},
        "labels is uint8 of shape (400); expected uint8 of shape (500).",
    ),
    "labels from one": (lambda task: {"labels": task["labels"] + 1}, "labels holds 10; expected 0 to 9"),
    "labels in another order": (
        lambda task: {"labels": task["labels"].flip(0)},
        "of the images right, hardly more than chance: give the labels in the order of the images",
    ),
    "no names": (lambda task: {"class_names": None}, "class_names is missing; expected a list"),
    "another count of blocks": (
        lambda task: {"n_blocks": 8},
        "The models’ order has shape (9); expected (8), as the settings say.",
    ),
    "no count of blocks": (lambda task: {"n_blocks": None}, "n_blocks is missing; expected a whole number"),
    "fewer images than the models take": (
        lambda task: {"images": task["images"][:100], "labels": task["labels"][:100]},
        "The models’ images has shape (500, 1, 14, 14); expected (100, 1, 14, 14)",
    ),
    "inputs under other names": (
        lambda task: {"input_names": ["images", "order", "strengths"]},
        "outputs are images, order, strengths and scores; expected images, order, gates and scores: give input_names",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_settings_that_do_not_fit_are_refused_in_words(lectures, task, tmp_path, name):
    kept, open_ = lectures
    page = open_(STEM)
    change, words = WRONG[name]
    put(page, tmp_path, export(tmp_path, {**task, **change(task)}), ID)
    root = page.locator(f"#demo-{ID}")
    root.scroll_into_view_if_needed()
    page.wait_for_function("node => node.dataset.state === 'error'", arg=root.element_handle(), timeout=20_000)
    said = root.get_by_role("alert").inner_text()
    assert said.startswith("This demo cannot run. ")
    assert words in said
    kept.forget()


# ---------------------------------------------------------------- themes, phones, slides


@pytest.mark.parametrize("width", [390, 1280])
def test_it_is_accessible_and_fits_in_both_themes(pull, width):
    page, stage = pull
    page.set_viewport_size({"width": width, "height": 800})
    stage.get_by_role("slider", name="Your guess").fill("0.7")
    for number in (2, 3):
        block(stage, number).click()
    for network, theme in (("residual", "light"), ("plain", "dark"), ("residual", "dark"), ("plain", "light")):
        choose(page, stage, network)
        is_told(page, stage)
        choose_theme(page, theme)
        assert violations(page, f"#demo-{ID}") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for face in stage.locator("button").all():
        box = face.bounding_box()
        assert min(box["width"], box["height"]) >= 24, face.get_attribute("aria-label")
        assert face.evaluate("node => node.scrollWidth <= node.clientWidth + 1")


def test_on_a_slide_all_of_it_fits(site, open_page, published):
    page, root = on_slide(open_page, site, STEM, published, ID)
    stage = root.locator(".live-stage")
    for number in (2, 5, 8):
        block(stage, number).press("Enter")
    stage.get_by_role("slider", name="Your guess").fill("0.7")
    settled(page, stage)
    stage.get_by_role("button", name="Each block in turn").press("Enter")
    until(page, stage, "!JSON.parse(node.dataset.alone).residual.includes(null)")
    assert root.evaluate("node => node.getBoundingClientRect().bottom / Reveal.getScale()") <= 720
