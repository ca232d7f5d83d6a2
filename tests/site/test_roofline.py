"""The demo that puts layers under a roof: given times lead to what it shows and says; real ones fit together."""

import json
import re

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.site.exported import fact, publish, put
from tests.site.visit import choose_theme, start, start_on_slide, until, violations

ID = "efficient-roofline"
STEM = "11_efficient_architectures"  # its networks are replaced by those of this test
RUNS = 7
MACS = 20e6
BYTES = {"dense": [0.5e6, 1e6], "pointwise": [1.8e6], "grouped": [1.6e6], "depthwise": [20e6, 5e6]}
LAYERS = [
    {"model": f"layer {kind} {i}", "text": f"{kind[0]}{i}, 8 channels", "kind": kind}
    | {"macs": int(MACS), "bytes": int(size), "repeats": 4}
    for kind, sizes in BYTES.items()
    for i, size in enumerate(sizes)
]
COPY = {"model": "copied", "bytes": int(20e6), "repeats": 2}
STAGES = [
    {"model": "stem", "text": "stem: 3×3", "layers": [{"kind": "dense", "macs": int(30e6), "bytes": int(1e6)}]},
    {
        "model": "stage 1",
        "text": "stage 1: 5×5",
        "layers": [
            {"kind": "pointwise", "macs": int(10e6), "bytes": int(1e6)},
            {"kind": "depthwise", "macs": int(5e6), "bytes": int(10e6)},
        ],
    },
    {"model": "head", "text": "head", "layers": [{"kind": "grouped", "macs": int(8e6), "bytes": int(2e6)}]},
]
NETWORK = {"model": "whole", "text": "TinyNet"}
NAMES = [part["model"] for part in (*LAYERS, COPY, *STAGES, NETWORK)]
REPEATS = {part["model"]: part.get("repeats", 1) for part in (*LAYERS, COPY, *STAGES, NETWORK)}

# milliseconds of one repeat: layers, the copy, stages, the whole
TIMES = dict(zip(NAMES, [2, 2.5, 3.2, 3.6, 12.6, 8, 5, 3.5, 5, 1.5, 9], strict=True))


# ---------------------------------------------------------------- models, a clock, and a page that shows them


class Value(nn.Module):
    """Returns its number, by which the clock of this test knows whom it times."""

    def __init__(self, number):
        super().__init__()
        self.number = number

    def forward(self, scale):
        return scale * self.number


def task(**changes):
    """What the demo is called with."""
    common = {
        "model": {name: Value(float(i)) for i, name in enumerate(NAMES)},
        "example": torch.ones(1),
        "input_names": ["scale"],
        "output_names": ["value"],
        "layers": LAYERS,
        "copy": COPY,
        "stages": STAGES,
        "network": NETWORK,
    }
    return {**common, **changes}


def export(folder, settings):
    return publish(folder, "roofline", id=ID, alt="Layers under a roof.", **settings)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    folder = tmp_path_factory.mktemp("live")
    return folder, export(folder, task())


# Let a clock that only this test moves stand for the browser's: each run of a model moves it on by the next of its
# times. `null` gives the browser its own clock back.
FAKE = """
async (times) => {
  const { src } = document.querySelector("script[src*='live-modules/host.js']");
  const { InferenceSession } = await import(new URL("../vendor/onnxruntime-web/ort.wasm.min.js", src));
  window.realCreate ??= InferenceSession.create;
  InferenceSession.create = realCreate;
  delete performance.now;
  if (times === null) return;
  let now = 1000;
  performance.now = () => now;
  window.ran = [];
  const counts = times.map(() => 0);
  InferenceSession.create = async (...given) => {
    const session = await realCreate.apply(InferenceSession, given);
    const run = async (inputs) => {
      await window.pause?.();
      const results = await session.run(inputs);
      if (!results.value) return results; // of another demo
      const which = Math.round(results.value.data[0]);
      now += times[which][counts[which]++ % times[which].length];
      ran.push(which);
      setTimeout(() => ran.push("task"));
      return results;
    };
    return { run };
  };
}
"""


def sequences(times, later=None):
    """The times of a model's runs: its reference, a slow first run, seven that count; the same with `later`."""
    noise = [3, 0.5, 0, 50, -0.25, -0.75, -0.5]  # in percent; the median is 0, the mean is not, the order is none

    def measured(name, some):
        return [500.0, *(REPEATS.get(name, 1) * some[name] * (1 + share / 100) for share in noise)]

    return [[900.0, *measured(name, times), *measured(name, later or times)] for name in NAMES]


@pytest.fixture
def roof(lectures, published):
    """Start the demo with times; return the page and the demo's stage."""
    kept, open_ = lectures
    page = open_(STEM)

    def begin(times=None, later=None, demo=published):
        page.mouse.move(0, 0)
        page.evaluate(FAKE, sequences(times or TIMES, later))
        put(page, *demo, ID)
        return page, start(page, ID).locator(".live-stage")

    yield begin
    kept.complain()
    page.evaluate(FAKE, None)


# ---------------------------------------------------------------- what a reader does


def button(stage, name):
    return stage.get_by_role("button", name=name)


def measure(page, stage, name="Measure"):
    button(stage, name).press("Enter")
    until(page, stage, "node.dataset.progress === 'null'")


def both(page, stage):
    measure(page, stage)
    measure(page, stage, "Now a whole network")


def words(stage):
    return plain(stage.locator(".live-verdict").inner_text())


def plain(text):
    return text.replace("\u202f", " ").replace("\xa0", " ")


def is_said(page, stage, said):
    status = stage.locator("[role=status]").element_handle()
    page.wait_for_function("([node, text]) => node.textContent === text", arg=[status, said], timeout=20_000)


def cells(stage):
    rows = stage.locator("table:visible tbody tr").all()
    return [[plain(cell) for cell in row.locator("td").all_inner_texts()] for row in rows]


def speeds(times):
    return [MACS / 1e6 / times[layer["model"]] for layer in LAYERS]


def compact(value):
    return f"{value:.2f}" if value < 9.95 else f"{value:.1f}" if value < 99.5 else f"{value:.0f}"


# ---------------------------------------------------------------- the layers


def test_nothing_is_measured_or_loaded_before_the_reader_asks(roof, published):
    page, stage = roof()
    page.wait_for_timeout(500)
    assert loaded(page, published) == 1
    assert fact(stage, "times") == {}
    assert fact(stage, "found") is None
    assert words(stage) == ""
    assert cells(stage) == [["–", "–", compact(layer["macs"] / layer["bytes"])] for layer in LAYERS]
    assert button(stage, "Now a whole network").get_attribute("aria-disabled") == "true"
    button(stage, "Now a whole network").press("Enter")
    assert page.evaluate("ran.filter((one) => one !== 'task')") == [0], "only the reference was computed"


def test_the_medians_of_the_runs_lead_to_speeds_and_the_roof(roof):
    page, stage = roof()
    measure(page, stage)
    measured = {part["model"]: TIMES[part["model"]] for part in (*LAYERS, COPY)}
    assert fact(stage, "times") == pytest.approx(measured)
    found = fact(stage, "found")
    assert found["speeds"] == pytest.approx(speeds(TIMES))
    assert (found["peak"], found["bandwidth"], found["ridge"]) == pytest.approx((10, 4, 2.5))
    by_kind = {"dense": 40 / 4.5, "pointwise": 20 / 3.2, "grouped": 20 / 3.6, "depthwise": 40 / 20.6}
    assert found["byKind"] == pytest.approx(by_kind)
    assert cells(stage) == [
        [compact(TIMES[layer["model"]]), compact(speed), compact(layer["macs"] / layer["bytes"])]
        for layer, speed in zip(LAYERS, speeds(TIMES), strict=True)
    ]
    heads = [" ".join(head.split()) for head in stage.locator("table:visible tbody th").all_inner_texts()]
    assert heads == [f"{i} {layer['kind']} {layer['text']}" for i, layer in enumerate(LAYERS, start=1)]
    assert stage.locator(".live-best th").all_inner_texts() == [stage.locator("tbody th").first.inner_text()]
    caption = plain(stage.locator(".live-caption").inner_text())
    assert caption == (
        "Flat: 10.0 GMAC/s, the quickest layer. Slope: 4.00 GB/s, a layer that only copies. They meet at 2.50."
    )


def test_each_layer_runs_once_for_nothing_and_seven_times_that_count_each_in_a_turn_of_its_own(roof):
    page, stage = roof()
    measure(page, stage)
    ran = page.evaluate("ran")
    numbers = [one for one in ran if one != "task"]
    assert [numbers.count(i) for i in range(len(NAMES))] == [RUNS + 2] * (len(LAYERS) + 1) + [0] * (len(STAGES) + 1)
    for place, one in enumerate(ran[:-1]):
        if one != "task" and place > 2:
            is_first = one not in ran[:place] or ran[:place].count(one) == 1
            assert is_first or ran[place - 1] == "task", "the page gets its turn before each run that counts"


# Two copies of the demo, found by one script of the site; both measure their layers at once.
TWICE = """
async ([name, other]) => {
  const first = document.importNode(asSent.getElementById(`demo-${name}`), true);
  const second = first.cloneNode(true);
  second.id = `demo-${other}`;
  const waiting = [...document.querySelectorAll('.live-demo[data-state="idle"]')];
  waiting.forEach((demo) => (demo.dataset.state = "waiting"));
  document.getElementById(`demo-${name}`).replaceWith(first, second);
  const script = document.createElement("script");
  script.src = document.querySelector("script[src*='live-modules/host.js']").src;
  const loaded = new Promise((resolve, reject) => Object.assign(script, { onload: resolve, onerror: reject }));
  document.head.append(script);
  await loaded;
  waiting.forEach((demo) => (demo.dataset.state = "idle"));
}
"""
PRESS = "() => document.querySelectorAll('.live-roofline .live-tools button:first-child').forEach((one) => one.click())"


def test_to_wait_for_another_demo_does_not_count(roof):
    page, _ = roof()
    page.evaluate(FAKE, [[REPEATS[name] * TIMES[name]] for name in NAMES])
    page.evaluate(TWICE, [ID, "second"])
    page.evaluate("() => { window.pause = () => new Promise((resolve) => setTimeout(resolve, 3)); }")
    stages = [start(page, name).locator(".live-stage") for name in (ID, "second")]
    page.evaluate(PRESS)
    for stage in stages:
        until(page, stage, "node.dataset.found !== 'null' && node.dataset.progress === 'null'")
        measured = {part["model"]: TIMES[part["model"]] for part in (*LAYERS, COPY)}
        assert fact(stage, "times") == pytest.approx(measured)
    page.evaluate("() => { document.getElementById('demo-second').remove(); delete window.pause; }")


def test_measured_again_the_medians_are_new(roof):
    later = {name: 1.5 * time for name, time in TIMES.items()} | {"layer dense 0": 7.0}
    page, stage = roof(TIMES, later)
    both(page, stage)
    measure(page, stage)
    assert fact(stage, "found")["speeds"] == pytest.approx(speeds(later))
    assert fact(stage, "times")["whole"] == pytest.approx(TIMES["whole"]), "the network was not measured again"
    assert words(stage).startswith("Layer 5 takes 5.0 times as long as layer 2: 18.9 ms against 3.75 ms.")
    assert stage.get_by_role("radio", name="The layers").is_checked()
    measure(page, stage, "Now a whole network")
    assert fact(stage, "forecast")["measured"] == pytest.approx(later["whole"])


SENTENCES = {
    "a layer below its slope and one below the flat roof": (
        {},
        "Under the slope, where memory sets the limit: layer 5. Not even half of the slope: layer 5. "
        "Not even half of the flat roof, though memory would allow it: layer 6.",
    ),
    "memory that keeps up": (
        {"copied": 1},
        "No layer lies under the slope: memory could keep up with all of them. "
        "Not even half of the flat roof, though memory would allow it: layers 5 and 6.",
    ),
    "a copy slower than a layer": (
        {"copied": 20},
        "Under the slope, where memory sets the limit: layers 5 and 6. "
        "Above it, as bytes came faster than in the copy: layer 5.",
    ),
    "all near the roof": (
        {"layer depthwise 0": 9.9, "layer depthwise 1": 3.9},
        "Under the slope, where memory sets the limit: layer 5.",
    ),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_the_words_say_which_layers_lie_where_under_the_roof(roof, name):
    change, expected = SENTENCES[name]
    times = {**TIMES, **change}
    page, stage = roof(times)
    measure(page, stage)
    slowest = times["layer depthwise 0"]
    first = f"Layer 5 takes {slowest / 2:.1f} times as long as layer 1: {compact(slowest)} ms against 2.00 ms. "
    assert words(stage) == first + expected
    is_said(page, stage, stage.locator(".live-verdict").inner_text())


@pytest.mark.parametrize(("step", "told"), [("0", "1.0"), ("50", "5.5"), ("67", "9.8"), ("68", "10"), ("100", "30")])
def test_the_guess_is_told_with_the_answer_and_cannot_be_changed_after_it(roof, step, told):
    page, stage = roof()
    guess = stage.get_by_role("slider", name="Your guess")
    assert guess.get_attribute("aria-valuetext") == "none yet"
    guess.fill("20")
    guess.fill(step)
    assert guess.get_attribute("aria-valuetext") == f"{told} times"
    assert fact(stage, "guess") is None or fact(stage, "found") is None
    measure(page, stage)
    assert fact(stage, "guess") == pytest.approx(30 ** (int(step) / 100))
    assert f"12.6 ms against 2.00 ms. You guessed {told} times. Under" in words(stage)
    assert guess.is_disabled()
    assert guess.get_attribute("aria-valuetext") == f"{told} times"


# ---------------------------------------------------------------- the chart

INK = (
    "(canvas, [x, y]) => [...canvas.getContext('2d').getImageData(Math.round(x), Math.round(y), 1, 1).data].slice(0, 3)"
)
INKS = {"dense": [0, 114, 178], "pointwise": [213, 94, 0], "grouped": [0, 158, 115], "depthwise": [204, 121, 167]}
SPANS = ((0.5, 50), (1, 20))  # the axes end where 1, 2, 5, 10, … leave a quarter free


def ink(stage, intensity, speed, spans=SPANS):
    """The colour of the chart at an intensity and a speed."""
    share_x, share_y = (
        torch.log(torch.tensor([value / low, high / low])).tolist()
        for value, (low, high) in zip((intensity, speed), spans, strict=True)
    )
    across = 92 + (640 - 92 - 22) * share_x[0] / share_x[1]
    down = 370 - 66 - (370 - 66 - 18) * share_y[0] / share_y[1]
    return stage.locator("canvas[role=img]").evaluate(INK, [across, down])


def test_marks_stand_at_intensity_and_speed_under_a_roof_of_two_lines(roof):
    page, stage = roof()
    assert ink(stage, 1.5, 6) == [255] * 3, "there is no roof before there are times"
    measure(page, stage)
    for layer, speed in zip(LAYERS, speeds(TIMES), strict=True):
        assert ink(stage, layer["macs"] / layer["bytes"], speed) == INKS[layer["kind"]], layer["text"]
    dark = [0x33] * 3
    for intensity, speed in ((1.5, 6), (0.7, 2.8), (2.3, 9.2), (3.2, 10), (8, 10)):
        assert ink(stage, intensity, speed) == dark, (intensity, speed)
        assert ink(stage, intensity, 0.85 * speed) == [255] * 3
    label = stage.locator("canvas[role=img]").get_attribute("aria-label")
    assert label.endswith(
        "1 (dense) 10.0, 2 (dense) 8.00, 3 (pointwise) 6.25, 4 (grouped) 5.56, 5 (depthwise) 1.59, 6 (depthwise) 2.50"
    )


def test_the_slope_ends_at_the_edge_of_the_chart(roof):
    page, stage = roof({**TIMES, "copied": 20.0})  # 1 GB/s: at the lowest intensity the roof lies below the chart
    measure(page, stage)
    assert ink(stage, 3, 3) == [0x33] * 3
    assert ink(stage, 0.7, 1.02) != [0x33] * 3


def test_the_points_come_one_by_one_and_are_told(roof, published):
    page, stage = roof()
    waiting = hold(page, published, LAYERS[2]["model"])
    button(stage, "Measure").press("Enter")
    until(page, stage, "Object.keys(JSON.parse(node.dataset.times)).length === 2")
    assert words(stage) == "Measuring 3 of 7: p0, 8 channels."
    is_said(page, stage, words(stage))
    assert ink(stage, 40, 10, ((0.5, 50), (5, 20))) == INKS["dense"]
    assert [row[0] for row in cells(stage)] == ["2.00", "2.50", "–", "–", "–", "–"]
    for name in ("Measure", "Now a whole network"):
        assert button(stage, name).get_attribute("aria-disabled") == "true"
        button(stage, name).press("Enter")
    assert stage.get_by_role("slider").is_disabled(), "the guess is made before the answer is seen"
    waiting[0].fallback()
    until(page, stage, "node.dataset.progress === 'null'")
    assert button(stage, "Measure").evaluate("node => node.getAttribute('aria-disabled')") == "false"
    numbers = [one for one in page.evaluate("ran") if one != "task"]
    assert numbers.count(0) == RUNS + 2, "pressed again meanwhile, nothing was measured twice"


def model_file(published, name):
    folder, html = published
    config = json.loads((folder / re.search(r"live/(\w+\.json)", html)[1]).read_text())
    (file,) = [model["file"] for model in config["models"] if model["name"] == name]
    return f"**/{file}"


def hold(page, published, name):
    """Let a model's file wait; return the requests for it."""
    waiting = []
    page.unroute_all()
    folder = published[0]
    page.route("**/_static/live/*", lambda route: serve(route, folder))
    page.route(model_file(published, name), lambda route: waiting.append(route))
    return waiting


def serve(route, folder):
    file = folder / route.request.url.rpartition("/")[2]
    return route.fulfill(path=file) if file.is_file() else route.fallback()


# ---------------------------------------------------------------- the network


def expected_forecast(times):
    """Each stage by the three rules, in milliseconds."""
    peak = max(speeds(times))
    bandwidth = COPY["bytes"] / 1e6 / times["copied"]
    kinds = {}
    for layer in LAYERS:
        kinds.setdefault(layer["kind"], []).append(times[layer["model"]])
    rows = []
    for stage in STAGES:
        row = [0.0, 0.0, 0.0]
        for layer in stage["layers"]:
            millions, megabytes = layer["macs"] / 1e6, layer["bytes"] / 1e6
            row[0] += millions / peak
            row[1] += max(millions / peak, megabytes / bandwidth)
            own = kinds[layer["kind"]]
            row[2] += millions * sum(own) / (len(own) * MACS / 1e6)
        rows.append(row)
    return rows


@pytest.mark.parametrize("change", [{}, {"copied": 20.0}, {"layer depthwise 1": 1.26, "copied": 2.2}])
def test_the_three_rules_predict_what_a_slow_loop_predicts(roof, change):
    times = {**TIMES, **change}
    page, stage = roof(times)
    both(page, stage)
    forecast, expected = fact(stage, "forecast"), expected_forecast(times)
    for found, row, part in zip(forecast["stages"], expected, STAGES, strict=True):
        assert found["predicted"] == pytest.approx(row)
        assert found["measured"] == pytest.approx(times[part["model"]])
    totals = [sum(column) for column in zip(*expected, strict=True)]
    assert forecast["predicted"] == pytest.approx(totals)
    assert (forecast["measured"], forecast["together"]) == pytest.approx((9, 10))
    shown = [[times[part["model"]], *row] for part, row in zip(STAGES, expected, strict=True)]
    assert cells(stage) == [[compact(value) for value in row] for row in (*shown, [9, *totals])]


TOTALS = "Counted: 5.30 ms, roofline: 7.30 ms, by kind: 8.99 ms, measured: {} ms."


@pytest.mark.parametrize(
    ("whole", "text"),
    [
        (9.0, "Closest is “by kind”. Measured one by one, the 3 stages take 10.0 ms, 11 % more than the whole."),
        (10.2, "Closest is “by kind”."),
        (9.6, "Closest is “by kind”."),
        (16.0, "Closest is “by kind”. Measured one by one, the 3 stages take 10.0 ms, 38 % less than the whole."),
        (7.0, "Closest is “roofline”. Measured one by one, the 3 stages take 10.0 ms, 43 % more than the whole."),
        (2.0, "Closest is “counted”. Measured one by one, the 3 stages take 10.0 ms, 400 % more than the whole."),
    ],
)
def test_the_totals_are_told_and_whether_stages_and_whole_differ(roof, whole, text):
    page, stage = roof({**TIMES, "whole": whole})
    both(page, stage)
    assert words(stage) == f"{TOTALS.format(compact(whole))} {text}"
    is_said(page, stage, stage.locator(".live-verdict").inner_text())


def test_bars_are_as_long_as_measured_and_marks_stand_where_the_rules_say(roof):
    page, stage = roof()
    both(page, stage)
    most = 5.0  # the longest time of a stage
    rows = [([part["predicted"], part["measured"]], most) for part in fact(stage, "forecast")["stages"]]
    rows.append(([fact(stage, "forecast")["predicted"], 9.0], 9.0))
    colours = [[0x7A, 0x4B, 0x9A], [0xE6, 0x9F, 0x00], [0x56, 0xB4, 0xE9]]
    canvases = stage.locator("table:visible tbody canvas").all()
    for canvas, ((predicted, measured), scale) in zip(canvases, rows, strict=True):
        place = lambda time, scale=scale: 12 + 216 * time / scale  # noqa: E731
        for lane, (time, colour) in enumerate(zip(predicted, colours, strict=True)):
            assert canvas.evaluate(INK, [place(time), 10 + 14 * lane]) == colour
        assert canvas.evaluate(INK, [place(measured) - 2, 6]) == [0xBB] * 3
        assert canvas.evaluate(INK, [min(237, place(measured) + 2), 6]) == [255] * 3


def test_the_reader_looks_at_the_layers_or_at_the_network(roof):
    page, stage = roof()
    network = stage.get_by_role("radio", name="TinyNet")
    network.check()
    assert cells(stage) == [["–"] * 4] * (len(STAGES) + 1)
    assert words(stage) == ""
    measure(page, stage)
    assert stage.get_by_role("radio", name="The layers").is_checked()
    network.check()
    predicted = [[compact(value) for value in row] for row in expected_forecast(TIMES)]
    assert cells(stage)[:3] == [["–", *row] for row in predicted], "the rules predict before anything is measured"
    assert words(stage) == ""
    measure(page, stage, "Now a whole network")
    network_words = words(stage)
    stage.get_by_role("radio", name="The layers").check()
    assert words(stage).startswith("Layer 5 takes 6.3 times")
    network.check()
    assert words(stage) == network_words


class Heavy(Value):
    """A model of a megabyte and a half."""

    def __init__(self, number):
        super().__init__(number)
        torch.manual_seed(int(number))
        self.weights = nn.Parameter(torch.randn(375_000))

    def forward(self, scale):
        return scale * self.number + 0 * (scale * self.weights).sum()


def test_what_the_network_weighs_is_told_before_it_is_loaded(roof, tmp_path):
    heavy = {"stem": Heavy(7.0), "whole": Heavy(10.0)}
    _, stage = roof()
    assert stage.get_by_role("button").all_inner_texts() == ["Measure 6 layers", "Now a whole network"]
    html = export(tmp_path, task(model={**task()["model"], **heavy}))
    _, stage = roof(demo=(tmp_path, html))
    assert stage.get_by_role("button").all_inner_texts() == ["Measure 6 layers", "Now a whole network (3 MB)"]


# ---------------------------------------------------------------- what goes wrong, and real times


def test_a_model_that_does_not_come_is_told_and_may_come_later(lectures, roof, published):
    kept, _ = lectures
    page, stage = roof()
    waiting = hold(page, published, LAYERS[1]["model"])
    button(stage, "Measure").press("Enter")
    until(page, stage, "JSON.parse(node.dataset.progress ?? 'null')?.startsWith('Measuring 2')")
    page.wait_for_timeout(200)
    waiting[0].fulfill(status=404, body="")
    until(page, stage, "node.dataset.progress === 'null'")
    alert = stage.get_by_role("alert")
    assert alert.inner_text().startswith("The model could not be loaded: the server answers 404")
    assert fact(stage, "found") is None
    page.unroute(model_file(published, LAYERS[1]["model"]))
    measure(page, stage)
    assert not alert.is_visible()
    assert fact(stage, "found")["peak"] == pytest.approx(10)
    kept.forget()


def test_a_clock_too_coarse_is_told(roof):
    page, stage = roof({**TIMES, "layer pointwise 0": 0})
    measure(page, stage)
    alert = stage.get_by_role("alert").inner_text()
    assert alert.startswith("The clock shows no time for p0, 8 channels: it is too coarse here.")
    assert fact(stage, "found") is None


# Put an empty place where the demo was.
LEAVE = """
(name) => {
  const place = document.createElement("div");
  document.getElementById(`demo-${name}`).replaceWith(place);
  place.id = `demo-${name}`;
}
"""


def loaded(page, published):
    """Count the models of the demo that were asked for."""
    models = {file.name for file in published[0].glob("*.onnx")}
    return len([url for url in page.sent if url.rpartition("/")[2] in models])


def test_a_reader_who_leaves_ends_the_measuring(roof, published):
    page, stage = roof()
    waiting = hold(page, published, LAYERS[2]["model"])
    button(stage, "Measure").press("Enter")
    until(page, stage, "Object.keys(JSON.parse(node.dataset.times)).length === 2")
    page.evaluate(LEAVE, ID)
    before = loaded(page, published)
    waiting[0].fallback()
    page.wait_for_timeout(800)
    assert loaded(page, published) == before


class Convolve(nn.Module):
    """A convolution, several times one after the other."""

    def __init__(self, channels, groups, repeats):
        super().__init__()
        torch.manual_seed(channels)
        self.shape, self.repeats = (1, channels, 32, 32), repeats
        self.layer = nn.Conv2d(channels, channels, 3, padding=1, groups=groups)

    def forward(self, scale):
        maps = scale.view(1, 1, 1, 1) * torch.ones(self.shape)
        for _ in range(self.repeats):
            maps = F.relu(self.layer(maps))
        return maps.mean().view(1)


def real_task():
    """Layers of as many multiply-adds, but for the copy, which is as quick as a clock may be coarse."""
    parts = {"dense": (48, 1), "grouped": (96, 4), "depthwise": (2304, 2304)}
    models, layers = {}, []
    for kind, (channels, groups) in parts.items():
        models[kind] = Convolve(channels, groups, 2)
        macs = 32 * 32 * 9 * channels * channels // groups
        layers.append({"model": kind, "text": kind, "kind": kind, "macs": macs, "bytes": 8 * 1024 * channels})
        layers[-1]["repeats"] = 2
    models["copy"] = Convolve(512, 512, 2)
    models["net"] = Convolve(48, 1, 3)
    stages = [{"model": "net", "text": "all", "layers": [{"kind": "dense", "macs": 10**7, "bytes": 10**6}]}]
    copy = {"model": "copy", "bytes": 8 * 1024 * 512, "repeats": 2}
    return task(model=models, layers=layers, copy=copy, stages=stages, network={"model": "net", "text": "Net"})


def test_real_times_are_positive_and_all_that_is_shown_fits_them(lectures, tmp_path):
    kept, open_ = lectures
    page, settings = open_(STEM), real_task()
    page.evaluate(FAKE, None)
    put(page, tmp_path, export(tmp_path, settings), ID)
    stage = start(page, ID).locator(".live-stage")
    both(page, stage)
    times, found = fact(stage, "times"), fact(stage, "found")
    assert sorted(times) == ["copy", "dense", "depthwise", "grouped", "net"]
    assert min(times.values()) > 0
    for layer, speed in zip(settings["layers"], found["speeds"], strict=True):
        assert speed == pytest.approx(layer["macs"] * 1e-6 / times[layer["model"]])
    assert found["bandwidth"] == pytest.approx(settings["copy"]["bytes"] * 1e-6 / times["copy"])
    stage.get_by_role("radio", name="The layers").check()
    for row, layer in zip(cells(stage), settings["layers"], strict=True):
        assert float(row[0]) * float(row[1]) == pytest.approx(layer["macs"] * 1e-6, rel=0.02)
    kept.complain()


WRONG = {
    "no layers": ({"layers": []}, "layers is []; expected a list."),
    "an unknown kind": (
        {"layers": [{**LAYERS[0], "kind": "square"}]},
        'The kind of number 1 of layers is "square"; expected one of dense, pointwise, grouped, depthwise.',
    ),
    "no bytes": (
        {"layers": [LAYERS[0], {**LAYERS[1], "bytes": 0}]},
        "The bytes of number 2 of layers is 0; expected a positive number.",
    ),
    "no whole repeats": (
        {"layers": [{**LAYERS[0], "repeats": 1.5}]},
        "The repeats of number 1 of layers is 1.5; expected a whole number from 1.",
    ),
    "no text": (
        {"layers": [{**LAYERS[0], "text": " "}]},
        'The text of number 1 of layers is " "; expected a few words.',
    ),
    "a model that is not there": (
        {"layers": [{**LAYERS[0], "model": "other"}]},
        'The model of number 1 of layers is "other"; expected one of the models: layer dense 0, layer dense 1',
    ),
    "other multiply-adds": (
        {"layers": [LAYERS[0], {**LAYERS[1], "macs": 30_000_000}]},
        "The layers do from 20.0 to 30.0 million multiply-adds; expected as many in each, within 5 %",
    ),
    "no copy": ({"copy": None}, "The model of copy is missing; expected one of the models"),
    "no stages": ({"stages": {}}, "stages is {}; expected a list."),
    "a stage without layers": (
        {"stages": [{**STAGES[0], "layers": None}]},
        "layers of stage 1 is null; expected a list.",
    ),
    "a kind that is not measured": (
        {"layers": LAYERS[:3]},
        'The kind of number 2 of layers of stage 2 is "depthwise"; expected the kind of a layer that is measured: '
        "dense and pointwise.",
    ),
    "no network": ({"network": {"model": "whole"}}, "The text of network is missing; expected a few words."),
    "another input": (
        {"input_names": ["size"]},
        "The models’ inputs are size of shape (1); expected scale of shape (1): pass example=torch.ones(1)",
    ),
    "another shape": ({"example": torch.ones(2)}, "The models’ inputs are scale of shape (2); expected scale of"),
}


@pytest.mark.parametrize("name", WRONG)
def test_settings_that_do_not_fit_are_refused_in_words(lectures, tmp_path, name):
    kept, open_ = lectures
    page = open_(STEM)
    change, expected = WRONG[name]
    page.evaluate(FAKE, None)
    put(page, tmp_path, export(tmp_path, task(**change)), ID)
    root = page.locator(f"#demo-{ID}")
    root.scroll_into_view_if_needed()
    page.wait_for_function("node => node.dataset.state === 'error'", arg=root.element_handle(), timeout=20_000)
    said = root.get_by_role("alert").inner_text()
    assert said.startswith("This demo cannot run. ")
    assert expected in said
    kept.forget()


# ---------------------------------------------------------------- themes, phones, slides


def long_task():
    """As many layers and stages as in the lecture, with texts as long."""
    layers = [{**layer, "text": "3×3, 16 groups, 256 channels, 28×28"} for layer in 2 * LAYERS]
    stages = [{**stage, "text": "stage 5: 5×5, 112 channels"} for stage in 3 * STAGES]
    return task(layers=layers, stages=stages, network={**NETWORK, "text": "EfficientNet-Lite0"})


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    folder = tmp_path_factory.mktemp("long")
    return folder, export(folder, long_task())


@pytest.mark.parametrize("width", [390, 1280])
def test_it_is_accessible_and_fits_in_both_themes(roof, long, width):
    page, stage = roof(demo=long)
    page.set_viewport_size({"width": width, "height": 800})
    stage.get_by_role("slider").fill("30")
    both(page, stage)
    for name, theme in (("EfficientNet", "light"), ("The layers", "dark"), ("EfficientNet", "dark")):
        stage.get_by_role("radio", name=name).check()
        choose_theme(page, theme)
        assert violations(page, f"#demo-{ID}") == []
        for part in stage.locator("table, canvas, button, p").all():
            assert part.evaluate("node => node.scrollWidth <= node.clientWidth + 1 || node.offsetWidth <= 1")
        assert stage.evaluate("node => node.scrollWidth <= node.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for face in stage.locator("button").all():
        box = face.bounding_box()
        assert min(box["width"], box["height"]) >= 24
    choose_theme(page, "light")
    page.set_viewport_size({"width": 1280, "height": 800})


def test_the_focus_stays_on_what_was_pressed(roof):
    page, stage = roof()
    for name in ("Measure", "Now a whole network"):
        handle = button(stage, name).element_handle()
        measure(page, stage, name)
        assert handle.evaluate("node => node === document.activeElement")


@pytest.mark.parametrize("view", ["The layers", "EfficientNet"])
def test_on_a_slide_all_of_it_fits(site, open_page, long, view):
    page = open_page(f"{site}/slides/{STEM}.html", width=1280, height=720)
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    page.evaluate(FAKE, sequences({**TIMES, "copied": 20.0}))
    put(page, *long, ID)
    root = start_on_slide(page, ID)
    stage = root.locator(".live-stage")
    stage.get_by_role("slider").fill("30")
    both(page, stage)
    stage.get_by_role("radio", name=view).check()
    assert root.evaluate("node => node.getBoundingClientRect().height / Reveal.getScale()") <= 560
    assert root.evaluate("node => node.getBoundingClientRect().bottom / Reveal.getScale()") <= 720
    sizes = (
        "nodes => nodes.filter((one) => one.offsetWidth > 1).map((one) => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(stage.locator("p, th, td, button, label, li").evaluate_all(sizes)) >= 16
