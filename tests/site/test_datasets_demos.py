"""The demos of lecture 02, with mouse and keyboard; what they show is computed again from what the lecture sent."""

import json
import re

import numpy as np
import onnxruntime
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.site.visit import start_on_slide, until
from tools.project import EXECUTED

STEM = "02_datasets"
LIVE = EXECUTED / STEM / "live"
RATIOS = [1, 2, 5, 10, 20, 50, 100, 200, 500]
METHODS = ["nothing", "resampling", "class weights", "focal loss"]


def config_of(name):
    manifest = json.loads((LIVE / "manifest.json").read_text(encoding="utf-8"))
    return json.loads((LIVE / manifest[name]["config"]).read_text(encoding="utf-8"))


def settings_of(name):
    """The settings that the lecture's run sent to a demo, with their arrays."""
    config = config_of(name)
    data = (LIVE / config["data"]).read_bytes()

    def revive(value):
        if isinstance(value, dict) and "array" in value:
            spec = value["array"]
            kind = {"float32": "<f4", "int32": "<i4", "uint8": "u1"}[spec["dtype"]]
            return np.frombuffer(data, kind, np.prod(spec["dims"]), spec["offset"]).reshape(spec["dims"])
        return value

    return {key: revive(value) for key, value in config["settings"].items()}


def told(stage, *keys):
    return [float(stage.get_attribute(f"data-{key}")) for key in keys]


# ---------------------------------------------------------------- the long tail


@pytest.fixture
def tail(begin):
    page, stage = begin(STEM, "datasets-tail")
    return page, stage, settings_of("datasets-tail")


def trained(page, stage, settings, *, ratio=100, method="nothing", gamma=2, order=0):
    """Choose, wait until the network for that is trained, and return its recalls of all garments."""
    stage.get_by_role("slider", name="Imbalance").fill(str(RATIOS.index(ratio)))
    stage.get_by_role("radio", name=method).check()
    answer = method
    if method == "focal loss":
        stage.get_by_role("slider", name="Gamma").fill(str(gamma))
        answer = f"focal loss, γ = {gamma}"
    name = f"{ratio} : 1, {answer}, {''.join(map(str, settings['orders'][order]))}"
    until(page, stage, f"node.dataset.done === {json.dumps(name)}")
    return np.array(json.loads(stage.get_attribute("data-recalls")))


def test_the_more_unbalanced_the_less_of_the_tail_is_found(tail):
    page, stage, settings = tail
    page.sent.clear()
    found = []
    for ratio in (1, 100, 500):
        trained(page, stage, settings, ratio=ratio)
        found.append(told(stage, "head", "tail", "even", "as-trained"))
    head, rare, even, as_trained = np.transpose(found)
    assert rare[0] > rare[1] + 0.2 > rare[2] + 0.2
    assert even[0] > even[1] > even[2]
    assert even[0] == pytest.approx(as_trained[0])
    assert all(as_trained[1:] > even[1:] + 0.05), "a test set as unbalanced as the training set hides it"
    assert page.sent == []


@pytest.mark.parametrize("method", ["resampling", "class weights"])
def test_an_answer_helps_the_tail_and_costs_the_head(method, tail):
    page, stage, settings = tail
    trained(page, stage, settings)
    plain = told(stage, "head", "tail", "even", "as-trained")
    trained(page, stage, settings, method=method)
    head, rare, even, as_trained = told(stage, "head", "tail", "even", "as-trained")
    assert head <= plain[0] + 1e-9
    assert rare > plain[1] + 0.1
    assert even > plain[2]
    assert as_trained < plain[3]


def test_without_gamma_the_focal_loss_is_no_answer_and_gamma_is_asked_for_only_there(tail):
    page, stage, settings = tail
    plain = trained(page, stage, settings)
    assert not stage.get_by_role("slider", name="Gamma").is_visible()
    assert (trained(page, stage, settings, method="focal loss", gamma=0) == plain).all()
    assert stage.get_by_role("slider", name="Gamma").is_visible()
    assert (trained(page, stage, settings, method="focal loss", gamma=2) != plain).any()


def uniform(seed):
    """The page's random numbers (book/live/lib/random.js), written once more."""

    def times(a, b):
        return (a * b) & 0xFFFFFFFF

    while True:
        seed = (seed + 0x6D2B79F5) & 0xFFFFFFFF
        t = times(seed ^ (seed >> 15), 1 | seed)
        t = (t + times(t ^ (t >> 7), 61 | t)) & 0xFFFFFFFF ^ t
        yield (t ^ (t >> 14)) / 2**32


def train_again(settings, *, ratio, method, order):
    """Train in PyTorch with the page's first weights and draws; return the recalls of all garments."""
    scale, batch, steps = (settings[key] for key in ("scale", "batch", "steps"))
    train, test = (torch.tensor((settings[key] - 128.0) / scale) for key in ("train", "test"))
    counts = np.array([max(1, round(500 * ratio ** (-rank / 9))) for rank in range(10)])
    draws = uniform(1)
    network = nn.Sequential(nn.Linear(40, settings["hidden"]), nn.ReLU(), nn.Linear(settings["hidden"], 10)).double()
    for layer in network[::2]:
        for values in (layer.weight, layer.bias):
            first = [(2 * next(draws) - 1) / layer.in_features**0.5 for _ in range(values.numel())]
            values.data = torch.tensor(first, dtype=torch.float64).reshape(values.shape)
    shares = np.cumsum(np.full(10, 0.1) if method == "resampling" else counts / counts.sum())
    weights = torch.tensor(counts.sum() / (10 * counts)) if method == "class weights" else torch.ones(10)
    optimizer = torch.optim.Adam(network.parameters(), lr=settings["rate"])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        places = np.array([next(draws) for _ in range(2 * batch)]).reshape(batch, 2)
        ranks = np.minimum(np.searchsorted(shares, places[:, 0], side="right"), 9)
        labels = torch.tensor(order)[ranks]
        losses = F.cross_entropy(
            network(train[labels, (places[:, 1] * counts[ranks]).astype(int)]), labels, reduction="none"
        )
        optimizer.zero_grad()
        (losses * weights[ranks]).mean().backward()
        optimizer.step()
        schedule.step()
    with torch.inference_mode():
        right = network(test).argmax(dim=-1) == torch.arange(10)[:, None]
    return right.double().mean(dim=1).numpy(), counts


@pytest.mark.parametrize("method", METHODS[:3])
def test_the_page_finds_what_pytorch_finds_with_the_same_weights_and_draws(method, tail):
    page, stage, settings = tail
    order = settings["orders"][0]
    found = trained(page, stage, settings, ratio=50, method=method)
    expected, counts = train_again(settings, ratio=50, method=method, order=order)
    assert abs(found - expected).max() < 0.015, "at most one image on the border, after so many rounded steps"
    by_rank = found[order]
    assert told(stage, "head", "tail", "even", "as-trained") == pytest.approx(
        [by_rank[:3].mean(), by_rank[-3:].mean(), by_rank.mean(), np.average(by_rank, weights=counts)]
    )
    rows = stage.locator("[data-rank]")
    for rank, garment in enumerate(order):
        cells = rows.nth(rank).locator("th[scope=row], .live-number").all_inner_texts()
        assert cells == [settings["garments"][garment], str(counts[rank]), f"{100 * by_rank[rank]:.0f} %"]


def test_the_change_since_the_run_before_is_shown(tail):
    page, stage, settings = tail
    order = settings["orders"][0]
    before = trained(page, stage, settings)[order]
    now = trained(page, stage, settings, method="class weights")[order]
    marks = stage.locator(".live-recall .live-mark").evaluate_all(
        "marks => marks.map(mark => parseFloat(mark.style.left))"
    )
    assert marks == pytest.approx(100 * before)
    change = stage.locator("[data-of=tail] .live-number").last.inner_text()
    assert float(change.replace("−", "-")) == pytest.approx(100 * (now - before)[-3:].mean(), abs=0.051)
    status = stage.locator("[role=status]")
    page.wait_for_function("node => node.textContent.includes('class weights')", arg=status.element_handle())
    assert f"{100 * before[-3:].mean():.1f} % of the tail" in status.text_content()


def test_other_garments_become_rare_and_come_round_again_by_keyboard(tail):
    page, stage, settings = tail
    orders = settings["orders"]
    first = trained(page, stage, settings)
    other = stage.get_by_role("button", name="Other garments are rare")
    for order in [*range(1, len(orders)), 0]:
        other.press("Enter")
        recalls = trained(page, stage, settings, order=order)
        names = stage.locator("[data-rank] th[scope=row]").all_inner_texts()
        assert names == [settings["garments"][garment] for garment in orders[order]]
        assert (recalls != first).any() or order == 0
    assert (recalls == first).all()


STEPS = """
(stage) => new Promise((resolve) => {
  const seen = [], done = stage.dataset.done;
  new MutationObserver(() => {
    seen.push(Number(stage.dataset.step));
    if (stage.dataset.done !== done) resolve(seen);
  }).observe(stage, { attributeFilter: ["data-step", "data-done"] });
  stage.querySelector("input[type=radio]:not(:checked)").click();
})
"""


def test_the_page_breathes_while_it_trains(tail):
    page, stage, settings = tail
    trained(page, stage, settings)
    seen = stage.evaluate(STEPS)
    assert seen[-1] == settings["steps"]
    assert len(set(seen)) > 8


ENDED = """
(stage) => new Promise((resolve) => {
  const ended = [], slider = stage.querySelector("input[type=range]");
  new MutationObserver(() => ended.push(stage.dataset.done)).observe(stage, { attributeFilter: ["data-done"] });
  for (const place of [1, 2, 3]) {
    slider.value = place;
    slider.dispatchEvent(new Event("input"));
  }
  const last = () => ended.at(-1)?.startsWith("10 : 1, ");
  const look = () => (last() ? setTimeout(() => resolve(ended), 500) : setTimeout(look, 50));
  look();
})
"""


def test_a_new_choice_ends_the_training_of_the_one_before(tail):
    page, stage, settings = tail
    trained(page, stage, settings)
    assert [name.split(",")[0] for name in stage.evaluate(ENDED)] == ["10 : 1"]


# ---------------------------------------------------------------- the filter


@pytest.fixture
def sieve(begin):
    page, stage = begin(STEM, "datasets-filter")
    return page, stage, settings_of("datasets-filter")


def set_threshold(stage, value):
    stage.get_by_role("slider", name="Threshold").fill(str(value))


def test_below_all_cosines_everything_is_kept_and_above_all_nothing(sieve):
    page, stage, settings = sieve
    page.sent.clear()
    slider = stage.get_by_role("slider", name="Threshold")
    slider.press("Home")
    truth = (settings["sort_of_pair"] == 0).mean()
    assert told(stage, "precision", "recall", "kept") == pytest.approx([truth, 1, len(settings["sort_of_pair"])])
    assert stage.locator(".live-sort .live-number").all_inner_texts() == ["100 % kept"] * 5
    slider.press("End")
    assert told(stage, "threshold")[0] >= settings["cosines"].max()
    assert told(stage, "recall")[0] == 0
    assert page.sent == []


@pytest.mark.parametrize("training", [0, 1])
def test_what_is_kept_is_counted_as_numpy_does(training, sieve):
    _, stage, settings = sieve
    stage.get_by_role("radiogroup", name="Training").get_by_role("radio").nth(training).check()
    cosines, sorts = settings["cosines"][training], settings["sort_of_pair"]
    true = sorts == 0
    for share in (20, 60, 90):
        set_threshold(stage, round(float(np.percentile(cosines, share)), 2))
        (threshold,) = told(stage, "threshold")
        kept = cosines >= threshold
        expected = [true[kept].mean(), kept[true].mean(), kept.sum()]
        assert told(stage, "precision", "recall", "kept") == pytest.approx(expected)
        shown = [int(text.split()[0]) for text in stage.locator(".live-sort .live-number").all_inner_texts()]
        assert shown == pytest.approx([100 * kept[sorts == sort].mean() for sort in range(5)], abs=0.501)
        order = np.argsort(-np.array(settings["frequency"][training]), kind="stable")
        rows = [row.inner_text().split("\t") for row in stage.locator("[data-kind]").all()]
        assert [row[0].strip() for row in rows] == [settings["kinds"][kind] for kind in order]
        of_kind = [100 * kept[true & (settings["named"][:, kind] == 1)].mean() for kind in order]
        assert [int(row[-1].split()[0]) for row in rows] == pytest.approx(of_kind, abs=0.501)


def test_a_threshold_does_not_carry_over_to_another_training(sieve):
    _, stage, settings = sieve
    trainings = stage.get_by_role("radiogroup", name="Training").get_by_role("radio")
    keep = stage.get_by_role("button", name="Keep 90 % of the true pairs")
    keep.press("Enter")
    threshold, recall = told(stage, "threshold", "recall")
    assert 0.9 <= recall < 0.902
    hill = stage.locator("[data-sort='0'] .live-hill")
    before = hill.evaluate("node => node.style.clipPath")
    trainings.nth(1).check()
    true = settings["sort_of_pair"] == 0
    assert told(stage, "threshold", "recall") == pytest.approx(
        [threshold, (settings["cosines"][1][true] >= np.float32(threshold)).mean()]
    )
    assert told(stage, "recall")[0] != recall
    assert hill.evaluate("node => node.style.clipPath") != before
    keep.press("Enter")
    assert 0.9 <= told(stage, "recall")[0] < 0.902
    assert told(stage, "threshold")[0] != threshold


def test_the_line_is_dragged_and_follows_the_slider(sieve):
    page, stage, settings = sieve
    plot, line = stage.locator(".live-plot"), stage.locator(".live-line")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    slider = stage.get_by_role("slider", name="Threshold")
    low, high = (float(slider.get_attribute(name)) for name in ("min", "max"))
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 60, steps=5)
    page.mouse.up()
    assert told(stage, "threshold")[0] == pytest.approx(low + 0.7 * (high - low), abs=0.005)
    assert float(slider.input_value()) == pytest.approx(told(stage, "threshold")[0], abs=0.0051)
    middle = line.bounding_box()["x"] + line.bounding_box()["width"] / 2
    assert middle == pytest.approx(box["x"] + 0.7 * box["width"], abs=2)
    slider.press("ArrowLeft")
    assert line.bounding_box()["x"] < middle - 1.5


def test_the_examples_beside_the_threshold_are_the_nearest(sieve):
    _, stage, settings = sieve
    examples = np.array(settings["example_pairs"])
    cosines = settings["cosines"][0][examples]
    set_threshold(stage, round(float(np.median(cosines)), 2))
    (threshold,) = told(stage, "threshold")
    order = np.argsort(cosines, kind="stable")
    border = int((cosines < threshold).sum())
    for title, chosen in {"Just kept": order[border:][:3], "Just dropped": order[:border][::-1][:3]}.items():
        cards = stage.get_by_role("group", name=title).locator("figure")
        assert cards.count() == 3
        for card, example in zip(cards.all(), chosen, strict=True):
            words, sort = card.inner_text(), settings["sort_of_pair"][examples[example]]
            assert f"“{settings['captions'][example]}”" in words
            assert settings["sorts"][sort] in words
            assert ("✓" in words) == (sort == 0)
            assert f"{cosines[example]:.3f}" in words


def scored(page, stage, caption):
    until(page, stage, f"node.dataset.caption === {json.dumps(caption)}")
    return told(stage, "cosine")[0]


def choose(stage, label, option):
    stage.get_by_role("combobox", name=label, exact=True).select_option(label=option)


def test_a_caption_of_ones_own_is_scored_as_the_exported_network_does(sieve):
    page, stage, settings = sieve
    session = onnxruntime.InferenceSession(LIVE / config_of("datasets-filter")["models"][0]["file"])
    (name,) = [one.name for one in session.get_inputs()]

    def expected(caption, example):
        tokens = np.zeros((1, 10), dtype=np.int64)
        for place, word in enumerate(caption.split()):
            tokens[0, place] = settings["words"].index(word) + 1
        return float(session.run(None, {name: tokens})[0][0] @ settings["embeddings"][example])

    stage.locator(".live-thumb").nth(3).click()
    until(page, stage, "node.dataset.example === '3'")
    colours, kinds = settings["colours"][:2], settings["kinds"][:2]
    for label, option in {"Colour": "orange", "Kind": kinds[0], "Relation": "alone"}.items():
        choose(stage, label, option)
    alone = f"an orange {kinds[0]}"
    assert scored(page, stage, alone) == pytest.approx(expected(alone, 3), abs=1e-4)
    assert stage.get_by_role("combobox", name="Second kind").is_disabled()
    choose(stage, "Relation", "left of")
    choose(stage, "Second colour", colours[0])
    choose(stage, "Second kind", kinds[1])
    pair = f"{alone} left of a {colours[0]} {kinds[1]}"
    assert scored(page, stage, pair) == pytest.approx(expected(pair, 3), abs=1e-4)
    answer = stage.locator(".live-answer")
    for way, verdict in {"Home": "kept", "End": "dropped"}.items():
        stage.get_by_role("slider", name="Threshold").press(way)
        assert f"{expected(pair, 3):.3f}: {verdict}." in answer.inner_text()


def test_the_pools_own_caption_gets_the_pools_own_cosine_by_keyboard(sieve):
    page, stage, settings = sieve
    thumbs = stage.locator(".live-thumb")
    thumbs.first.click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    example = int(
        stage.locator(".live-thumb[aria-pressed]").evaluate("node => [...node.parentNode.children].indexOf(node)")
    )
    assert example > 1
    until(page, stage, f"node.dataset.example === '{example}'")
    cosine = scored(page, stage, settings["captions"][example])
    assert cosine == pytest.approx(settings["cosines"][0][settings["example_pairs"][example]], abs=1e-4)
    mark, plot = stage.locator(".live-own-mark"), stage.locator(".live-plot")
    slider = stage.get_by_role("slider", name="Threshold")
    low, high = (float(slider.get_attribute(name)) for name in ("min", "max"))
    box = mark.bounding_box()
    share = (box["x"] + box["width"] / 2 - plot.bounding_box()["x"]) / plot.bounding_box()["width"]
    assert low + share * (high - low) == pytest.approx(cosine, abs=0.005)
    stage.get_by_role("radiogroup", name="Training").get_by_role("radio").nth(1).check()
    assert not mark.is_visible()
    assert re.search(r"by the training “.+”: choose it", stage.locator(".live-answer").inner_text())


def test_on_a_slide_one_thing_is_shown_beside_the_histograms(site, open_page):
    page = open_page(f"{site}/slides/{STEM}.html", width=1280, height=720)
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    root = start_on_slide(page, "datasets-filter")
    panels = [root.locator(f".live-{name}") for name in ("kinds", "edge", "own")]
    for chosen, radio in enumerate(root.locator(".live-views").get_by_role("radio").all()):
        radio.check()
        assert [panel.is_visible() for panel in panels] == [k == chosen for k in range(3)]
        bottom = root.evaluate("node => node.getBoundingClientRect().bottom / Reveal.getScale()")
        assert bottom <= 720
