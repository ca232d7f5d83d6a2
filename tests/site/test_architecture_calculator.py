"""The calculator of lecture 10, by mouse and keyboard; what it shows is held against known numbers and itself."""

import json
import re

import pytest

from tests.site.visit import config_of, start, start_on_slide, until, violations

STEM, NAME = "10_architectures", "architectures-calculator"


def number(network, quantity, value, digits, source="a list"):
    return {"network": network, "quantity": quantity, "value": value, "digits": digits, "source": source}


PUBLISHED = [
    number("googlenet", "parameters", 4e6, 1),
    number("googlenet", "parameters", 6.6e6, 2),
    number("googlenet", "parameters", 7e6, 1),
    number("googlenet", "parameters", 13e6, 2),
    number("googlenet", "macs", 1.5e9, 2),
    number("resnet50", "macs", 3.8e9, 2, "He et al. 2016, called FLOPs"),
    number("resnet50", "macs", 4.1e9, 2),
    number("resnet50", "flops", 8.2e9, 2),
    number("resnet50", "parameters", 25.6e6, 3),
    number("resnet34", "macs", 3.6e9, 2),
    number("alexnet", "macs", 714e6, 3),
]


def settle(page, **settings):
    """Let the demo start with these settings instead of the lecture's."""

    def answer(route):
        config = route.fetch().json()
        changed = config | {"settings": settings} if config["demo"] == "architecture_calculator" else config
        route.fulfill(json=changed)

    page.route("**/_static/live/*.json", answer)


@pytest.fixture
def calculator(lectures, begin):
    """Start the demo with GoogLeNet and the numbers above; return the page and the demo's stage."""
    _, open_ = lectures
    page = open_(STEM)
    page.unroute_all()
    settle(page, start="googlenet", published=PUBLISHED)
    return begin(STEM, NAME)


def facts(stage, *keys):
    return [json.loads(stage.get_attribute(f"data-{key}")) for key in keys]


def change(page, stage, act, **expected):
    """Change a setting and wait until it is counted anew."""
    act()
    for key, value in expected.items():
        until(page, stage, f"JSON.parse(node.dataset.state).{key} === {json.dumps(value)}")


def choose(page, stage, label):
    key = label.lower().replace("-", "")
    change(page, stage, lambda: stage.get_by_role("combobox").select_option(label=label), network=key)


def flip(page, stage, name, key, value):
    change(page, stage, lambda: stage.get_by_role("checkbox", name=name).press("Space"), **{key: value})


def check(page, stage, name, key, value):
    change(page, stage, lambda: stage.get_by_role("radio", name=name, exact=True).check(), **{key: value})


def verdicts(stage):
    """What the list of published numbers says, by number."""
    items = stage.locator(".live-published li").all()
    return {item.locator("strong").inner_text(): item.locator("em").inner_text() for item in items}


def totals(stage):
    return [int(text.replace(",", "")) for text in stage.locator("dd span").all_inner_texts()]


NOW, OTHER, NEVER = "comes out now", "does not come out now", "comes out with no setting of the switches"


# ---------------------------------------------------------------- numbers


def test_the_numbers_of_googlenet_come_out_one_by_one(calculator):
    page, stage = calculator
    narrow = "\u202f"
    four, six, seven, thirteen = (f"{value}{narrow}M parameters" for value in ("4", "6.6", "7", "13"))
    work = f"1.5{narrow}G MACs"
    assert totals(stage)[:2] == [6_998_552, 1_582_671_872]
    assert verdicts(stage) == {four: NEVER, six: OTHER, seven: NOW, thirteen: OTHER, work: OTHER}
    flip(page, stage, "Auxiliary heads", "heads", True)
    assert totals(stage)[0] == 6_998_552 + 6_379_728
    assert verdicts(stage) == {four: NEVER, six: OTHER, seven: OTHER, thirteen: NOW, work: OTHER}
    flip(page, stage, "Auxiliary heads", "heads", False)
    check(page, stage, "3×3 (torchvision)", "thirdPath", 3)
    flip(page, stage, "Batch norm, not biases", "batchNorm", True)
    assert totals(stage)[0] == 6_624_904
    assert verdicts(stage) == {four: NEVER, six: NOW, seven: NOW, thirteen: OTHER, work: NOW}


def test_operations_come_out_only_in_the_unit_that_is_counted(calculator):
    page, stage = calculator
    choose(page, stage, "ResNet-50")
    macs, never, flops = "4.1\u202fG MACs", "3.8\u202fG MACs", "8.2\u202fG FLOPs"
    assert [verdicts(stage)[key] for key in (macs, never, flops)] == [OTHER, NEVER, OTHER]
    assert "He et al. 2016, called FLOPs" in stage.locator(".live-published").inner_text()
    check(page, stage, "3×3 (v1.5)", "stride", 3)
    assert [verdicts(stage)[key] for key in (macs, never, flops)] == [NOW, NEVER, OTHER]
    work = totals(stage)[1]
    check(page, stage, "FLOPs", "unit", "flops")
    assert totals(stage)[1] == 2 * work
    assert [verdicts(stage)[key] for key in (macs, never, flops)] == [OTHER, NEVER, NOW]
    assert stage.locator("thead th").last.inner_text() == "FLOPs"
    assert sum(amounts(row)[1] for row in stage.locator(".live-group tr").all()) == pytest.approx(2 * work, rel=0.005)


def test_a_number_that_comes_out_is_marked_by_a_word_and_a_sign(calculator):
    page, stage = calculator
    signs = stage.locator(".live-published em").evaluate_all(
        "nodes => nodes.map((node) => [node.innerText, getComputedStyle(node, '::before').content[1]])"
    )
    assert {tuple(pair) for pair in signs} == {(NOW, "✓"), (OTHER, "○"), (NEVER, "✕")}


def test_zeros_instead_of_projections_explain_the_number_of_resnet_34(calculator):
    page, stage = calculator
    choose(page, stage, "ResNet-34")
    assert list(verdicts(stage).values()) == [OTHER]
    check(page, stage, "by zeros", "shortcut", "zeros")
    assert list(verdicts(stage).values()) == [NOW]


def test_the_crop_follows_the_network_and_the_channels(calculator):
    page, stage = calculator
    slider = stage.get_by_role("slider", name="Crop")
    change(page, stage, lambda: slider.fill("448"), crop=448)
    assert totals(stage)[0] == 6_998_552
    choose(page, stage, "AlexNet")
    assert slider.input_value() == "227"
    assert totals(stage) == [60_965_224, 724_406_816, 659_272]
    check(page, stage, "of 2014", "edition", 2014)
    check(page, stage, "in one group", "towers", 1)
    assert slider.input_value() == "224"
    assert totals(stage)[0] == 61_100_840
    assert list(verdicts(stage).values()) == [NOW]
    slider.press("ArrowRight")
    until(page, stage, "JSON.parse(node.dataset.state).crop === 225")
    assert slider.get_attribute("aria-valuetext") == "225 × 225"


def test_it_says_where_maps_are_made_to_fit(calculator):
    page, stage = calculator
    note, slider = stage.get_by_text("averaged to the usual size"), stage.get_by_role("slider", name="Crop")
    assert note.is_hidden()
    for network, crop, fits in (("VGG-16", 448, True), ("VGG-16", 225, False), ("ResNet-50", 448, False)):
        choose(page, stage, network)
        assert note.is_hidden()
        change(page, stage, lambda crop=crop: slider.fill(str(crop)), crop=crop)
        assert note.is_visible() == fits
    choose(page, stage, "GoogLeNet")
    flip(page, stage, "Auxiliary heads", "heads", True)
    assert note.is_hidden()  # the pooling of its heads is the paper's own


def test_what_is_not_counted_is_missing_from_the_totals_and_the_table(calculator):
    page, stage = calculator
    choose(page, stage, "VGG-16")
    assert "89 % of the parameters and do 0.8 % of" in stage.locator(".live-verdict").inner_text()
    assert totals(stage)[0] == 138_357_544
    flip(page, stage, "Biases", "biases", False)
    assert totals(stage)[0] == 138_357_544 - 13_416
    flip(page, stage, "Fully connected layers", "linear", False)
    assert totals(stage)[0] == 14_714_688 - 4_224
    assert "Only the convolutions" in stage.locator(".live-verdict").inner_text()
    assert stage.locator(".live-group").last.inner_text().split() == ["Fully", "connected", "3", "1000", "0", "0"]
    flip(page, stage, "Fully connected layers", "linear", True)
    flip(page, stage, "Biases", "biases", True)
    check(page, stage, "10", "classes", 10)
    assert totals(stage)[0] == 138_357_544 - 990 * 4097


SHOWN = {
    "AlexNet": ["towers", "edition"],
    "VGG-19": [],
    "GoogLeNet": ["thirdPath", "batchNorm", "heads", "norms"],
    "ResNet-18": ["shortcut", "norms"],
    "ResNet-152": ["stride", "norms"],
    "DenseNet-201": ["norms"],
}


def test_only_switches_that_apply_are_shown(calculator):
    page, stage = calculator
    for label, switches in SHOWN.items():
        choose(page, stage, label)
        shown = {one.get_attribute("data-switch") for one in stage.locator("[data-switch]").all() if one.is_visible()}
        assert shown == {*switches, "classes", "linear", "biases"}, label


# ---------------------------------------------------------------- layers


def amounts(row):
    """The parameters and operations that a row tells, in three digits."""
    units = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}
    texts = row.locator(".live-amount > span:first-child").all_inner_texts()
    found = [re.fullmatch(r"([\d.]+)\u202f?([kMG]?)", text) for text in texts]
    return [float(match[1]) * units[match[2]] for match in found]


SHARE = "node => new DOMMatrix(getComputedStyle(node).transform).a"


@pytest.mark.parametrize("label", ["GoogLeNet", "DenseNet-121", "ResNet-152"])
def test_groups_add_up_to_the_totals_and_bars_tell_their_shares(calculator, label):
    page, stage = calculator
    choose(page, stage, label)
    rows, whole = stage.locator(".live-group tr").all(), totals(stage)
    for k in (0, 1):
        assert sum(amounts(row)[k] for row in rows) == pytest.approx(whole[k], rel=0.005)
        for row in rows:
            share = row.locator(".live-bar").nth(k).evaluate(SHARE)
            assert share == pytest.approx(amounts(row)[k] / whole[k], rel=0.01)


def test_a_group_opens_by_key_stays_open_while_its_network_changes_and_closes(calculator):
    page, stage = calculator
    opener = stage.get_by_role("button", name="Inception 3a")
    body = page.locator(f"#{opener.get_attribute('aria-controls')}")
    assert not body.is_visible()
    opener.press("Enter")
    assert opener.get_attribute("aria-expanded") == "true"
    layers = body.locator("tr").all()
    assert [row.locator("th").inner_text().replace("\u00a0", " ") for row in layers] == [
        "1×1 convolution, 192 → 64",
        "1×1 convolution, 192 → 96",
        "3×3 convolution, 96 → 128",
        "1×1 convolution, 192 → 16",
        "5×5 convolution, 16 → 32",
        "3×3 max pooling",
        "1×1 convolution, 192 → 32",
    ]
    assert layers[2].locator("td").first.inner_text() == "128 × 28 × 28"
    group = opener.locator("xpath=ancestor::tr")
    assert sum(amounts(row)[0] for row in layers) == pytest.approx(amounts(group)[0], rel=0.005)
    check(page, stage, "3×3 (torchvision)", "thirdPath", 3)
    assert "3×3 convolution, 16" in stage.locator("tbody:visible").nth(2).inner_text().replace("\u00a0", " ")
    stage.get_by_role("button", name="Inception 3a").press("Space")
    check(page, stage, "5×5", "thirdPath", 5)
    assert stage.locator("[aria-expanded=true]").count() == 0, "what was closed stays closed"
    stage.get_by_role("button", name="Stem").click()
    choose(page, stage, "ResNet-50")
    assert stage.locator("[aria-expanded=true]").count() == 0, "another network begins closed"


# ---------------------------------------------------------------- words


def test_a_screen_reader_is_told_what_came_out(calculator):
    page, stage = calculator
    choose(page, stage, "ResNet-50")
    status = stage.locator("[role=status]").element_handle()
    page.wait_for_function("node => node.textContent.startsWith('ResNet-50')", arg=status)
    told = stage.locator("[role=status]").text_content()
    assert "crop 224 × 224: 25,557,032 parameters, 3.86\u202fG MACs. Published numbers that come out: 1 of 4." in told
    assert stage.locator(".live-verdict").inner_text() in told


def test_a_crop_without_room_is_told_and_shows_no_number(calculator):
    page, stage = calculator
    choose(page, stage, "AlexNet")
    alert, crop = stage.get_by_role("alert"), stage.get_by_role("slider", name="Crop")
    crop.fill("40")
    alert.wait_for()
    assert re.search(r"too small .* \(3×3 max pooling, stride 2\) gets a map of 1×1 .* larger crop", alert.inner_text())
    assert not stage.locator(".live-totals, .live-published, .live-table").first.is_visible()
    assert violations(page) == []
    change(page, stage, lambda: crop.fill("96"), crop=96)
    alert.wait_for(state="hidden")
    assert stage.locator(".live-table").is_visible()
    assert not re.search("NaN|Infinity|undefined|null", stage.inner_text())


def test_settings_that_cannot_be_are_told(site, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site}/notebooks/{STEM}.html")
    settle(page, start="googlenet", published=[number("googlenet", "flop", 3e9, 1)])
    page.locator(f"#demo-{NAME}").scroll_into_view_if_needed()
    alert = page.locator(f"#demo-{NAME}[data-state=error] [role=alert]")
    alert.wait_for()
    assert re.search('This demo cannot run. The quantity of published number 1 is "flop"; expected', alert.inner_text())
    context.close()


def test_without_published_numbers_it_says_so(site, open_page):
    page = open_page(f"{site}/notebooks/{STEM}.html")
    settle(page)
    stage = start(page, NAME).locator(".live-stage")
    assert totals(stage)[0] == 60_965_224, "the first network is AlexNet"
    assert "None are listed for this network." in stage.locator(".live-published").inner_text()
    assert facts(stage, "numbers") == [[]]


def test_the_lecture_gives_settings_that_the_demo_takes(site, open_page):
    page = open_page(f"{site}/notebooks/{STEM}.html")
    root = start(page, NAME)
    assert config_of(root)["settings"]["published"]
    assert facts(root.locator(".live-stage"), "state")[0]["network"] == config_of(root)["settings"]["start"]


# ---------------------------------------------------------------- on narrow pages and slides


ONE_LINE = "nodes => nodes.every((node) => node.offsetHeight < 1.5 * parseFloat(getComputedStyle(node).lineHeight))"


def test_on_a_telephone_nothing_is_wider_than_the_page(site, open_page):
    page = open_page(f"{site}/notebooks/{STEM}.html", width=390)
    settle(page, start="vgg19", published=PUBLISHED)
    root = start(page, NAME)
    stage = root.locator(".live-stage")
    check(page, stage, "FLOPs", "unit", "flops")
    change(page, stage, lambda: stage.get_by_role("slider", name="Crop").fill("448"), crop=448)
    assert stage.locator("dd span").evaluate_all(ONE_LINE), "the longest number has room"
    for label in ("AlexNet", "ResNet-152"):
        choose(page, stage, label)
        stage.locator(".live-group button").nth(1).click()
        inner = root.bounding_box()
        for part in stage.locator(":scope > *, table, dd").all():
            if part.is_visible():
                box = part.bounding_box()
                assert inner["x"] <= box["x"], label
                assert box["x"] + box["width"] <= inner["x"] + inner["width"], label
    assert violations(page) == []


def test_on_a_slide_all_of_it_fits(site, open_page):
    page = open_page(f"{site}/slides/{STEM}.html", width=1280, height=720)
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    settle(page, start="googlenet", published=PUBLISHED)
    root = start_on_slide(page, NAME)
    stage = root.locator(".live-stage")
    flip(page, stage, "Auxiliary heads", "heads", True)
    stage.get_by_role("button", name="Inception 3a").click()
    assert root.evaluate("node => node.offsetHeight") <= 560
    assert root.evaluate("node => node.getBoundingClientRect().bottom / Reveal.getScale()") <= 720
    choose(page, stage, "ResNet-152")
    stage.get_by_role("button", name="Stage 3: 36 blocks").click()
    assert root.evaluate("node => node.offsetHeight") <= 560
    assert stage.locator(".live-scroll").evaluate("node => node.scrollWidth <= node.clientWidth")
