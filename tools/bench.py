"""Compare the trainer with a bare PyTorch loop, and with DataLoader and per-image transforms; tell what lectures cost.

    python -m tools.bench [--rounds 15] [--no-costs]

Short pieces of every way alternate, in an order that changes, with one thread: what else the machine does hits all of
them. A ratio is taken within each round; told are the medians, with the quartiles, of CPU time and of time by the
clock. Then CPU seconds to load what ships, and to compose scenes. Last, the table of costs, for ``book/costs.md``.
"""

import argparse
import random
import statistics
import time
from functools import partial

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from tools.costs import write_costs
from utils.data import load_images
from utils.networks.lenet import LeNet
from utils.networks.pretrained import load_efficientnet_lite0
from utils.runtime import import_torchvision, seed_everything
from utils.scenes.render import paint
from utils.scenes.sampling import random_scenes
from utils.scenes.sprites import load_sprites
from utils.training import fit
from utils.training.loop import batches

BATCH_SIZE = 64
PIECE = 1000  # images a piece


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


def alternate(ways, rounds):
    """Run every way once a round, in an order that changes; return (CPU seconds, seconds) of each, by name."""
    order, taken = random.Random(0), {name: [] for name in ways}
    for round_ in range(rounds):
        for name in order.sample(list(ways), len(ways)):
            cpu, clock = time.process_time(), time.perf_counter()
            ways[name]()
            taken[name].append((time.process_time() - cpu, time.perf_counter() - clock))
        print(f"bench: round {round_ + 1} of {rounds}", flush=True)
    return taken


def ratios(mine, base):
    """Return the median and the quartiles of the ratios within each round, for CPU time and for the clock."""
    told = []
    for kind in (0, 1):
        values = [one[kind] / other[kind] for one, other in zip(mine, base, strict=True)]
        low, middle, high = statistics.quantiles(values, n=4)
        told.append(f"{middle:5.2f} ({low:.2f} to {high:.2f})")
    return told


def time_trainer(rounds):
    """Print what `fit` and a DataLoader cost beside a bare loop."""
    garments = load_images("fashion_mnist")[:PIECE]
    ways = {
        "bare loop": partial(with_bare_loop, garments, 1),
        "fit": partial(with_fit, garments, 1),
        "DataLoader, per-image transforms": partial(with_data_loader, garments, 1),
    }
    alternate(ways, 1)  # warm up
    taken = alternate(ways, rounds)
    print(f"{'':34} {'CPU s':>7}   {'× bare loop, CPU time':24} × bare loop, by the clock")
    for name, times in taken.items():
        cpu, clock = ratios(times, taken["bare loop"])
        print(f"{name:34} {statistics.median(cpu_s for cpu_s, _ in times):7.3f}   {cpu:24} {clock}")


def time_data():
    """Print the CPU seconds that each shipped set, the pretrained network and 1,000 scenes take, once each."""
    jobs = {f"load {name}": partial(load_images, name) for name in ("fashion_mnist", "digits", "faces")}
    jobs["load EfficientNet-Lite0"] = load_efficientnet_lite0
    jobs["cut out the sprites of scenes"] = partial(load_sprites, "train")
    jobs["describe 1,000 scenes of 96 x 96"] = partial(random_scenes, 1000, seed=0)
    jobs["describe and paint 1,000 scenes"] = lambda: paint(random_scenes(1000, seed=0))
    for name, job in jobs.items():
        start = time.process_time()
        job()
        print(f"{name:34} {time.process_time() - start:7.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--no-costs", action="store_true", help="leave out the table of lectures")
    options = parser.parse_args()
    torch.set_num_threads(1)
    time_trainer(options.rounds)
    time_data()
    if not options.no_costs:
        write_costs()


if __name__ == "__main__":
    main()
