"""The demo of six mean average precisions: what it shows is held against Python, by mouse and keyboard."""

import numpy as np

from tests.site.exported import publish
from utils.detection.scoring import (
    CONVENTIONS,
)
from utils.scenes.render import paint
from utils.scenes.sampling import random_scenes

ID = "efficient-bits"
STEM = "11_efficient_architectures"  # its demo is replaced by that of this test
CLASSES = ["t-shirt", "trousers", "bag", "boot", "cat", "seven"]
KINDS = ["t-shirt", "trousers", "bag", "boot", "dress", "seven"]
SHOWN = CONVENTIONS["COCO at 0.5"]
ORDERS = ("as they come", "rounded, hits first", "rounded, false alarms first")
RULES = {"own": "by its own rule", "best free": "the best free thing", "best": "the best thing"}
SHARES = {0: "nothing", 0.25: "things seen under 25 %", 0.5: "things seen under 50 %"}


# ---------------------------------------------------------------- boxes, and a page that shows them


def scattered(seed=0, per_thing=20, false=30):
    """Scenes, and the boxes that a detector might give for them: heaps around things, and others."""
    rng = np.random.default_rng(seed)
    painted = paint(random_scenes(24, seed=seed, size=96, n_items=(2, 5), difficulty=0.7, kinds=KINDS, split="test"))
    names = sorted({int(label) for labels in painted.labels for label in labels})
    found, true = [], []
    for scene, (boxes, labels, seen) in enumerate(zip(painted.boxes, painted.labels, painted.visibility, strict=True)):
        labels = np.array([names.index(int(label)) for label in labels])
        true.append((boxes.numpy(), labels, seen.numpy(), np.full(len(labels), scene)))
        aim = np.repeat(np.arange(len(labels)), rng.integers(1, 2 * per_thing, len(labels)))
        sides = (boxes[:, 2:] - boxes[:, :2]).numpy()[aim]
        blur = rng.choice([0.04, 0.12, 0.3], len(labels))[aim, None]
        near = boxes.numpy()[aim] + np.tile(sides, 2) * blur * rng.normal(0, 1, (len(aim), 4))
        corners = rng.uniform(0, 70, (false, 2))
        all_boxes = np.vstack([near, np.hstack([corners, corners + rng.uniform(8, 40, (false, 2))])])
        all_boxes[:, 2:] = np.maximum(all_boxes[:, 2:], all_boxes[:, :2] + 1)
        sure = np.concatenate(
            [rng.beta(4, 2.5, len(labels))[aim] * rng.uniform(0.6, 1, len(aim)), rng.beta(1, 5, false)]
        )
        kinds = np.concatenate([labels[aim], rng.integers(0, len(names), false)])
        kinds = np.where(rng.random(len(kinds)) < 0.12, rng.integers(0, len(names), len(kinds)), kinds)
        found.append((all_boxes, sure, kinds, np.full(len(kinds), scene)))
    found, true = ([np.concatenate(part) for part in zip(*lists, strict=True)] for lists in (found, true))
    return {
        "classes": CLASSES,
        "images": painted.images.numpy(),
        **dict(zip(("boxes", "scores"), (part.astype(np.float32) for part in found[:2]), strict=True)),
        **dict(zip(("labels", "scenes"), (part.astype(np.int32) for part in found[2:]), strict=True)),
        "true_boxes": true[0].astype(np.float32),
        "true_labels": true[1].astype(np.int32),
        "seen": true[2].astype(np.float32),
        "true_scenes": true[3].astype(np.int32),
    }


def export(folder, task):
    return publish(folder, "six_maps", id=ID, alt="Six mean average precisions of one set of boxes.", **task)
