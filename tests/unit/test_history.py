"""Lecture 05: blocks, eigenfaces, colours, windows, parts and letters against other implementations and slow loops."""

import cv2
import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from skimage.filters import roberts
from sklearn.decomposition import PCA

from utils.blocks import (
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
from utils.colour_histograms import (
    N_BINS,
    backproject,
    bin_colours,
    colour_bins,
    colour_histogram,
    histogram_match,
)
from utils.descriptors import orientation_maps
from utils.eigenfaces import decode, distance_from_face_space, encode, fit_face_space
from utils.letters import FONTS, draw_letters
from utils.photographs import load_photograph
from utils.pictorial import (
    Springs,
    best_placement,
    distance_transform,
    part_costs,
    part_energies,
    spring_energies,
)
from utils.windows import SIDE, keep_best, overlap, scan, window_features


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# ---------------------------------------------------------------- blocks


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


# ---------------------------------------------------------------- eigenfaces


def test_eigenfaces_are_principal_components(rng):
    images = rng.random((15, 1, 6, 5))
    space, library = fit_face_space(torch.tensor(images)), PCA(14, svd_solver="full").fit(images.reshape(15, -1))
    assert_allclose(np.abs(space.components), np.abs(library.components_), atol=1e-9)
    assert_allclose(space.scales**2, library.explained_variance_)
    strongest = np.abs(space.components).argmax(axis=1)
    assert (space.components[np.arange(14), strongest] > 0).all()


def test_all_eigenfaces_give_the_faces_back_and_fewer_the_projection(rng):
    images = rng.random((8, 6, 5))
    space = fit_face_space(images)
    assert_allclose(decode(encode(images, space), space), images)
    assert_allclose(distance_from_face_space(images, space), 0, atol=1e-10)
    small, other = fit_face_space(images, n_components=3), rng.random((2, 6, 5))
    assert_allclose(decode(encode(images, space)[:, :3], space), decode(encode(images, small), small))
    left = other.reshape(2, -1) - decode(encode(other, small), small).reshape(2, -1)
    assert_allclose(distance_from_face_space(other, small), np.linalg.norm(left, axis=1))
    assert_allclose(left @ small.components.T, 0, atol=1e-10)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: fit_face_space(np.zeros((3, 2, 2)), n_components=3), "at most 2"),
        (lambda: fit_face_space(np.zeros((1, 2, 2))), "take more images"),
        (lambda: fit_face_space(np.zeros((3, 3, 2, 2))), "in grey"),
        (lambda: encode(np.zeros((1, 3, 3)), fit_face_space(np.eye(4).reshape(4, 2, 2))), "resize"),
    ],
)
def test_faces_that_do_not_fit_are_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


# ---------------------------------------------------------------- colours


def test_colour_bins_are_the_formula_pixel_by_pixel(rng):
    pixels = rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)
    bins = colour_bins(pixels)
    for place in np.ndindex(5, 7):
        r, g, b = (int(value) for value in pixels[place])
        i, j, k = (r - g + 255) * 16 // 511, (2 * b - r - g + 510) * 16 // 1021, (r + g + b) * 8 // 766
        assert bins[place] == (i * 16 + j) * 8 + k
    corners = np.array(list(np.ndindex(2, 2, 2)), dtype=np.uint8) * 255
    assert colour_bins(corners).min() >= 0
    assert colour_bins(corners).max() < N_BINS


def test_a_histogram_does_not_know_places_and_a_mask_selects(rng):
    pixels = rng.integers(0, 256, (6, 6, 3), dtype=np.uint8)
    plain = colour_histogram(pixels)
    assert plain.sum() == pytest.approx(1)
    assert_allclose(colour_histogram(pixels[::-1]), plain)
    mask = np.zeros((6, 6), bool)
    mask[:2] = True
    assert_allclose(colour_histogram(pixels, mask=mask), colour_histogram(pixels[:2]))
    assert histogram_match(plain, plain) == pytest.approx(1)


def test_backprojection_finds_the_rarer_colour():
    scene = np.zeros((4, 4, 3), dtype=np.uint8)
    scene[1:3, 1:3] = (250, 40, 10)
    likely = backproject(scene, colour_histogram(scene[1:3, 1:3]))
    assert_allclose(likely, (scene[..., 0] > 0).astype(float))


def test_a_bins_colour_lies_in_it_or_next_to_it():
    colours = bin_colours()
    used = colours.any(axis=1)
    # a mean of rounded colours may cross a border, seldom
    assert (colour_bins(colours)[used] == np.flatnonzero(used)).mean() > 0.9


@pytest.mark.parametrize("pixels", [np.zeros((2, 2), np.uint8), np.zeros((2, 2, 3))])
def test_pixels_without_colour_are_refused(pixels):
    with pytest.raises(ValueError, match="uint8, in colour"):
        colour_histogram(pixels)


# ---------------------------------------------------------------- windows


def test_window_features_are_the_definition_by_loops():
    image = torch.rand(1, 33, 31, generator=torch.Generator().manual_seed(0))
    ours, maps = window_features(image, step=3), orientation_maps(image)[0]
    assert ours.shape == (1, 3, 3, 200)
    for row, column in np.ndindex(3, 3):
        window = maps[:, 3 * row : 3 * row + 25, 3 * column : 3 * column + 25]
        cells = window.reshape(8, 5, 5, 5, 5).mean(dim=(2, 4)).flatten()  # (8, 5, 5)
        assert_allclose(ours[0, row, column], (cells / cells.sum()).sqrt(), atol=1e-6)


def test_a_window_without_gradients_is_zero_and_small_images_are_refused():
    assert window_features(torch.zeros(1, 25, 25)).abs().max() == 0
    with pytest.raises(ValueError, match="enlarge"):
        window_features(torch.zeros(1, 24, 30))


def test_scanning_finds_the_planted_window_at_its_place_and_size():
    photo = torch.tensor(load_photograph("camera", gray=True, size=(96, 96)).pixels) / 255
    weights = window_features(photo[None], step=1)[0, 20, 34]
    found = scan(photo, weights, 0.0, sizes=[SIDE, 2 * SIDE], step=2, threshold=0)
    best = found.boxes[found.scores.argmax()]
    assert best.tolist() == [20, 34, 45, 59]
    assert found.scores.max() == pytest.approx(1, abs=1e-5)  # with itself
    assert found.n_windows == 36**2 + 12**2
    assert len(scan(photo, weights, 0.0, sizes=[500]).boxes) == 0


def test_kept_boxes_do_not_overlap_and_each_dropped_one_overlaps_a_better_one(rng):
    corners = rng.random((60, 2)) * 40
    boxes, scores = np.hstack([corners, corners + 10]), rng.random(60)
    kept = keep_best(boxes, scores, most=0.3)
    assert list(scores[kept]) == sorted(scores[kept], reverse=True)
    for index in range(60):
        shared = overlap(boxes[index], boxes[kept])
        if index in kept:
            assert (shared > 0.3).sum() == 1  # itself
        else:
            assert (shared[scores[kept] > scores[index]] > 0.3).any()
    assert keep_best(np.zeros((0, 4)), np.zeros(0)) == []


def test_boxes_that_overlap_by_just_as_much_as_they_may_are_kept():
    boxes, scores = np.array([[0, 0, 10, 10], [0, 0, 10, 5]]), np.array([0.9, 0.8])
    assert overlap(boxes[0], boxes[1:]) == 0.5
    assert keep_best(boxes, scores, most=0.5) == [0, 1]
    assert keep_best(boxes, scores, most=0.49) == [0]


# ---------------------------------------------------------------- parts and springs


@pytest.mark.parametrize("offset", [(0, 0), (3, -2), (-9, 15)])
@pytest.mark.parametrize("stiffness", [1e-3, 0.2, 5.0])
def test_the_distance_transform_is_the_definition(rng, offset, stiffness):
    values = rng.random((9, 7))
    lowest, place = distance_transform(values, stiffness, offset=offset)
    for p in np.ndindex(9, 7):
        every = [
            values[q] + stiffness * ((q[0] - p[0] - offset[0]) ** 2 + (q[1] - p[1] - offset[1]) ** 2)
            for q in np.ndindex(9, 7)
        ]
        assert lowest[p] == pytest.approx(min(every))
        q = tuple(place[p])
        reached = values[q] + stiffness * ((q[0] - p[0] - offset[0]) ** 2 + (q[1] - p[1] - offset[1]) ** 2)
        assert reached == pytest.approx(lowest[p])


@pytest.mark.parametrize("parents", [(-1, 0, 0), (-1, 0, 1)])
@pytest.mark.parametrize("seed", range(3))
def test_the_best_placement_is_the_best_of_all(parents, seed):
    rng = np.random.default_rng(seed)
    costs = rng.random((3, 4, 5))
    springs = Springs(parents, ((0, 0), (1, -1), (2, 3)), (0, *rng.random(2)))
    best = best_placement(costs, springs)
    every = np.array(list(np.ndindex(4, 5)))
    energies = [
        part_energies(costs, every[list(chosen)]).sum() + spring_energies(every[list(chosen)], springs).sum()
        for chosen in np.ndindex(20, 20, 20)
    ]
    assert best.energy == pytest.approx(min(energies))
    again = part_energies(costs, best.places).sum() + spring_energies(best.places, springs).sum()
    assert again == pytest.approx(best.energy)


def test_part_costs_are_zero_where_the_part_was_cut_out(rng):
    image = rng.random((30, 40))
    costs = part_costs(image, [image[4:11, 20:29], 0.5 * image[12:20, 5:15] + 0.2])
    assert np.unravel_index(costs[0].argmin(), (30, 40)) == (7, 24)
    assert np.unravel_index(costs[1].argmin(), (30, 40)) == (16, 10)
    assert_allclose(costs.min(axis=(1, 2)), 0, atol=1e-4)
    assert costs[0, 0, 0] == 1  # the template would leave the image


@pytest.mark.parametrize(
    ("springs", "words"),
    [
        (Springs((-1, 2, 0), ((0, 0),) * 3, (0, 1, 1)), "comes before"),
        (Springs((0, 0, 0), ((0, 0),) * 3, (0, 1, 1)), "expected -1 first"),
        (Springs((-1, 0), ((0, 0),) * 2, (0, 1)), "one map for each part"),
        (Springs((-1, 0, 0), ((0, 0),) * 3, (0, 1, 0)), "positive"),
    ],
)
def test_springs_that_make_no_tree_are_named(springs, words):
    with pytest.raises(ValueError, match=words):
        best_placement(np.zeros((3, 4, 4)), springs)


# ---------------------------------------------------------------- letters


def test_letters_are_ink_in_the_middle_and_shifts_move_them(rng):
    images, labels = draw_letters("AWI", 8, rng=rng)
    assert images.shape == (24, 20, 20)
    assert set(np.unique(images)) == {0, 1}
    assert labels.tolist() == [0] * 8 + [1] * 8 + [2] * 8
    for image in images:
        rows, columns = np.nonzero(image)
        assert abs((rows.min() + rows.max()) / 2 - 9.5) <= 1
        assert abs((columns.min() + columns.max()) / 2 - 9.5) <= 1
    assert len({image.tobytes() for image in images[:8]}) > 1  # several typefaces
    moved, _ = draw_letters("A", 30, rng=rng, shift=3)
    assert np.ptp([np.nonzero(image)[1].min() for image in moved]) >= 4
    assert len(FONTS) == 5


def test_noise_flips_the_share_it_is_asked_to():
    clean, _ = draw_letters("E", 40, rng=np.random.default_rng(1))
    noisy, _ = draw_letters("E", 40, rng=np.random.default_rng(1), noise=0.5)
    assert abs(noisy.mean() - 0.5) < 0.02
    assert clean.mean() < 0.25
