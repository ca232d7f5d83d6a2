"""U-Net surgery: what is true of a scene, what a mask gets right, and its spectrum, against Python's."""

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from utils.scenes.layout import DIGITS, Item, Scene
from utils.scenes.rasterise import stamp
from utils.scenes.render import paint
from utils.segmentation.networks import CLASSES, THINGS, things_map
from utils.segmentation.scoring import boundary_f
from utils.segmentation.spectrum import nyquist_energy

SIZE, N_SPRITES = 32, 2
KIND_CLASSES = [1 + (kind in DIGITS) for kind in THINGS]
WORLD = {
    "classes": list(CLASSES),
    "kinds": list(THINGS),
    "kindClasses": KIND_CLASSES,
    "colours": ["white", "red"],
    "levels": [32, 16, 8],
    "size": SIZE,
}

# ---------------------------------------------------------------- the spectrum

SPECTRUM = """
import { middled, middleHalf, nyquistEnergy, powerSpectrum } from "./lib/spectrum.js";
console.log(JSON.stringify(given.maps.map(({ values, rows, columns }) => {
  const data = Float32Array.from(values);
  const power = powerSpectrum(data, rows, columns);
  const [shifted, half] = [middled(power, rows, columns), middleHalf(data, rows, columns)];
  return {
    power: [...power],
    energy: nyquistEnergy(data, rows, columns),
    shifted: { ...shifted, data: [...shifted.data] },
    half: { ...half, data: [...half.data] },
  };
})));
"""


def test_the_spectrum_and_the_energy_at_its_edge_are_those_of_numpy(run_node):
    rng = np.random.default_rng(0)
    rows, columns = np.indices((16, 24))
    checks = (-1.0) ** (rows + columns)
    maps = [rng.normal(size=(64, 64)), rng.normal(size=(12, 8)), checks, 3 + 0.01 * (-1.0) ** rows]
    maps += [0.1 * np.ones((8, 8)), 5 + checks + rng.normal(size=checks.shape), np.cumsum(rng.normal(size=(32, 32)), 1)]
    maps = [one.astype("float32") for one in maps]
    given = [{"values": one.ravel().tolist(), "rows": one.shape[0], "columns": one.shape[1]} for one in maps]
    energies = []
    for one, told in zip(maps, run_node(SPECTRUM, maps=given), strict=True):
        exact = one.astype(float)
        power = np.abs(np.fft.fft2(exact - exact.mean())) ** 2
        np.testing.assert_allclose(np.reshape(told["power"], one.shape), power, atol=1e-9 * (1 + power.max()))
        assert told["energy"] == pytest.approx(nyquist_energy(one).item(), abs=1e-9)
        energies.append(told["energy"])
        shifted = np.pad(np.fft.fftshift(power), ((0, 1), (0, 1)), mode="wrap")
        assert [told["shifted"][key] for key in ("rows", "columns")] == list(shifted.shape)
        found = np.reshape(told["shifted"]["data"], shifted.shape)
        np.testing.assert_allclose(found, shifted, rtol=1e-6, atol=1e-6 * (1 + power.max()))
        height, width = one.shape
        middle = one[height // 4 : height - height // 4, width // 4 : width - width // 4]
        np.testing.assert_array_equal(np.reshape(told["half"]["data"], middle.shape), middle)
        assert (told["half"]["rows"], told["half"]["columns"]) == middle.shape
    assert energies[2] == pytest.approx(16 * 24 / 3)
    assert energies[4] == 0


# ---------------------------------------------------------------- the truth of a scene

TRUTH = """
import { truthOf } from "./demos/unet_surgery.js";
import { ownersOf } from "./lib/scenes.js";
const array = ({ data, dims }) => ({ data: Uint8Array.from(data), dims });
const stamps = { covers: array(given.covers), brights: array(given.brights) };
console.log(JSON.stringify(given.scenes.map((things) => {
  const { owner, all } = ownersOf(things, stamps, given.world.size);
  return { owner: [...owner], all, truth: [...truthOf(owner, things, given.world)] };
})));
"""


def test_a_pixel_belongs_to_the_topmost_thing_that_covers_half_of_it(run_node):
    stamps = [[stamp(Item(kind, k, "blue", (0, 0), 28), split="test") for k in range(N_SPRITES)] for kind in THINGS]
    covers, brights = np.moveaxis(np.array(stamps), 2, 0)
    arrays = {
        name: {"data": a.ravel().tolist(), "dims": a.shape} for name, a in (("covers", covers), ("brights", brights))
    }
    rng = np.random.default_rng(1)
    world = {**WORLD, "size": 64}
    scenes = [
        [
            {
                "kind": int(rng.integers(len(THINGS))),
                "sprite": int(rng.integers(N_SPRITES)),
                "at": rng.integers(10, 54, 2).tolist(),
                "scale": int(rng.integers(10, 30)),
            }
            for _ in range(rng.integers(1, 5))
        ]
        for _ in range(40)
    ]
    hidden = 0
    for things, told in zip(scenes, run_node(TRUTH, scenes=scenes, world=world, **arrays), strict=True):
        items = [
            Item(THINGS[one["kind"]], one["sprite"], "blue", tuple(map(float, one["at"][::-1])), one["scale"])
            for one in things
        ]
        painted = paint(Scene("grass", tuple(items), 64, split="test"))
        np.testing.assert_array_equal(np.reshape(told["truth"], (64, 64)), things_map(painted.class_map)[0])
        for i, count in enumerate(told["all"], start=1):
            assert told["owner"].count(i) <= count
            hidden += told["owner"].count(i) < count
    assert hidden > 10


# ---------------------------------------------------------------- what a mask gets right

MEASURE = """
import { operation, verdict } from "./demos/unet_surgery.js";
console.log(JSON.stringify(given.cases.map(({ logits, open, owner, truth, state }) => {
  const arrays = { logits: Float32Array.from(logits), open: Float32Array.from(open) };
  const known = truth && { owner: Uint8Array.from(owner), truth: Uint8Array.from(truth) };
  const { spectrum, now, open: before, ...found } = operation({ truth: null, ...arrays, ...known }, state, given.world);
  const sizes = [spectrum.power.length, spectrum.rows, spectrum.columns];
  const masks = [now, before].map(({ predicted }) => [...predicted]);
  return { ...found, now, before, masks, sizes, words: verdict({ ...found, now, open: before }, state, given.world) };
})));
"""


def blobs(rng, n):
    """Things as discs, one on another: which is seen where."""
    rows, columns = np.indices((SIZE, SIZE))
    owner = np.zeros((SIZE, SIZE), int)
    for i in range(n):
        row, column = rng.integers(0, SIZE, 2)
        owner[np.hypot(rows - row, columns - column) < rng.integers(2, 8)] = i + 1
    return owner


def logits_near(rng, truth, noise):
    """Logits whose mask is the truth, a little moved, with errors here and there."""
    moved = np.roll(truth, rng.integers(-1, 2, 2), (0, 1))
    return (2 * np.eye(3)[moved].transpose(2, 0, 1) + noise * rng.normal(size=(3, SIZE, SIZE))).astype("float32")


def cases(n=40):
    rng = np.random.default_rng(2)
    result = []
    for k in range(n):
        things = [{"id": i, "kind": int(rng.integers(len(THINGS))), "colour": 0} for i in range(rng.integers(1, 5))]
        owner = blobs(rng, len(things))
        truth = np.array([0] + [KIND_CLASSES[one["kind"]] for one in things])[owner]
        noise = float(rng.choice([0, 0.5, 1, 2]))
        gates = [[1, 1, 1], [0, 1, 1], [0, 0, 0]][k % 3]
        result.append(
            {
                "logits": logits_near(rng, truth, noise),
                "open": logits_near(rng, truth, 0.5),
                "owner": owner,
                "truth": truth,
                "state": {
                    "gates": gates,
                    "look": 0,
                    "label": k % 3,
                    "things": things,
                },
            }
        )
    return result


def plain(case):
    return {key: value.ravel().tolist() if hasattr(value, "ravel") else value for key, value in case.items()}


def iou(mask, truth, c):
    either = ((mask == c) | (truth == c)).sum()
    return None if either == 0 else ((mask == c) & (truth == c)).sum() / either


def edges(truth):
    """Pixels with a neighbour of another class."""
    edge = np.zeros(truth.shape, bool)
    down, across = truth[1:] != truth[:-1], truth[:, 1:] != truth[:, :-1]
    edge[1:] |= down
    edge[:-1] |= down
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    return edge


def test_all_numbers_of_a_mask_are_those_of_python(run_node):
    given = cases()
    for case, told in zip(given, run_node(MEASURE, cases=[plain(case) for case in given], world=WORLD), strict=True):
        truth, label = case["truth"], case["state"]["label"]
        masks = [case[key].argmax(axis=0) for key in ("logits", "open")]
        for mask, numbers, found, key in zip(
            masks, (told["now"], told["before"]), told["masks"], ("logits", "open"), strict=True
        ):
            np.testing.assert_array_equal(np.reshape(found, truth.shape), mask)
            assert numbers["ious"] == [pytest.approx(iou(mask, truth, c)) for c in range(3)]
            assert numbers["boundary"] == pytest.approx(boundary_f(mask > 0, truth > 0, tolerance=1))
            assert numbers["right"] == pytest.approx((mask == truth).mean())
            assert numbers["energy"] == pytest.approx(nyquist_energy(case[key][label]).item())
            assert numbers["spread"] == pytest.approx(np.ptp(case[key][label]), abs=1e-6)
            assert numbers["things"] == (mask > 0).sum()
        assert told["sizes"] == [SIZE * SIZE, SIZE, SIZE]
        wrong = [mask != truth for mask in masks]
        edge = edges(truth)
        close = distance_transform_edt(~edge) <= 2 if edge.any() else np.zeros(truth.shape, bool)
        newly = wrong[0] & ~wrong[1]
        assert told["counts"] == {
            "missed": ((truth > 0) & (masks[0] == 0)).sum(),
            "extra": ((truth == 0) & (masks[0] > 0)).sum(),
            "class": (wrong[0] & (truth > 0) & (masks[0] > 0)).sum(),
            "wrong": wrong[0].sum(),
            "near": (wrong[0] & close).sum(),
        }
        assert told["turned"] == {
            "wrong": newly.sum(),
            "near": (newly & close).sum(),
            "right": (wrong[1] & ~wrong[0]).sum(),
        }
        assert told["moved"] == (masks[0] != masks[1]).sum()
        assert told["same"] is False
        for i, (thing, one) in enumerate(zip(case["state"]["things"], told["things"], strict=True), start=1):
            votes = [np.bincount(mask[case["owner"] == i], minlength=3) for mask in masks]
            pixels = (case["owner"] == i).sum()
            taken, before = (int(vote.argmax()) if pixels else None for vote in votes)
            label = KIND_CLASSES[thing["kind"]]
            assert one == {"label": label, "pixels": pixels, "taken": taken, "before": before}


def test_of_an_even_grey_only_the_middle_is_measured(run_node):
    rng = np.random.default_rng(4)
    logits = rng.normal(size=(3, SIZE, SIZE)).astype("float32")
    state = {"gates": [1, 0, 1], "look": 1, "label": 2, "things": [{"id": 1, "kind": 0, "colour": 0}]}
    given = [
        {"logits": logits, "open": 2 * logits[::-1], "truth": None, "state": state},
        {"logits": logits, "open": logits, "truth": None, "state": state},
    ]
    told, same = run_node(MEASURE, cases=[plain(case) for case in given], world=WORLD)
    middle = logits[2, 8:24, 8:24]
    energy, before = nyquist_energy(middle).item(), nyquist_energy(logits[0, 8:24, 8:24]).item()
    assert told["now"]["energy"] == pytest.approx(energy)
    assert told["before"]["energy"] == pytest.approx(before)
    assert told["sizes"] == [256, 16, 16]
    assert [told["now"][key] for key in ("ious", "boundary", "right")] == [None] * 3
    assert [told[key] for key in ("kinds", "counts", "turned", "things")] == [None, None, None, [None]]
    assert told["words"].startswith("With skip 16 × 16 shut, on an even grey: 6")
    assert f"{energy:.2f} × the average at the Nyquist frequency (all skips open: {before:.2f})" in told["words"]
    assert same["same"]
    assert same["words"] == "With skip 16 × 16 shut: nothing changes. This network does not use what is cut."


# ---------------------------------------------------------------- in words, and tasks

SAY = """
import { progress, verdict } from "./demos/unet_surgery.js";
console.log(JSON.stringify(given.cases.map(({ found, state, task, before }) =>
  task === undefined ? verdict(found, state, given.world) : progress(task, found, state, given.world, before))));
"""
EDGE, CLASS, LIGHT, HELPS = range(4)


def state(*gates, look=0):
    things = [{"kind": 0, "colour": 0}, {"kind": 5, "colour": 1}, {"kind": 1, "colour": 1}]
    return {"gates": gates, "look": look, "label": 1, "things": things}


def thing(label, taken=None, before=None, pixels=50):
    return {"label": label, "pixels": pixels, "taken": label if taken is None else taken, "before": before or label}


def found(turned=(0, 0, 0), things=(), energy=(1, 1), same=False):
    wrong, near, right = turned
    counts = {"wrong": 9, "near": 7, "missed": 4, "extra": 3, "class": 2}
    numbers = [{"energy": value, "things": 0, "spread": 0.2} for value in energy]
    return {
        "now": numbers[0],
        "open": numbers[1],
        "same": same,
        "counts": counts,
        "turned": {"wrong": wrong, "near": near, "right": right},
        "things": list(things),
    }


KEPT = [thing(1), thing(2), thing(1)]


def test_the_verdict_says_what_the_cut_does(run_node):
    lost = [thing(1, 0), thing(2, 1), thing(1, 2)]
    given = [
        (found(), state(1, 1, 1), "All skips open: 9 pixels wrong (4 missed, 3 extra, 2 of a wrong class), 7 of them"),
        (found((41, 35, 0), KEPT), state(0, 1, 1), "With skip 32 × 32 shut: 41 pixels turn wrong, 35 of them within 2"),
        (found((41, 35, 0), KEPT), state(0, 1, 1), "pixels of a boundary; 0 turn right: 41 more wrong."),
        (found((1, 0, 3), KEPT), state(1, 0, 0), "With skips 16 × 16 and 8 × 8 shut: 1 pixel turns wrong, 0 of them"),
        (found((1, 0, 3), KEPT), state(1, 0, 0), "3 turn right: 2 fewer wrong."),
        (found((2, 1, 2), KEPT), state(0, 0, 0), "With all skips shut: 2 pixels turn wrong, 1 of them"),
        (found((2, 1, 2), KEPT), state(0, 0, 0), "as many wrong as before."),
        (found((0, 0, 1), KEPT), state(1, 1, 0), "shut: 0 pixels turn wrong; 1 turns right: 1 fewer wrong."),
        (found(things=KEPT), state(1, 1, 0), "With skip 8 × 8 shut: no pixel turns wrong or right."),
        (found(same=True), state(1, 1, 0), "nothing changes. This network does not use what is cut."),
        (
            found((9, 9, 0), lost),
            state(1, 1, 0),
            "Taken for something else: white t-shirt (1), garment → background; red three (2), digit → garment; and",
        ),
        (
            found(energy=(31, 2)),
            state(1, 1, 1, look=1),
            "All skips open, on an even grey: all of it is taken for back",
        ),
        (
            found(energy=(31, 2)),
            state(1, 1, 1, look=1),
            "“garment” has 31.0 × the average at the Nyquist frequency; th",
        ),
    ]
    told = run_node(SAY, cases=[{"found": one, "state": how} for one, how, _ in given], world=WORLD)
    for (_, _, words), said in zip(given, told, strict=True):
        assert words in said
    assert "Taken" not in told[1]


def test_a_task_is_done_when_what_is_measured_reaches_its_goal(run_node):
    one, two, none = state(1, 0, 1), state(1, 0, 0), state(1, 1, 1)
    other = [thing(1), thing(2, 1), thing(1)]
    given = [
        (EDGE, found((10, 8, 0), KEPT), one, "10 pixels turned wrong, 8 of them at a boundary"),
        (EDGE, found((10, 7, 0), KEPT), one, None),
        (EDGE, found((9, 9, 0), KEPT), one, None),
        (EDGE, found((10, 8, 0), KEPT), two, None),
        (EDGE, found((10, 8, 0), other), one, None),
        (EDGE, found((10, 8, 0), [*KEPT, thing(1, 0, 1, pixels=0)]), one, "every thing kept its class."),
        (EDGE, found((10, 8, 0), KEPT), state(1, 0, 1, look=1), None),
        (CLASS, found((10, 8, 0), other), one, "red three (2), digit → garment."),
        (CLASS, found((10, 8, 0), other), two, None),
        (CLASS, found((10, 8, 0), [thing(1, 0)]), one, None),
        (CLASS, found((10, 8, 0), [thing(1, 2, before=2)]), one, None),
        (CLASS, found((10, 8, 0), KEPT), one, None),
        (LIGHT, found(energy=(30, 3)), two, "“garment” has 30.0 × the average there, before the cut 3.00."),
        (LIGHT, found(energy=(29, 3)), two, None),
        (LIGHT, found(energy=(0.9, 0.03)), two, None),
        (LIGHT, found(energy=(30, 3)), none, None),
        (HELPS, found((3, 3, 4), KEPT), one, "1 pixel more right than before the cut."),
        (HELPS, found((4, 3, 4), KEPT), one, None),
        (HELPS, found((3, 3, 9), KEPT), two, None),
    ]
    for before in (False, True):
        asked = [{"task": task, "found": what, "state": how, "before": before} for task, what, how, _ in given]
        for case, told in zip(given, run_node(SAY, cases=asked, world=WORLD), strict=True):
            words = case[3]
            assert told["won"] == (words is not None), case
            assert words is None or (told["words"].startswith("✓ With skip") and words in told["words"])
            assert told["words"].endswith("Done before.") == (before and words is None)


# ---------------------------------------------------------------- scenes

SCENES = """
import { randomThings } from "./lib/composing.js";
import { randomSource } from "./lib/random.js";
const random = randomSource(3);
const world = { ...given.world, choices: 2 };
console.log(JSON.stringify(Array.from({ length: 200 }, () => randomThings(world, random, [0.25, 0.5]))));
"""


def test_random_things_have_sizes_between_two_shares(run_node):
    scales = {thing["scale"] for things in run_node(SCENES, world=WORLD) for thing in things}
    assert scales == set(range(8, 17))
