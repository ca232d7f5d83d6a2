"""U-Net surgery in the browser: what it shows is held against PyTorch and NumPy, by mouse and keyboard."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.site.exported import TYPE_SIZES, fact, on_slide, played, publish, put, refused
from tests.site.visit import choose_theme, start, until, violations
from utils.scenes.layout import Item
from utils.scenes.rasterise import stamp
from utils.segmentation.spectrum import nyquist_energy

ID = "efficient-bits"
STEM = "11_efficient_architectures"  # its demo is replaced by that of this test
CLASSES, KINDS, KIND_CLASSES = ["background", "garment", "digit"], ["t-shirt", "bag", "three"], [1, 1, 2]
COLOURS = {"orange": [213, 94, 0], "blue": [0, 114, 178]}
SIZE, LEVELS = 64, [64, 32, 16]


class Gated(nn.Module):
    """A stand-in that needs no training: orange is a garment, blue a digit; each skip adds what its resolution knows.

    Where its first skip is shut it draws a checkerboard, as a bad decoder does, the stronger the brighter the image.
    """

    def __init__(self, checks=0.0, used=1.0):
        super().__init__()
        self.used = used
        rows, columns = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
        self.register_buffer("board", checks * (1.0 - 2 * ((rows + columns) % 2)))

    def forward(self, image, gates):
        gates = 1 - self.used + self.used * gates
        orange, blue = image[:, 0] - image[:, 2], image[:, 2] - image[:, 0]
        known = torch.stack([torch.full_like(orange, 0.12), orange, blue], dim=1)
        logits = 0.5 * F.interpolate(F.avg_pool2d(known, 8), scale_factor=8)
        for level in range(3):
            side = 2**level
            pooled = F.interpolate(F.avg_pool2d(known, side), scale_factor=side) if level else known
            logits = logits + gates[:, level] * pooled
        return 6 * logits + (1 - gates[:, 0]) * 2 * image.mean(dim=1, keepdim=True) * self.board


def task():
    stamps = [[stamp(Item(kind, k, "blue", (0, 0), 28), split="test") for k in range(3)] for kind in KINDS]
    covers, brights = np.moveaxis(np.array(stamps), 2, 0)
    grounds = np.full((2, 3, SIZE, SIZE), 128, np.uint8)
    grounds[1] = 90
    return {
        "classes": CLASSES,
        "kinds": KINDS,
        "kind_classes": KIND_CLASSES,
        "colours": COLOURS,
        "grounds": grounds,
        "ground_names": ["grey", "dark"],
        "covers": np.ascontiguousarray(covers),
        "brights": np.ascontiguousarray(brights),
    }


NETS = {"plain": Gated(), "with a checkerboard": Gated(checks=0.4), "deaf to its skips": Gated(used=0.0)}


def export(folder, settings, nets=None):
    return publish(
        folder,
        "unet_surgery",
        id=ID,
        alt="A scene, the mask of a network, its errors and its spectrum.",
        model={name: net.eval() for name, net in (nets or NETS).items()},
        example=(torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0)), torch.ones(1, 3)),
        input_names=["image", "gates"],
        output_names=["logits"],
        **settings,
    )


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("surgery")
    return folder, export(folder, task())


@pytest.fixture
def table(lectures, shipped):
    """The page and the demo's stage, just started."""
    with played(lectures, STEM, shipped, ID) as both:
        yield both


# ---------------------------------------------------------------- what a reader does, and what Python says of it


def switch(stage, level):
    return stage.get_by_role("switch", name=f"Skip {LEVELS[level]} × {LEVELS[level]}")


def cut(page, stage, level):
    """Press a skip's switch, and wait until all follows."""
    gates = fact(stage, "gates")
    gates[level] = 1 - gates[level]
    switch(stage, level).click()
    until(page, stage, f"node.dataset.gates === '{str(gates).replace(' ', '')}'")


def choose_network(page, stage, k):
    stage.get_by_role("combobox", name="Network").select_option(str(k))
    until(page, stage, f"node.dataset.network === '{k}'")


def look_at(page, stage, name, k):
    stage.get_by_role("radio", name=name).check()
    until(page, stage, f"node.dataset.look === '{k}'")


def press(stage, name):
    stage.get_by_role("button", name=name, exact=True).click()


def changed(page, stage, act, *arguments):
    """Do something that changes the scene, and wait until the network has seen it."""
    before = int(stage.get_attribute("data-asked"))
    act(*arguments)
    until(page, stage, f"Number(node.dataset.asked) > {before}")


def picture_of(stage):
    """What the network gets: (1, 3, 64, 64)."""
    if fact(stage, "look"):
        return torch.full((1, 3, SIZE, SIZE), 0.5)
    values = stage.locator(".live-scene .live-window > canvas").first.evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]"
    )
    picture = torch.tensor(values, dtype=torch.float32).reshape(SIZE, SIZE, 4)[..., :3]
    return picture.permute(2, 0, 1)[None] / 255  # (H, W, 3) -> (1, 3, H, W)


def agrees(stage):
    """Hold the mask and the energy, with these gates and with all open, against PyTorch; return the mask."""
    net = list(NETS.values())[fact(stage, "network")].eval()
    label, numbers, picture = fact(stage, "label"), fact(stage, "numbers"), picture_of(stage)
    masks = []
    for key, gates in (("now", fact(stage, "gates")), ("open", [1, 1, 1])):
        with torch.no_grad():
            logits = net(picture, torch.tensor([gates], dtype=torch.float32))[0]
        plane = logits[label, 16:48, 16:48] if fact(stage, "look") else logits[label]
        assert numbers[key]["energy"] == pytest.approx(nyquist_energy(plane).item(), rel=0.02, abs=1e-6)
        masks.append(logits.argmax(dim=0).numpy())
    told = np.array([int(value) for value in fact(stage, "mask")]).reshape(SIZE, SIZE)
    assert (told != masks[0]).sum() <= 2  # logits that nearly tie
    assert stage.locator(".live-verdict").inner_text() == stage.get_attribute("data-verdict")
    return told


def cells(stage):
    rows = stage.locator(".live-values tbody tr").all()
    return {row.locator("th").inner_text(): row.locator("td").all_inner_texts() for row in rows}


def test_cuts_and_networks_give_the_mask_that_pytorch_gives(table):
    page, stage = table
    first = agrees(stage)
    assert stage.get_attribute("data-verdict").startswith("All skips open: ")
    assert {change for _, _, change in cells(stage).values()} <= {"0", "–"}
    cut(page, stage, 0)
    blurred = agrees(stage)
    turned = fact(stage, "turned")
    assert turned["wrong"] > 0
    assert f"With skip 64 × 64 shut: {turned['wrong']} pixel" in stage.get_attribute("data-verdict")
    assert (blurred != first).sum() == pytest.approx(fact(stage, "moved"), abs=2)
    assert switch(stage, 0).get_attribute("aria-checked") == "false"
    assert "shut" in switch(stage, 0).inner_text()
    cut(page, stage, 2)
    agrees(stage)
    numbers, shown = fact(stage, "numbers"), cells(stage)
    for c, name in enumerate(CLASSES):
        found = [numbers[key]["ious"][c] for key in ("now", "open")]
        assert shown[f"IoU {name}"][:2] == ["not there" if value is None else f"{value:.3f}" for value in found]
    right = [100 * numbers[key]["right"] for key in ("now", "open")]
    assert shown["Pixels right"][:2] == [f"{value:.1f} %" for value in right]
    assert shown["Boundary F (1 px)"][:2] == [f"{numbers[key]['boundary']:.3f}" for key in ("now", "open")]
    choose_network(page, stage, 2)
    assert "With skips 64 × 64 and 16 × 16 shut: nothing changes." in stage.get_attribute("data-verdict")
    agrees(stage)
    choose_network(page, stage, 1)
    agrees(stage)
    for level in (0, 2):
        cut(page, stage, level)
    agrees(stage)


def test_the_scene_is_composed_by_mouse(table):
    page, stage = table
    cut(page, stage, 1)
    n = len(fact(stage, "things"))
    changed(page, stage, press, stage, "Add a thing")
    assert len(fact(stage, "things")) == n + 1
    assert fact(stage, "chosen") == n
    for name, value in (("Kind", "2"), ("Colour", "0"), ("Ground", "1")):
        changed(page, stage, stage.get_by_role("combobox", name=name).select_option, value)
    agrees(stage)
    one = fact(stage, "things")[n]
    assert one["label"] == 2
    assert one["taken"] != 2, "orange looks like a garment to the stand-in"
    assert f"Thing {n + 1}: digit, {one['pixels']} pixels in view" in stage.locator(".live-facts").inner_text()
    thing = stage.locator(".live-thing").last
    thing.scroll_into_view_if_needed()
    assert thing.evaluate("node => getComputedStyle(node).touchAction") == "none"
    box, window = thing.bounding_box(), stage.locator(".live-scene .live-window").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(window["x"] + window["width"] / 2, window["y"] + window["height"] / 2, steps=4)
    page.mouse.up()
    page.wait_for_timeout(300)
    assert re.search(r"at row 3\d, column 3\d of 64", thing.get_attribute("aria-label"))
    agrees(stage)
    while len(fact(stage, "things")) > 1:
        changed(page, stage, press, stage, "Remove the chosen thing")
    agrees(stage)
    for name, value in (("Kind", "0"), ("Colour", "1"), ("Colour", "0")):
        stage.get_by_role("combobox", name=name).select_option(value)
    until(page, stage, "JSON.parse(node.dataset.numbers).now.ious[2] === null")
    assert cells(stage)["IoU digit"] == ["not there", "not there", "–"]
    changed(page, stage, press, stage, "Another scene")
    assert len(fact(stage, "things")) in (3, 4)
    agrees(stage)


def test_an_even_grey_shows_what_the_decoder_draws_by_itself(table):
    page, stage = table
    choose_network(page, stage, 1)
    cut(page, stage, 0)
    look_at(page, stage, "an even grey", 1)
    agrees(stage)
    assert fact(stage, "numbers")["now"]["energy"] == pytest.approx(32 * 32 / 3, rel=0.01)
    assert fact(stage, "numbers")["now"]["spread"] == pytest.approx(0.8, rel=1e-3)
    assert fact(stage, "numbers")["open"]["energy"] == 0
    assert cells(stage)["IoU digit"] == cells(stage)["Pixels right"] == ["–"] * 3
    assert "on an even grey" in stage.get_attribute("data-verdict")
    assert not stage.locator(".live-thing").first.is_visible()
    canvas = stage.locator(".live-spectrum .live-window canvas")
    assert canvas.evaluate("node => [node.width, node.height]") == [33, 33]
    point = "(node, [x, y]) => [...node.getContext('2d').getImageData(x, y, 1, 1).data.slice(0, 3)]"
    bright, dark = ([canvas.evaluate(point, place) for place in places] for places in CORNERS)
    assert min(colour[1] for colour in bright) > 180
    assert max(colour[1] for colour in dark) < 30
    stage.get_by_role("radio", name="digit").check()
    until(page, stage, "node.dataset.label === '2'")
    agrees(stage)
    look_at(page, stage, "your scene", 0)
    assert stage.locator(".live-thing").first.is_visible()
    assert canvas.evaluate("node => [node.width, node.height]") == [65, 65]
    agrees(stage)


CORNERS = [[[0, 0], [32, 0], [0, 32], [32, 32]], [[16, 16], [8, 8], [16, 4], [5, 16]]]


def test_tasks_are_judged(table):
    page, stage = table
    told = stage.locator(".live-game .live-told")
    cut(page, stage, 2)
    choose_network(page, stage, 1)
    press(stage, "Light up the corners")
    until(page, stage, "JSON.parse(node.dataset.played).task === 'Light up the corners'")
    assert fact(stage, "gates") == [1, 1, 1]
    assert not fact(stage, "played")["won"]
    cut(page, stage, 0)
    numbers = fact(stage, "numbers")
    assert fact(stage, "played")["won"] == (numbers["now"]["energy"] >= max(1, 10 * numbers["open"]["energy"]))
    assert fact(stage, "played")["won"]
    assert told.inner_text().startswith("✓ With skip 64 × 64 shut: “garment” has ")
    cut(page, stage, 0)
    assert told.inner_text().endswith("Done before.")
    look_at(page, stage, "an even grey", 1)
    assert "First let the network look at your scene." in told.inner_text()
    press(stage, "Only the edge")
    until(page, stage, "node.dataset.look === '0' && JSON.parse(node.dataset.played).task === 'Only the edge'")
    assert stage.get_by_role("radio", name="your scene").is_checked()
    assert stage.get_by_role("button", name="Only the edge").get_attribute("aria-pressed") == "true"


def test_the_errors_differ_in_more_than_colour_and_the_mask_can_be_hidden(table):
    page, stage = table
    cut(page, stage, 0)
    counts = fact(stage, "counts")
    words = f"{counts['missed']} pixels missed, {counts['extra']} extra, {counts['class']} of a wrong class"
    label = stage.locator(".live-errors canvas[role=img]").get_attribute("aria-label")
    assert label.endswith(words)
    legend = stage.locator(".live-errors .live-legend-list li")
    assert legend.all_inner_texts() == ["right", "missed", "extra", "wrong class", "true boundary"]
    inks = [
        one.locator("canvas").evaluate(
            "node => new Set(new Uint32Array(node.getContext('2d').getImageData(4, 4, 24, 24).data.buffer)).size"
        )
        for one in legend.all()
    ]
    assert inks[0] == 1
    assert min(inks[1:]) > 1, "lines, crosses or bars"
    over = stage.locator(".live-over")
    marked = "node => node.getContext('2d').getImageData(0, 0, node.width, node.height).data.some((value) => value)"
    assert over.evaluate(marked)
    stage.get_by_label("the mask over it").uncheck()
    assert not over.is_visible()
    stage.get_by_label("the mask over it").check()
    assert over.is_visible()


def test_nothing_needs_a_mouse(table):
    page, stage = table
    switch(stage, 0).focus()
    page.keyboard.press("Space")
    until(page, stage, "node.dataset.gates === '[0,1,1]'")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    until(page, stage, "node.dataset.gates === '[0,0,1]'")
    assert switch(stage, 1).evaluate("node => node === document.activeElement")
    stage.locator(".live-thing").nth(1).focus()
    until(page, stage, "node.dataset.chosen === '1'")
    changed(page, stage, page.keyboard.press, "ArrowDown")
    agrees(stage)
    status = stage.locator(":scope > [role=status]").element_handle()
    verdict = stage.get_attribute("data-verdict")
    page.wait_for_function("([node, text]) => node.textContent.startsWith(text)", arg=[status, verdict])
    stage.get_by_role("radio", name="your scene").focus()
    page.keyboard.press("ArrowRight")
    until(page, stage, "node.dataset.look === '1'")


# ---------------------------------------------------------------- how it looks, and what it refuses


def test_it_is_accessible_stays_in_place_and_fits_in_both_themes(table):
    page, stage = table
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        heights = {stage.evaluate("node => node.offsetHeight")}
        for level in range(3):
            cut(page, stage, level)
            heights.add(stage.evaluate("node => node.offsetHeight"))
        for name in ("Only the edge", "Another class", "Light up the corners", "A cut that helps"):
            press(stage, name)
            until(page, stage, f"JSON.parse(node.dataset.played).task === '{name}'")
            heights.add(stage.evaluate("node => node.offsetHeight"))
        look_at(page, stage, "an even grey", 1)
        heights.add(stage.evaluate("node => node.offsetHeight"))
        assert len(heights) == 1, width
        look_at(page, stage, "your scene", 0)
        cut(page, stage, 0)
        for theme in ("dark", "light"):
            choose_theme(page, theme)
            assert violations(page, f"#demo-{ID}") == []
        assert stage.evaluate("node => node.scrollWidth <= node.clientWidth")
        for face in stage.locator("button:visible, select:visible, input:visible:not([type=radio])").all():
            box = face.bounding_box()
            assert min(box["width"], box["height"]) >= 24


def test_on_a_slide_all_of_it_fits(site, open_page, shipped):
    page, root = on_slide(open_page, site, STEM, shipped, ID)
    stage = root.locator(".live-stage")
    press(stage, "Only the edge")
    cut(page, stage, 1)
    assert root.evaluate("node => node.getBoundingClientRect().height / Reveal.getScale()") <= 600
    assert root.evaluate("node => node.getBoundingClientRect().bottom / Reveal.getScale()") <= 720
    assert min(root.evaluate(TYPE_SIZES)) >= 16
    assert stage.evaluate("node => node.scrollWidth <= node.clientWidth")


class Endless(Gated):
    """Its logits are no numbers once a skip is shut."""

    def forward(self, image, gates):
        return super().forward(image, gates) / gates[:, 0]


def test_what_does_not_fit_is_refused_in_words(lectures, tmp_path):
    kept, open_ = lectures
    page = open_(STEM)
    right = task()
    wrong = [
        ({"classes": ["background"]}, "expected the background and one more at least"),
        ({"kind_classes": [1, 1, 3]}, "kind_classes is [1,1,3]; expected for each of 3 kinds a class from 1 to 2."),
        ({"kind_classes": [0, 1, 1]}, "expected for each of 3 kinds a class from 1 to 2."),
        ({"classes": [*CLASSES, "tree"]}, "logits has shape (1, 3, 64, 64); expected (1, 4, 64, 64)"),
        ({"covers": right["covers"][:2]}, "covers is uint8 of shape"),
    ]
    for i, (change, words) in enumerate(wrong):
        folder = tmp_path / str(i)
        put(page, folder, export(folder, right | change, {"plain": NETS["plain"]}), ID)
        assert words in refused(page, ID)
    kept.forget()
    folder = tmp_path / "endless"
    put(page, folder, export(folder, right, {"endless": Endless()}), ID)
    stage = start(page, ID).locator(".live-stage")
    switch(stage, 0).click()
    alert = stage.get_by_role("alert")
    alert.wait_for()
    assert re.match(
        r"The logits of “endless” hold (NaN|-?Infinity); expected numbers, with gates 0,1,1.", alert.inner_text()
    )
    switch(stage, 0).click()
    alert.wait_for(state="hidden")
    kept.forget()
