"""The playground of boxes: overlap and suppression are held against Python, by mouse and keyboard."""

import numpy as np
import pytest
import torch

from tests.site.exported import TYPE_SIZES, fact, on_slide, played, publish, put, refused
from tests.site.visit import choose_theme, start, violations
from utils.detection.boxes import box_iou, nms, soft_nms
from utils.runtime import import_torchvision

ID = "efficient-bits"
STEM = "11_efficient_architectures"  # its demo is replaced by that of this test
CLASSES = ["t-shirt", "bag"]


def crowd():
    """Two scenes. In the first, two t-shirts overlap by half, a bag lies apart, and each is seen three times."""
    rng = np.random.default_rng(1)
    true = np.array([[20, 20, 60, 70], [32, 20, 72, 70], [5, 74, 40, 94], [30, 30, 60, 60]], float)
    labels, scenes = np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1])
    aim = np.repeat(np.arange(4), 3)
    boxes = true[aim] + rng.normal(0, 1.5, (12, 4))
    scores = rng.permutation(np.linspace(0.2, 0.95, 12))
    return {
        "classes": CLASSES,
        "images": rng.integers(0, 255, (2, 3, 96, 96)).astype(np.uint8),
        "boxes": boxes.astype(np.float32),
        "scores": scores.astype(np.float32),
        "labels": labels[aim].astype(np.int32),
        "scenes": scenes[aim].astype(np.int32),
        "true_boxes": true.astype(np.float32),
        "true_labels": labels.astype(np.int32),
        "true_scenes": scenes.astype(np.int32),
    }


def export(folder, task):
    return publish(folder, "boxes_playground", id=ID, alt="Two boxes, and the boxes of a crowd.", **task)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("playground")
    return folder, export(folder, crowd())


@pytest.fixture
def stage(lectures, shipped):
    """The demo on a page; the page, and the demo's stage."""
    with played(lectures, STEM, shipped, ID) as both:
        yield both


# ---------------------------------------------------------------- two boxes


def expected_of(boxes):
    import_torchvision()
    from torchvision.ops import generalized_box_iou

    one, other = (torch.tensor([boxes[name]], dtype=torch.float64) for name in "AB")
    return {
        "iou": box_iou(one, other).item(),
        "inclusive": box_iou(one, other, inclusive=True).item(),
        "giou": generalized_box_iou(one, other).item(),
    }


def agrees(stage):
    told = fact(stage, "pair")
    assert {key: told[key] for key in ("iou", "inclusive", "giou")} == pytest.approx(
        expected_of(told["boxes"]), abs=1e-6
    )
    assert f"= {told['iou']:.3f}" in stage.locator(".live-pair .live-verdict").inner_text()
    return told


@pytest.mark.parametrize("name", ["half", "inside", "touching", "apart"])
def test_each_start_has_the_overlap_that_it_should(stage, name):
    _, stage = stage
    press(stage, name)
    told = agrees(stage)
    cells = stage.locator(".live-pair td").all_inner_texts()
    assert float(cells[4]) == pytest.approx(told["inclusive"], abs=5e-4)
    assert float(cells[3].replace("−", "-")) == pytest.approx(told["giou"], abs=5e-4)
    if name == "half":
        assert told["iou"] == 0.5
    if name in ("touching", "apart"):
        assert told["iou"] == 0
        assert (told["inclusive"] > 0) == (name == "touching")
    if name == "inside":
        assert told["giou"] == told["iou"]


def test_arrow_keys_move_a_box_and_its_corner(stage):
    page, stage = stage
    press(stage, "half")
    stage.locator(".live-body[data-box=B]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    assert agrees(stage)["boxes"]["B"] == [4.5, 4, 10.5, 10]
    for _ in range(30):
        page.keyboard.press("Shift+ArrowRight")
    assert agrees(stage)["boxes"]["B"] == [10, 4, 16, 10]  # the grid ends
    stage.locator(".live-corner[data-box=B]").focus()
    for _ in range(30):
        page.keyboard.press("ArrowLeft")
    assert agrees(stage)["boxes"]["B"] == [10, 4, 11, 10]  # one cell is the least


def test_the_mouse_pulls_a_box_and_its_corner(stage):
    page, stage = stage
    press(stage, "half")
    stage.locator(".live-grid").scroll_into_view_if_needed()
    grid = stage.locator(".live-grid canvas").bounding_box()
    cell = grid["width"] / 16

    def pull(x, y, right, down):
        page.mouse.move(grid["x"] + x * cell, grid["y"] + y * cell)
        page.mouse.down()
        page.mouse.move(grid["x"] + (x + right) * cell, grid["y"] + (y + down) * cell, steps=4)
        page.mouse.up()

    pull(3, 3, 0, 1.5)  # a place that only A covers
    assert agrees(stage)["boxes"] == {"A": [2, 3.5, 8, 9.5], "B": [4, 2, 10, 8]}
    pull(10, 8, 2, -3)  # the corner of B
    assert agrees(stage)["boxes"]["B"] == [4, 2, 12, 5]


def test_the_smaller_of_two_boxes_can_be_pulled_out_of_the_larger(stage):
    page, stage = stage
    press(stage, "inside")
    grid = stage.locator(".live-grid canvas").bounding_box()
    cell = grid["width"] / 16

    def pull(x, y, right, down):
        page.mouse.move(grid["x"] + x * cell, grid["y"] + y * cell)
        page.mouse.down()
        page.mouse.move(grid["x"] + (x + right) * cell, grid["y"] + (y + down) * cell, steps=4)
        page.mouse.up()

    pull(9, 7, 7, 3)  # the corner of B, which then covers A's
    pull(12, 9, -7, -3)  # the corner of A
    assert agrees(stage)["boxes"] == {"A": [2, 1, 5, 6], "B": [4, 3, 16, 10]}
    pull(3, 2, 4, 3)  # A, into B
    assert agrees(stage)["boxes"]["A"] == [6, 4, 9, 9]
    pull(7, 6, -2, 0)
    assert agrees(stage)["boxes"] == {"A": [4, 4, 7, 9], "B": [4, 3, 16, 10]}


# ---------------------------------------------------------------- suppression


def of_scene(task, scene):
    own = task["scenes"] == scene
    return tuple(torch.tensor(task[key][own]) for key in ("boxes", "scores", "labels"))


def press(stage, name):
    stage.get_by_role("button", name=name, exact=True).click()


def move(stage, name, value):
    stage.get_by_role("slider", name=name).fill(str(value))


@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("scene", [0, 1])
def test_what_is_kept_is_what_nms_keeps(stage, scene, threshold):
    _, stage = stage
    stage.get_by_role("combobox", name="Scene").select_option(index=scene)
    move(stage, "IoU threshold", threshold)
    press(stage, "All")
    boxes, scores, labels = of_scene(crowd(), scene)
    told = fact(stage, "crowd")
    assert told["taken"] == nms(boxes, scores, threshold=threshold, labels=labels).tolist()
    assert told["done"]
    assert told["left"] == []
    assert len(told["taken"]) + len(told["dropped"]) == len(scores)


@pytest.mark.parametrize("sigma", [0.1, 0.5])
def test_what_is_lowered_is_what_soft_nms_lowers(stage, sigma):
    _, stage = stage
    stage.get_by_role("radio", name="lowered (soft)").check()
    move(stage, "Gentleness σ", sigma)
    press(stage, "All")
    boxes, scores, labels = of_scene(crowd(), 0)
    kept, lowered = soft_nms(boxes, scores, sigma=sigma, floor=0.1, labels=labels)
    told = fact(stage, "crowd")
    assert told["taken"] == kept.tolist()
    np.testing.assert_allclose([told["scores"][i] for i in told["taken"]], lowered, rtol=1e-5)


def test_steps_are_taken_one_by_one_and_told(stage):
    _, stage = stage
    told = fact(stage, "crowd")
    assert told["taken"] == []
    _, scores, _ = of_scene(crowd(), 0)
    press(stage, "Step")
    told = fact(stage, "crowd")
    assert told["taken"] == [int(scores.argmax())]
    words = stage.locator(".live-step").inner_text()
    assert f"{scores.max():.2f} is taken" in words
    assert f"{len(told['dropped'])} box" in words
    drawn = stage.locator(".live-crowd .live-box")
    assert drawn.and_(stage.locator("[data-kind=taken]")).count() == 1
    assert drawn.and_(stage.locator("[data-kind=hurt]")).count() == len(told["dropped"]) > 0
    press(stage, "Start again")
    assert fact(stage, "crowd")["taken"] == []


def test_no_threshold_is_right_in_a_crowd(stage):
    """Low: a true neighbour is lost. High: things are found twice."""
    _, stage = stage
    lost, twice = {}, {}
    for threshold in (0.2, 0.9):
        move(stage, "IoU threshold", threshold)
        press(stage, "All")
        told = fact(stage, "crowd")
        words = stage.locator(".live-crowd .live-verdict").inner_text()
        lost[threshold], twice[threshold] = "lost a t-shirt" in words, told["twice"]
        assert f"{told['found']} of 3 things found" in words
    assert lost == {0.2: True, 0.9: False}
    assert twice[0.2] == 0 < twice[0.9]


VALUES = [round(0.05 * k, 2) for k in range(1, 20)]


def faults(scene, method, value, floor):
    """Whether a thing is lost that a box had found, and whether one is found twice: L, 2, B or a tick."""
    task = crowd()
    boxes, scores, labels = (array.double() if array.is_floating_point() else array for array in of_scene(task, scene))
    own = task["true_scenes"] == scene
    truths, names = torch.tensor(task["true_boxes"][own]).double(), torch.tensor(task["true_labels"][own])
    sure = scores >= floor
    boxes, scores, labels = boxes[sure], scores[sure], labels[sure]
    if method == "hard":
        kept = nms(boxes, scores, threshold=value, labels=labels)
    else:
        kept, _ = soft_nms(boxes, scores, sigma=value, floor=floor, labels=labels)
    fits = (box_iou(boxes, truths) >= 0.5) & (labels[:, None] == names)

    def found(rows):
        """How many things are found, if the best free one is taken."""
        free = torch.ones(len(names), dtype=bool)
        for row in rows[scores[rows].argsort(descending=True, stable=True)]:
            good = torch.where(fits[row] & free, box_iou(boxes[row][None], truths)[0], -1)
            if good.max() > 0:
                free[good.argmax()] = False
        return int((~free).sum())

    lost = found(torch.arange(len(boxes))) > found(kept)
    twice = int(fits[kept].any(dim=1).sum()) > found(kept)
    return {(0, 0): "✓", (1, 0): "L", (0, 1): "2", (1, 1): "B"}[lost, twice]


@pytest.mark.parametrize("method", ["hard", "soft"])
@pytest.mark.parametrize("scene", [0, 1])
def test_every_value_is_tried(stage, scene, method):
    page, stage = stage
    stage.get_by_role("combobox", name="Scene").select_option(index=scene)
    if method == "soft":
        stage.get_by_role("radio", name="lowered (soft)").check()
    press(stage, "Step")
    assert fact(stage, "crowd")["trial"] is None
    press(stage, "Try every value")
    told = fact(stage, "crowd")
    assert told["step"] == 1, "the steps go on where they were"
    assert told["trial"] == [faults(scene, method, value, 0.1) for value in VALUES]
    assert stage.locator(".live-trial span").all_inner_texts() == told["trial"]
    words = stage.locator(".live-trial + p").inner_text()
    right = told["trial"].count("✓")
    name = "threshold" if method == "hard" else "σ"
    if not right:
        assert words.startswith(f"No {name} is right here: ")
    elif 1 < right < 19:
        assert words.startswith(f"Right: {right} of 19 values")
    label = stage.locator(".live-trial").get_attribute("aria-label")
    assert all(f"{value:.2f} {mark}" in label for value, mark in zip(VALUES, told["trial"], strict=True))
    move(stage, "IoU threshold" if method == "hard" else "Gentleness σ", 0.3)
    assert fact(stage, "crowd")["trial"] == told["trial"], "the slider says where, not what was tried"
    assert stage.locator(".live-trial .live-chosen").evaluate_all(
        "list => list.map((one) => [...one.parentElement.children].indexOf(one))"
    ) == [5]
    move(stage, "Score floor", 0.5)
    assert fact(stage, "crowd")["trial"] is None
    press(stage, "Try every value")
    assert fact(stage, "crowd")["trial"] == [faults(scene, method, value, 0.5) for value in VALUES]


def test_boxes_that_find_nothing_are_counted(lectures, tmp_path):
    """A wrong name on a thing, and a box beside all of them."""
    kept, open_ = lectures
    page = open_(STEM)
    added = {
        "boxes": np.array([[5, 74, 40, 94], [80, 2, 94, 12]], np.float32),
        "scores": np.array([0.97, 0.15], np.float32),
        "labels": np.zeros(2, np.int32),
        "scenes": np.zeros(2, np.int32),
    }
    task = crowd()
    put(
        page,
        tmp_path,
        export(tmp_path, task | {key: np.concatenate([task[key], more]) for key, more in added.items()}),
        ID,
    )
    stage = start(page, ID).locator(".live-stage")
    press(stage, "All")
    told, words = fact(stage, "crowd"), stage.locator(".live-crowd .live-verdict").inner_text()
    assert len(told["taken"]) == told["found"] + told["twice"] + 2
    assert ", 2 find none" in words
    kept.complain()


def test_what_the_floor_drops_suppression_does_not_lose(stage):
    _, stage = stage
    move(stage, "Score floor", 0.9)
    press(stage, "All")
    assert "lost" not in stage.locator(".live-crowd .live-verdict").inner_text()


def test_the_floor_drops_what_is_faint(stage):
    _, stage = stage
    move(stage, "Score floor", 0.9)
    press(stage, "All")
    _, scores, _ = of_scene(crowd(), 0)
    told = fact(stage, "crowd")
    assert set(told["taken"]) <= set(torch.nonzero(scores >= 0.9)[:, 0].tolist())


# ---------------------------------------------------------------- how it looks, and what it refuses


@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_accessible_and_fits_in_both_themes(stage, width):
    page, stage = stage
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 900})
    press(stage, "Step")
    for theme in ("light", "dark"):
        choose_theme(page, theme)
        assert violations(page, f"#demo-{ID}") == []
        assert stage.evaluate("node => node.scrollWidth <= node.clientWidth")
    choose_theme(page, "light")
    page.set_viewport_size(before)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"classes": []}, "expected a list of texts"),
        ({"boxes": np.zeros((12, 3), np.float32)}, "expected float32 of shape (n, 4)"),
        ({"scores": np.full(12, 2, np.float32)}, "expected numbers from 0 to 1"),
        ({"labels": np.full(12, 7, np.int32)}, "labels hold 7"),
        ({"true_boxes": np.full((4, 4), [9, 9, 3, 3], np.float32)}, "x1 and y1 not smaller"),
    ],
)
def test_settings_that_do_not_fit_are_refused_in_words(lectures, tmp_path, wrong, words):
    _, open_ = lectures
    page = open_(STEM)
    put(page, tmp_path, export(tmp_path, crowd() | wrong), ID)
    assert words in refused(page, ID)


def test_on_a_slide_all_of_it_fits(site, open_page, shipped):
    page, root = on_slide(open_page, site, STEM, shipped, ID)
    stage = root.locator(".live-stage")
    for name in ("Step", "Try every value", "All"):
        stage.get_by_role("button", name=name, exact=True).press("Enter")
    assert root.evaluate("node => node.getBoundingClientRect().height / Reveal.getScale()") <= 600
    assert root.evaluate("node => node.getBoundingClientRect().bottom / Reveal.getScale()") <= 700
    assert min(root.evaluate(TYPE_SIZES)) >= 16
