"""The sprites that scenes are composed of."""

import numpy as np
import pytest
from PIL import Image

from utils.data import load_images
from utils.scenes.layout import (
    GARMENTS,
    KINDS,
    Item,
    Scene,
    sprite_count,
)
from utils.scenes.render import paint
from utils.scenes.sprites import load_sprites, silhouettes


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


def test_what_lies_outside_the_picture_is_not_told():
    cover = load_sprites("train").cover[load_sprites("train").first["boot"] :][:1000]
    number = int(np.argmin(cover[:, :17, :17].sum(axis=(1, 2))))  # nothing in the upper left quarter
    painted = paint(Scene("grass", (Item("boot", number, "blue", (96, 96), 32),)))
    assert len(painted.boxes[0]) == 0
    assert painted.captions == ("nothing on grass",)
