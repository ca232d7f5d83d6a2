"""Solids, their projections and edges, and the pose that is recovered from them."""

import cv2
import numpy as np
import pytest
from numpy.testing import assert_allclose
from skimage.filters import roberts

from utils.classical.blocks_world import (
    Polyhedron,
    angle_between,
    draw_solid,
    project,
    random_rotation,
    recover_pose,
    roberts_cross,
    visible_faces,
    wedge,
)


def test_roberts_is_scikit_images_but_for_its_scale(rng):
    image = rng.random((12, 9))
    assert_allclose(roberts_cross(image)[1:-1, 1:-1], np.sqrt(2) * roberts(image)[1:-2, 1:-2])


def test_the_wedge_has_flat_faces_and_looks_itself_after_no_turn():
    solid = wedge()
    for face in solid.faces:
        corners = solid.corners[list(face)]
        assert np.linalg.matrix_rank(corners - corners[0], tol=1e-9) == 2
    half_turn = solid.corners @ np.diag([-1.0, -1.0, 1.0])
    assert np.abs(half_turn[:, None] - solid.corners).sum(axis=2).min(axis=1).max() > 0.1


def test_projecting_is_opencvs(rng):
    points, turn, move = rng.normal(size=(7, 3)), random_rotation(rng), np.array([0.1, 0.2, 9.0])
    camera = np.array([[300, 0, 99.5], [0, 300, 99.5], [0, 0, 1.0]])
    theirs = cv2.projectPoints(points, cv2.Rodrigues(turn)[0], move, camera, None)[0][:, 0]
    assert_allclose(project(points, turn, move, focal=300, centre=(99.5, 99.5)), theirs)


def test_rotations_are_rotations_and_angles_are_right(rng):
    turn = random_rotation(rng)
    assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1)
    more = cv2.Rodrigues(np.array([0.0, 0.3, 0.0]))[0]
    assert angle_between(turn, more @ turn) == pytest.approx(np.degrees(0.3))


def test_only_faces_that_look_at_the_camera_are_seen():
    cube = Polyhedron(
        np.array([[x, y, z] for z in (-1, 1) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))], dtype=float),
        ((0, 1, 2, 3), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)),
    )
    assert visible_faces(cube, np.eye(3), np.array([0, 0, 5.0])) == [0]  # the near one
    picture = draw_solid(cube, np.eye(3), np.array([0, 0, 5.0]), focal=20, size=40)
    assert picture[20, 20] == pytest.approx(0.35)
    assert picture[0, 0] == pytest.approx(0.1)


@pytest.mark.parametrize("seed", range(4))
def test_a_pose_is_found_from_exact_corners_in_any_order(seed):
    rng = np.random.default_rng(seed)
    solid, turn, move = wedge(), random_rotation(rng), np.array([0.2, -0.1, 6.0])
    while len(visible_faces(solid, turn, move)) < 3:
        turn = random_rotation(rng)
    seen = sorted({i for face in visible_faces(solid, turn, move) for i in solid.faces[face]})
    points = project(solid.corners[seen], turn, move, focal=300, centre=(99.5, 99.5))
    camera = {"focal": 300, "centre": (99.5, 99.5)}
    pose = recover_pose(points[rng.permutation(len(points))], solid, **camera, rng=rng, good=0.01)
    assert pose.error < 0.01
    assert angle_between(turn, pose.rotation) < 0.1


def test_too_few_corners_are_refused(rng):
    with pytest.raises(ValueError, match="at least four"):
        recover_pose(np.zeros((3, 2)), wedge(), focal=300, centre=(0, 0), rng=rng)
