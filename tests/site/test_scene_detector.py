"""The detector in the browser, on the reader's scene: what it shows is held against PyTorch, by mouse and keyboard."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.site.exported import TYPE_SIZES, fact, on_slide, played, publish, put, refused
from tests.site.visit import choose_theme, until, violations
from utils.detection.boxes import box_iou, nms
from utils.detection.errors import sort_errors
from utils.scenes.layout import Item
from utils.scenes.rasterise import stamp

ID = "efficient-bits"
STEM = "11_efficient_architectures"  # its demo is replaced by that of this test
CLASSES = ["t-shirt", "trousers", "bag"]
COLOURS = {"orange": [213, 94, 0], "green": [0, 158, 115], "blue": [0, 114, 178]}
SIZE, CELLS, ANCHORS = 96, 12, [14, 24, 38]


class Colours(nn.Module):
    """A stand-in that needs no training: orange is a t-shirt, green are trousers, blue is a bag; boxes are anchors."""

    def __init__(self):
        super().__init__()
        middle = (torch.arange(CELLS) + 0.5) * 8
        y, x, side = torch.meshgrid(middle, middle, torch.tensor(ANCHORS).float(), indexing="ij")
        half = side / 2
        self.anchors = torch.stack([x - half, y - half, x + half, y + half], dim=3).reshape(1, -1, 4)

    def forward(self, images):
        grey = images.mean(dim=1, keepdim=True)
        colour = torch.stack([images[:, 0], images[:, 1] - images[:, 2] / 2, images[:, 2]], dim=1)
        around = [
            F.avg_pool2d(F.pad(colour - grey, (side // 2,) * 4), side, stride=1)[:, :, 4:-1:8, 4:-1:8]
            for side in ANCHORS
        ]
        scores = torch.stack(around, dim=1).permute(0, 3, 4, 1, 2).reshape(len(images), -1, 3)
        return (30 * scores - 3).sigmoid(), self.anchors.expand(len(images), -1, -1) + 0 * images.mean()


def task():
    stamps = [[stamp(Item(kind, k, "blue", (0, 0), 28), split="test") for k in range(3)] for kind in CLASSES]
    covers, brights = np.moveaxis(np.array(stamps), 2, 0)
    grounds = np.full((2, 3, SIZE, SIZE), 128, np.uint8)
    grounds[1] = 90
    return {
        "classes": CLASSES,
        "colours": COLOURS,
        "grounds": grounds,
        "ground_names": ["grey", "dark"],
        "covers": np.ascontiguousarray(covers),
        "brights": np.ascontiguousarray(brights),
        "anchors": ANCHORS,
    }


def export(folder, settings, net=None):
    return publish(
        folder,
        "scene_detector",
        id=ID,
        alt="A scene of garments, and what a network finds in it.",
        model=(net or Colours()).eval(),
        example=(torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0)),),
        input_names=["images"],
        output_names=["scores", "boxes"],
        **settings,
    )


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("detector")
    return folder, export(folder, task())


@pytest.fixture
def scene(lectures, shipped):
    """The page and the demo's stage, just started."""
    with played(lectures, STEM, shipped, ID) as both:
        yield both


# ---------------------------------------------------------------- what a reader does


def settled(page, stage, count):
    until(page, stage, f"Number(node.dataset.asked) >= {count}")


def press(stage, name):
    stage.get_by_role("button", name=name, exact=True).click()


def slide(stage, name, value):
    stage.get_by_role("slider", name=name).fill(str(value))


def asked(stage):
    return int(stage.get_attribute("data-asked"))


def changed(page, stage, act, *arguments):
    """Do something that changes the scene, and wait until the network has seen it."""
    before = asked(stage)
    act(*arguments)
    settled(page, stage, before + 1)


def pixels_of(stage):
    """The picture, as the network gets it: (1, 3, 96, 96)."""
    values = stage.locator(".live-window > canvas").evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]"
    )
    picture = torch.tensor(values, dtype=torch.float32).reshape(SIZE, SIZE, 4)[..., :3]
    return picture.permute(2, 0, 1)[None] / 255  # (H, W, 3) -> (1, 3, H, W)


def expected_of(stage, threshold=0.3, overlap=0.5):
    """Boxes, scores and labels that PyTorch finds in the picture that is shown, the surest first."""
    with torch.no_grad():
        scores, boxes = Colours().eval()(pixels_of(stage))
    flat = scores[0].flatten()
    sure = flat.argsort(descending=True, stable=True)
    sure = sure[flat[sure] > threshold][:100]
    boxes, labels = boxes[0][sure // 3], sure % 3
    kept = nms(boxes, flat[sure], threshold=overlap, labels=labels)
    return {"boxes": boxes[kept], "scores": flat[sure][kept], "labels": labels[kept]}


def agrees(stage, **thresholds):
    told, expected = fact(stage, "found"), expected_of(stage, **thresholds)
    assert [one["label"] for one in told] == expected["labels"].tolist()
    np.testing.assert_allclose([one["score"] for one in told], expected["scores"], atol=1e-4)
    np.testing.assert_allclose(np.reshape([one["box"] for one in told], (-1, 4)), expected["boxes"], atol=1e-3)
    return told


def choose(stage, i):
    stage.get_by_role("radio", name=str(i + 1), exact=True).check()


def labels_of(stage):
    """The kind of each thing, from its own list."""
    kinds = []
    for i in range(len(fact(stage, "seen"))):
        choose(stage, i)
        kinds.append(CLASSES.index(stage.get_by_label("Kind").evaluate("list => list.selectedOptions[0].text")))
    return kinds


def test_boxes_are_those_of_the_network_after_suppression(scene):
    _, stage = scene
    assert len(agrees(stage)) >= 1


@pytest.mark.parametrize(("name", "key"), [("Score above", "threshold"), ("NMS above IoU", "overlap")])
@pytest.mark.parametrize("value", [0.1, 0.7])
def test_thresholds_are_obeyed(scene, name, key, value):
    page, stage = scene
    before = asked(stage)
    slide(stage, name, value)
    page.wait_for_timeout(200)
    agrees(stage, **{key: value})
    assert asked(stage) == before  # the network is not asked again for the same picture


def test_errors_are_sorted_as_in_python(scene):
    page, stage = scene
    slide(stage, "Score above", 0.1)
    for _ in range(3):
        changed(page, stage, press, stage, "Another scene")
        labels, seen, found = labels_of(stage), fact(stage, "seen"), fact(stage, "found")
        there = [i for i, one in enumerate(seen) if one["box"]]
        truth = {
            "boxes": torch.tensor([seen[i]["box"] for i in there], dtype=torch.float64),
            "labels": torch.tensor([labels[i] for i in there]),
        }
        boxes = torch.tensor([one["box"] for one in found], dtype=torch.float64).reshape(-1, 4)
        answer = {
            "boxes": boxes,
            "scores": torch.tensor([one["score"] for one in found]),
            "labels": torch.tensor([one["label"] for one in found], dtype=torch.int64),
        }
        count = sort_errors([answer], [truth], n_classes=3).count
        told = {kind: sum(one["kind"] == kind for one in found) for kind in count if kind != "missed"}
        assert told == {kind: number for kind, number in count.items() if kind != "missed"}
        hits = sum(one["kind"] == "hit" for one in found)
        assert stage.get_attribute("data-verdict").startswith(f"Finds {hits} of {len(there)}")


def test_truth_is_the_box_of_what_is_seen(scene):
    _, stage = scene
    picture = (pixels_of(stage)[0] - 128 / 255).abs().amax(dim=0) > 0.02  # all that is not the ground
    rows, columns = torch.nonzero(picture, as_tuple=True)
    boxes = torch.tensor([one["box"] for one in fact(stage, "seen")], dtype=torch.float32)
    around = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    together = [*boxes[:, :2].amin(dim=0), *boxes[:, 2:].amax(dim=0)]
    np.testing.assert_allclose(around, together, atol=2)  # faint edges belong to no thing


# ---------------------------------------------------------------- things


def test_arrow_keys_move_a_thing(scene):
    page, stage = scene
    before = fact(stage, "seen")
    stage.locator(".live-thing").first.focus()
    changed(page, stage, page.keyboard.press, "Shift+ArrowRight")
    after = fact(stage, "seen")
    if before[0]["box"][2] < SIZE - 5:
        assert after[0]["box"][0] == pytest.approx(before[0]["box"][0] + 4, abs=1)
    agrees(stage)


def test_the_mouse_drags_a_thing(scene):
    page, stage = scene
    thing = stage.locator(".live-thing").last
    thing.scroll_into_view_if_needed()
    box = thing.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    window = stage.locator(".live-window").bounding_box()
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(window["x"] + window["width"] / 2, window["y"] + window["height"] / 2, steps=5)
    page.mouse.up()
    page.wait_for_timeout(400)
    left, top, right, bottom = fact(stage, "seen")[-1]["box"]
    assert abs((left + right) / 2 - 48) < 8
    assert abs((top + bottom) / 2 - 48) < 8
    agrees(stage)


def test_things_are_added_removed_changed_and_ordered(scene):
    page, stage = scene
    n = len(fact(stage, "seen"))
    while n < 6:
        changed(page, stage, press, stage, "Add a thing")
        n += 1
        assert len(fact(stage, "seen")) == n
    assert stage.get_by_role("button", name="Add a thing").get_attribute("aria-disabled") == "true"
    choose(stage, 0)
    changed(page, stage, stage.get_by_label("Colour").select_option, "2")
    changed(page, stage, slide, stage, "Size", 40)
    agrees(stage)
    changed(page, stage, press, stage, "Bring the chosen thing to front")
    assert fact(stage, "chosen") == 5
    assert fact(stage, "seen")[5]["share"] == 1
    for left in range(5, 0, -1):
        changed(page, stage, press, stage, "Remove the chosen thing")
        assert len(fact(stage, "seen")) == left
    stage.get_by_role("button", name="Remove the chosen thing").click(force=True)
    page.wait_for_timeout(200)
    assert len(fact(stage, "seen")) == 1


def test_the_ground_is_another(scene):
    page, stage = scene
    changed(page, stage, stage.get_by_label("Ground").select_option, "1")
    assert fact(stage, "ground") == 1
    agrees(stage)


# ---------------------------------------------------------------- tasks, and what else is shown


def test_a_thing_becomes_too_small(scene):
    page, stage = scene
    press(stage, "Too small")
    page.wait_for_timeout(300)
    assert fact(stage, "played") == {**fact(stage, "played"), "task": "Too small", "won": False}
    assert fact(stage, "seen")[0]["found"]
    for size in range(26, 5, -2):
        changed(page, stage, slide, stage, "Size", size)
        if fact(stage, "played")["won"]:
            break
    assert fact(stage, "played")["won"]
    assert "was lost at" in stage.locator(".live-game .live-told").inner_text()
    assert not fact(stage, "seen")[0]["found"]


def test_two_of_a_kind_side_by_side_until_one_is_deleted(scene):
    page, stage = scene
    press(stage, "Side by side")
    page.wait_for_timeout(300)
    assert [one["found"] for one in fact(stage, "seen")] == [True, True]
    slide(stage, "NMS above IoU", 0.2)
    stage.locator(".live-thing").last.focus()
    for _ in range(12):
        changed(page, stage, page.keyboard.press, "Shift+ArrowLeft")
        if fact(stage, "played")["won"]:
            break
    told = fact(stage, "played")
    assert told["won"]
    assert "was suppressed" in told["words"]
    deleted = [one["deleted"] for one in fact(stage, "seen") if not one["found"] and one["deleted"] is not None]
    assert deleted
    assert min(deleted) > 0.2


def test_a_thing_is_lost_behind_another(scene):
    page, stage = scene
    press(stage, "Hidden")
    page.wait_for_timeout(300)
    for i, name in enumerate(("2", "0")):  # blue is a bag for the stand-in, orange a t-shirt
        choose(stage, i)
        changed(page, stage, stage.get_by_label("Colour").select_option, name)
    assert [one["found"] for one in fact(stage, "seen")] == [True, True]
    assert not fact(stage, "played")["won"]
    stage.locator(".live-thing").last.focus()
    for _ in range(12):
        changed(page, stage, page.keyboard.press, "Shift+ArrowLeft")
        if fact(stage, "played")["won"]:
            break
    told = fact(stage, "played")
    assert told["won"]
    share = fact(stage, "seen")[0]["share"]
    assert f"lost with {100 * share:.0f} % of it in view" in told["words"]
    press(stage, "Another scene")
    until(page, stage, "JSON.parse(node.dataset.played).task === null")


def test_a_size_is_found_that_no_anchor_fits(scene):
    page, stage = scene
    press(stage, "No anchor fits")
    page.wait_for_timeout(300)
    for size in range(24, 5, -3):
        changed(page, stage, slide, stage, "Size", size)
        if fact(stage, "played")["won"]:
            break
    assert fact(stage, "played")["won"]
    box = torch.tensor([fact(stage, "seen")[0]["box"]], dtype=torch.float32)
    assert box_iou(Colours().anchors[0], box).max() < 0.5


def test_the_map_shows_the_strongest_score_of_each_cell(scene):
    page, stage = scene
    stage.get_by_role("combobox", name="Show").select_option("3")
    stage.get_by_role("combobox", name="Class").select_option("2")
    page.wait_for_timeout(200)
    with torch.no_grad():
        scores, _ = Colours().eval()(pixels_of(stage))
    table = scores[0].reshape(CELLS * CELLS, 3, 3)  # cells, anchors, classes
    np.testing.assert_allclose(fact(stage, "drawn"), table[:, :, 2].amax(dim=1), atol=1e-4)
    stage.get_by_role("combobox", name="Anchors").select_option("1")
    page.wait_for_timeout(200)
    np.testing.assert_allclose(fact(stage, "drawn"), table[:, 0, 2], atol=1e-4)


def places(stage, part):
    """Where frames of a kind lie in the picture, in its pixels."""
    return stage.locator(".live-window").evaluate(
        """(window, part) => {
          const { left, top, width } = window.querySelector("canvas").getBoundingClientRect();
          return [...window.querySelectorAll(part)].map((node) => {
            const box = node.getBoundingClientRect();
            const corners = [box.left - left, box.top - top, box.right - left, box.bottom - top];
            return corners.map((value) => (96 * value) / width);
          });
        }""",
        part,
    )


def test_frames_lie_where_the_boxes_are(scene):
    page, stage = scene
    slide(stage, "Score above", 0.1)
    slide(stage, "NMS above IoU", 0.3)
    page.wait_for_timeout(200)
    found, seen = fact(stage, "found"), fact(stage, "seen")
    frames = places(stage, ".live-boxes > .live-box:not(.live-truth)")
    np.testing.assert_allclose(frames, np.clip([one["box"] for one in found], 0, SIZE), atol=1)
    np.testing.assert_allclose(places(stage, ".live-truth"), [one["box"] for one in seen], atol=1)
    rows = stage.get_by_role("list", name="The boxes").get_by_role("listitem").all_inner_texts()
    assert len(rows) == min(6, len(found))
    for row, one in zip(rows, found, strict=False):
        assert row.startswith(f"{'✓' if one['kind'] == 'hit' else '✗'} {CLASSES[one['label']]}")
        assert f"{one['score']:.2f}" in row
    stage.get_by_role("combobox", name="Show").select_option("1")
    page.wait_for_timeout(200)
    suppressed = fact(stage, "suppressed")
    assert len(suppressed) == fact(stage, "drawn") > 1
    np.testing.assert_allclose(
        places(stage, ".live-under .live-box"), np.clip([one["box"] for one in suppressed], 0, SIZE), atol=1
    )
    assert f"Dashed: {len(suppressed)} boxes." in stage.locator(".live-more .live-told").inner_text()
    stage.get_by_role("combobox", name="Show").select_option("2")
    page.wait_for_timeout(200)
    best = box_iou(Colours().anchors[0], torch.tensor([seen[0]["box"]], dtype=torch.float32))[:, 0]
    assert fact(stage, "drawn")["overlap"] == pytest.approx(best.max().item(), abs=1e-4)
    assert f"IoU {best.max():.2f}" in stage.locator(".live-facts").inner_text()


def test_nothing_needs_a_mouse(scene):
    page, stage = scene
    first = stage.get_by_role("button", name="Add a thing")
    n = len(fact(stage, "seen"))
    changed(page, stage, first.press, "Enter")
    assert len(fact(stage, "seen")) == n + 1
    assert first.evaluate("node => node === document.activeElement")
    stage.locator(".live-thing").nth(1).focus()
    until(page, stage, "node.dataset.chosen === '1'")
    assert stage.get_by_role("radio", name="2", exact=True).is_checked()
    changed(page, stage, page.keyboard.press, "ArrowDown")
    assert stage.locator(".live-thing").nth(1).evaluate("node => node === document.activeElement")
    assert "at row" in stage.locator(".live-thing").nth(1).get_attribute("aria-label")
    verdict = stage.get_attribute("data-verdict")
    status = stage.locator("[role=status]").element_handle()
    page.wait_for_function("([node, text]) => node.textContent.startsWith(text)", arg=[status, verdict])
    assert stage.locator(".live-verdict").inner_text() == verdict


def test_a_thing_that_grows_at_the_edge_stays_in_the_picture(scene):
    page, stage = scene
    stage.locator(".live-thing").first.focus()
    for _ in range(24):
        page.keyboard.press("Shift+ArrowLeft")
    changed(page, stage, slide, stage, "Size", 57)
    left, top, right, bottom = places(stage, ".live-thing")[0]
    assert min(left, top) >= -1
    assert max(right, bottom) <= SIZE + 1
    assert right - left == pytest.approx(57, abs=1)
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(200)
    agrees(stage)


# ---------------------------------------------------------------- how it looks, and what it refuses


@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_accessible_and_fits_in_both_themes(scene, width):
    page, stage = scene
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 900})
    for theme in ("light", "dark"):
        choose_theme(page, theme)
        assert violations(page, f"#demo-{ID}") == []
        assert stage.evaluate("node => node.scrollWidth <= node.clientWidth")
    choose_theme(page, "light")
    page.set_viewport_size(before)


class Doubled(Colours):
    """Its scores are no probabilities."""

    def forward(self, images):
        scores, boxes = super().forward(images)
        return 2 * scores, boxes


@pytest.mark.parametrize(
    ("wrong", "net", "words"),
    [
        ({"classes": []}, None, "expected a list of texts"),
        ({"anchors": [14, 24]}, None, "expected 2 in each cell of a square grid"),
        ({"colours": {"red": [300, 0, 0]}}, None, "expected red, green and blue"),
        ({"ground_names": ["grey"]}, None, "ground_names are 1; expected 2"),
        ({}, Doubled(), "has it a sigmoid at its end?"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(lectures, tmp_path, wrong, net, words):
    _, open_ = lectures
    page = open_(STEM)
    put(page, tmp_path, export(tmp_path, task() | wrong, net), ID)
    assert words in refused(page, ID)


def test_on_a_slide_all_of_it_fits(site, open_page, shipped):
    page, root = on_slide(open_page, site, STEM, shipped, ID)
    stage = root.locator(".live-stage")
    press(stage, "Side by side")
    slide(stage, "Score above", 0.05)
    page.wait_for_timeout(300)
    assert root.evaluate("node => node.getBoundingClientRect().height / Reveal.getScale()") <= 600
    assert root.evaluate("node => node.getBoundingClientRect().bottom / Reveal.getScale()") <= 720
    assert min(root.evaluate(TYPE_SIZES)) >= 16
