"""Captions say what is in the scene, and are read back."""

import math
from dataclasses import replace

import pytest

from utils.scenes.captions import Layout, Thing, caption_words, describe, parse, tokenize
from utils.scenes.layout import (
    ACTIONS,
    GARMENTS,
    KINDS,
    Clip,
    Item,
    Light,
    Scene,
)
from utils.scenes.rasterise import stamp
from utils.scenes.render import paint, paint_clips
from utils.scenes.sampling import random_clips, random_scenes


def bag(**changed):
    return replace(Item("bag", 0, "white", (48, 48), 32), **changed)


def size_word(item, size):
    return "small" if item.scale / size < 0.27 else "large" if item.scale / size > 0.38 else None


def lies(first, second, relation, size):
    """Whether a relation holds for two centres, written with angles."""
    dx, dy = second.centre[0] - first.centre[0], first.centre[1] - second.centre[1]
    turn = math.degrees(math.atan2(dy, dx))  # where the second lies, seen from the first
    ideal = {"left of": 0, "below": 90, "right of": 180, "above": -90}
    far = max(abs(dx), abs(dy)) >= 0.2 * size
    holds = [name for name, to in ideal.items() if far and abs((turn - to + 180) % 360 - 180) <= 33.690067525979785]
    return holds == ([relation] if relation else [])


@pytest.mark.parametrize("difficulty", [0, 0.5, 1])
def test_a_caption_parsed_again_agrees_with_the_scene(difficulty):
    relations = set()
    for scene in random_scenes(300, seed=int(10 * difficulty), difficulty=difficulty, n_items=(0, 4)):
        layout = parse(describe(scene))
        assert layout.background == scene.background
        told = sorted((KINDS.index(thing.kind), thing.colour, str(thing.size)) for thing in layout.things)
        true = [(KINDS.index(i.kind), i.colour, str(size_word(i, scene.size))) for i in scene.items]
        assert told == sorted(true)
        if len(scene.items) == 2:
            order = sorted(scene.items, key=lambda item: (KINDS.index(item.kind), item.centre[0]))
            assert [thing.kind for thing in layout.things] == [item.kind for item in order]
            assert lies(*order, layout.relation, scene.size)
            relations.add(layout.relation)
        assert set(tokenize(describe(scene))) <= set(caption_words())
    assert relations == {"left of", "right of", "above", "below", None}


@pytest.mark.parametrize(
    ("caption", "layout"),
    [
        ("an orange bag", Layout((Thing(None, "orange", "bag"),))),
        ("nothing on grass", Layout((), background="grass")),
        (
            "large blue trousers left of a small pink one on brick",
            Layout((Thing("large", "blue", "trousers"), Thing("small", "pink", "one")), "left of", None, "brick"),
        ),
        ("a white bag and a white bag", Layout((Thing(None, "white", "bag"),) * 2)),
        (
            "a white bag, a blue seven and a green dress on grass",
            Layout(
                (Thing(None, "white", "bag"), Thing(None, "blue", "seven"), Thing(None, "green", "dress")),
                background="grass",
            ),
        ),
        ("a white bag turns left", Layout((Thing(None, "white", "bag"),), None, "turns left")),
    ],
)
def test_the_grammar_is_read(caption, layout):
    assert parse(caption) == layout


@pytest.mark.parametrize(
    ("caption", "message"),
    [
        ("a blue cat", "word 3 of 'a blue cat' is 'cat'; expected one of t-shirt, trousers"),
        ("a red bag", "word 2 of .* is 'red'; expected one of small, large, white, yellow"),
        ("a orange bag", "word 1 of .* is 'a'; expected 'an'"),
        ("a blue trousers", "word 1 of .* is 'a'; expected no article before trousers"),
        ("a blue bag on sand", "word 5 of .* is 'sand'; expected one of brick, grass, gravel"),
        (
            "a blue bag under a pink one",
            "word 4 of .* is 'under'; expected one of left of, .*a comma, and, on, the end",
        ),
        ("a blue bag, a pink one on grass", "word 8 of .* is 'on'; expected one of a comma, and$"),
        ("a blue bag above", "ends too soon; expected one of a, an, small"),
        ("", "ends too soon; expected one of nothing, a, an"),
        ("a blue bag on grass now", "word 6 of .* is 'now'; expected the end"),
    ],
)
def test_a_caption_outside_the_grammar_is_told_where(caption, message):
    with pytest.raises(ValueError, match=message):
        parse(caption)


def test_the_vocabulary_is_closed_and_sorted():
    words = caption_words()
    assert list(words) == sorted(set(words))
    said = {
        word for caption in paint(random_scenes(600, seed=0, n_items=(0, 4))).captions for word in tokenize(caption)
    }
    said |= {word for clip in random_clips(100, seed=0, n_frames=2) for word in tokenize(describe(clip))}
    assert said == set(words)


def actor_boxes(painted, n):
    return painted.tracks[n][painted.actors[n]]


@pytest.mark.parametrize("action", ACTIONS)
def test_the_actor_does_what_is_said(action):
    painted = paint_clips(random_clips(12, seed=1, actions=[action], difficulty=0.5, occlusion=0))
    assert {painted.action_names[index] for index in painted.actions} == {action}
    for n, clip in enumerate(painted.clips):
        x0, y0, x1, y1 = actor_boxes(painted, n).T
        step = {
            "moves left": -(x0 + x1).diff(), "moves right": (x0 + x1).diff(),
            "moves up": -(y0 + y1).diff(), "moves down": (y0 + y1).diff(),
            "grows": ((x1 - x0) * (y1 - y0)).diff(), "shrinks": -((x1 - x0) * (y1 - y0)).diff(),
        }  # fmt: skip
        if action in step:
            assert step[action].sum() > 0
            assert (step[action] >= 0).float().mean() > 0.8
        elif clip.scenes[0].items[clip.actor].kind in GARMENTS:
            ends = []
            for scene in (clip.scenes[0], clip.scenes[-1]):
                item = scene.items[clip.actor]
                top = paint(replace(scene, items=(item,))).keypoints[0][0, 0]
                ends.append(math.degrees(math.atan2(item.centre[1] - top[1], top[0] - item.centre[0])))
            turned = (ends[1] - ends[0]) % 360
            assert turned == pytest.approx(90 if action == "turns left" else 270, abs=1)
        assert painted.captions[n].endswith(action)
        actor = clip.scenes[0].items[clip.actor]
        assert parse(painted.captions[n]) == Layout((Thing(None, actor.colour, actor.kind),), action=action)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: bag(kind="bagg"), ValueError, "unknown kind 'bagg'; did you mean 'bag'"),
        (lambda: bag(colour="blu"), ValueError, "unknown colour 'blu'; did you mean 'blue'"),
        (lambda: bag(centre=3), TypeError, r"centre is 3; expected a pair \(x, y\)"),
        (lambda: bag(centre=(1, math.inf)), ValueError, "centre is inf; expected a finite number"),
        (lambda: bag(scale=2), ValueError, "scale is 2; expected a number from 4"),
        (lambda: bag(angle="left"), TypeError, "angle is 'left'"),
        (lambda: Light(2, 0), ValueError, "strength of the light is 2"),
        (lambda: Scene("sand", ()), ValueError, "unknown background 'sand'"),
        (lambda: Scene("grass", (bag(centre=(97, 3)),)), ValueError, r"the bag has its centre at \(97, 3\), off the"),
        (lambda: Scene("grass", (bag(kind="disc"),)), ValueError, "unknown kind among the items 'disc'"),
        (lambda: Scene("grass", (), clutter=(bag(),)), ValueError, "unknown kind among the clutter 'bag'"),
        (lambda: Scene("grass", [bag()]), TypeError, "items are a list; expected a tuple of Item"),
        (lambda: Scene("grass", ("bag",)), TypeError, "items hold a str"),
        (lambda: Scene("grass", (bag(),) * 9), ValueError, "the scene has 9 items; expected at most 8"),
        (lambda: Scene("grass", (), corner=(417, 0)), ValueError, "corner is 417; expected 0 to 416"),
        (lambda: Scene("grass", (), light=(1, 0)), TypeError, r"expected Light\(strength, direction\)"),
        (lambda: Scene("grass", (), split="val"), ValueError, "unknown split 'val'"),
        (
            lambda: Scene("grass", (bag(kind="six", sprite=40),), split="test"),
            ValueError,
            "sprite of the six is 40; expected 0 to 39",
        ),
        (lambda: Clip((Scene("grass", ()),), "grows", 0), TypeError, "at least two scenes"),
        (lambda: Clip((Scene("grass", (bag(),)),) * 2, "grow", 0), ValueError, "unknown action 'grow'.*'grows'"),
        (lambda: Clip((Scene("grass", (bag(),)),) * 2, "grows", 1), ValueError, "actor is 1; expected 0 to 0"),
        (lambda: Clip((Scene("grass", (bag(),)), Scene("grass", ())), "grows", 0), ValueError, "number of items"),
        (lambda: paint([]), ValueError, "there is no scene to paint"),
        (lambda: paint(5), TypeError, "5 is no scene; expected a Scene or a list of them"),
        (lambda: paint([Scene("grass", ()), "x"]), TypeError, "'x' is no scene"),
        (lambda: paint([Scene("grass", ()), Scene("grass", (), size=64)]), ValueError, r"differ in size: \[64, 96\]"),
        (lambda: paint([Scene("grass", ()), Scene("grass", (), split="test")]), ValueError, "differ in split"),
        (lambda: paint_clips([]), ValueError, "there is no clip to paint"),
        (lambda: paint_clips(Scene("grass", ())), TypeError, "is no clip; expected a Clip"),
        (
            lambda: paint_clips(random_clips(1, seed=0, n_frames=3) + random_clips(1, seed=0, n_frames=4)),
            ValueError,
            r"the clips have \[3, 4\] frames",
        ),
        (lambda: stamp("bag"), TypeError, "'bag' is a str; expected an Item"),
        (lambda: stamp(bag(), split="val"), ValueError, "unknown split 'val'"),
        (lambda: stamp(bag(kind="six", sprite=40), split="test"), ValueError, "sprite of the six is 40"),
        (lambda: describe("a bag"), TypeError, "describe got a str"),
        (lambda: parse(None), TypeError, "parse got a NoneType"),
    ],
)
def test_a_description_that_cannot_be_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
