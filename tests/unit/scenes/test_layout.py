"""Descriptions of scenes, and what they refuse."""

import itertools

import numpy as np
from skimage.color import rgb2lab

from utils.scenes.layout import (
    COLOURS,
    GARMENTS,
    fixed_cos_sin,
)


def test_digits_have_no_keypoints(hard):
    for labels, points, visible in zip(hard.labels, hard.keypoints, hard.keypoint_visible, strict=True):
        digit = labels >= len(GARMENTS)
        assert points[digit].isnan().all()
        assert not visible[digit].any()
        assert not points[~digit].isnan().any()


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


def test_cosine_and_sine_are_whole_numbers():
    assert [fixed_cos_sin(angle) for angle in (0, 90, 180)] == [(65536, 0), (0, 65536), (-65536, 0)]
