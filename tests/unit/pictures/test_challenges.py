"""Each challenge against another implementation, and what all of them share."""

import json

import cv2
import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates

from utils.pictures import challenges, outlined


@pytest.fixture(scope="module")
def seven():
    return outlined.load_subjects()


@pytest.fixture(scope="module")
def cat(seven):
    return seven[1]


def every_change(subject, pieces):
    return {
        "turn": challenges.turn,
        "roll": challenges.roll,
        "dim": challenges.dim,
        "occlude": challenges.occlude,
        "shrink": challenges.shrink,
        "bend": challenges.bend,
        "look_through": challenges.look_through,
        "clutter": lambda pixels, dose: challenges.clutter(pixels, dose, thing=subject.thing, pieces=pieces),
    }


NAMES = ["turn", "roll", "dim", "occlude", "shrink", "bend", "look_through", "clutter"]


def close(ours, theirs, *, share=0.99, by=2):
    """Nearly all pixels agree within rounding; borders may be treated differently."""
    return (np.abs(ours.astype(int) - theirs.astype(int)).max(axis=-1) <= by).mean() >= share


@pytest.mark.parametrize("name", NAMES)
def test_a_dose_of_zero_changes_nothing_and_the_input_is_left_alone(name, cat, pieces):
    change, before = every_change(cat, pieces)[name], cat.pixels.copy()
    np.testing.assert_array_equal(change(cat.pixels, 0), before)
    first, second = change(cat.pixels, 0.7), change(cat.pixels, 0.7)
    np.testing.assert_array_equal(cat.pixels, before)
    np.testing.assert_array_equal(first, second)
    assert first.dtype == np.uint8
    assert first.shape == before.shape


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("turn", "roll", "bend", "shrink")])
def test_a_larger_dose_removes_more(name, cat, pieces):
    change = every_change(cat, pieces)[name]
    gone = [np.abs(change(cat.pixels, dose).astype(int) - cat.pixels).mean() for dose in (0, 0.3, 0.6, 1)]
    assert gone == sorted(gone)
    assert gone[0] == 0


@pytest.mark.parametrize("dose", [-0.1, 1.1, float("nan")])
@pytest.mark.parametrize("name", NAMES)
def test_a_dose_out_of_range_is_refused(name, dose, cat, pieces):
    with pytest.raises(ValueError, match="dose is .*; expected a number from 0 to 1"):
        every_change(cat, pieces)[name](cat.pixels, dose)


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((8, 8, 3)), np.zeros((8, 8), np.uint8), np.zeros((8, 9, 3), np.uint8), np.zeros((8, 8, 4), np.uint8)],
)
def test_what_is_no_square_of_bytes_is_refused(pixels):
    with pytest.raises(ValueError, match=r"expected uint8 of shape \(S, S, 3\)"):
        challenges.dim(pixels, 0.5)


@pytest.mark.parametrize("dose", [0.3, 1.0])
def test_turning_is_the_homography_of_a_turned_plane(cat, dose):
    side, angle = 224, np.deg2rad(challenges.TURN * dose)
    middle = (side - 1) / 2
    corners = np.float32([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * middle
    depth = side + corners[:, 0] * np.sin(angle)
    seen = np.stack([corners[:, 0] * np.cos(angle), corners[:, 1]], axis=1) * side / depth[:, None]
    matrix = cv2.getPerspectiveTransform(corners + np.float32(middle), np.float32(seen + middle))
    theirs = cv2.warpPerspective(
        cat.pixels,
        matrix,
        (side, side),
        flags=cv2.INTER_LINEAR,
        borderValue=challenges.mean_colour(cat.pixels).tolist(),
    )
    assert close(challenges.turn(cat.pixels, dose), theirs, share=0.97, by=4)


def test_a_quarter_roll_is_a_quarter_turn(cat):
    np.testing.assert_array_equal(challenges.roll(cat.pixels, 1), cat.pixels[::-1, ::-1])
    ours = challenges.roll(cat.pixels, 0.5)
    assert close(ours, np.rot90(cat.pixels, -1), share=0.999, by=1)  # clockwise


def test_dimming_halves_light_and_not_numbers():
    pixels = np.full((7, 7, 3), 200, np.uint8)
    light = (challenges.dim(pixels, 1 / challenges.STOPS) / 200) ** 2.2  # one halving
    np.testing.assert_allclose(light, 0.5, rtol=0.02)
    assert challenges.dim(pixels, 1).max() == round(200 * 2 ** (-8 / 2.2))


def test_occlusion_covers_whole_cells_and_keeps_those_it_covered(cat):
    colour = challenges.mean_colour(cat.pixels)
    covered = {}
    for dose in (0.2, 0.6):
        changed = challenges.occlude(cat.pixels, dose)
        cells = changed.reshape(7, 32, 7, 32, 3).swapaxes(1, 2)  # (7, 7, 32, 32, 3)
        covered[dose] = (cells == colour).all(axis=(2, 3, 4))
        assert covered[dose].sum() == round(49 * dose)
        rest = ~covered[dose].repeat(32, 0).repeat(32, 1)
        np.testing.assert_array_equal(changed[rest], cat.pixels[rest])
    assert (covered[0.6] | ~covered[0.2]).all()
    assert not np.array_equal(challenges.occlude(cat.pixels, 0.2, seed=1), challenges.occlude(cat.pixels, 0.2))


@pytest.mark.parametrize("dose", [0.2, 1 / 3, 0.8, 1.0])
def test_shrinking_is_opencvs_mean_over_areas(cat, dose):
    small = round(224 * 2 ** (-3 * dose))
    theirs = cv2.resize(cat.pixels, (small, small), interpolation=cv2.INTER_AREA)
    changed, start = challenges.shrink(cat.pixels, dose), (224 - small) // 2
    inside = changed[start : start + small, start : start + small]
    assert np.abs(inside.astype(int) - theirs).max() <= 1
    changed[start : start + small, start : start + small] = challenges.mean_colour(cat.pixels)
    assert (changed == challenges.mean_colour(cat.pixels)).all()


def test_bending_is_scipys_interpolation_at_the_displaced_places(cat):
    y, x = np.mgrid[:224, :224].astype(float)
    moved = []
    for waves in challenges.bends(0):
        field = np.zeros((224, 224))
        for fx, fy, phase in waves:
            field += np.sin(2 * np.pi * (fx * x + fy * y) / 224 + phase)
        moved.append(field)
    reach = 0.5 * 12 / np.sqrt(np.mean(moved[0] ** 2 + moved[1] ** 2))  # six pixels, root mean square
    moved = [reach * field for field in moved]
    theirs = [
        map_coordinates(cat.pixels[..., c].astype(float), [y + moved[1], x + moved[0]], order=1) for c in range(3)
    ]
    ours = challenges.bend(cat.pixels, 0.5)
    inside = slice(30, -30)
    np.testing.assert_allclose(ours[inside, inside], np.stack(theirs, -1)[inside, inside], atol=0.51)


def test_bending_moves_by_what_it_says():
    # red and green hold the place itself: what is read there tells how far it moved
    y, x = np.mgrid[:224, :224]
    place = np.stack([x, y, x], axis=-1).astype(np.uint8)
    for seed in range(3):
        moved = challenges.bend(place, 0.5, seed=seed)[40:-40, 40:-40].astype(float) - place[40:-40, 40:-40]
        assert 3 < np.sqrt((moved[..., :2] ** 2).sum(axis=-1).mean()) < 12


def test_clutter_spares_the_thing_and_fills_the_rest(cat, pieces):
    changed = challenges.clutter(cat.pixels, 1, thing=cat.thing, pieces=pieces)
    np.testing.assert_array_equal(changed[cat.thing], cat.pixels[cat.thing])
    np.testing.assert_array_equal(changed[~cat.thing], pieces[~cat.thing])
    with pytest.raises(ValueError, match="they must fit"):
        challenges.clutter(cat.pixels, 1, thing=cat.thing[1:], pieces=pieces)
    with pytest.raises(ValueError, match="multiple of 7"):
        challenges.occlude(cat.pixels[:50, :50], 0.5)


@pytest.mark.parametrize("centre", [(0, 0), (0.5, 0.5), (1, 0.25)])
def test_the_window_has_its_size_and_lies_inside(cat, centre):
    changed = challenges.look_through(cat.pixels, 1, centre=centre)
    kept = (changed != challenges.mean_colour(cat.pixels)).any(axis=-1)
    rows, columns = np.nonzero(kept.any(axis=1))[0], np.nonzero(kept.any(axis=0))[0]
    assert max(np.ptp(rows), np.ptp(columns)) + 1 <= 28
    left, top = (int(196 * value + 0.5) for value in centre)
    window = (slice(top, top + 28), slice(left, left + 28))
    np.testing.assert_array_equal(changed[window], cat.pixels[window])


def test_oddness_ranks_by_distance_from_the_class_mean():
    rng = torch.Generator().manual_seed(0)
    images, labels = torch.rand(40, 1, 5, 5, generator=rng), torch.arange(40) % 4
    odd = challenges.oddness(images, labels)
    for label in range(4):
        members = [i for i in range(40) if labels[i] == label]
        mean = sum(images[i] for i in members) / len(members)
        by_loop = sorted(members, key=lambda i, mean=mean: float(((images[i] - mean) ** 2).sum()))
        assert [odd[i].item() for i in by_loop] == pytest.approx([k / 9 for k in range(10)])


SCRIPT = """
import { writeFileSync } from "node:fs";
import { changeAll, rubberField } from "./demos/challenge_lab.js";
const { cases, settings } = JSON.parse(readFileSync("cases.json", "utf8"));
const bytes = (name) => new Uint8Array(readFileSync(name));
const field = rubberField(settings.waves, 224);
cases.forEach(({ doses, centre }, i) => {
  const given = { doses, centre, thing: bytes("thing"), pieces: bytes("pieces"), field, settings };
  writeFileSync(`out${i}`, changeAll(bytes("pixels"), 224, given));
});
console.log("null");
"""


def test_the_browser_changes_pictures_exactly_as_python_does(seven, pieces, tmp_path, run_node):
    motorcycle = seven[4]
    ours = {
        "clutter": lambda p, dose, _: challenges.clutter(p, dose, thing=motorcycle.thing, pieces=pieces),
        "deformation": lambda p, dose, _: challenges.bend(p, dose),
        "viewpoint": lambda p, dose, _: challenges.turn(p, dose),
        "scale": lambda p, dose, _: challenges.shrink(p, dose),
        "occlusion": lambda p, dose, _: challenges.occlude(p, dose),
        "illumination": lambda p, dose, _: challenges.dim(p, dose),
        "ambiguity": lambda p, dose, centre: challenges.look_through(p, dose, centre=centre),
    }
    cases = [{"doses": {name: dose}, "centre": [0.3, 0.8]} for name in ours for dose in (0, 0.34, 1)]
    cases.append({"doses": dict.fromkeys(ours, 0.3), "centre": [0.5, 0.5]})
    settings = {
        "turn": challenges.TURN, "stops": challenges.STOPS, "halvings": challenges.HALVINGS,
        "bend": challenges.BEND, "smallest": challenges.SMALLEST, "hiding": challenges.cell_order(0).tolist(),
        "cluttering": challenges.cell_order(1).tolist(), "waves": challenges.bends(0).tolist(),
    }  # fmt: skip
    (tmp_path / "cases.json").write_text(json.dumps({"cases": cases, "settings": settings}))
    for name, array in (("pixels", motorcycle.pixels), ("thing", motorcycle.thing), ("pieces", pieces)):
        (tmp_path / name).write_bytes(array.astype(np.uint8).tobytes())
    run_node(SCRIPT)
    for i, case in enumerate(cases):
        expected = motorcycle.pixels
        for name, change in ours.items():
            if name in case["doses"]:
                expected = change(expected, case["doses"][name], case["centre"])
        came = np.frombuffer((tmp_path / f"out{i}").read_bytes(), np.uint8).reshape(224, 224, 3)
        differences = np.abs(came.astype(int) - expected)
        assert differences.max() <= 1, case
        assert (differences > 0).mean() < 1e-3, case
