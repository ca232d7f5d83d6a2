"""The demos of lecture 05: their data, and the browser's arithmetic against Python's."""

import itertools
import json
import re

import numpy as np
import pytest
import torch
from torch import nn

from tools.project import ROOT
from utils.classical.bag_of_words import histogram_intersection
from utils.classical.colour_histograms import colour_histogram
from utils.classical.eigenfaces import decode, encode, fit_face_space
from utils.classical.pictorial_structures import Springs, best_placement, part_energies, spring_energies
from utils.classical.timeline import TABLE, load_timeline, timeline_settings
from utils.pictures.photographs import load_photograph

# ---------------------------------------------------------------- timeline


@pytest.fixture(scope="module")
def bibliography():
    """Each entry's fields, by its key."""
    entries = {}
    for entry in re.split(r"\n(?=@)", (ROOT / "book" / "references.bib").read_text()):
        key = re.match(r"@\w+\{([^,]+),", entry)
        fields = dict(re.findall(r"^  (\w+)\s*=\s*\{(.*)\},?$", entry, flags=re.M))
        assert key[1] not in entries, f"{key[1]} comes twice in the bibliography"
        entries[key[1]] = fields
    return entries


def test_the_timeline_is_sorted_and_whole():
    eras, milestones = load_timeline()
    assert len(milestones) >= 25
    assert [entry.year for entry in milestones] == sorted(entry.year for entry in milestones)
    assert milestones[0].year == 1958
    assert milestones[-1].year >= 2021
    assert {entry.era for entry in milestones} == {era.id for era in eras}
    for name in ("key", "link", "title"):
        assert len({getattr(entry, name) for entry in milestones}) == len(milestones)


@pytest.mark.parametrize("milestone", load_timeline()[1], ids=lambda entry: entry.key)
def test_each_milestone_agrees_with_the_bibliography(milestone, bibliography):
    entry = bibliography[milestone.key]
    assert milestone.year == int(entry["year"])
    assert milestone.link == (f"https://doi.org/{entry['doi']}" if "doi" in entry else entry["url"])
    first = re.sub(r"[^a-z]", "", entry["author"].partition(",")[0].replace(r"{\'e}", "e").lower())
    assert first in re.sub(r"[^a-z ]", "", milestone.who.lower().replace("é", "e")).split()


@pytest.mark.parametrize("milestone", load_timeline()[1], ids=lambda entry: entry.key)
def test_each_milestone_fits_a_slide(milestone):
    assert len(milestone.text) <= 260
    assert len(milestone.title) <= 50
    assert re.search(r"[.!]$", milestone.text)


def test_the_demo_gets_plain_numbers_and_text():
    settings = timeline_settings()
    assert json.loads(json.dumps(settings)) == settings
    assert settings["milestones"][0]["who"] == "Frank Rosenblatt"


FIRST = re.search(r"\[\[entries\]\].*?(?=\n\[\[entries\]\])", TABLE.read_text(), flags=re.S)[0]
ERAS = TABLE.read_text().partition("[[entries]]")[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda entry: entry + "\n\n" + entry, r"rosenblatt1958.* comes twice"),
        (lambda entry: entry.replace('era = "learning"', 'era = "stone"'), r"era 'stone'; known eras: appearance"),
        (lambda entry: entry.replace("https://doi.org/", "ftp://"), r"link 'ftp://.*expected https"),
        (lambda entry: re.sub("link = .*", "", entry), r"rosenblatt1958: link missing"),
        (lambda entry: re.sub("who = .*", 'who = ""', entry), r"rosenblatt1958: who missing, empty"),
        (lambda entry: entry + '\nrank = 1', r"rosenblatt1958: rank missing, empty or unknown"),
        (
            lambda entry: entry + "\n\n" + entry.replace("1958", "1957").replace("h0042519", "x").replace("The p", "P"),
            r"rosenblatt1957 of 1957 comes after rosenblatt1958 of 1958; sort by year",
        ),
    ],
)  # fmt: skip
def test_a_table_out_of_order_is_refused(tmp_path, change, message):
    table = tmp_path / "table.toml"
    table.write_text(ERAS + FIRST)
    assert len(load_timeline(table)[1]) == 1
    other = tmp_path / "other.toml"
    other.write_text(ERAS + change(FIRST))
    with pytest.raises(ValueError, match=message):
        load_timeline(other)


# ---------------------------------------------------------------- eigenfaces


def test_a_linear_layer_mixes_what_decode_mixes_and_distances_are_those_of_the_coefficients():
    faces = np.random.default_rng(0).random((30, 9, 8))
    space = fit_face_space(faces, n_components=12)
    mixer = nn.Linear(12, 72)
    with torch.no_grad():
        mixer.weight.copy_(torch.tensor((space.components * space.scales[:, None]).T))
        mixer.bias.copy_(torch.tensor(space.mean))
    own = encode(faces, space)
    with torch.no_grad():
        mixed = mixer(torch.tensor(own / space.scales).float()).numpy()
    np.testing.assert_allclose(mixed.reshape(-1, 9, 8), decode(own, space), atol=1e-5)
    far = np.linalg.norm(mixed - space.mean, axis=1)  # what the demo computes as the length of the coefficients
    np.testing.assert_allclose(far, np.linalg.norm(own / space.scales * space.scales, axis=1), rtol=1e-5)


# ---------------------------------------------------------------- colours

COLOURS = """
import { colourHistogram, histogramMatch, pictureChanges } from "./demos/colour_retrieval.js";
const pictures = given.pictures.map(({ data, rows, columns }) => ({ data: Uint8Array.from(data), rows, columns }));
const changed = pictures.map((picture) => Object.values(pictureChanges).map((change) => change(picture)));
const histograms = pictures.map(({ data }) => [...colourHistogram(data)]);
console.log(JSON.stringify({
  names: Object.keys(pictureChanges),
  histograms,
  matches: histograms.map((one) => histograms.map((two) => histogramMatch(one, two))),
  changed: changed.map((list) => list.map(({ data, rows, columns }) => ({ data: [...data], rows, columns }))),
}));
"""


@pytest.fixture(scope="module")
def pictures():
    """Random pixels, every corner of the cube of colours, and two photographs."""
    rng = np.random.default_rng(0)
    levels = [0, 1, 84, 85, 127, 128, 170, 171, 254, 255]
    cube = np.array(list(itertools.product(levels, repeat=3)), dtype=np.uint8).reshape(25, 40, 3)
    shown = [load_photograph(name, size=(30, 41)).pixels for name in ("cat", "flower")]
    return [rng.integers(0, 256, (17, 23, 3), dtype=np.uint8), cube, *shown]


@pytest.fixture
def browser_says(run_node, pictures):
    spec = [{"data": p.ravel().tolist(), "rows": p.shape[0], "columns": p.shape[1]} for p in pictures]
    return run_node(COLOURS, pictures=spec)


def test_the_browsers_histogram_is_pythons_exactly(browser_says, pictures):
    for theirs, picture in zip(browser_says["histograms"], pictures, strict=True):
        np.testing.assert_array_equal(theirs, colour_histogram(picture))


def test_the_browsers_match_is_pythons(browser_says, pictures):
    histograms = [colour_histogram(picture) for picture in pictures]
    ours = histogram_intersection(histograms, histograms)
    np.testing.assert_allclose(browser_says["matches"], ours, atol=1e-12)
    np.testing.assert_allclose(np.diag(ours), 1)


def test_the_changes_are_what_their_names_say(browser_says, pictures):
    tables = {
        "as it is": lambda p: p,
        "upside down": lambda p: p[::-1, ::-1],
        "left half only": lambda p: p[:, : p.shape[1] // 2],
        "half of the light": lambda p: np.floor(p * 2 ** (-1 / 2.2) + 0.5),
        "warm light": lambda p: np.concatenate([p[..., :2], np.floor(0.6 * p[..., 2:] + 0.5)], axis=2),
        "without colour": lambda p: (p.astype(int).sum(axis=2, keepdims=True) // 3).repeat(3, axis=2),
    }
    assert browser_says["names"] == list(tables)
    for changed, picture in zip(browser_says["changed"], pictures, strict=True):
        for theirs, ours in zip(changed, (change(picture) for change in tables.values()), strict=True):
            shape = (theirs["rows"], theirs["columns"], 3)
            np.testing.assert_array_equal(np.reshape(theirs["data"], shape), ours)


# ---------------------------------------------------------------- springs

SPRINGS = """
import { energiesAt, leastEnergy } from "./demos/springs.js";
console.log(JSON.stringify(given.cases.map(({ costs, dims, springs, places }) => {
  const given = { data: Float32Array.from(costs), dims };
  const best = leastEnergy(given, springs);
  return { best, there: energiesAt(given, springs, places), again: energiesAt(given, springs, best.places).total };
})));
"""
STAR = {"parents": (-1, 0, 0, 0), "offsets": ((0, 0), (-4, -3), (-4, 3), (4, 1))}
CHAIN = {"parents": (-1, 0, 1, 2), "offsets": ((0, 0), (3, 0), (-2, 5), (0, -7))}
TREE = {"parents": (-1, 0, 1, 1, 0), "offsets": ((0, 0), (3, 2), (1, -1), (0, 4), (-5, 0))}


def spring_cases():
    rng = np.random.default_rng(1)
    for tree, strength, (rows, columns) in itertools.product(
        (STAR, CHAIN, TREE), (0, 1e-4, 0.02, 3), ((13, 17), (18, 9))
    ):
        count = len(tree["parents"])
        costs = rng.random((count, rows, columns), dtype=np.float32) * 2
        springs = Springs(**tree, stiffness=(0, *(strength * (1 + 0.5 * i) for i in range(count - 1))))
        places = rng.integers(0, (rows, columns), (count, 2))
        yield costs, springs, places


def test_the_browser_lets_go_to_pythons_minimum(run_node):
    cases = list(spring_cases())
    spec = [
        {"costs": c.ravel().tolist(), "dims": c.shape, "springs": s._asdict(), "places": p.tolist()}
        for c, s, p in cases
    ]
    for theirs, (costs, springs, places) in zip(run_node(SPRINGS, cases=spec), cases, strict=True):
        np.testing.assert_allclose(theirs["there"]["looks"], part_energies(costs, places), rtol=1e-12)
        np.testing.assert_allclose(theirs["there"]["pulls"], spring_energies(places, springs), rtol=1e-12)
        if springs.stiffness[1]:
            least = best_placement(costs, springs).energy
        else:  # each part where it looks best; Python's function wants a spring
            least = costs.astype(float).min(axis=(1, 2)).sum()
        best = np.array(theirs["best"]["places"])
        np.testing.assert_allclose(theirs["best"]["energy"], least, rtol=1e-12)
        np.testing.assert_allclose(theirs["again"], least, rtol=1e-12)
        ours = part_energies(costs, best).astype(float).sum() + spring_energies(best, springs).sum()
        np.testing.assert_allclose(ours, least, rtol=1e-6)
        assert theirs["there"]["total"] >= least - 1e-9


def test_the_browsers_minimum_is_that_of_trying_everything(run_node):
    rng = np.random.default_rng(2)
    costs = rng.random((3, 4, 5), dtype=np.float32)
    springs = Springs((-1, 0, 1), ((0, 0), (1, -1), (0, 2)), (0, 0.05, 0.11))
    every = list(itertools.product(range(4), range(5)))
    energy = min(
        part_energies(costs, places).astype(float).sum() + spring_energies(places, springs).sum()
        for places in itertools.product(every, repeat=3)
    )
    case = {"costs": costs.ravel().tolist(), "dims": costs.shape, "springs": springs._asdict(), "places": [[0, 0]] * 3}
    theirs = run_node(SPRINGS, cases=[case])[0]
    assert theirs["best"]["energy"] == pytest.approx(energy, rel=1e-6)
