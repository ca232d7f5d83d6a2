"""Compare the trainer with a bare PyTorch loop, and with DataLoader and per-image transforms, in one run.

    python -m tools.bench [--rounds 5] [--epochs 1]

Each round times every way once, in turn, so that a slow moment of the machine hits all of them. The medians of the
ratios are printed; seconds of one run say little about another machine. Last, the data: seconds to load what ships, and
to compose scenes.
"""

import argparse
import statistics
import time
from functools import partial

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from utils.cnn import LeNet
from utils.composing import random_scenes
from utils.data import load_images
from utils.painting import paint
from utils.pretrained import load_efficientnet_lite0
from utils.runtime import import_torchvision, seed_everything
from utils.sprites import load_sprites
from utils.training import batches, fit

BATCH_SIZE = 64


def fresh():
    """Return the same model and optimiser at every call."""
    seed_everything(0)
    model = LeNet()
    return model, torch.optim.Adam(model.parameters(), lr=1e-3)


def with_fit(garments, n_epochs):
    model, optimizer = fresh()
    loader = batches(garments.images, garments.labels, batch_size=BATCH_SIZE, shuffle=True)
    fit(model, loader, F.cross_entropy, optimizer, n_epochs=n_epochs, progress=False)


def with_bare_loop(garments, n_epochs):
    model, optimizer = fresh()
    for _ in range(n_epochs):
        for chosen in torch.randperm(len(garments)).split(BATCH_SIZE):
            loss = F.cross_entropy(model(garments.images[chosen]), garments.labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


class PerImage(Dataset):
    """What many tutorials do: one picture at a time, from PIL to tensor."""

    def __init__(self, garments):
        import_torchvision()
        from PIL import Image
        from torchvision import transforms

        pixels = (garments.images[:, 0] * 255).byte().numpy()
        self.pictures = [Image.fromarray(image) for image in pixels]
        self.labels = garments.labels.tolist()
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize(0.0, 1.0)])

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.transform(self.pictures[index]), self.labels[index]


def with_data_loader(garments, n_epochs):
    model, optimizer = fresh()
    loader = DataLoader(PerImage(garments), batch_size=BATCH_SIZE, shuffle=True)
    for _ in range(n_epochs):
        for images, labels in loader:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def time_data():
    """Print how long each shipped set, the pretrained network and 1,000 scenes take, once each, in this process."""
    jobs = {f"load {name}": partial(load_images, name) for name in ("fashion_mnist", "digits", "faces")}
    jobs["load EfficientNet-Lite0"] = load_efficientnet_lite0
    jobs["cut out the sprites of scenes"] = partial(load_sprites, "train")
    jobs["describe 1,000 scenes of 96 x 96"] = partial(random_scenes, 1000, seed=0)
    jobs["describe and paint 1,000 scenes"] = lambda: paint(random_scenes(1000, seed=0))
    for name, job in jobs.items():
        start = time.perf_counter()
        job()
        print(f"{name:34} {time.perf_counter() - start:6.2f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=1)
    options = parser.parse_args()
    garments = load_images("fashion_mnist")
    ways = {"bare loop": with_bare_loop, "fit": with_fit, "DataLoader, per-image transforms": with_data_loader}
    seconds = {name: [] for name in ways}
    for way in ways.values():
        way(garments[:1000], 1)  # warm up
    for round_ in range(options.rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            way(garments, options.epochs)
            seconds[name].append(time.perf_counter() - start)
        print(f"bench: round {round_ + 1} of {options.rounds}", flush=True)
    for name, times in seconds.items():
        ratios = [mine / bare for mine, bare in zip(times, seconds["bare loop"], strict=True)]
        middle, low, high = statistics.median(ratios), min(ratios), max(ratios)
        print(f"{name:34} {statistics.median(times):6.2f} s   {middle:5.2f} × bare loop ({low:.2f} to {high:.2f})")
    time_data()


if __name__ == "__main__":
    main()
