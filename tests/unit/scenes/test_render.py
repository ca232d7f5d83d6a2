"""Painted scenes and clips, and that their truths are true."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
import torch

from utils.scenes.layout import (
    ACTIONS,
    COLOURS,
    GARMENTS,
    KINDS,
    Clip,
    Item,
    Light,
    Scene,
)
from utils.scenes.render import paint, paint_clips
from utils.scenes.sampling import random_clips, random_scenes

LEVELS = ("scale", "rotation", "occlusion", "lighting", "clutter")


def bag(**changed):
    return replace(Item("bag", 0, "white", (48, 48), 32), **changed)


def alone(scene, index):
    """Mask of one item with nothing else in the picture; None if it is not seen."""
    painted = paint(replace(scene, items=(scene.items[index],), clutter=()))
    return painted.masks[0][0] if len(painted.masks[0]) else None


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


def test_painting_together_or_one_by_one_is_the_same():
    scenes = random_scenes(40, seed=1)
    together = paint(scenes)
    for index in (0, 31, 32, 39):
        single = paint(scenes[index])
        assert torch.equal(single.images[0], together.images[index])
        assert torch.equal(single.masks[0], together.masks[index])
        assert torch.equal(single.class_map[0], together.class_map[index])


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


def test_a_scene_without_items_has_empty_truths():
    painted = paint(Scene("gravel", ()))
    assert painted.masks[0].shape == (0, 96, 96)
    assert painted.boxes[0].shape == (0, 4)
    assert painted.keypoints[0].shape == (0, 4, 2)
    assert painted.class_map.max() == 0


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
