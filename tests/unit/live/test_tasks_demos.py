"""The demo of lecture 03: its grammar, its pictures and its scores against Python's."""

import colorsys
from dataclasses import replace
from functools import cache
from itertools import compress

import numpy as np
import pytest
from scipy.special import expit

from utils.detection.boxes import box_iou, nms
from utils.scenes import captions
from utils.scenes.layout import BACKGROUNDS, COLOURS, Item, Scene
from utils.scenes.rasterise import stamp
from utils.scenes.render import paint

SIZE, N_SPRITES = 64, 3
KINDS = ["t-shirt", "trousers", "dress", "bag", "boot", "seven"]
NAMES = {"kinds": KINDS, "colours": list(COLOURS), "grounds": list(BACKGROUNDS)}


@pytest.fixture
def only_these(monkeypatch):
    """Let `parse` know the words of the demo alone."""
    monkeypatch.setattr(captions, "KINDS", tuple(KINDS))
    monkeypatch.setattr(captions, "ACTIONS", ())


def parsed(caption):
    """What `parse` says: things, relation and ground, or its error."""
    try:
        layout = captions.parse(caption)
    except ValueError as error:
        return str(error)
    things = [{"size": thing.size, "colour": thing.colour, "kind": thing.kind} for thing in layout.things]
    return {"things": things, "relation": layout.relation, "ground": layout.background}


def written(layout):
    """A layout in words, in its own order."""
    things = [captions._phrase(captions.Thing(**thing)) for thing in layout["things"]]
    before = f"{', '.join(things[:-1])} {layout['relation'] or 'and'} " if things[1:] else ""
    return before + (things[-1] if things else "nothing") + (f" on {layout['ground']}" if layout["ground"] else "")


def random_layout(rng, most=3):
    things = [
        {"size": rng.choice([None, "small", "large"]), "colour": rng.choice(list(COLOURS)), "kind": rng.choice(KINDS)}
        for _ in range(rng.integers(0, most + 1))
    ]
    relation = rng.choice([None, *captions.RELATIONS]) if len(things) == 2 else None
    return {"things": things, "relation": relation, "ground": rng.choice([None, *BACKGROUNDS])}


def spoilt(rng, caption):
    """A caption with one word more, one less, another one, or two exchanged."""
    words = captions.tokenize(caption)
    place, other = rng.integers(len(words), size=2)
    pool = [
        "a",
        "an",
        "on",
        "and",
        ",",
        "cat",
        "coat",
        "it's",
        "small",
        "left",
        "of",
        "blue",
        "boot",
        "brick",
        "nothing",
    ]
    match rng.integers(4):
        case 0:
            words.insert(place, rng.choice(pool))
        case 1:
            del words[place]
        case 2:
            words[place] = rng.choice(pool)
        case _:
            words[place], words[other] = words[other], words[place]
    return " ".join(words)


# ---------------------------------------------------------------- captions

READ = """
import { captionOfLayout, parseCaption } from "./lib/captions.js";
const read = (caption) => {
  try {
    return parseCaption(caption, given.names);
  } catch (error) {
    return { error: error.message, next: error.next ?? null };
  }
};
console.log(JSON.stringify(given.captions.map((caption) => {
  const { layout, error, next } = read(caption);
  const firstFaults = (next ?? []).map((word) => [word, read(`${caption} ${word}`).error ?? ""]);
  return { found: layout ?? error, again: layout && captionOfLayout(layout), next, firstFaults };
})));
"""


def test_captions_are_read_and_refused_as_parse_does(run_node, only_these):
    rng = np.random.default_rng(0)
    layouts = [random_layout(rng, most=4) for _ in range(300)]
    layouts = [layout for layout in layouts if "relation" in layout]
    right = [written(layout) for layout in layouts]
    wrong = [spoilt(rng, caption) for caption in right]
    found = run_node(READ, names=NAMES, captions=["", *right, *wrong])
    expected = [parsed(caption) for caption in ["", *right, *wrong]]
    assert [one["found"] for one in found] == expected
    refused = [one for one in expected if isinstance(one, str)]
    assert len({message.partition("expected")[2] for message in refused}) > 10, "many sorts of errors"
    for caption, one in zip(right, found[1:], strict=False):
        assert one["again"] == caption


def test_every_word_that_is_offered_fits_and_no_other_does(run_node, only_these):
    rng = np.random.default_rng(1)
    begun = [" ".join(written(random_layout(rng)).replace(",", " ,").split()[: rng.integers(12)]) for _ in range(80)]
    vocabulary = sorted({"a", "an", "nothing", ",", "and", "on", *captions.SIZES, *captions.RELATIONS})
    vocabulary += [*COLOURS, *KINDS, *BACKGROUNDS]
    for caption, one in zip(begun, run_node(READ, names=NAMES, captions=begun), strict=True):
        if one["next"] is None:  # it ended within a phrase, such as "left"
            continue
        n_words = len(caption.split())
        for word in vocabulary:
            error = parsed(f"{caption} {word}")
            fits = not isinstance(error, str) or "ends too soon" in error or "an article" in error
            fits = fits or not error.startswith(f"word {n_words + 1} ")
            assert (word in one["next"]) == fits, (caption, word, error)


DESCRIBE = """
import { describe } from "./lib/captions.js";
console.log(JSON.stringify(given.scenes.map((things) => describe(things, given.size, given.names.kinds))));
"""


def test_what_is_seen_is_described_as_a_scene(run_node):
    rng = np.random.default_rng(2)
    scenes = []
    for _ in range(400):
        places = rng.uniform(0, SIZE, (rng.integers(0, 5), 2)).round(rng.choice([0, 3]))
        scenes.append(
            [
                {
                    "kind": str(rng.choice(KINDS)),
                    "colour": str(rng.choice(list(COLOURS))),
                    "centre": place,
                    "side": side,
                }
                for place, side in zip(places.tolist(), rng.uniform(5, 40, len(places)).tolist(), strict=True)
            ]
        )
    expected = [
        captions.describe(
            Scene(
                "brick",
                tuple(Item(one["kind"], 0, one["colour"], tuple(one["centre"]), one["side"]) for one in things),
                SIZE,
            )
        )
        for things in scenes
    ]
    found = run_node(DESCRIBE, scenes=scenes, size=SIZE, names=NAMES)
    assert [f"{caption} on brick" for caption in found] == expected
    assert len({tuple(r for r in captions.RELATIONS if r in caption) for caption in found}) == 5


# ---------------------------------------------------------------- pictures


@pytest.fixture(scope="module")
def world():
    stamps = [[stamp(Item(kind, i, "blue", (0, 0), 28), split="test") for i in range(N_SPRITES)] for kind in KINDS]
    covers, brights = np.moveaxis(np.array(stamps), 2, 0)
    grounds = paint([Scene(name, (), size=SIZE) for name in BACKGROUNDS]).images.numpy()
    arrays = {
        name: {"data": array.ravel().tolist(), "dims": list(array.shape)}
        for name, array in {"pixels": grounds, "covers": covers, "brights": brights}.items()
    }
    return {**NAMES, "palette": {name: list(colour) for name, colour in COLOURS.items()}, "size": SIZE, **arrays}


OPEN = """
const array = ({ data, dims }) => ({ data: Uint8Array.from(data), dims });
const { pixels, covers, brights, ...rest } = given.world;
const world = { ...rest, pixels: array(pixels), stamps: { covers: array(covers), brights: array(brights) } };
"""
ATTACKED = (
    """
import { attacked } from "./demos/round_trip.js";
"""
    + OPEN
    + """
console.log(JSON.stringify(given.pictures.map(({ drawing, attack, strength }) => {
  const { pixels, boxes } = attacked(drawing, world, attack, strength);
  return { pixels: [...pixels], boxes };
})));
"""
)


def scene_of(drawing):
    """The drawing of the page as a description."""
    items = []
    for one in drawing["things"]:
        y, x = map(float, one["at"])
        items.append(Item(KINDS[one["kind"]], one["sprite"], list(COLOURS)[one["colour"]], (x, y), one["scale"]))
    return Scene(BACKGROUNDS[drawing["ground"]], tuple(items), SIZE, split="test")


def random_drawing(rng):
    things = [
        {
            "kind": int(rng.integers(len(KINDS))),
            "sprite": int(rng.integers(N_SPRITES)),
            "colour": int(rng.integers(len(COLOURS))),
            "at": rng.integers(0, SIZE, 2).tolist(),
            "scale": round(float(rng.uniform(4, 40)), 2),
        }
        for _ in range(rng.integers(0, 4))
    ]
    return {"ground": int(rng.integers(3)), "things": things, "seed": int(rng.integers(1000))}


def truth_of(scene):
    """The picture that is painted, and the box of each thing, None where it is hidden."""
    painted = paint(scene)
    boxes = [None] * len(scene.items)
    for item, box in zip(painted.items[0].tolist(), painted.boxes[0].tolist(), strict=True):
        boxes[item] = box
    return painted.images[0].permute(1, 2, 0).numpy().astype(int), boxes


def test_the_page_paints_things_of_every_size_as_scenes_are_painted(run_node, world):
    rng = np.random.default_rng(3)
    drawings = [random_drawing(rng) for _ in range(60)]
    pictures = [{"drawing": drawing, "attack": "noise", "strength": 0} for drawing in drawings]
    pictures += [{"drawing": drawing, "attack": "shrink", "strength": 0.75} for drawing in drawings]
    found = run_node(ATTACKED, world=world, pictures=pictures)
    scenes = [scene_of(drawing) for drawing in drawings]
    small = [
        replace(scene, items=tuple(replace(item, scale=max(4.0, item.scale * 0.4)) for item in scene.items))
        for scene in scenes
    ]
    hidden = 0
    for one, scene in zip(found, [*scenes, *small], strict=True):
        pixels, boxes = truth_of(scene)
        assert np.array_equal(np.reshape(one["pixels"], (SIZE, SIZE, 3)), pixels)
        assert one["boxes"] == boxes
        hidden += None in boxes
    assert hidden, "the case of a thing that is not seen"


def test_attacks_on_the_picture_change_the_pixels_alone(run_node, world):
    rng = np.random.default_rng(4)
    drawing = random_drawing(rng) | {"things": [random_drawing(rng)["things"] for _ in range(9)][-1]}
    strengths = [0, 0.25, 0.5, 1]
    pictures = [
        {"drawing": drawing, "attack": attack, "strength": strength}
        for attack in ("occlude", "darken", "noise")
        for strength in strengths
    ]
    found = run_node(ATTACKED, world=world, pictures=pictures)
    clean, boxes = truth_of(scene_of(drawing))
    images = np.array([one["pixels"] for one in found]).reshape(3, len(strengths), SIZE, SIZE, 3)
    assert all(one["boxes"] == boxes for one in found)
    for (occluded, darkened, noisy), strength in zip(images.swapaxes(0, 1), strengths, strict=True):
        half = round(SIZE / 2 * strength)
        expected = clean.copy()
        expected[:, SIZE // 2 - half : SIZE // 2 + half] = 128
        assert np.array_equal(occluded, expected)
        assert abs(darkened - clean * (1 - strength)).max() <= 0.5 + 1e-9
        inside = (noisy > 0) & (noisy < 255)
        middle = inside & (abs(clean - 128) < 30)
        spread = (noisy - clean)[middle].std()
        assert strength > 0.5 or spread == pytest.approx(128 * strength, rel=0.15)
    assert images[0, 3].max() == images[0, 3].min() == 128
    assert images[1, 3].max() == 0


TURN = """
import { turnedHue } from "./demos/round_trip.js";
console.log(JSON.stringify(given.turns.map(([colour, degrees]) => turnedHue(colour, degrees))));
"""


def test_a_hue_is_turned_as_colorsys_does(run_node):
    turns = [[list(colour), degrees] for colour in COLOURS.values() for degrees in range(0, 361, 15)]
    for (colour, degrees), found in zip(turns, run_node(TURN, turns=turns), strict=True):
        hue, saturation, value = colorsys.rgb_to_hsv(*(channel / 255 for channel in colour))
        expected = colorsys.hsv_to_rgb((hue + degrees / 360) % 1, saturation, value)
        assert found == pytest.approx([255 * channel for channel in expected], abs=0.51)


DRAWN = (
    """
import { drawingOf, randomLayout, understood } from "./demos/round_trip.js";
import { captionOfLayout } from "./lib/captions.js";
import { randomSource } from "./lib/random.js";
"""
    + OPEN
    + """
const random = randomSource(5);
const own = Array.from({ length: 150 }, () => captionOfLayout(randomLayout(world, random)));
console.log(JSON.stringify([...given.captions, ...own].map((caption) => {
  const { layout } = understood(caption, world);
  const ground = layout.ground ? world.grounds.indexOf(layout.ground) : 1;
  return { caption, layout, drawing: drawingOf(layout, ground, world, random) };
})));
"""
)


def meaning(caption):
    """What a caption claims, whichever thing it names first."""
    layout = captions.parse(caption)
    turned = {"left of": "right of", "above": "below"}
    things, relation = list(layout.things), layout.relation
    if relation in turned.values():
        things, relation = things[::-1], {after: before for before, after in turned.items()}[relation]
    return relation, things if relation else sorted(things, key=repr), layout.background


def test_every_picture_is_what_its_sentence_says(run_node, world):
    rng = np.random.default_rng(6)
    layouts = [random_layout(rng) for _ in range(250)]
    same = {"size": None, "colour": "blue", "kind": "bag"}
    layouts += [
        {"things": [same, same | other], "relation": relation, "ground": None}
        for relation in (None, *captions.RELATIONS)
        for other in ({"colour": "pink"}, {"size": "large"}, {"size": "small"})
    ]
    layouts.append({"things": 3 * [same | {"size": "large"}], "relation": None, "ground": "brick"})
    sentences = [written(layout) for layout in layouts]
    found = run_node(DRAWN, world=world, captions=sentences)
    assert len(found) == len(sentences) + 150
    for one in found:
        said, scene = one["caption"], scene_of(one["drawing"])
        described = captions.describe(scene)
        if captions.parse(said).background is None:
            described = described.removesuffix(" on grass")
        assert meaning(described) == meaning(said), one
        assert described == written(one["layout"]), "sentences are compared in the order of descriptions"
        for item in scene.items:
            assert all(item.scale / 2 <= place <= SIZE - item.scale / 2 for place in item.centre)


# ---------------------------------------------------------------- scores

SCORED = (
    """
import { judge, readingOf } from "./demos/round_trip.js";
"""
    + OPEN
    + """
const floats = ([name, { data, dims }]) => [name, { data: Float32Array.from(data), dims }];
console.log(JSON.stringify(given.readings.map(({ answer, layout, boxes }) => {
  const reading = readingOf(Object.fromEntries(Object.entries(answer).map(floats)), world);
  const { scores, caption, sentence } = judge(layout, boxes, reading, world);
  return { ...scores, caption, sentence };
})));
"""
)


def common(first, second):
    """Length of the longest common subsequence, by its definition."""

    @cache
    def length(i, j):
        if i == len(first) or j == len(second):
            return 0
        if first[i] == second[j]:
            return 1 + length(i + 1, j + 1)
        return max(length(i + 1, j), length(i, j + 1))

    return length(0, 0)


def random_answer(rng):
    """Raw outputs with some sure cells, near each other so that boxes overlap; and a layout that they partly fit."""
    dense = rng.normal(size=(1, 64, 17)).astype("float32")
    dense[..., 0] -= 5
    near = rng.choice([9, 10, 17, 18, 45, 46], rng.integers(0, 5), replace=False)
    dense[0, near, 0] = rng.normal(2, 2, len(near))
    dense[0, :, 3:5] = rng.normal(-0.6, 0.3, (64, 2))
    presence, count = rng.normal(size=(1, 6)).astype("float32"), rng.normal(size=(1, 5)).astype("float32")
    return {"dense": dense, "presence": presence, "count": count}


def detections_of(dense):
    """Boxes, kinds and colours after non-maximum suppression, the surest first."""
    values = dense[0].astype(float)
    score, x, y, width, height = expit(values[:, :5]).T
    cells = np.arange(64)
    x, y = (cells % 8 + x) * 8, (cells // 8 + y) * 8
    boxes = np.stack([x - 32 * width, y - 32 * height, x + 32 * width, y + 32 * height], axis=1)
    sure = np.flatnonzero(score > 0.5)
    kept = sure[nms(boxes[sure], score[sure], threshold=0.4).numpy()]
    return boxes[kept], values[kept, 5:11].argmax(axis=1), values[kept, 11:].argmax(axis=1)


def f1(boxes, kinds, truth, true_kinds):
    """Of the boxes, the surest first: each takes the best open one of its kind."""
    hits, taken = 0, np.zeros(len(truth), bool)
    for box, kind in zip(boxes, kinds, strict=True):
        fit = box_iou(box[None], np.reshape(truth, (-1, 4))).numpy()[0] * (np.array(true_kinds) == kind) * ~taken
        if fit.max(initial=0) >= 0.5:
            taken[fit.argmax()] = True
            hits += 1
    total = len(boxes) + len(truth)
    return 2 * hits / total if total else 1.0


def expected_of(answer, layout, truth):
    """The scores, the sentence and the caption, by their definitions and by `describe`."""
    boxes, kinds, colours = detections_of(answer["dense"])
    named = [thing["kind"] for thing in layout["things"]]
    items = [
        Item(KINDS[kind], 0, list(COLOURS)[colour], ((x0 + x1) / 2, (y0 + y1) / 2), max(x1 - x0, y1 - y0))
        for (x0, y0, x1, y1), kind, colour in zip(boxes.tolist(), kinds, colours, strict=True)
    ]
    caption = captions.describe(Scene("grass", tuple(items), SIZE)).removesuffix(" on grass")
    sentence = written({**layout, "ground": None})
    words = [tuple(captions.tokenize(text)) for text in (sentence, caption)]
    seen = [(KINDS.index(kind), box) for kind, box in zip(named, truth, strict=True) if box]
    return {
        "classification": f1_of_sets({KINDS[k] for k in range(6) if answer["presence"][0, k] > 0}, set(named)),
        "counting": float(answer["count"][0].argmax() == len(named)),
        "detection": f1(boxes, kinds, [box for _, box in seen], [kind for kind, _ in seen]),
        "captioning": common(*words) / max(map(len, words)),
        "caption": caption,
        "sentence": sentence,
    }


def f1_of_sets(said, there):
    return 2 * len(said & there) / (len(said) + len(there)) if said or there else 1.0


def test_readings_are_scored_as_the_definitions_say(run_node, world):
    rng = np.random.default_rng(7)
    readings, expected = [], []
    for _ in range(200):
        answer, layout = random_answer(rng), random_layout(rng)
        boxes, kinds, _ = detections_of(answer["dense"])
        corners = rng.uniform(0, 20, (len(layout["things"]), 2))
        truth = np.concatenate([corners, corners + 15], axis=1).tolist()
        for i, thing in enumerate(layout["things"]):  # some are found, some nearly, some are hidden
            if i < len(boxes) and rng.random() < 0.8:
                thing["kind"], truth[i] = KINDS[kinds[i]], (boxes[i] + rng.uniform(0, 6)).tolist()
            elif rng.random() < 0.2:
                truth[i] = None
        expected.append(expected_of(answer, layout, truth))
        arrays = {name: {"data": value.ravel().tolist(), "dims": value.shape} for name, value in answer.items()}
        readings.append({"answer": arrays, "layout": layout, "boxes": truth})
    came = run_node(SCORED, world=world, readings=readings)
    for found, wanted in zip(came, expected, strict=True):
        assert found == pytest.approx(wanted)
    for task in ("classification", "counting", "detection", "captioning"):
        assert len({wanted[task] for wanted in expected}) > 1
    assert sum(0 < wanted["detection"] < 1 for wanted in expected) > 20


KEPT = """
import { keptWords } from "./demos/round_trip.js";
console.log(JSON.stringify(given.pairs.map(([first, second]) => keptWords([...first], [...second]))));
"""


def test_kept_words_are_a_longest_common_subsequence(run_node):
    rng = np.random.default_rng(8)
    pairs = [["".join(rng.choice(list("abcd"), rng.integers(0, 9))) for _ in range(2)] for _ in range(200)]
    for pair, kept in zip(pairs, run_node(KEPT, pairs=pairs), strict=True):
        flags = [kept[side] for side in ("first", "second")]
        left, right = (list(compress(word, flag)) for word, flag in zip(pair, flags, strict=True))
        assert left == right
        assert len(left) == kept["count"] == common(*pair)
        assert [len(flag) for flag in flags] == [len(word) for word in pair]


WORDS = """
import { failuresInWords } from "./demos/round_trip.js";
console.log(JSON.stringify(given.cases.map((curves) => failuresInWords("noise", curves))));
"""


def test_which_task_fails_first_is_said(run_node):
    def falling(at):
        return [0.5 if i < at else 0.49 for i in range(11)]

    tasks = ("classification", "counting", "detection", "captioning")
    cases = [
        dict(zip(tasks, map(falling, falls), strict=True)) for falls in [(9, 3, 3, 0), (11, 11, 11, 11), (2, 1, 11, 10)]
    ]
    assert run_node(WORDS, cases=cases) == [
        "Under “noise” this falls below 0.5 first: captioning at strength 0.0. "
        "Then: counting and detection at strength 0.3; classification at strength 0.9.",
        "Under “noise” no task falls below 0.5.",
        "Under “noise” this falls below 0.5 first: counting at strength 0.1. "
        "Then: classification at strength 0.2; captioning at strength 1.0. Never: detection.",
    ]
