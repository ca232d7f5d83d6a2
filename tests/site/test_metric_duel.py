"""The duel of two masks: painted by mouse and keyboard, and what is shown of them held against Python."""

import math

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from tests.site.exported import TYPE_SIZES, fact, on_slide, played, publish, put, refused
from tests.site.visit import choose_theme, until, violations
from tests.unit.live.test_metric_duel_demos import NAMES, SHORT, better, expected_scores, number, sentence
from utils.scenes.layout import Item
from utils.scenes.rasterise import stamp
from utils.segmentation.scoring import boundary

ID = "efficient-bits"
STEM = "11_efficient_architectures"  # its demo is replaced by that of this test
SIDE, HAND = 32, len(NAMES)
KINDS = ["t-shirt", "boot", "bag"]
SMALL, EMPTY = len(KINDS), len(KINDS) + 1  # the demo's own truths
KEYS = list(SHORT)


def silhouette(kind):
    """A thing of 26 pixels in the middle of the picture, moved up a little, so that one way has most room."""
    cover, _ = stamp(Item(kind, 0, "blue", (0, 0), 22), split="test")
    wide = np.pad(cover >= 128, SIDE)
    middle = len(wide) // 2
    return wide[middle - 14 : middle + 18, middle - 14 : middle + 18]


TRUTHS = [silhouette(kind) for kind in KINDS]


def export(folder, **changes):
    settings = {"truths": np.stack(TRUTHS).astype(np.uint8), "truth_names": KINDS, **changes}
    return publish(folder, "metric_duel", id=ID, alt="Two masks over one truth.", **settings)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    folder = tmp_path_factory.mktemp("live")
    return folder, export(folder)


@pytest.fixture
def duel(lectures, published):
    """The page and the demo's stage, just started."""
    with played(lectures, STEM, published, ID) as both:
        yield both


# ---------------------------------------------------------------- what a reader does, and what Python says of it


def listed(stage, name):
    return stage.get_by_role("combobox", name=name)


def choose(page, stage, name, fault):
    """Take a ready-made mask."""
    listed(stage, f"{name} is").select_option(label=fault)
    until(page, stage, f"JSON.parse(node.dataset.shapes).{name}.start === {NAMES.index(fault)}")


def select_truth(page, stage, k):
    listed(stage, "Truth").select_option(index=k)
    until(page, stage, f"node.dataset.truth === '{k}'")


def mask_of(stage, name):
    pixels = fact(stage, "shapes")[name]["pixels"]
    return np.array([int(value) for value in pixels], bool).reshape(SIDE, SIDE)


def cells(stage):
    rows = stage.locator(".live-compare tbody tr").all()
    return [row.locator("td").all_inner_texts() for row in rows]


def shown(key, value):
    if math.isnan(value):
        return "not defined"
    if math.isinf(value):
        return "infinite"
    if key == "area":
        return f"{'+' if round(value, 1) > 0 else ''}{value:.1f} %".replace("-0.0", "0.0").replace("-", "−")
    if key == "accuracy":
        return f"{100 * value:.1f} %"
    return f"{value:.2f} px" if key in ("hausdorff", "most", "mean") else f"{value:.3f}"


def agrees(stage, truth, tolerance=1):
    """Hold all that is shown of two masks against Python; return the scores."""
    scores = {name: expected_scores(mask_of(stage, name), truth, tolerance) for name in "AB"}
    for name, found in fact(stage, "scores").items():
        found = {key: number(value) for key, value in found.items()}
        assert found == pytest.approx(scores[name], nan_ok=True)
        shapes = fact(stage, "shapes")[name]
        mask = mask_of(stage, name)
        counts = [(mask & truth).sum(), (truth & ~mask).sum(), (mask & ~truth).sum()]
        assert [shapes[key] for key in ("right", "missed", "extra")] == counts
        right, missed, extra = counts
        label = f"Mask {name} over the truth: {right} pixels right, {missed} missed, {extra} extra"
        assert stage.get_by_role("application", name=label).count() == 1
        distance = scores[name]["hausdorff"]
        words = stage.locator(f'[data-player="{name}"] .live-worst').inner_text()
        assert f"Worst: {distance:.2f} px" in words or distance in (0, math.inf)
    winners = {key: better(key, scores["A"], scores["B"]) for key in KEYS}
    assert fact(stage, "better") == winners
    texts = [[shown(key, scores[name][key]) for name in "AB"] + [winners[key] or "–"] for key in KEYS]
    assert cells(stage) == texts
    assert stage.locator(".live-verdict").inner_text() == sentence(winners)
    bold = stage.locator(".live-compare .live-winner").all_inner_texts()
    assert bold == [row["AB".index(row[2])] for row in texts if row[2] in ("A", "B")]
    return scores


def is_told(page, stage, words):
    """Wait until a screen reader is told these words."""
    status = stage.locator(":scope > [role=status]").element_handle()
    page.wait_for_function("([node, text]) => node.textContent.includes(text)", arg=[status, words])


def at(canvas, row, column):
    box = canvas.bounding_box()
    return box["x"] + (column + 0.5) * box["width"] / SIDE, box["y"] + (row + 0.5) * box["height"] / SIDE


POINT = "(canvas, [x, y]) => [...canvas.getContext('2d').getImageData(x, y, 1, 1).data.slice(0, 3)]"


def pad(stage, name):
    return stage.get_by_role("application", name=f"Mask {name}")


# ---------------------------------------------------------------- choosing, painting


def test_ready_made_masks_are_measured_and_compared(duel):
    page, stage = duel
    agrees(stage, TRUTHS[0])
    assert [fact(stage, "shapes")[name]["start"] for name in "AB"] == [1, 6]
    for a, b in [(0, 3), (5, 9), (10, 8), (7, 7)]:
        choose(page, stage, "A", NAMES[a])
        choose(page, stage, "B", NAMES[b])
        agrees(stage, TRUTHS[0])
    is_told(page, stage, "No measure prefers one of the masks. Hausdorff:")
    stage.get_by_role("slider", name="Tolerance").fill("3")
    until(page, stage, "node.dataset.tolerance === '3'")
    choose(page, stage, "A", "shifted by two pixels")
    scores = agrees(stage, TRUTHS[0], 3)
    assert scores["A"]["boundaryF"] == 1 != expected_scores(mask_of(stage, "A"), TRUTHS[0], 1)["boundaryF"]
    assert "Boundary within 3 px: F ↑" in stage.locator(".live-compare").inner_text().replace("\u00a0", " ")


def test_another_truth_remakes_the_masks_and_empty_ones_have_no_numbers(duel):
    page, stage = duel
    choose(page, stage, "A", "shrunk by one pixel")
    for k in (1, 2):
        select_truth(page, stage, k)
        agrees(stage, TRUTHS[k])
        assert np.array_equal(mask_of(stage, "A"), TRUTHS[k] & ~boundary(TRUTHS[k]))
    small = np.zeros((SIDE, SIDE), bool)
    small[14:18, 14:18] = True
    small[[14, 14, 17, 17], [14, 17, 14, 17]] = False
    select_truth(page, stage, SMALL)
    agrees(stage, small)
    select_truth(page, stage, EMPTY)
    agrees(stage, np.zeros((SIDE, SIDE), bool))
    words = [row[0] for row in cells(stage)]
    assert words == ["not defined", "not defined", "1.000", "0.00 px", "0.00 px", "0.00 px", "not defined", "100.0 %"]
    worst = stage.locator(".live-worst").all_inner_texts()
    assert worst == ["Neither has a boundary.", "Worst: infinite, one of the two has no boundary."]
    assert "A: not defined. B: 2 × 0.000 / 1.000 = 0.000." in stage.locator(".live-check").inner_text()
    assert "not defined apart" in stage.locator(".live-conditions").inner_text()


def painted(mask, stroke, width, value):
    """What a brush leaves of a mask that goes from cell to cell along rows and columns."""
    rows, columns = np.indices(mask.shape)
    for row, column in stroke:
        mask = np.where(np.hypot(rows - row, columns - column) <= width / 2, value, mask)
    return mask.astype(bool)


def test_a_mask_is_painted_by_mouse(duel):
    page, stage = duel
    canvas = pad(stage, "A")
    assert canvas.evaluate("node => getComputedStyle(node).touchAction") == "none"
    canvas.scroll_into_view_if_needed()
    before = {name: mask_of(stage, name) for name in "AB"}
    expected = before["A"]
    for width, pen, value, row in ((3, "Add", 1, 28), (1, "Erase", 0, 10), (5, "Erase", 0, 16)):
        stage.get_by_role("radio", name=pen).check()
        stage.get_by_role("radio", name=f"{width} px").check()
        page.mouse.move(*at(canvas, row, 6))
        page.mouse.down()
        page.mouse.move(*at(canvas, row, 18))
        page.mouse.move(*at(canvas, row, 21))
        page.mouse.up()
        page.mouse.move(*at(canvas, 1, 1))
        expected = painted(expected, [(row, column) for column in range(6, 22)], width, value)
        text = "".join(str(int(value)) for value in expected.ravel())
        until(page, stage, f"JSON.parse(node.dataset.shapes).A.pixels === '{text}'")
    agrees(stage, TRUTHS[0])
    assert np.array_equal(mask_of(stage, "B"), before["B"])
    assert [fact(stage, "shapes")[name]["start"] for name in "AB"] == [HAND, 6]
    assert listed(stage, "A is").evaluate("node => node.selectedOptions[0].text") == "painted by hand"
    choose(page, stage, "A", "grown by one pixel")
    assert np.array_equal(mask_of(stage, "A"), before["A"])


def test_a_mask_is_painted_by_keyboard_alone(duel):
    page, stage = duel
    listed(stage, "A is").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Mask B")
    before = mask_of(stage, "B")
    page.keyboard.press("Shift+ArrowUp")
    kinds = {(True, True): "right", (True, False): "extra", (False, True): "missed", (False, False): "outside"}
    is_told(page, stage, f"Row 13, column 17: {kinds[before[12, 16], TRUTHS[0][12, 16]]}. ")
    canvas = pad(stage, "B")
    cell = canvas.evaluate("node => node.width") // SIDE
    assert canvas.evaluate(POINT, [16 * cell - 3, 12 * cell + cell // 2]) == [0xFF, 0xD5, 0x4A]
    page.keyboard.down("Space")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.up("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Delete")
    expected = painted(before, [(12, column) for column in range(16, 20)], 1, 1)
    expected = painted(expected, [(13, 19)], 1, 0)
    text = "".join(str(int(value)) for value in expected.ravel())
    until(page, stage, f"JSON.parse(node.dataset.shapes).B.pixels === '{text}'")
    kind = kinds[False, TRUTHS[0][13, 19]]
    is_told(page, stage, f"Row 14, column 20: {kind}. {stage.locator('.live-verdict').inner_text()}")
    agrees(stage, TRUTHS[0])
    stage.get_by_role("radio", name="Hausdorff").focus()
    page.keyboard.press("ArrowRight")
    until(page, stage, "node.dataset.level === '1'")


# ---------------------------------------------------------------- the duel, and what each fault costs


def conditions(stage):
    return stage.locator(".live-conditions li").all_inner_texts()


def told(stage):
    return stage.locator(".live-told").inner_text()


def test_a_duel_is_won_by_choosing_and_its_best_gap_is_kept(duel):
    page, stage = duel
    assert [words[0] for words in conditions(stage)] == ["✓", "✗"]
    assert told(stage).endswith("this does not count yet. Best so far: none.")
    choose(page, stage, "A", "a copy of the truth")
    speck = expected_scores(mask_of(stage, "B"), TRUTHS[0], 1)
    gap = f"{speck['hausdorff']:.2f} px"
    assert conditions(stage) == ["✓ both Dice 0.7 or more", f"✓ {1 - speck['dice']:.4f} apart, at most 0.01"]
    assert told(stage) == f"Hausdorff: 0.00 px and {gap}, a gap of {gap}. Best so far: {gap}."
    is_told(page, stage, told(stage))
    choose(page, stage, "B", "a spike")
    assert told(stage).endswith(f"Best so far: {gap}.")
    assert fact(stage, "played")["best"] == pytest.approx(speck["hausdorff"])
    choose(page, stage, "B", "nothing")
    assert conditions(stage)[0].startswith("✗")
    stage.get_by_role("radio", name="boundary F").check()
    until(page, stage, "node.dataset.level === '2'")
    assert told(stage) == "boundary F: 1.000 and 0.000, this does not count yet. Best so far: none."
    stage.get_by_role("slider", name="Tolerance").fill("0")
    until(page, stage, "node.dataset.tolerance === '0'")
    choose(page, stage, "B", "a copy of the truth")
    beside = np.argwhere(binary_dilation(TRUTHS[0]) & ~TRUTHS[0])[0]
    page.mouse.click(*at(pad(stage, "B"), *beside))
    until(page, stage, "node.dataset.played.includes('\"won\":true')")
    one_more = expected_scores(mask_of(stage, "B"), TRUTHS[0], 0)
    assert fact(stage, "played")["best"] == pytest.approx(1 - one_more["boundaryF"])
    stage.get_by_role("slider", name="Tolerance").fill("3")
    until(page, stage, "node.dataset.tolerance === '3'")
    assert told(stage) == "boundary F: 1.000 and 1.000, no gap. Best so far: none.", "another tolerance, another game"
    stage.get_by_role("radio", name="Hausdorff").check()
    until(page, stage, "node.dataset.level === '0'")
    assert told(stage) == f"Hausdorff: 0.00 px and 1.00 px, a gap of 1.00 px. Best so far: {gap}."
    select_truth(page, stage, 1)
    assert told(stage).endswith("Best so far: none."), "another truth, another game"


def test_what_each_fault_costs_is_a_table(duel):
    page, stage = duel
    stage.get_by_role("radio", name="Each fault’s cost").check()
    until(page, stage, "node.dataset.view === '1'")
    assert stage.locator("canvas:visible").count() == 0
    assert stage.get_by_role("radio", name="Erase").count() == 0
    for tolerance in (0, 2):
        stage.get_by_role("slider", name="Tolerance").fill(str(tolerance))
        until(page, stage, f"node.dataset.tolerance === '{tolerance}'")
        select_truth(page, stage, 1)
        rows = stage.locator(".live-costs tbody tr").all()
        assert [row.locator("th").inner_text() for row in rows] == NAMES
        found = [row.locator("td").all_inner_texts() for row in rows]
        copy = expected_scores(TRUTHS[1], TRUTHS[1], tolerance)
        shrunk = expected_scores(TRUTHS[1] & ~boundary(TRUTHS[1]), TRUTHS[1], tolerance)
        for i, scores in ((0, copy), (2, shrunk)):
            texts = [shown(key, scores[key]).removesuffix(" px").removesuffix(" %") for key in KEYS]
            assert [text.removeprefix("▼ ") for text in found[i]] == texts
        marks = np.array([[text.startswith("▼") for text in row] for row in found])
        assert marks[1:-2].any(axis=0).all()
        assert not marks[[0, -2, -1]].any()
    stage.get_by_role("radio", name="Two masks").check()
    until(page, stage, "node.dataset.view === '0'")
    assert not stage.locator(".live-costs").is_visible()
    agrees(stage, TRUTHS[1], 2)


# ---------------------------------------------------------------- what is drawn

SQUARE = """
(canvas, [row, column, side]) => {
  const cell = canvas.width / side;
  const { data } = canvas.getContext("2d").getImageData(column * cell, row * cell, cell, cell);
  const at = (x, y) => [...data.slice(4 * (y * cell + x), 4 * (y * cell + x) + 3)];
  return [[0.5, 0.15], [0.8, 0.8], [0.8, 0.2]].map(([x, y]) => at(Math.floor(x * cell), Math.floor(y * cell)));
}
"""


def square(canvas, place):
    """The colours between two diagonals of a pixel, on its falling and on its rising one."""
    return canvas.evaluate(SQUARE, [*map(int, place), SIDE])


def test_right_missed_and_extra_differ_in_more_than_colour_and_the_worst_distance_is_a_line(duel):
    page, stage = duel
    truth, canvas = TRUTHS[0], pad(stage, "A")
    choose(page, stage, "A", "shifted by two pixels")
    mask = mask_of(stage, "A")
    worst = fact(stage, "shapes")["A"]["worst"]
    line = [np.array(divmod(worst[key], SIDE)) for key in ("from", "to")]
    rows, columns = np.indices(truth.shape)
    # away from the outline, the line and the boundary of the truth
    free = np.min([np.hypot(rows - end[0], columns - end[1]) for end in line], axis=0) > 4
    free &= np.roll(truth, 1, 1) == truth
    free &= (np.roll(truth, -1, 1) == truth) & (np.roll(truth, 1, 0) == truth) & (np.roll(truth, -1, 0) == truth)
    squares = {}
    kinds = {"right": mask & truth, "missed": truth & ~mask, "extra": mask & ~truth, "outside": ~mask & ~truth}
    for name, cells_ in kinds.items():
        flat, falling, rising = square(canvas, np.argwhere(cells_ & free)[0])
        squares[name] = flat
        assert (falling != flat, rising != flat) == (name == "extra", name in ("missed", "extra")), name
    assert len({tuple(colour) for colour in squares.values()}) == 4
    choose(page, stage, "A", "a far speck")
    worst = fact(stage, "shapes")["A"]["worst"]
    start_, end = (np.array(divmod(worst[key], SIDE)) for key in ("from", "to"))
    assert mask_of(stage, "A")[tuple(start_)]
    assert not truth[tuple(start_)]
    assert np.hypot(*(start_ - end)) == pytest.approx(worst["distance"])
    cell = canvas.evaluate("node => node.width") / SIDE
    choose(page, stage, "B", "a copy of the truth")
    for row, column in np.argwhere(truth & ~np.roll(truth, 1, 1))[::4]:
        outline = [int(column * cell), int((row + 0.5) * cell)]
        assert pad(stage, "B").evaluate(POINT, outline) == [0x11] * 3
    for share in (0.3, 0.5, 0.7):
        y, x = (start_ + share * (end - start_) + 0.5) * cell
        assert canvas.evaluate(POINT, [int(x), int(y)]) == [0, 0, 0]


# ---------------------------------------------------------------- themes, phones, slides, wrong settings


def test_it_is_accessible_stays_in_place_and_fits_in_both_themes(duel):
    page, stage = duel
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        heights = set()
        for a, b, truth in [(1, 6, 0), (9, 10, 0), (0, 0, 1), (5, 7, EMPTY), (8, 9, SMALL)]:
            select_truth(page, stage, truth)
            choose(page, stage, "A", NAMES[a])
            choose(page, stage, "B", NAMES[b])
            heights.add(stage.evaluate("node => node.offsetHeight"))
        assert len(heights) == 1
        for view, themes in (("Two masks", ("light", "dark")), ("Each fault’s cost", ("dark",))):
            stage.get_by_role("radio", name=view).check()
            for theme in themes:
                choose_theme(page, theme)
                assert violations(page, f"#demo-{ID}") == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            for face in stage.locator("button:visible, select:visible, input:visible:not([type=radio])").all():
                box = face.bounding_box()
                assert min(box["width"], box["height"]) >= 24
        stage.get_by_role("radio", name="Two masks").check()
        choose_theme(page, "light")


def test_on_a_slide_all_of_it_fits(site, open_page, published):
    page, root = on_slide(open_page, site, STEM, published, ID)
    stage = root.locator(".live-stage")
    for view in ("Each fault’s cost", "Two masks"):
        stage.get_by_role("radio", name=view).check()
        until(page, stage, f"node.dataset.view === '{int(view != 'Two masks')}'")
        assert root.evaluate("node => node.getBoundingClientRect().height / Reveal.getScale()") <= 560
        assert root.evaluate("node => node.getBoundingClientRect().bottom / Reveal.getScale()") <= 680
        assert min(root.evaluate(TYPE_SIZES)) >= 16
    canvas = pad(stage, "B")
    page.mouse.click(*at(canvas, 2, 2))
    until(page, stage, f"JSON.parse(node.dataset.shapes).B.pixels[{2 * SIDE + 2}] === '1'")


def test_truths_with_other_values_are_refused_in_words(lectures, tmp_path):
    kept, open_ = lectures
    page = open_(STEM)
    put(page, tmp_path, export(tmp_path, truths=255 * np.stack(TRUTHS).astype(np.uint8)), ID)
    assert "truths has a value of 255; expected 0 and 1." in refused(page, ID)
    kept.forget()
