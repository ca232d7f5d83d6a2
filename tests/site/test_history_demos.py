"""The demos of lecture 05, with mouse, keyboard and a picture of one's own."""

import json

import numpy as np
import pytest
from PIL import Image

from tools.project import EXECUTED
from utils.classical.colour_histograms import colour_histogram
from utils.classical.timeline import load_timeline
from utils.pictures.photographs import load_photograph

STEM = "05_history"
LIVE = EXECUTED / STEM / "live"


@pytest.fixture
def begin(begin):
    """Start one of the lecture's demos; return the page and the demo's root."""

    def begin_(name):
        page, _ = begin(STEM, name)
        return page, page.locator(f"#demo-{name}")

    return begin_


def text_becomes(page, locator, words):
    page.wait_for_function(
        "([node, words]) => node.innerText.includes(words)", arg=[locator.element_handle(), words], timeout=5_000
    )


# ---------------------------------------------------------------- timeline


def test_the_years_are_walked_by_keyboard_alone_and_nothing_is_sent(begin):
    _, milestones = load_timeline()
    page, root = begin("history-timeline")
    page.sent.clear()
    year, title, later = root.locator(".live-year"), root.locator(".live-verdict"), root.get_by_text("Later")
    assert (year.inner_text(), title.inner_text()) == (str(milestones[0].year), milestones[0].title)
    later.focus()
    later.press("Enter")
    later.press("ArrowRight")
    assert title.inner_text() == milestones[2].title
    later.press("ArrowLeft")
    assert title.inner_text() == milestones[1].title
    walk = root.locator("input")
    walk.focus()
    walk.press("End")
    assert title.inner_text() == milestones[-1].title
    assert walk.get_attribute("aria-valuetext") == f"{milestones[-1].year}: {milestones[-1].title}"
    assert later.is_disabled()
    text_becomes(page, root.locator("[role=status]"), milestones[-1].text)
    assert page.sent == []


def test_each_entry_leads_to_its_source_in_a_new_tab(begin):
    _, milestones = load_timeline()
    _, root = begin("history-timeline")
    root.locator("summary").click()
    links = root.locator("details a")
    assert [link.get_attribute("href") for link in links.all()] == [entry.link for entry in milestones]
    for link in [*links.all(), root.locator(".live-source a")]:
        assert link.get_attribute("target") == "_blank"
        assert "noopener" in link.get_attribute("rel")


def test_an_era_shows_its_own_entries_only(begin):
    eras, milestones = load_timeline()
    page, root = begin("history-timeline")
    for index, era in enumerate(eras, start=1):
        root.locator("select").select_option(str(index))
        own = [entry for entry in milestones if entry.era == era.id]
        assert root.locator("details li").count() == len(own)
        assert root.locator(".live-verdict").inner_text() in {entry.title for entry in own}
    box = root.locator(".live-dot[title*=AlexNet]").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert root.locator(".live-verdict").inner_text() == "AlexNet"


# ---------------------------------------------------------------- eigenfaces


def test_more_eigenfaces_come_nearer_to_the_picked_face(begin):
    page, root = begin("history-eigenfaces")
    stage, used = root.locator(".live-stage"), root.locator(".live-mixer > label input")
    assert float(stage.get_attribute("data-distance")) == 0
    root.locator(".live-thumb").nth(5).click()
    text_becomes(page, root, "Distance from face 6")
    missing = []
    most = int(used.get_attribute("max"))
    for count in (0, 1, 5, most // 2, most):
        used.fill(str(count))
        page.wait_for_timeout(300)
        missing.append(float(stage.get_attribute("data-missing")))
    assert missing == sorted(missing, reverse=True)
    assert missing[-1] < missing[0]
    root.get_by_role("button", name="Mean face").click()
    text_becomes(page, root.locator(".live-verdict"), "0.00")


def test_an_eigenface_is_added_by_keyboard(begin):
    page, root = begin("history-eigenfaces")
    control = root.locator("input").first
    picture = "node => node.querySelector('canvas').toDataURL()"
    before = root.evaluate(picture)
    control.focus()
    for _ in range(10):
        control.press("ArrowRight")
    text_becomes(page, root.locator("output").first, "1.0 σ")
    page.wait_for_function(f"([node, before]) => ({picture})(node) !== before", arg=[root.element_handle(), before])


# ---------------------------------------------------------------- colours


def shipped_pictures():
    """The demo's photographs and their names, as the lecture exported them."""
    manifest = json.loads((LIVE / "manifest.json").read_text())
    config = json.loads((LIVE / manifest["history-colours"]["config"]).read_text())
    data = (LIVE / config["data"]).read_bytes()
    specs = [value["array"] for value in config["settings"]["pictures"]]
    pictures = [np.frombuffer(data, np.uint8, np.prod(s["dims"]), s["offset"]).reshape(s["dims"]) for s in specs]
    return dict(zip(config["settings"]["names"], pictures, strict=True))


def test_a_picture_of_ones_own_is_ranked_as_python_ranks_it_and_goes_nowhere(begin, tmp_path):
    own = load_photograph("coffee", size=(60, 90)).pixels[:, 20:80]
    Image.fromarray(own).save(tmp_path / "own.png")
    page, root = begin("history-colours")
    page.sent.clear()
    root.locator("input[type=file]").set_input_files(tmp_path / "own.png")
    text_becomes(page, root, "your picture against coffee")
    histogram = colour_histogram(own)
    expected = {name: np.minimum(histogram, colour_histogram(p)).sum() for name, p in shipped_pictures().items()}
    rows = root.locator(".live-ranking li").all()
    scores = {row.locator(".live-name").inner_text(): float(row.get_attribute("data-value")) for row in rows}
    assert list(scores.values()) == sorted(scores.values(), reverse=True)
    assert scores == pytest.approx(expected, abs=1e-9)
    assert next(iter(scores)) == "coffee"
    assert all(url.startswith("blob:") for url in page.sent)


def test_what_is_no_picture_is_refused_in_words_and_the_next_one_is_taken(begin, tmp_path):
    (tmp_path / "notes.txt").write_text("not a picture")
    Image.new("RGB", (30, 20), (250, 120, 10)).save(tmp_path / "own.webp")
    page, root = begin("history-colours")
    before = root.locator(".live-ranking").inner_text()
    root.locator("input[type=file]").set_input_files(tmp_path / "notes.txt")
    alert = root.locator("[role=alert]")
    alert.wait_for(state="visible")
    assert "cannot read “notes.txt” as a picture" in alert.inner_text()
    assert root.locator(".live-ranking").inner_text() == before
    root.locator("input[type=file]").set_input_files(tmp_path / "own.webp")
    alert.wait_for(state="hidden")
    assert root.locator(".live-ranking").inner_text() != before


def test_turning_a_picture_leaves_its_colours_and_dimming_does_not(begin):
    _, root = begin("history-colours")
    change, ranking = root.locator("select").nth(1), root.locator(".live-ranking")
    before = ranking.inner_text()
    change.select_option("1")
    assert ranking.inner_text() == before
    change.select_option("3")
    assert ranking.inner_text() != before


# ---------------------------------------------------------------- springs


def test_a_part_is_moved_by_keyboard_and_returns_when_let_go(begin):
    _, root = begin("history-springs")
    stage = root.locator(".live-stage")

    def energy():
        return float(stage.get_attribute("data-energy"))

    least = float(stage.get_attribute("data-least"))
    assert energy() == pytest.approx(least, abs=1e-5)
    part = root.locator(".live-part").nth(1)
    label = part.get_attribute("aria-label")
    part.focus()
    for key in ["ArrowDown"] * 4 + ["Shift+ArrowRight"]:
        part.press(key)
    assert energy() > least + 0.1
    assert part.get_attribute("aria-label") != label
    root.get_by_role("button", name="Let go").press("Enter")
    assert energy() == pytest.approx(least, abs=1e-5)
    assert part.get_attribute("aria-label") == label


def test_a_part_is_dragged_and_the_springs_pull_harder_when_stiff(begin):
    page, root = begin("history-springs")
    stage, part = root.locator(".live-stage"), root.locator(".live-part").last
    part.scroll_into_view_if_needed()
    box = part.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 40, steps=6)
    page.mouse.up()
    moved = float(stage.get_attribute("data-energy"))
    assert moved > float(stage.get_attribute("data-least")) + 0.1
    stiffness = root.locator("input[type=range]")
    stiffness.focus()
    stiffness.press("End")
    assert float(stage.get_attribute("data-energy")) > moved + 1


def test_without_springs_the_energy_is_lower_than_with_them(begin):
    _, root = begin("history-springs")
    stage, stiffness = root.locator(".live-stage"), root.locator("input[type=range]")
    stiffness.focus()
    lowest = []
    for key in ("Home", "End"):
        stiffness.press(key)
        lowest.append(float(stage.get_attribute("data-energy")))
        assert lowest[-1] == pytest.approx(float(stage.get_attribute("data-least")))
    assert lowest[0] < lowest[1]
