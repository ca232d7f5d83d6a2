"""The demo that rounds weights to few bits: what it shows is held against PyTorch, by mouse and keyboard."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from tests.site.exported import TYPE_SIZES, fact, on_slide, played, publish, put, refused
from tests.site.visit import choose_theme, until, violations
from utils.pictures.crops import centre_square
from utils.pictures.photographs import load_photograph

ID = "efficient-bits"
STEM = "11_efficient_architectures"  # its network is replaced by that of this test
SIDE, FLOAT, COUNTS = 32, 32, (8, 7, 6, 5, 4, 3, 2)
NAMES = ["cat", "coffee", "astronaut", "horse", "china", "coins"]
CLASSES = [f"thing {k}" for k in range(12)]
TENSOR, CHANNEL = 0, 1
GROUPS = [  # the numbers of a larger network, so that its megabytes differ
    {"name": "stem", "text": "the first convolution", "weights": 864, "channels": 32, "layers": 1},
    {"name": "depthwise", "text": "the depthwise convolutions", "weights": 71_136, "channels": 5_136, "layers": 16},
    {"name": "pointwise", "text": "the 1×1 convolutions", "weights": 3_276_800, "channels": 7_000, "layers": 32},
    {"name": "classifier", "text": "the classifier", "weights": 1_280_000, "channels": 1_000, "layers": 1},
]
FLOATS = 13_001


# ---------------------------------------------------------------- a network, and a page that shows it


class Small(nn.Module):
    """Six layers of four kinds, with random weights; the classifier's name the photographs."""

    def __init__(self, pixels, *, safe=True):
        super().__init__()
        generator = torch.Generator().manual_seed(5)
        self.safe = safe
        shapes = [(8, 3, 3, 3), (8, 1, 3, 3), (16, 8, 1, 1), (16, 1, 3, 3), (32, 16, 1, 1)]
        self.groups = [0, 1, 2, 1, 2, 3]
        self.weights = [self.draw(shape, generator) for shape in shapes]
        self.weights[2][3] = 0  # a channel that is all zero
        self.shifts = torch.rand(32, 1, 1, generator=generator) / 4
        features = self.features(pixels, self.weights)
        wanted = torch.randn(len(pixels), len(CLASSES), generator=generator)
        wanted[range(len(pixels)), [2 * k for k in range(len(pixels))]] += 2.5
        ridge = 1e-3 * features.square().sum() / 32 * torch.eye(32)
        fitted = torch.linalg.solve(features.T @ features + ridge, features.T @ wanted)
        self.weights.append(fitted.T.contiguous())

    @staticmethod
    def draw(shape, generator):
        """Weights whose channels have very different ranges."""
        ranges = 2 ** torch.randn(shape[0], 1, 1, 1, generator=generator)
        return ranges * torch.randn(shape, generator=generator) / (shape[1] * shape[2] * shape[3]) ** 0.5

    def features(self, pixels, weights):
        x = F.relu(F.conv2d((pixels - 127) / 128, weights[0], stride=2, padding=1))
        x = F.relu(F.conv2d(x, weights[1], padding=1, groups=8))
        x = F.relu(F.conv2d(x, weights[2]))
        x = F.relu(F.conv2d(x, weights[3], stride=2, padding=1, groups=16))
        return F.relu(F.conv2d(x, weights[4]) + self.shifts).mean(dim=(2, 3))

    def classify(self, pixels, weights):
        return self.features(pixels, weights) @ weights[-1].T

    def rounded(self, weight, bits, per_channel):
        top = 2 ** (bits - 1) - 1
        each = weight.flatten(1).abs().amax(1).view(-1, *[1] * (weight.dim() - 1))
        scale = (per_channel * each + (1 - per_channel) * each.amax()) / top
        scale = scale.clamp_min(1e-12) if self.safe else scale
        return torch.where(bits < 16, (weight / scale).round() * scale, weight)

    def forward(self, pixels, bits, per_channel):
        pairs = zip(self.weights, self.groups, strict=True)
        return self.classify(pixels, [self.rounded(weight, bits[group], per_channel) for weight, group in pairs])


def nearest(weights, bits):
    """The nearest of all values that so many bits can give, at one scale for these weights."""
    top = 2 ** (bits - 1) - 1
    values = np.abs(weights).max() / top * np.arange(-top, top + 1)
    return values[np.abs(weights[..., None] - values).argmin(-1)]


def few(weight, bits, per_channel):
    weight = weight.double().numpy()
    parts = [nearest(channel, bits) for channel in weight] if per_channel else nearest(weight, bits)
    return torch.tensor(np.array(parts)).float()


@pytest.fixture(scope="module")
def squares():
    return np.stack([centre_square(load_photograph(name).pixels, size=SIDE) for name in NAMES])


@pytest.fixture(scope="module")
def task(squares):
    """What the demo is called with."""
    pixels = torch.from_numpy(squares).permute(0, 3, 1, 2).float()
    return {
        "model": Small(pixels),
        "example": (pixels[:1], torch.full((4,), float(FLOAT)), torch.ones(1)),
        "input_names": ["pixels", "bits", "per_channel"],
        "output_names": ["logits"],
        "examples": squares,
        "example_names": NAMES,
        "classes": CLASSES,
        "start": 1,
        "groups": GROUPS,
        "float_values": FLOATS,
    }


@pytest.fixture(scope="module")
def logits(task):
    """The logits that PyTorch finds: logits(square, bits, per_channel, layers), layers 0 for all or a group from 1."""
    network = task["model"]

    def logits_(square, bits=FLOAT, per_channel=CHANNEL, layers=0):
        pixels = torch.tensor(square).permute(2, 0, 1)[None].float()
        weights = [
            few(weight, bits, per_channel) if bits < FLOAT and layers in (0, group + 1) else weight
            for weight, group in zip(network.weights, network.groups, strict=True)
        ]
        return network.classify(pixels, weights)[0].double().numpy()

    return logits_


@pytest.fixture(scope="module")
def expected(logits):
    """What has to be shown, from the same arguments."""

    def expected_(square, *rounding):
        before, after = logits(square), logits(square, *rounding)
        first = before.argmax()
        noise = ((before - after) ** 2).sum()
        return {
            "best": list(np.argsort(-before, kind="stable")[:5]),
            "bestNow": list(np.argsort(-after, kind="stable")[:5]),
            "before": softmax(before)[first],
            "after": softmax(after)[first],
            "decibels": 10 * np.log10((before**2).sum() / noise) if noise else None,
        }

    return expected_


def softmax(values):
    powers = np.exp(values - values.max())
    return powers / powers.sum()


def is_first(found):
    return found["best"][0] == found["bestNow"][0]


def size(bits, per_channel, layers):
    """Bytes, group by group."""
    total = 4 * FLOATS
    for place, group in enumerate(GROUPS, start=1):
        if bits == FLOAT or layers not in (0, place):
            total += 4 * group["weights"]
        else:
            total += group["weights"] * bits / 8 + 4 * group["channels" if per_channel else "layers"]
    return total


def export(folder, task):
    return publish(folder, "bit_slider", id=ID, alt="A network's weights, rounded to a few bits.", **task)


@pytest.fixture(scope="module")
def published(task, tmp_path_factory):
    folder = tmp_path_factory.mktemp("live")
    return folder, export(folder, task)


@pytest.fixture
def bits(lectures, published):
    """The page and the demo's stage, just started."""
    with played(lectures, STEM, published, ID) as both:
        yield both


# ---------------------------------------------------------------- what a reader does


def settled(page, stage):
    """Wait for the answer to what was done last; return what is shown."""
    until(page, stage, "node.dataset.now !== 'null'")
    return fact(stage, "now")


def slider(stage):
    return stage.get_by_role("slider", name="Bits a weight")


def choose(page, stage, count=None, per_channel=None, layers=None):
    if count:
        slider(stage).fill(str(9 if count == FLOAT else count))
    if per_channel is not None:
        stage.get_by_role("radio", name=("per tensor", "per channel")[per_channel]).check()
    if layers is not None:
        stage.get_by_label("Layers").select_option(index=layers)
    return settled(page, stage)


def photographs(stage):
    return stage.get_by_role("combobox", name="Photograph")


def photograph(page, stage, name):
    photographs(stage).select_option(label=name)
    return settled(page, stage)


def press(stage, name, key=None):
    face = stage.get_by_role("button", name=name, exact=True)
    return face.press(key) if key else face.click()


def agrees(found, wanted):
    """Hold what is shown against what PyTorch finds."""
    for key in ("best", "bestNow"):
        assert [one["k"] for one in found[key]] == wanted[key]
    for key in ("before", "after"):
        assert found[key] == pytest.approx(wanted[key], abs=1e-4)
    assert found["decibels"] == (wanted["decibels"] and pytest.approx(wanted["decibels"], abs=0.01))


def is_told(page, stage, words):
    """Wait until a screen reader is told these words."""
    status = stage.locator("[role=status]").element_handle()
    page.wait_for_function("([node, text]) => node.textContent === text", arg=[status, words])


def verdict(page, stage):
    words = stage.locator(".live-verdict").inner_text()
    is_told(page, stage, words)
    return words


def at_once(stage, counts):
    """Move the slider through several places before the page can do anything else."""
    move = """(input, places) => places.forEach((place) => {
      input.value = place;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    })"""
    slider(stage).evaluate(move, list(counts))


# ---------------------------------------------------------------- logits, classes, probabilities, sizes


def test_the_network_of_this_test_loses_its_classes_bit_by_bit(squares, expected):
    """What follows would say little if no rounding differed from another."""
    found = [[expected(square, b, s) for b in COUNTS for square in squares] for s in (TENSOR, CHANNEL)]
    kept = [sum(is_first(one) for one in some) for some in found]
    assert kept[TENSOR] < kept[CHANNEL] < len(found[0])
    for scale in (TENSOR, CHANNEL):
        assert is_first(expected(squares[1], 8, CHANNEL))
        assert not is_first(expected(squares[1], 2, scale))
        values = [expected(squares[1], b, scale, layers)["decibels"] for b in COUNTS for layers in range(5)]
        assert len({round(value, 1) for value in values}) > 30


@pytest.mark.parametrize("scale", [TENSOR, CHANNEL], ids=["per tensor", "per channel"])
@pytest.mark.parametrize("count", [2, 4, 8])
def test_every_group_of_layers_is_rounded_as_pytorch_rounds_it(bits, squares, expected, count, scale):
    page, stage = bits
    for layers in range(5):
        agrees(choose(page, stage, count, scale, layers), expected(squares[1], count, scale, layers))
        assert fact(stage, "bytes") == size(count, scale, layers)
        megabytes, times = size(count, scale, layers) / 1e6, size(FLOAT, scale, 0) / size(count, scale, layers)
        words = stage.locator(".live-sizes").inner_text()
        assert words == f"{megabytes:.2f} MB of {size(FLOAT, 1, 0) / 1e6:.2f}, {times:.1f} times smaller"


def test_float_is_the_network_as_it_was_trained(bits, squares, expected):
    page, stage = bits
    for scale in (TENSOR, CHANNEL):
        found = choose(page, stage, FLOAT, scale, 2)
        agrees(found, expected(squares[1]))
        assert found["decibels"] is None
        assert fact(stage, "bytes") == size(FLOAT, scale, 0)
    assert "no noise" in stage.locator(".live-noise").inner_text()
    assert "as trained" in stage.locator(".live-sizes").inner_text()
    first = CLASSES[found["best"][0]["k"]]
    share = f"{100 * found['before']:.1f} %"
    assert verdict(page, stage) == f"As trained: first is “{first}”, with {share}. Take bits away."
    assert slider(stage).get_attribute("aria-valuetext") == "float"
    assert fact(stage, "tried") == 2, "it is asked once"


def test_another_photograph_is_compared_with_its_own_answer_as_trained(bits, squares, expected):
    page, stage = bits
    choose(page, stage, 3)
    for name in ("astronaut", "cat", "astronaut"):
        agrees(photograph(page, stage, name), expected(squares[NAMES.index(name)], 3, CHANNEL))
        assert fact(stage, "example") == NAMES.index(name)
    assert fact(stage, "tried") == 3 + 2 + 2, "what was answered is not asked again"
    pixels = np.array(stage.locator(".live-photo canvas").evaluate(PIXELS)).reshape(SIDE, SIDE, 3)
    assert np.array_equal(pixels, squares[NAMES.index("astronaut")])


PIXELS = """
canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return [...data].filter((_, i) => i % 4 < 3);
}
"""


# ---------------------------------------------------------------- what is said and shown


def test_the_lists_show_five_classes_each_and_mark_those_of_both(bits, squares, expected, logits):
    page, stage = bits
    for count in (8, 4, 2):
        choose(page, stage, count)
        wanted = expected(squares[1], count, CHANNEL)
        shared = set(wanted["best"]) & set(wanted["bestNow"])
        lists = [stage.get_by_role("list", name=name) for name in ("float, as trained", f"{count} bits")]
        for shown, key, rounding in zip(lists, ("best", "bestNow"), ((), (count, CHANNEL)), strict=True):
            rows = shown.get_by_role("listitem").all()
            assert len(rows) == 5
            for item, k in zip(rows, wanted[key], strict=True):
                share = softmax(logits(squares[1], *rounding))[k]
                assert item.get_attribute("data-class") == CLASSES[k]
                assert item.locator(".live-name").inner_text() == ("✓ " if k in shared else "") + CLASSES[k]
                assert float(item.locator(".live-number").inner_text()[:-2]) == pytest.approx(100 * share, abs=0.06)
                boxes = [item.locator(f".live-{part}").bounding_box()["width"] for part in ("bar", "track")]
                assert boxes[0] / boxes[1] == pytest.approx(share, abs=0.01)
    assert stage.locator(".live-both .live-caption").all_inner_texts() == ["float, as trained", "2 bits"]
    assert len(shared) < 5


def test_the_verdict_names_the_first_classes_and_how_many_stay(bits, squares, expected):
    page, stage = bits
    seen = set()
    for count, scale, layers, where in [
        (8, CHANNEL, 0, "all layers"),
        (2, TENSOR, 0, "all layers"),
        (3, TENSOR, 2, "only the depthwise convolutions"),
    ]:
        choose(page, stage, count, scale, layers)
        wanted = expected(squares[1], count, scale, layers)
        first, now = (f"“{CLASSES[wanted[key][0]]}”" for key in ("best", "bestNow"))
        turn = f"still {first}" if is_first(wanted) else f"{now} instead of {first}"
        stay = len(set(wanted["best"]) & set(wanted["bestNow"]))
        assert verdict(page, stage) == (
            f"{count} bits {('per tensor', 'per channel')[scale]}, {where}: first is {turn}, whose probability goes "
            f"from {100 * wanted['before']:.1f} % to {100 * wanted['after']:.1f} %. Of the first 5, {stay} stay."
        )
        seen.add(is_first(wanted))
    assert seen == {True, False}


def test_decibels_are_told_in_bits(bits, squares, expected):
    page, stage = bits
    seen = set()
    for count, scale in ((8, CHANNEL), (2, TENSOR)):
        choose(page, stage, count, scale)
        decibels = expected(squares[1], count, scale)["decibels"]
        said = f"{abs(decibels):.1f} dB".replace("-", "−")
        words = stage.locator(".live-noise").inner_text()
        seen.add(decibels > 0)
        if decibels > 0:
            left = decibels / 6.0206
            wanted = f"{said}, as good as {left:.1f} bits ({count - left:.1f} fewer than the weights have)"
        else:
            wanted = f"−{said}, more noise than signal"
        assert words == f"Signal to noise of the logits: {wanted}."
    assert seen == {True, False}


# ---------------------------------------------------------------- everything that can be tried


def line(squares, expected, scale, layers):
    return [expected(squares[1], count, scale, layers) for count in COUNTS]


def change(found):
    """At how many bits the first class changes, on the way down."""
    return next((f"at {count} bits" for count, one in zip(COUNTS, found, strict=True) if not is_first(one)), "never")


def completed(page, stage):
    until(page, stage, "!JSON.parse(node.dataset.lines).flat().includes(null)")


def test_every_number_of_bits_makes_two_lines_and_tells_where_the_class_changes(bits, squares, expected):
    page, stage = bits
    told = stage.locator(".live-lines")
    unknown = "per tensor unknown, 0 of 7 tried; per channel unknown, 1 of 7 tried"
    assert told.inner_text() == f"The first class changes: {unknown}."
    stage.get_by_role("combobox", name="Guess").select_option(label="4 bits")
    for layers in (0, 1):
        choose(page, stage, 5, TENSOR, layers)
        press(stage, "Try every number of bits", "Enter")
        completed(page, stage)
        wanted = [line(squares, expected, scale, layers) for scale in (TENSOR, CHANNEL)]
        for found, right in zip(fact(stage, "lines"), wanted, strict=True):
            for one, other in zip(found, right, strict=True):
                agrees(one, other)
        changes = [change(one) for one in wanted]
        words = f"The first class changes: per tensor {changes[0]}; per channel {changes[1]}. You guessed 4 bits."
        assert told.inner_text() == words
        is_told(page, stage, words)
        assert words in stage.locator(".live-chart canvas[role=img]").get_attribute("aria-label")
        agrees(fact(stage, "now"), expected(squares[1], 5, TENSOR, layers))
    stage.get_by_role("combobox", name="Guess").select_option(label="?")
    assert "guess" not in told.inner_text()


INK = (
    "(canvas, [x, y]) => [...canvas.getContext('2d').getImageData(Math.round(x), Math.round(y), 1, 1).data].slice(0, 3)"
)
BLACK, BLUE, ORANGE, GREY = [0, 0, 0], [0, 114, 178], [213, 94, 0], [85, 85, 85]


def ink(stage, count, share):
    """The colour of the chart at a number of bits, and a share of its height."""
    across = 92 + (640 - 92 - 22) * (count - 1.7) / 6.6
    down = 300 - 66 - (300 - 66 - 18) * min(1, max(0, share))
    return stage.locator(".live-chart canvas[role=img]").evaluate(INK, [across, down])


@pytest.mark.parametrize("unit", ["%", "dB"])
def test_marks_stand_at_the_probability_or_the_signal_to_noise(bits, squares, expected, unit):
    page, stage = bits
    stage.get_by_role("radio", name=unit).check()
    press(stage, "Try every number of bits")
    completed(page, stage)
    choose(page, stage, 5, CHANNEL)
    apart = 0
    for scale, colour in ((CHANNEL, ORANGE), (TENSOR, BLUE)):
        for count, one in zip(COUNTS, line(squares, expected, scale, 0), strict=True):
            other = expected(squares[1], count, 1 - scale, 0)
            heights = [(x["after"] + 0.06) / 1.06 if unit == "%" else (x["decibels"] + 12) / 84 for x in (one, other)]
            if abs(np.subtract(*np.clip(heights, 0, 1))) < 0.07 and scale == TENSOR:
                continue  # hidden by the other mark
            apart += 1
            assert ink(stage, count, heights[0]) == colour
            edge = (8 if scale == CHANNEL else 11) * 6.6 / (640 - 92 - 22)
            is_now = (count, scale) == (5, CHANNEL)
            assert (ink(stage, count + edge, heights[0]) == BLACK) == is_now, "the mark of what is chosen is outlined"
    assert apart >= 10
    level = (expected(squares[1])["before"] + 0.06) / 1.06 if unit == "%" else (6.02 * 6.5 + 12) / 84
    around = [ink(stage, 6.5 + step / 40, level) for step in range(-10, 11)]
    assert GREY in around, "a dashed line"
    assert any(sum(colour) > 3 * 200 for colour in around)
    words = {"%": ("dashed: float", "Probability"), "dB": ("dashed: 6 dB a bit", "Signal to noise")}[unit]
    assert words[0] in stage.locator(".live-chart .live-legend-list").inner_text()
    assert stage.locator(".live-chart canvas[role=img]").get_attribute("aria-label").startswith(words[1])


def test_all_photographs_are_counted_at_the_reader_s_setting(bits, squares, expected):
    page, stage = bits
    told = stage.locator(".live-others")
    assert told.inner_text() == "1 photograph tried: the first class stays for 1."
    for count, scale, layers in ((4, CHANNEL, 0), (3, TENSOR, 3)):
        choose(page, stage, count, scale, layers)
        press(stage, "All photographs", "Enter")
        until(page, stage, f"JSON.parse(node.dataset.agreement).tried === {len(NAMES)}")
        changed = [
            name
            for name, square in zip(NAMES, squares, strict=True)
            if not is_first(expected(square, count, scale, layers))
        ]
        assert fact(stage, "agreement")["same"] == len(NAMES) - len(changed)
        assert len(changed) > 0
        listed = " and ".join([", ".join(changed[:-1]), changed[-1]]) if len(changed) > 1 else changed[0]
        words = f"6 photographs tried: the first class stays for {len(NAMES) - len(changed)}. Not: {listed}."
        assert told.inner_text() == words
        is_told(page, stage, words)
        assert fact(stage, "example") == 1, "the reader's own photograph stays"
    choose(page, stage, 7)
    assert fact(stage, "agreement")["tried"] == 1


# ---------------------------------------------------------------- a picture of the reader's own


def test_a_file_is_compared_like_a_shipped_photograph(bits, expected, tmp_path):
    page, stage = bits
    picture = load_photograph("rocket").pixels[:200, :260]
    Image.fromarray(picture).save(tmp_path / "mine.png")
    choose(page, stage, 4)
    stage.locator("input[type=file]").set_input_files(tmp_path / "mine.png")
    until(page, stage, "node.dataset.example === '-1'")
    agrees(settled(page, stage), expected(centre_square(picture, size=SIDE), 4, CHANNEL))
    press(stage, "Try every number of bits")
    completed(page, stage)
    press(stage, "All photographs")
    until(page, stage, f"JSON.parse(node.dataset.agreement).tried === {len(NAMES)}")
    assert photographs(stage).locator("option:checked").inner_text() == "your own"
    Image.fromarray(picture[::-1]).save(tmp_path / "another.png")
    stage.locator("input[type=file]").set_input_files(tmp_path / "another.png")
    until(page, stage, "JSON.parse(node.dataset.lines).flat().includes(null)")
    assert photographs(stage).locator("option").all_inner_texts() == [*NAMES, "your own"]


DROP = """
(node) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 32, height: 32 });
  canvas.getContext("2d").fillRect(0, 0, 32, 32);
  return new Promise((resolve) => canvas.toBlob((blob) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([blob], "black.png", { type: "image/png" }));
    resolve(node.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true })));
  }));
}
"""


def test_a_picture_may_be_dropped_anywhere_on_the_demo(bits, expected):
    page, stage = bits
    choose(page, stage, 5)
    assert stage.locator(".live-tried").evaluate(DROP) is False, "the browser would leave the page"
    until(page, stage, "node.dataset.example === '-1'")
    agrees(settled(page, stage), expected(np.zeros((SIDE, SIDE, 3), np.uint8), 5, CHANNEL))


def test_what_is_no_picture_is_told_and_nothing_is_lost(bits, squares, expected, tmp_path):
    page, stage = bits
    (tmp_path / "note.jpg").write_bytes(b"only words")
    stage.locator("input[type=file]").set_input_files(tmp_path / "note.jpg")
    stage.get_by_role("alert").wait_for()
    assert "cannot read “note.jpg” as a picture" in stage.get_by_role("alert").inner_text()
    agrees(fact(stage, "now"), expected(squares[1], 8, CHANNEL))
    choose(page, stage, 4)
    until(page, stage, "node.querySelector('[role=alert]').hidden")


# ---------------------------------------------------------------- answers that come late, or never

# Every run of the network waits until it is let go: `held` are those that wait, letGo() lets them and all others run.
HOLD = """
async () => {
  const [{ name }] = performance.getEntriesByType("resource").filter(({ name }) => name.includes("ort.wasm.min"));
  const { InferenceSession } = await import(name);
  const { prototype } = InferenceSession;
  const run = prototype.run;
  window.held = [];
  prototype.run = async function (...inputs) {
    await new Promise((resolve) => held.push(resolve));
    if (window.breaks) throw new Error("The line is cut.");
    return run.apply(this, inputs);
  };
  window.letGo = () => {
    prototype.run = run;
    held.forEach((resolve) => resolve());
  };
}
"""


@pytest.fixture
def held(bits):
    page, stage = bits
    settled(page, stage)
    page.evaluate(HOLD)
    yield page, stage
    page.evaluate("letGo()")


def waiting(page, count):
    page.wait_for_function("count => held.length === count", arg=count)


def test_a_slider_moved_quickly_asks_once(bits, squares, expected):
    page, stage = bits
    before = fact(stage, "tried")
    at_once(stage, (7, 6, 5, 4, 3, 2, 3))
    agrees(settled(page, stage), expected(squares[1], 3, CHANNEL))
    page.wait_for_timeout(500)
    assert fact(stage, "tried") == before + 1


def test_steps_made_while_the_network_runs_are_not_queued(held, squares, expected):
    page, stage = held
    before = fact(stage, "tried")
    slider(stage).fill("7")
    waiting(page, 1)
    for count in (6, 5, 4):
        slider(stage).fill(str(count))
        page.wait_for_timeout(50)
    page.evaluate("letGo()")
    agrees(settled(page, stage), expected(squares[1], 4, CHANNEL))
    page.wait_for_timeout(500)
    assert fact(stage, "tried") == before + 2


def test_an_answer_that_comes_late_changes_nothing_that_is_shown(held, squares, expected):
    page, stage = held
    words = verdict(page, stage)
    slider(stage).fill("3")
    waiting(page, 1)
    assert fact(stage, "now") is None, "a number of another setting is not shown as that of this one"
    assert stage.locator(".live-waiting").count() == 4
    slider(stage).fill("8")
    assert stage.locator(".live-waiting").count() == 0, "what is known is shown at once"
    page.evaluate("letGo()")
    until(page, stage, "node.dataset.tried === '3'")
    page.wait_for_timeout(700)
    agrees(fact(stage, "now"), expected(squares[1], 8, CHANNEL))
    assert stage.locator(".live-verdict").inner_text() == words
    assert stage.locator("[role=status]").inner_text() == words


def test_a_photograph_chosen_meanwhile_is_not_given_the_answer_of_another(held, squares, expected):
    page, stage = held
    photographs(stage).select_option(label="cat")
    waiting(page, 1)
    photographs(stage).select_option(label="horse")
    assert fact(stage, "now") is None
    page.evaluate("letGo()")
    agrees(settled(page, stage), expected(squares[NAMES.index("horse")], 8, CHANNEL))


def test_what_is_tried_one_by_one_stops_when_the_reader_wants_something_else(held, squares, expected):
    page, stage = held
    press(stage, "Try every number of bits")
    waiting(page, 1)
    stage.get_by_label("Layers").select_option(index=4)
    page.evaluate("letGo()")
    agrees(settled(page, stage), expected(squares[1], 8, CHANNEL, 4))
    page.wait_for_timeout(500)
    choose(page, stage, layers=0)
    known = [one is not None for some in fact(stage, "lines") for one in some]
    assert sum(known) == 2, "8 bits, of both scales"


def test_what_is_awaited_is_not_asked_for_twice(bits):
    page, stage = bits
    before = fact(stage, "tried")
    both = "nodes => [nodes[0], nodes[0]].forEach((face) => face.click())"
    stage.get_by_role("button", name="Try every number of bits").evaluate_all(both)
    completed(page, stage)
    page.wait_for_timeout(500)
    assert fact(stage, "tried") == before + 2 * len(COUNTS) - 1


def test_a_network_that_fails_is_told_and_asked_again(lectures, held, squares, expected):
    page, stage = held
    slider(stage).fill("4")
    waiting(page, 1)
    page.evaluate("window.breaks = true")
    page.evaluate("letGo()")
    stage.get_by_role("alert").wait_for()
    assert "The line is cut." in stage.get_by_role("alert").inner_text()
    page.evaluate("window.breaks = false")
    slider(stage).fill("5")
    agrees(settled(page, stage), expected(squares[1], 5, CHANNEL))
    until(page, stage, "node.querySelector('[role=alert]').hidden")
    agrees(choose(page, stage, 4), expected(squares[1], 4, CHANNEL))
    lectures[0].forget()


# ---------------------------------------------------------------- settings that do not fit


def without(task, key):
    """The first group lacks one entry."""
    return [{name: value for name, value in GROUPS[0].items() if name != key}, *GROUPS[1:]]


WRONG = {
    "no photographs": (
        lambda task: {"examples": None},
        "examples is missing; expected uint8 of shape (6, side, side, 3).",
    ),
    "photographs as floats": (
        lambda task: {"examples": task["examples"].astype(np.float32)},
        "examples is float32 of shape (6, 32, 32, 3); expected uint8 of shape (6, side, side, 3).",
    ),
    "a name too few": (
        lambda task: {"example_names": NAMES[1:]},
        "examples is uint8 of shape (6, 32, 32, 3); expected uint8 of shape (5, side, side, 3).",
    ),
    "no squares": (
        lambda task: {"examples": task["examples"][:, :, :20].copy()},
        "examples are 32 × 20 pixels; expected squares.",
    ),
    "no names": (lambda task: {"example_names": None}, "example_names is missing; expected a list of texts."),
    "no classes": (lambda task: {"classes": []}, "classes is []; expected a list of texts."),
    "another count of classes": (
        lambda task: {"classes": CLASSES[:10]},
        "The models’ logits has shape (1, 12); expected (1, 10), as the settings say.",
    ),
    "no such photograph": (lambda task: {"start": 6}, "start is 6; expected 0 to 5, an example."),
    "no groups": (lambda task: {"groups": None}, "groups is missing; expected a list of dictionaries."),
    "a group too few": (
        lambda task: {"groups": GROUPS[:3]},
        "The models’ bits has shape (4); expected (3), as the settings say.",
    ),
    "a group without layers": (
        lambda task: {"groups": without(task, "layers")},
        "The layers of stem are missing; expected how many there are.",
    ),
    "a group without a text": (
        lambda task: {"groups": without(task, "text")},
        "The text of group 1 is missing; expected a text.",
    ),
    "weights by halves": (
        lambda task: {"groups": [*GROUPS[:3], {**GROUPS[3], "weights": 0.5}]},
        "The weights of classifier are 0.5; expected how many there are.",
    ),
    "no count of floats": (lambda task: {"float_values": None}, "float_values is missing; expected how many numbers"),
    "inputs under other names": (
        lambda task: {"input_names": ["pixels", "bits", "scales"]},
        "outputs are pixels, bits, scales and logits; expected pixels, bits, per_channel and logits: give input_names",
    ),
    "a scale of zero": (
        lambda task: {"model": Small(task["example"][0], safe=False)},
        "With 8, 8, 8 and 8 bits and one scale per channel the network gives no numbers: keep each scale above zero",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_settings_that_do_not_fit_are_refused_in_words(lectures, task, tmp_path, name):
    kept, open_ = lectures
    page = open_(STEM)
    change, words = WRONG[name]
    put(page, tmp_path, export(tmp_path, {**task, **change(task)}), ID)
    assert words in refused(page, ID)
    kept.forget()


# ---------------------------------------------------------------- keyboard, themes, phones, slides


def test_everything_can_be_done_by_keyboard(bits, squares, expected):
    page, stage = bits
    slider(stage).focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    agrees(settled(page, stage), expected(squares[1], 3, CHANNEL))
    assert slider(stage).get_attribute("aria-valuetext") == "3 bits"
    page.keyboard.press("End")
    until(page, stage, "node.dataset.bits === '32'")
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    until(page, stage, "node.dataset.perChannel === '0'")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    until(page, stage, "node.dataset.layers === '1'")
    agrees(settled(page, stage), expected(squares[1], 2, TENSOR, 1))
    assert page.evaluate("document.activeElement.tagName") == "SELECT"
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    completed(page, stage)
    for _ in range(4):  # the chart's unit, the guess, all photographs
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "All photographs":
            break
    page.keyboard.press("Enter")
    until(page, stage, f"JSON.parse(node.dataset.agreement).tried === {len(NAMES)}")


@pytest.mark.parametrize("width", [390, 1280])
def test_it_is_accessible_and_fits_in_both_themes(bits, width):
    page, stage = bits
    page.set_viewport_size({"width": width, "height": 800})
    press(stage, "Try every number of bits")
    completed(page, stage)
    for count, theme in ((4, "light"), (2, "dark"), (8, "dark"), (FLOAT, "light")):
        choose(page, stage, count)
        verdict(page, stage)
        choose_theme(page, theme)
        assert violations(page, f"#demo-{ID}") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for face in stage.locator("button, select, input:not([type=radio])").all():
        box = face.bounding_box()
        assert min(box["width"], box["height"]) >= 24
    for face in stage.locator("button, .live-choice span, .live-name, .live-number").all():
        assert face.evaluate("node => node.scrollWidth <= node.clientWidth + 1"), face.inner_text()


def test_on_a_slide_all_of_it_fits(site, open_page, published):
    page, root = on_slide(open_page, site, STEM, published, ID)
    stage = root.locator(".live-stage")
    stage.get_by_role("combobox", name="Guess").select_option(label="never")
    choose(page, stage, 2, TENSOR, 2)
    press(stage, "Try every number of bits", "Enter")
    completed(page, stage)
    press(stage, "All photographs", "Enter")
    until(page, stage, f"JSON.parse(node.dataset.agreement).tried === {len(NAMES)}")
    assert root.evaluate("node => node.getBoundingClientRect().height / Reveal.getScale()") <= 560
    assert root.evaluate("node => node.getBoundingClientRect().bottom / Reveal.getScale()") <= 720
    assert min(root.evaluate(TYPE_SIZES)) >= 16
