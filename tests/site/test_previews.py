"""Each demo has a picture of itself: before it is started, and on paper."""

import io
import re

import pytest
from PIL import Image

from tests.site.test_pages import LECTURES
from tests.site.visit import start
from tools.previews import DEMO, UNCOVERED
from tools.project import SITE


@pytest.mark.parametrize("page", [*LECTURES, "book/index.html"])
def test_every_demo_has_a_light_and_a_dark_picture_of_its_own(page):
    html = (SITE / page).read_text(encoding="utf-8")
    demos = [found["id"] for found in DEMO.finditer(html)]
    assert demos
    shown = re.findall(r'<img class="live-preview only-(\w+)" src="\.\./_static/previews/([\w.-]+)"', html)
    assert shown == [(theme, f"{demo}-{theme}.webp") for demo in demos for theme in ("light", "dark")]
    for theme, name in shown:
        with Image.open(SITE / "_static/previews" / name) as image:
            histogram = image.convert("L").histogram()
        usual = max(range(256), key=histogram.__getitem__)
        assert usual > 200 if theme == "light" else usual < 60, "its background is the theme's"
        assert max(histogram) < 0.98 * sum(histogram), "it shows something"


def test_the_picture_is_what_the_started_demo_looks_like(site, open_page):
    page = open_page(f"{site}/notebooks/08_convolutional_networks.html")
    name = "digits-feature-maps"
    root = start(page, name)
    assert not root.locator(".live-preview").first.is_visible()
    page.wait_for_timeout(1000)
    page.add_style_tag(content=UNCOVERED)
    with Image.open(io.BytesIO(root.locator(".live-stage").screenshot())) as image:
        now = image.convert("L").resize((64, 64))
    with Image.open(SITE / f"_static/previews/{name}-light.webp") as image:
        before = image.convert("L").resize((64, 64))
    apart = [abs(a - b) for a, b in zip(now.tobytes(), before.tobytes(), strict=True)]
    assert sum(apart) / len(apart) < 3


def test_on_paper_a_demo_shows_its_picture_whether_it_was_started_or_not(site, open_page):
    page = open_page(f"{site}/notebooks/15_metric_learning.html")
    started = start(page, "triplet-margin")
    page.emulate_media(media="print")
    for root in page.locator(".live-demo").all():
        assert [picture.is_visible() for picture in root.locator(".live-preview").all()] == [True, False]
    assert not started.locator(".live-stage").is_visible()
