"""Graphics of the Summer Vision Project: rays against solids, light and shadow, and how tables are laid out."""

import json
from dataclasses import replace

import numpy as np
import pytest

from utils.classical import summer_world
from utils.classical.summer_vision import box_of
from utils.classical.summer_world import (
    COLOURS,
    KINDS,
    SCALE,
    SHAPE,
    TABLE,
    Solid,
    World,
    camera_axes,
    extent_of,
    hit,
    random_world,
    rays,
    render,
    towards,
    world_settings,
)  # fmt: skip

SIZES = {"ball": (1.2, 1.2, 1.2), "brick": (1.5, 0.8, 1.0), "cylinder": (0.9, 0.9, 1.4), "cone": (1.1, 1.1, 1.5)}


def solid(kind, place=(0.0, 0.0), turn=20.0):
    return Solid(kind, place, SIZES[kind], turn, "red")


def is_inside(solid, points):
    """Tell which points lie in a solid, from the definition of each kind and no ray."""
    a = np.radians(solid.turn)
    x, y = points[:, 0] - solid.place[0], points[:, 1] - solid.place[1]
    x, y, z = np.cos(a) * x + np.sin(a) * y, -np.sin(a) * x + np.cos(a) * y, points[:, 2]
    width, depth, height = solid.size
    if solid.kind == "ball":
        return x**2 + y**2 + (z - height / 2) ** 2 <= (height / 2) ** 2
    if solid.kind == "brick":
        return (abs(x) <= width / 2) & (abs(y) <= depth / 2) & (z >= 0) & (z <= height)
    radius = width / 2 if solid.kind == "cylinder" else width / 2 * (1 - z / height)
    return (np.hypot(x, y) <= radius) & (z >= 0) & (z <= height)


@pytest.mark.parametrize("kind", KINDS)
def test_a_ray_meets_a_solid_where_it_first_enters(kind):
    rng, thing = np.random.default_rng(0), solid(kind, (0.3, -0.4))
    camera = (25.0, 40.0)
    away = camera_axes(camera)[2]
    origins = rays(camera)[rng.choice(SHAPE[0] * SHAPE[1], 1000, replace=False)]
    distance, normal = hit(thing, origins, away)
    steps = np.arange(36, 44, 0.004)
    entered = np.array([is_inside(thing, origin + steps[:, None] * away) for origin in origins])
    first = np.where(entered.any(axis=1), steps[entered.argmax(axis=1)], np.inf)
    sure = np.isfinite(first) == np.isfinite(distance)
    assert sure.mean() > 0.98  # a graze may fall between two steps
    assert np.isfinite(first).sum() > 10
    met = sure & np.isfinite(distance)
    np.testing.assert_allclose(distance[met], first[met], atol=0.005)
    np.testing.assert_allclose(np.linalg.norm(normal[met], axis=1), 1, atol=1e-9)
    just_outside = origins[met] + distance[met, None] * away + 1e-6 * normal[met]
    assert not is_inside(thing, just_outside).any()
    assert (normal[met] @ away <= 1e-9).all()  # it looks towards the camera


def test_a_ball_is_a_disc_of_its_radius_and_the_rest_is_table():
    drawn = render(World((solid("ball"),)))
    assert (drawn.owner == 0).sum() == pytest.approx(np.pi * (0.6 * SCALE) ** 2, rel=0.03)
    np.testing.assert_allclose(drawn.image[drawn.owner == 0], np.tile(COLOURS["red"], ((drawn.owner == 0).sum(), 1)))
    np.testing.assert_allclose(drawn.image[drawn.owner < 0], np.tile(TABLE, ((drawn.owner < 0).sum(), 1)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_box_in_the_picture_is_that_of_the_drawing(kind):
    thing, camera = solid(kind, (0.5, 0.7)), (-30.0, 50.0)
    top, left, bottom, right = box_of(render(World((thing,), camera)).owner == 0)
    (start, end), (low, high) = extent_of(thing, camera) * SCALE
    middle = np.array(SHAPE) / 2
    np.testing.assert_allclose((left, right), middle[1] + np.array([start, end]), atol=1)
    np.testing.assert_allclose((top, bottom), middle[0] - np.array([high, low]), atol=1)


def test_what_is_nearer_hides_what_is_behind():
    front, behind = solid("cylinder", (0.0, -0.5)), solid("brick", (0.0, 0.5))
    for order in ((front, behind), (behind, front)):
        owner = render(World(order)).owner
        alone = render(World((front,))).owner == 0
        assert (owner[alone] == order.index(front)).all()


def test_surfaces_are_brightest_where_they_face_the_light():
    world = World((solid("ball"),), light=(-90.0, 30.0), relaxed=frozenset(["shading"]))
    drawn = render(world)
    rows, columns = np.nonzero(drawn.owner == 0)
    brightness = drawn.image[rows, columns].sum(axis=1)
    assert np.corrcoef(columns, brightness)[0, 1] < -0.7
    np.testing.assert_allclose(drawn.image[drawn.owner < 0].min(axis=0), TABLE)


def test_a_place_of_the_table_is_dark_if_something_stands_between_it_and_the_light():
    world = World(
        tuple(solid(kind, (1.6 * k - 2.4, 0.0)) for k, kind in enumerate(KINDS)), relaxed=frozenset(["shadows"])
    )
    drawn = render(world)
    origins, away = rays(world.camera), camera_axes(world.camera)[2]
    points = origins - (origins[:, 2] / away[2])[:, None] * away
    table = drawn.owner.ravel() < 0
    steps = np.arange(0.01, 4, 0.02)[:, None] * towards(*world.light)
    dark = np.array([any(is_inside(thing, point + steps).any() for thing in world.solids) for point in points[table]])
    shown = drawn.image.reshape(-1, 3)[table, 0] < 0.8 * TABLE[0]
    assert dark.sum() > 200
    assert (shown == dark).mean() > 0.995


def test_noise_is_added_only_where_it_is_let_in():
    noise = np.full((*SHAPE, 3), 0.05)
    plain = World((solid("ball"),))
    np.testing.assert_array_equal(render(plain, noise=noise).image, render(plain).image)
    noisy = render(replace(plain, relaxed=frozenset(["noise"])), noise=noise).image
    np.testing.assert_allclose(noisy, render(plain).image + 0.05)


def test_random_tables_hold_what_was_asked_for():
    rng = np.random.default_rng(0)
    for _ in range(20):
        world = random_world(rng)
        assert {thing.kind for thing in world.solids} <= {"ball", "brick", "cylinder"}
        owner = render(world).owner
        assert {owner[0].max(), owner[-1].max(), owner[:, 0].max(), owner[:, -1].max()} == {-1}
        alone = [render(replace(world, solids=(thing,))).owner == 0 for thing in world.solids]
        assert (np.sum(alone, axis=0) <= 1).all()  # nothing hides anything
        assert all((owner == k).sum() == mask.sum() for k, mask in enumerate(alone))
    assert random_world(rng, ["unknown"]).solids[-1].kind == "cone"


@pytest.mark.parametrize(
    ("word", "pair", "least", "most"), [("touching", (0, 1), 0.0, 0.12), ("occlusion", (2, 3), 0.1, 0.65)]
)
def test_two_touch_or_one_hides_a_part_of_another(word, pair, least, most):
    rng, shares = np.random.default_rng(1), []
    for _ in range(20):
        world = random_world(rng, [word])
        one, other = (render(replace(world, solids=(world.solids[k],))).owner == 0 for k in pair)
        shares.append((one & other).sum() / min(one.sum(), other.sum()))
    assert least <= np.mean(shares) <= most


def test_a_world_is_written_as_plain_values():
    world = random_world(np.random.default_rng(0), ("shadows", "noise"))
    written = json.loads(json.dumps(world_settings(world)))
    assert written["relaxed"] == ["noise", "shadows"]
    assert set(summer_world.RELAXATIONS) >= set(written["relaxed"])
    again = World(tuple(Solid(**values) for values in written["solids"]), written["camera"], written["light"])
    assert [thing.kind for thing in again.solids] == [thing.kind for thing in world.solids]
