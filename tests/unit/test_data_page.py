"""What book/data.md says of the data is what the code knows."""

import re

import pytest

from tools.project import ROOT
from utils.data import load_images
from utils.data.packaged import packaged_files
from utils.data.sets import SOURCES
from utils.networks.pretrained import imagenet_classes
from utils.pictures.photographs import load_photograph, load_stereo_pair, photograph_names

PAGE = (ROOT / "book" / "data.md").read_text(encoding="utf-8")
ROWS = {match[1]: match[0] for match in re.finditer(r"^\| `(\w+)`(?!,).*$", PAGE, flags=re.M)}


@pytest.mark.parametrize("name", SOURCES)
def test_each_set_is_listed_with_its_licence_and_numbers(name):
    source, row = SOURCES[name], ROWS[name]
    assert row.endswith(f"| {source.licence} |")
    if source.optional:
        assert f"({source.download.megabytes:.0f} MB)" in row
    else:
        train, test = load_images(name), load_images(name, split="test")
        height, width = train.images.shape[2:]
        assert f"| {len(train):,} + {len(test):,} | {height} × {width} grey | {len(train.classes)} |" in row


@pytest.mark.parametrize("name", photograph_names())
def test_each_photograph_is_listed_with_its_credit(name):
    entry = packaged_files()["photograph"][name]
    assert ROWS[name] == f"| `{name}` | [{entry['credit']}]({entry['source']}) | {entry['licence']} |"


def test_the_other_numbers_are_right():
    sizes = [load_photograph(name).pixels.shape[:2] for name in photograph_names()]
    assert f"| photographs | {len(sizes)} | up to {max(sizes)[0]} × {max(sizes)[1]} |" in PAGE
    pair = load_stereo_pair()
    assert f"{pair.left.shape[1]} × {pair.left.shape[0]} colour" in PAGE
    assert f"{100 * (pair.disparity == pair.disparity).mean():.0f} % of the pixels" in PAGE
    dogs = imagenet_classes()[151:269]
    assert (dogs[0], dogs[-1]) == ("Chihuahua", "Mexican hairless")
    assert len(dogs) > 100
