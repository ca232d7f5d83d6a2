import hashlib
import itertools
import json
import math
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.color import rgb2lab

from utils.captions import Layout, Thing, caption_words, describe, parse, tokenize
from utils.composing import random_clips, random_scenes
from utils.data import load_images
from utils.painting import paint, paint_clips
from utils.scenes import (
    ACTIONS,
    BACKGROUNDS,
    COLOURS,
    GARMENTS,
    KINDS,
    Clip,
    Item,
    Light,
    Scene,
    fixed_cos_sin,
    sprite_count,
)
from utils.sprites import load_sprites, silhouettes
from utils.stamps import stamp

LEVELS = ("scale", "rotation", "occlusion", "lighting", "clutter")


@pytest.fixture(scope="module")
def hard():
    """Scenes with all that makes them hard, painted."""
    return paint(random_scenes(80, seed=7, difficulty=1, n_items=(2, 6)))


def bag(**changed):
    return replace(Item("bag", 0, "white", (48, 48), 32), **changed)


def alone(scene, index):
    """Mask of one item with nothing else in the picture; None if it is not seen."""
    painted = paint(replace(scene, items=(scene.items[index],), clutter=()))
    return painted.masks[0][0] if len(painted.masks[0]) else None


# ---------------------------------------------------------------- the same everywhere


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"seed": 0, "difficulty": 0}, "c9f551a1f81515b282a1a2ac172bba6e76df5b48e8ba785c571d930db9d734b4"),
        ({"seed": 1}, "2c0a36dabe5e24c259ed1a97dc3cb87fbecf4188e0c1b9fc9677b19277f80d3d"),
        (
            {"seed": 2, "difficulty": 1, "n_items": (1, 8), "size": 64, "split": "test"},
            "38fccbc6c3e454d882ef3c0417be54cd24c058a96c5316231f7ecd9b532eff09",
        ),
    ],
)
def test_a_seed_gives_the_same_bytes_on_every_machine(arguments, expected):
    painted = paint(random_scenes(20, **arguments))
    digest = hashlib.sha256(painted.images.numpy().tobytes())
    for part in (*painted.masks, *painted.boxes, *painted.full_boxes, *painted.keypoints, *painted.visibility):
        digest.update(part.numpy().tobytes())
    digest.update("\n".join(painted.captions).encode())
    assert digest.hexdigest() == expected


def test_a_clip_has_the_same_bytes_on_every_machine():
    painted = paint_clips(random_clips(6, seed=3, n_frames=5))
    digest = hashlib.sha256(painted.frames.numpy().tobytes() + "\n".join(painted.captions).encode())
    assert digest.hexdigest() == "b4d9d6eb4eab5b70f5542bdf3c43176b0ae9547a0cf294eebcdeceba9c27673f"


def test_a_scene_depends_on_its_number_and_not_on_how_many_there_are():
    assert random_scenes(3, seed=5) == random_scenes(9, seed=5)[:3]
    assert random_clips(2, seed=5) == random_clips(4, seed=5)[:2]
    assert random_scenes(3, seed=5) != random_scenes(3, seed=6)
    assert len(set(map(str, random_scenes(50, seed=5)))) == 50


def test_painting_together_or_one_by_one_is_the_same():
    scenes = random_scenes(40, seed=1)
    together = paint(scenes)
    for index in (0, 31, 32, 39):
        single = paint(scenes[index])
        assert torch.equal(single.images[0], together.images[index])
        assert torch.equal(single.masks[0], together.masks[index])
        assert torch.equal(single.class_map[0], together.class_map[index])


def test_the_same_seed_shows_the_same_things_at_every_difficulty():
    def things(scene):
        return scene.background, scene.corner, [(item.kind, item.sprite, item.colour) for item in scene.items]

    easy, hard = (random_scenes(30, seed=4, difficulty=level) for level in (0, 1))
    assert [things(scene) for scene in easy] == [things(scene) for scene in hard]
    assert all(one != other for one, other in zip(easy, hard, strict=True))
    few, many = (random_scenes(30, seed=4, n_items=(n, n)) for n in (1, 4))
    assert [scene.clutter for scene in few] == [scene.clutter for scene in many]
    assert [things(scene)[2] for scene in few] == [things(scene)[2][:1] for scene in many]


# ---------------------------------------------------------------- what is drawn


@pytest.mark.parametrize("n_items", [(1, 3), (4, 4), (8, 8)])
def test_at_difficulty_0_all_is_plain(n_items):
    scenes = random_scenes(60, seed=2, difficulty=0, n_items=n_items)
    items = [item for scene in scenes for item in scene.items]
    assert {item.angle for item in items} == {0}
    assert len({item.scale for item in items}) == 1
    assert all(scene.light.strength == 0 and not scene.clutter for scene in scenes)
    assert torch.cat(paint(scenes).visibility).min() == 1


@pytest.mark.parametrize("level", LEVELS)
def test_each_level_moves_its_own_nuisance_and_no_other(level):
    scenes = random_scenes(60, seed=2, difficulty=0, **{level: 1})
    items = [item for scene in scenes for item in scene.items]
    measured = {
        "scale": max(item.scale for item in items) / min(item.scale for item in items) > 2,
        "rotation": max(abs(item.angle) for item in items) > 50,
        "occlusion": torch.cat(paint(scenes).visibility).min().item() < 0.8,
        "lighting": max(scene.light.strength for scene in scenes) > 0.9,
        "clutter": max(len(scene.clutter) for scene in scenes) >= 12,
    }
    assert {name for name, moved in measured.items() if moved} == {level}


@pytest.mark.parametrize("arguments", [{"n_items": (1, 3)}, {"n_items": (5, 8)}, {"n_items": (2, 4), "size": 32}])
def test_without_occlusion_all_is_seen_however_hard_the_rest_is(arguments):
    painted = paint(random_scenes(60, seed=9, difficulty=1, occlusion=0, **arguments))
    assert torch.cat(painted.visibility).min() == 1
    for boxes, full in zip(painted.boxes, painted.full_boxes, strict=True):
        assert torch.equal(boxes, full)


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


def test_train_and_test_share_no_sprite():
    train, test = load_sprites("train"), load_sprites("test")
    n_train, n_test = train.first["disc"], test.first["disc"]
    known = {sprite.tobytes() for sprite in train.bright[:n_train]}
    assert n_train == sum(sprite_count(kind, "train") for kind in KINDS)
    assert n_test == sum(sprite_count(kind, "test") for kind in KINDS)
    assert not [sprite for sprite in test.bright[:n_test] if sprite.tobytes() in known]


def test_a_sprite_is_the_picture_that_it_says():
    for name, kinds in (("fashion_mnist", GARMENTS), ("digits", KINDS[10:])):
        loaded = load_images(name, split="test")
        sprites = load_sprites("test")
        for label, kind in enumerate(kinds):
            picture = loaded.images[loaded.labels == label][7, 0].numpy()
            enlarged = np.array(Image.fromarray(picture).resize((28, 28), Image.Resampling.BILINEAR))
            sprite = sprites.bright[sprites.first[kind] + 7, 2:-2, 2:-2]
            assert np.corrcoef(enlarged.ravel(), sprite.ravel())[0, 1] > 0.8, kind


def test_dark_cloth_is_inside_and_the_gap_between_legs_is_not():
    coat = np.zeros((1, 9, 9), np.uint8)
    coat[0, 1:8, 1:8] = 200
    coat[0, 3:5, 4:7] = 0  # a dark pocket
    coat[0, 5:8, 3] = 0  # open towards the bottom
    inside = silhouettes(coat)[0]
    assert inside[3:5, 4:7].all()
    assert not inside[5:8, 3].any()
    assert inside.sum() == 49 - 3


# ---------------------------------------------------------------- the truths are true


@pytest.mark.parametrize("angle", [0, 30, -75, 90, 180])
@pytest.mark.parametrize("kind", ["boot", "trousers", "seven"])
def test_an_item_lies_where_pillow_would_put_it(kind, angle):
    x, y, scale = 40, 60, 42
    scene = Scene("brick", (Item(kind, 3, "white", (x, y), scale, angle),), split="test")
    sprites = load_sprites("test")
    sprite = Image.fromarray(sprites.cover[sprites.first[kind] + 3])
    sprite = sprite.resize((32 * scale // 28, 32 * scale // 28), Image.Resampling.BILINEAR)
    sprite = sprite.rotate(angle, Image.Resampling.BILINEAR)  # counter-clockwise
    canvas = Image.new("L", (96, 96))
    canvas.paste(sprite, (x - sprite.width // 2, y - sprite.height // 2))
    expected, found = np.array(canvas) >= 128, paint(scene).masks[0][0].numpy()
    assert (expected & found).sum() / (expected | found).sum() > 0.93


def test_a_mask_is_the_item_alone_less_what_is_painted_after_it(hard):
    for n, scene in enumerate(hard.scenes):
        silhouette = [alone(scene, index) for index in range(len(scene.items))]
        for mask, index in zip(hard.masks[n], hard.items[n].tolist(), strict=True):
            expected = silhouette[index].clone()
            for later in silhouette[index + 1 :]:
                expected &= ~later
            assert torch.equal(mask, expected)


def test_visibility_and_the_full_box_are_those_of_a_wider_picture(hard):
    for n, scene in enumerate(hard.scenes[:30]):
        for row, index in enumerate(hard.items[n].tolist()):
            item = scene.items[index]
            moved = replace(item, centre=(item.centre[0] + 64, item.centre[1] + 64))
            wide = paint(replace(scene, size=224, corner=(0, 0), items=(moved,), clutter=()))
            assert torch.equal(hard.full_boxes[n][row] + 64, wide.boxes[0][0])
            share = hard.masks[n][row].sum() / wide.masks[0][0].sum()
            assert hard.visibility[n][row] == pytest.approx(share.item())
    assert torch.cat(hard.visibility).min() < 0.6


def test_boxes_are_tight_and_inside_the_full_box(hard):
    for boxes, full, masks in zip(hard.boxes, hard.full_boxes, hard.masks, strict=True):
        for box, whole, mask in zip(boxes, full, masks, strict=True):
            y, x = mask.nonzero().T
            assert box.tolist() == [x.min(), y.min(), x.max() + 1, y.max() + 1]
            assert (whole[:2] <= box[:2]).all()
            assert (whole[2:] >= box[2:]).all()


def test_masks_are_apart_and_the_class_map_agrees(hard):
    for n in range(len(hard)):
        assert hard.masks[n].sum(dim=0).max() <= 1
        drawn = torch.zeros_like(hard.class_map[n])
        for label, mask in zip(hard.labels[n], hard.masks[n], strict=True):
            drawn[mask] = label + 1
        assert torch.equal(drawn, hard.class_map[n])
        kinds = [hard.scenes[n].items[index].kind for index in hard.items[n]]
        assert [hard.classes[label] for label in hard.labels[n]] == kinds


def test_what_is_not_seen_is_not_told():
    cover = Item("bag", 0, "pink", (48, 48), 80)
    painted = paint(Scene("grass", (Item("five", 0, "blue", (48, 56), 8), cover)))
    assert painted.items[0].tolist() == [1]
    assert painted.labels[0].tolist() == [KINDS.index("bag")]
    assert painted.captions == ("a large pink bag on grass",)
    assert len(painted.boxes[0]) == len(painted.masks[0]) == len(painted.keypoints[0]) == 1
    assert set(painted.class_map.unique().tolist()) == {0, KINDS.index("bag") + 1}


def test_what_lies_outside_the_picture_is_not_told():
    cover = load_sprites("train").cover[load_sprites("train").first["boot"] :][:1000]
    number = int(np.argmin(cover[:, :17, :17].sum(axis=(1, 2))))  # nothing in the upper left quarter
    painted = paint(Scene("grass", (Item("boot", number, "blue", (96, 96), 32),)))
    assert len(painted.boxes[0]) == 0
    assert painted.captions == ("nothing on grass",)


def test_a_scene_without_items_has_empty_truths():
    painted = paint(Scene("gravel", ()))
    assert painted.masks[0].shape == (0, 96, 96)
    assert painted.boxes[0].shape == (0, 4)
    assert painted.keypoints[0].shape == (0, 4, 2)
    assert painted.class_map.max() == 0


# ---------------------------------------------------------------- keypoints


@pytest.mark.parametrize("kind", GARMENTS)
def test_keypoints_are_the_ends_of_an_upright_garment(kind):
    painted = paint([Scene("brick", (Item(kind, n, "white", (48, 48), 56),)) for n in range(20)])
    for box, points in zip(painted.full_boxes, painted.keypoints, strict=True):
        x0, y0, x1, y1 = box[0].tolist()
        (_, top), (right, _), (_, bottom), (left, _) = points[0].tolist()
        assert np.allclose([left, top, right, bottom], [x0, y0, x1, y1], atol=2.1)  # a sprite's pixel is 2 here
    assert torch.cat(painted.keypoint_visible).float().mean() > 0.97


def test_keypoints_turn_with_the_garment(hard):
    upright, quarter, half = (
        paint(Scene("brick", (Item("boot", 5, "white", (40, 50), 56, angle),))).keypoints[0][0] - torch.tensor([40, 50])
        for angle in (0, 90, 180)
    )
    assert torch.allclose(half, -upright, atol=0.02)
    turned = torch.stack([upright[:, 1], -upright[:, 0]], dim=1)  # counter-clockwise: right goes up
    assert torch.allclose(quarter, turned, atol=0.02)
    for n, scene in enumerate(hard.scenes[:40]):
        for row, index in enumerate(hard.items[n].tolist()):
            if scene.items[index].kind in GARMENTS:
                y, x = alone(scene, index).nonzero().T
                for px, py in hard.keypoints[n][row].tolist():
                    if 0 <= px < 96 and 0 <= py < 96:
                        assert torch.hypot(x + 0.5 - px, y + 0.5 - py).min() < 2


def test_a_keypoint_is_visible_where_its_garment_is_seen():
    lower = Item("trousers", 0, "blue", (48, 50), 60)
    covered = paint(Scene("brick", (lower, Item("bag", 0, "white", (48, 26), 34))))
    top, _, bottom, _ = covered.keypoint_visible[0][0].tolist()
    assert (top, bottom) == (False, True)
    assert paint(Scene("brick", (lower,))).keypoint_visible[0].all()


def test_digits_have_no_keypoints(hard):
    for labels, points, visible in zip(hard.labels, hard.keypoints, hard.keypoint_visible, strict=True):
        digit = labels >= len(GARMENTS)
        assert points[digit].isnan().all()
        assert not visible[digit].any()
        assert not points[~digit].isnan().any()


# ---------------------------------------------------------------- looks


@pytest.mark.parametrize("colour", COLOURS)
def test_a_garment_has_its_colour_and_keeps_its_cloth(colour):
    painted = paint([Scene("grass", (Item("pullover", n, colour, (48, 48), 56),)) for n in range(10)])
    for image, mask in zip(painted.images, painted.masks, strict=True):
        inner = mask[0] & mask[0].roll(1, 0) & mask[0].roll(-1, 0) & mask[0].roll(1, 1) & mask[0].roll(-1, 1)
        mean = image[:, inner].float().mean(dim=1)
        assert torch.allclose(mean / mean.max(), torch.tensor(COLOURS[colour]) / max(COLOURS[colour]), atol=0.03)
        assert 0.45 * max(COLOURS[colour]) < mean.max() <= max(COLOURS[colour])
        assert image[:, inner].float().std(dim=1).max() > 1


def test_paint_touches_nothing_but_the_item():
    scene = Scene("grass", (bag(),), corner=(17, 230))
    empty, painted = paint(replace(scene, items=())), paint(scene)
    wide = torch.nn.functional.max_pool2d(painted.masks[0].float(), 5, 1, 2)[0] > 0
    assert torch.equal(empty.images[0][:, ~wide], painted.images[0][:, ~wide])
    assert not torch.equal(empty.images[0][:, wide], painted.images[0][:, wide])


def test_clutter_lies_behind_the_items_and_is_no_part_of_the_truth():
    disc = Item("disc", 0, "orange", (58, 48), 40)
    plain = paint(Scene("brick", (bag(),)))
    painted = paint(Scene("brick", (bag(),), clutter=(disc,)))
    assert torch.equal(plain.masks[0], painted.masks[0])
    assert torch.equal(plain.class_map, painted.class_map)
    edge = torch.nn.functional.max_pool2d(1 - plain.masks[0].float(), 5, 1, 2)[0] > 0
    assert torch.equal(plain.images[0][:, ~edge], painted.images[0][:, ~edge])
    assert (plain.images[0] != painted.images[0]).any(dim=0).sum() > 300


def test_light_comes_from_where_it_is_said_to():
    plain = paint(Scene("brick", ())).images[0].float()
    for direction, bright, dark in ((0, np.s_[:, -20:], np.s_[:, :20]), (90, np.s_[:20], np.s_[-20:])):
        ratio = paint(Scene("brick", (), light=Light(1.0, direction))).images[0].float() / plain
        assert ratio.max() <= 1
        assert ratio.mean(dim=0)[bright].mean() > ratio.mean(dim=0)[dark].mean() + 0.3
    corner = paint(Scene("brick", (), light=Light(1.0, 45))).images[0].float() / plain
    assert corner[:, :3, -3:].mean() > 0.95
    assert corner[:, -3:, :3].mean() == pytest.approx(0.25, abs=0.03)


def test_colours_are_told_apart_by_colour_blind_readers_too():
    kinds = {  # Machado, Oliveira and Fernandes 2009, the full deficiency
        "none": np.eye(3),
        "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    }
    srgb = np.array(list(COLOURS.values())) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    for name, matrix in kinds.items():
        seen = np.clip(linear @ np.transpose(matrix), 0, 1)
        seen = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
        lab = rgb2lab(seen[None])[0]
        nearest = min(np.linalg.norm(a - b) for a, b in itertools.combinations(lab, 2))
        assert nearest > 15, name  # 2.3 is just noticed


# ---------------------------------------------------------------- captions


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


# ---------------------------------------------------------------- clips


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


def test_a_track_keeps_to_its_item_and_has_gaps_where_it_is_hidden():
    small, large = Item("five", 0, "blue", (10, 32), 8), Item("bag", 0, "pink", (40, 32), 44)
    scenes = tuple(Scene("grass", (replace(small, centre=(x, 34)), large), size=64) for x in (8, 42, 60))
    painted = paint_clips(Clip(scenes, "moves right", 0))
    assert painted.frames.shape == (1, 3, 3, 64, 64)
    assert painted.visible[0].tolist() == [[True, False, True], [True, True, True]]
    assert painted.tracks[0][0, 1].isnan().all()
    assert painted.tracks[0][0, 0, 0] < painted.tracks[0][0, 2, 0]
    for frame, scene in enumerate(scenes):
        single = paint(scene)
        assert torch.equal(painted.frames[0, frame], single.images[0])
        assert torch.equal(painted.tracks[0][single.items[0], frame], single.boxes[0])
    assert [painted.classes[label] for label in painted.labels[0]] == ["five", "bag"]


def test_without_occlusion_no_item_of_a_clip_is_hidden():
    for clip in random_clips(25, seed=6, difficulty=1, occlusion=0):
        assert torch.cat(paint(list(clip.scenes)).visibility).min() == 1


# ---------------------------------------------------------------- data that can be handled


def test_batches_are_sliced():
    painted = paint(random_scenes(6, seed=0))
    part = painted[2:4]
    assert len(part) == 2
    assert torch.equal(part.images, painted.images[2:4])
    assert part.scenes == painted.scenes[2:4]
    assert part.classes == KINDS
    mask = torch.tensor([False, True, False, False, False, True])
    assert painted[mask].captions == (painted.captions[1], painted.captions[5])
    assert torch.equal(painted[torch.tensor([4, 0])].boxes[0], painted.boxes[4])
    clips = paint_clips(random_clips(3, seed=0, n_frames=3))[1:]
    assert (len(clips), len(clips.tracks), clips.action_names) == (2, 2, ACTIONS)
    with pytest.raises(TypeError, match=r"Scenes take a slice.*use \[i : i \+ 1\]"):
        painted[3]


def test_a_description_becomes_json_and_changes_by_replace():
    [scene] = random_scenes(1, seed=0)
    written = json.loads(json.dumps(asdict(scene)))
    assert written["background"] == scene.background
    assert written["items"][0]["kind"] == scene.items[0].kind
    assert replace(scene, background="brick").items == scene.items


def test_cosine_and_sine_are_whole_numbers():
    assert [fixed_cos_sin(angle) for angle in (0, 90, 180)] == [(65536, 0), (0, 65536), (-65536, 0)]


# ---------------------------------------------------------------- what is refused


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


# ---------------------------------------------------------------- scenes composed in the page

COMPOSED = """
import { composed } from "./scene_captioner.js";
const array = ({ data, dims }) => ({ data: Uint8Array.from(data), dims });
const stamps = { covers: array(given.covers), brights: array(given.brights) };
console.log(JSON.stringify([...composed(array(given.grounds), given.ground, given.things, stamps)]));
"""


@pytest.mark.parametrize("ground", range(len(BACKGROUNDS)))
def test_the_page_composes_the_scene_that_is_painted(run_node, ground):
    kinds, n_sprites, size = ("trousers", "boot", "six"), 3, 48
    shapes = [[(kind, sprite, 0.32 * size) for sprite in range(n_sprites)] for kind in kinds]
    stamps = [[stamp(Item(kind, i, "pink", (5, 7), scale), split="test") for kind, i, scale in row] for row in shapes]
    covers, brights = np.moveaxis(np.array(stamps), 2, 0)
    places = [(24, 24), (0, 3), (47, 40), (30, 20)]  # x, y; two of them leave the picture, and two things overlap
    drawn = [(0, 1, "blue"), (1, 0, "white"), (2, 2, "yellow"), (1, 2, "orange")]
    items = [
        Item(kinds[kind], sprite, colour, place, 0.32 * size)
        for (kind, sprite, colour), place in zip(drawn, places, strict=True)
    ]
    grounds = paint([Scene(name, (), size=size) for name in BACKGROUNDS]).images
    things = [
        {"kind": kind, "sprite": sprite, "colour": COLOURS[colour], "at": [y, x]}
        for (kind, sprite, colour), (x, y) in zip(drawn, places, strict=True)
    ]
    arrays = {
        name: {"data": array.flatten().tolist(), "dims": list(array.shape)}
        for name, array in {"grounds": grounds.numpy(), "covers": covers, "brights": brights}.items()
    }
    found = run_node(COMPOSED, ground=ground, things=things, **arrays)
    painted = paint(Scene(BACKGROUNDS[ground], tuple(items), size=size, split="test")).images[0]
    assert np.array_equal(np.reshape(found, (size, size, 3)), painted.permute(1, 2, 0))
