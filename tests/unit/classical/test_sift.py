"""Dense and found SIFT against slow loops and OpenCV."""

import cv2
import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from sklearn.preprocessing import normalize as unit

from utils.classical.sift import (
    cut_patches,
    dense_sift,
    extract_sift,
    grid_centres,
    normalise,
    orientation_maps,
    shuffle_patches,
)


def describe_by_loops(image, top, left, patch, clip=0.2):
    """SIFT of one upright patch, pixel by pixel; image is float (H, W)."""
    height, width = image.shape
    cell, middle = patch / 4, (patch - 1) / 2
    descriptor = np.zeros((4, 4, 8))
    for y in range(height):
        for x in range(width):
            right = image[y, min(x + 1, width - 1)] - image[y, max(x - 1, 0)]
            up = image[max(y - 1, 0), x] - image[min(y + 1, height - 1), x]
            turn = (np.arctan2(up, right) / (np.pi / 4)) % 8
            dy, dx = y - top - middle, x - left - middle
            weight = np.exp(-(dy**2 + dx**2) / (2 * (patch / 2) ** 2)) * np.hypot(right, up)
            for row in range(4):
                for column in range(4):
                    share = max(0, 1 - abs(dy / cell - (row - 1.5))) * max(0, 1 - abs(dx / cell - (column - 1.5)))
                    for k in range(8):
                        apart = min(abs(turn - k), 8 - abs(turn - k))
                        descriptor[row, column, k] += weight * share * max(0, 1 - apart)
    descriptor = np.minimum(descriptor / np.linalg.norm(descriptor), clip)
    return descriptor.ravel() / np.linalg.norm(descriptor)


@pytest.mark.parametrize(("patch", "step"), [(8, 3), (12, 4), (16, 5)])
def test_dense_sift_is_the_formula(rng, patch, step):
    images = rng.random((2, 20, 22))
    ours = dense_sift(torch.tensor(images), patch=patch, step=step).numpy()
    assert ours.shape == (2, len(range(0, 20 - patch + 1, step)), len(range(0, 22 - patch + 1, step)), 128)
    for row, column in np.ndindex(ours.shape[1:3]):
        assert_allclose(ours[1, row, column], describe_by_loops(images[1], row * step, column * step, patch), atol=1e-6)


@pytest.mark.parametrize("patch", [16, 32])
def test_dense_sift_is_like_opencvs_at_given_keypoints(photo, patch):
    ours = dense_sift(torch.tensor(photo)[None] / 255, patch=patch, step=16, blur=(1.6**2 - 0.5**2) ** 0.5)[0]
    ys, xs = (grid_centres(side, patch=patch, step=16) for side in photo.shape)
    points = [cv2.KeyPoint(x, y, patch / 6, 0) for y in ys.tolist() for x in xs.tolist()]
    _, theirs = cv2.SIFT_create().compute(photo, points)
    likeness = [np.corrcoef(a, b)[0, 1] for a, b in zip(ours.reshape(-1, 128).numpy(), theirs, strict=True)]
    assert np.median(likeness) > 0.975
    assert np.quantile(likeness, 0.05) > 0.93


def test_light_and_contrast_do_not_matter_and_turning_does(photo):
    image = torch.tensor(photo)[None] / 255
    plain = dense_sift(image)
    assert_allclose(dense_sift(0.5 * image + 0.3), plain, atol=1e-4)
    assert (dense_sift(image.flip(2)) - plain).norm(dim=-1).mean() > 0.3


def test_a_mirror_image_permutes_the_descriptor(rng):
    image = torch.tensor(rng.random((1, 16, 16)))
    plain, mirrored = (dense_sift(i)[0, 0, 0].reshape(4, 4, 8) for i in (image, image.flip(2)))
    assert_allclose(mirrored, plain.flip(1)[..., [4, 3, 2, 1, 0, 7, 6, 5]], atol=1e-6)


def test_an_empty_patch_gives_zeros_and_so_does_one_that_is_too_faint(rng):
    assert dense_sift(torch.zeros(1, 16, 16)).abs().max() == 0
    faint = torch.tensor(1e-3 * rng.random((1, 16, 16)))
    assert dense_sift(faint).norm() == pytest.approx(1)
    assert dense_sift(faint, faintest=0.5).abs().max() == 0


def test_nothing_is_clipped_above_one(rng):
    votes = torch.tensor(rng.random((5, 128)))
    assert_allclose(normalise(votes, clip=2), torch.nn.functional.normalize(votes, dim=-1))


def test_many_images_are_described_as_one_by_one(rng):
    images = torch.tensor(rng.random((5, 1, 400, 400)))  # more than fit into one part
    assert_allclose(dense_sift(images, step=64), torch.cat([dense_sift(i[None], step=64) for i in images]), atol=1e-7)


def test_orientation_maps_sum_to_the_length_of_the_gradient():
    ramp = torch.arange(6.0).expand(6, 6)[None]  # brighter to the right
    maps = orientation_maps(ramp)
    assert_allclose(maps[0, 0, :, 1:-1], np.full((6, 4), 2))
    assert maps[0, 1:].abs().max() == 0
    up = orientation_maps(ramp.transpose(1, 2).flip(1))
    assert_allclose(up[0, 2, 1:-1], np.full((4, 6), 2), atol=1e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: dense_sift(torch.zeros(1, 3, 28, 28)), "make them grey"),
        (lambda: dense_sift(torch.zeros(1, 28, 28, dtype=torch.uint8)), "images / 255"),
        (lambda: dense_sift(torch.zeros(1, 28, 28), patch=10), "multiple of 4"),
        (lambda: dense_sift(torch.zeros(1, 12, 28)), "smaller patch"),
        (lambda: extract_sift(np.zeros((5, 5, 3))), "make it grey"),
        (lambda: extract_sift(np.full((32, 32), 255.0)), r"floats in \[0, 1\]"),
        (lambda: shuffle_patches(torch.zeros(1, 1, 28, 28), patch=5), "divisor"),
    ],
)
def test_errors_of_descriptors_name_the_remedy(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_keypoints_are_opencvs(photo):
    ours = extract_sift(photo, n_keypoints=50)
    found, theirs = cv2.SIFT_create(nfeatures=50).detectAndCompute(photo, None)
    assert_allclose(ours.places, [point.pt[::-1] for point in found])
    assert_allclose(ours.descriptors, unit(theirs), atol=1e-6)
    assert_allclose(extract_sift(photo / 255, n_keypoints=50).descriptors, ours.descriptors)
    assert extract_sift(np.zeros((40, 40), np.uint8)).places.shape == (0, 2)


def test_patches_lie_where_the_grid_says(rng):
    images = torch.tensor(rng.random((2, 20, 24)))
    cut = cut_patches(images, patch=8, step=4)
    centre = grid_centres(24, patch=8, step=4)[2]
    assert_allclose(cut[1, 1, 2], images[1, 4:12, int(centre - 3.5) : int(centre + 4.5)])


def test_shuffling_keeps_each_images_pieces_and_moves_them():
    images = torch.rand(20, 3, 12, 8)
    mixed = shuffle_patches(images, patch=4, generator=torch.Generator().manual_seed(1))
    assert mixed.shape == images.shape
    orders = set()
    for before, after in zip(images, mixed, strict=True):
        old, new = (i.unfold(1, 4, 4).unfold(2, 4, 4).permute(1, 2, 0, 3, 4).reshape(6, -1) for i in (before, after))
        order = tuple(int((old == piece).all(dim=1).nonzero()[0, 0]) for piece in new)
        assert sorted(order) == [0, 1, 2, 3, 4, 5]
        orders.add(order)
    assert len(orders) > 5  # a new order for each image
