"""Random scenes and clips: the same everywhere, and what is refused."""

import json
import math
from dataclasses import asdict, replace

import numpy as np
import pytest

from utils.scenes.layout import (
    BACKGROUNDS,
    COLOURS,
    KINDS,
)
from utils.scenes.sampling import random_clips, random_scenes

LEVELS = ("scale", "rotation", "occlusion", "lighting", "clutter")


def test_a_scene_depends_on_its_number_and_not_on_how_many_there_are():
    assert random_scenes(3, seed=5) == random_scenes(9, seed=5)[:3]
    assert random_clips(2, seed=5) == random_clips(4, seed=5)[:2]
    assert random_scenes(3, seed=5) != random_scenes(3, seed=6)
    assert len(set(map(str, random_scenes(50, seed=5)))) == 50


def test_the_same_seed_shows_the_same_things_at_every_difficulty():
    def things(scene):
        return scene.background, scene.corner, [(item.kind, item.sprite, item.colour) for item in scene.items]

    easy, hard = (random_scenes(30, seed=4, difficulty=level) for level in (0, 1))
    assert [things(scene) for scene in easy] == [things(scene) for scene in hard]
    assert all(one != other for one, other in zip(easy, hard, strict=True))
    few, many = (random_scenes(30, seed=4, n_items=(n, n)) for n in (1, 4))
    assert [scene.clutter for scene in few] == [scene.clutter for scene in many]
    assert [things(scene)[2] for scene in few] == [things(scene)[2][:1] for scene in many]


def test_kinds_colours_and_numbers_are_those_asked_for():
    scenes = random_scenes(200, seed=0, kinds=["bag", "nine"], colours=["pink"], n_items=(0, 2))
    items = [item for scene in scenes for item in scene.items]
    assert {len(scene.items) for scene in scenes} == {0, 1, 2}
    assert {item.kind for item in items} == {"bag", "nine"}
    assert {item.colour for item in items} == {"pink"}
    everything = random_scenes(400, seed=0)
    assert {item.kind for scene in everything for item in scene.items} == set(KINDS)
    assert {item.colour for scene in everything for item in scene.items} == set(COLOURS)
    assert {scene.background for scene in everything} == set(BACKGROUNDS)


@pytest.mark.parametrize(
    ("action", "opposite"),
    [("moves left", "moves right"), ("moves up", "moves down"), ("turns left", "turns right"), ("grows", "shrinks")],
)
def test_an_action_is_its_opposite_played_backwards(action, opposite):
    forwards, backwards = (random_clips(10, seed=8, actions=[name]) for name in (action, opposite))
    for one, other in zip(forwards, backwards, strict=True):
        assert one.scenes == other.scenes[::-1]
        assert one.actor == other.actor


def test_exactly_one_item_acts_and_the_others_tremble_at_most():
    for jitter in (0, 1):
        for clip in random_clips(40, seed=2, n_items=(2, 3), jitter=jitter):
            for index in range(len(clip.scenes[0].items)):
                items = [scene.items[index] for scene in clip.scenes]
                spread = np.ptp([item.centre for item in items], axis=0).max()
                changed = any(item != items[0] for item in items)
                if index == clip.actor:
                    assert changed
                else:
                    assert changed == bool(jitter)
                    assert spread <= 2 * 0.02 * 64 + 0.2
                    assert len({(item.angle, item.scale) for item in items}) == 1


def test_a_description_becomes_json_and_changes_by_replace():
    [scene] = random_scenes(1, seed=0)
    written = json.loads(json.dumps(asdict(scene)))
    assert written["background"] == scene.background
    assert written["items"][0]["kind"] == scene.items[0].kind
    assert replace(scene, background="brick").items == scene.items


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n": 0}, ValueError, "n is 0; expected at least 1"),
        ({"n": 2.0}, TypeError, "n is 2.0, a float; expected a whole number"),
        ({"n": True}, TypeError, "n is True, a bool"),
        ({"seed": -1}, ValueError, "seed is -1; expected 0 to 4294967295"),
        ({"seed": None}, TypeError, "seed is None"),
        ({"size": 31}, ValueError, "size is 31; expected 32 to 512"),
        ({"size": 513}, ValueError, "size is 513"),
        ({"n_items": 3}, TypeError, r"n_items is 3; expected a pair \(fewest, most\)"),
        ({"n_items": (3, 1)}, ValueError, r"did you mean \(1, 3\)\?"),
        ({"n_items": (1, 9)}, ValueError, "n_items is 9; expected 0 to 8"),
        ({"difficulty": 1.5}, ValueError, "difficulty is 1.5; expected a number from 0 to 1"),
        ({"difficulty": math.nan}, ValueError, "difficulty is nan"),
        ({"difficulty": "hard"}, TypeError, "difficulty is 'hard', a str"),
        ({"difficulty": None}, TypeError, "difficulty is None"),
        *[({level: -0.1}, ValueError, f"{level} is -0.1") for level in LEVELS],
        ({"kinds": ["bags"]}, ValueError, "unknown kind 'bags'; did you mean 'bag'"),
        ({"kinds": "bag"}, TypeError, r"expected a sequence of names: \['bag'\]"),
        ({"kinds": []}, ValueError, "no kind is given"),
        ({"colours": ["grean"]}, ValueError, "unknown colour 'grean'; did you mean 'green'"),
        ({"split": "tset"}, ValueError, "unknown split 'tset'; did you mean 'test'"),
    ],
)
def test_scenes_cannot_be_drawn_from_nonsense(arguments, error, message):
    for draw in (random_scenes, random_clips):
        with pytest.raises(error, match=message):
            draw(**{"n": 1, "seed": 0, **arguments})


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n_frames": 1}, ValueError, "n_frames is 1; expected 2 to 64"),
        ({"actions": ["moves lift"]}, ValueError, "unknown action 'moves lift'; did you mean 'moves left'"),
        ({"n_items": (0, 1)}, ValueError, "a clip needs an item that acts"),
        ({"jitter": 2}, ValueError, "jitter is 2"),
    ],
)
def test_clips_cannot_be_drawn_from_nonsense(arguments, error, message):
    with pytest.raises(error, match=message):
        random_clips(1, seed=0, **arguments)
