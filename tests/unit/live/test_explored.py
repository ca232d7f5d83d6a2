"""The frames a page keeps, and the widgets a kernel shows."""

import html
import io
import itertools
import json
import re

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from utils.live import explore, explored


@pytest.fixture(autouse=True)
def no_figure_left():
    plt.close("all")
    yield
    assert plt.get_fignums() == []


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DLIA_PUBLISH_DIR", str(tmp_path / "live"))
    return tmp_path / "live"


@pytest.fixture
def in_kernel(monkeypatch):
    monkeypatch.delenv("DLIA_PUBLISH_DIR", raising=False)


@pytest.fixture
def shown(monkeypatch):
    """Everything that was displayed."""
    outputs = []
    monkeypatch.setattr(explored, "display", lambda output, raw=False: outputs.append(output))
    return outputs


def draw_bars(height, colour="grey"):
    """Draw one bar in the axes 0..4 x 0..4, and return nothing."""
    _, ax = plt.subplots(figsize=(4, 3))
    ax.bar([2], [height], color=colour)
    ax.set(xlim=(0, 4), ylim=(0, 4))


def frames_of(page):
    return json.loads(html.unescape(re.search(r'data-frames="([^"]*)"', page).group(1)))


def pixels(folder, address):
    assert address.startswith("../_static/live/")
    return np.asarray(Image.open(folder / address.rsplit("/", 1)[1]).convert("RGB")).astype(int)


# ------------------------------------------------------------------------------------ on the website


def test_one_frame_a_combination_in_the_order_the_page_reads_them(folder, shown):
    explore(draw_bars, id="bars", alt="Bars.", height=[1, 2, 3], colour=["red", "blue"])
    frames = frames_of(shown[0]["text/html"])
    assert len(frames) == len(set(frames)) == 6
    for address, (height, colour) in zip(frames, itertools.product([1, 2, 3], ["red", "blue"]), strict=True):
        picture = pixels(folder, address)
        other, own = (2, 0) if colour == "red" else (0, 2)
        bar = (picture[..., own] > 200) & (picture[..., other] < 60)
        axes_height = 3 * 150  # inches x dots an inch, a little less inside the axes
        assert bar.any(axis=1).sum() == pytest.approx(height / 4 * axes_height, rel=0.15)


def test_the_page_has_native_labelled_controls_and_says_what_is_shown(folder, shown):
    explore(
        draw_bars, id="bars", alt='A "bar".', label={"colour": "fill & edge"}, height=[0.5, 1.0], colour=["red", "blue"]
    )
    page = shown[0]["text/html"]
    assert 'class="explore" id="explore-bars" data-state="ready"' in page
    assert 'alt="A &quot;bar&quot;. Shown: height 0.5, fill &amp; edge red."' in page
    assert re.search(r'<label><span>height</span> <input type="range" min="0" max="1"', page)
    assert re.search(r"<label><span>fill &amp; edge</span> <select", page)
    assert '<option value="1">blue</option>' in page
    assert '<div class="explore-controls" hidden>' in page  # no dead control without JavaScript
    assert page.count("<img") == 1
    assert f'src="{frames_of(page)[0]}"' in page


def test_frames_are_light_and_not_too_wide(folder, shown):
    def noise(seed):
        fig, ax = plt.subplots(figsize=(12, 6))
        ax.imshow(np.random.default_rng(seed).random((40, 80)), interpolation="bilinear")
        return fig

    explore(noise, id="noise", alt="Noise.", seed=[0, 1])
    for address in frames_of(shown[0]["text/html"]):
        path = folder / address.rsplit("/", 1)[1]
        assert Image.open(path).width <= explored.MAX_WIDTH
        assert path.stat().st_size < 100_000


def test_line_drawings_are_kept_without_loss():
    frame = explored._render(draw_bars, {"height": 2})
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(explored._compress(frame))).convert("RGB")), frame)


def test_too_many_combinations_are_refused_before_any_is_drawn(folder, shown):
    calls = []
    with pytest.raises(ValueError, match="8 × 8 = 64 combinations; at most 60"):
        explore(lambda **chosen: calls.append(chosen), id="many", alt="Many.", a=range(8), b=range(8))
    assert calls == []


# ---------------------------------------------------------------------------------- in a live kernel


def test_moving_a_control_redraws_the_picture(in_kernel, shown):
    explore(draw_bars, id="bars", alt="Bars.", label="bar height", height=[1, 3])
    picture, slider, status = shown[0].children
    assert isinstance(slider, ipywidgets.SelectionSlider)
    assert slider.description == "bar height"
    first = picture.value
    slider.value = 1
    expected = explored._render(draw_bars, {"height": 3})
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(picture.value))), expected)
    assert picture.value != first
    assert "Bars. Shown: bar height 3." in status.value


def test_words_and_truth_values_are_listed(in_kernel, shown):
    def figure(kind, on):
        return Figure().subplots()

    explore(figure, id="kinds", alt="Kinds.", kind=["max pooling", "mean"], on=[False, True])
    _, kind, on, _ = shown[0].children
    assert isinstance(kind, ipywidgets.Dropdown)
    assert [text for text, _ in kind.options] == ["max pooling", "mean"]
    assert isinstance(on, ipywidgets.Dropdown)
    assert [text for text, _ in on.options] == ["no", "yes"]


def test_an_error_while_exploring_is_told(in_kernel, shown):
    def fragile(n):
        if n == 2:
            raise RuntimeError("no <two>")
        draw_bars(n)

    explore(fragile, id="fragile", alt="Fragile.", n=[1, 2, 3])
    picture, slider, status = shown[0].children
    before = picture.value
    slider.value = 1
    assert "RuntimeError: no &lt;two&gt;" in status.value
    assert picture.value == before
    slider.value = 2
    assert "Shown: n 3." in status.value


# ------------------------------------------------------------------------------------ either home


def drawn():
    draw_bars(2)


def returned_figure():
    figure = Figure(figsize=(4, 3))
    ax = figure.subplots()
    ax.bar([2], [2], color="grey")
    ax.set(xlim=(0, 4), ylim=(0, 4))
    return figure


def returned_axes():
    return returned_figure().axes[0]


def returned_array():
    return np.array([[returned_figure().axes[0]]])


@pytest.mark.parametrize("function", [returned_figure, returned_axes, returned_array])
def test_a_figure_is_found_however_it_comes(function):
    np.testing.assert_array_equal(explored._render(function, {}), explored._render(drawn, {}))


def test_figures_that_were_open_stay_open():
    mine = plt.figure()
    explored._render(drawn, {})
    assert plt.get_fignums() == [mine.number]
    plt.close(mine)


def test_a_figure_is_closed_when_the_function_fails():
    def fails():
        plt.figure()
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        explored._render(fails, {})
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"height": []}, r"height has 0 value\(s\); a choice needs at least two"),
        ({"height": [1]}, r"height has 1 value\(s\)"),
        ({"label": {"heigth": "x"}}, "label names 'heigth', but the choices are: height"),
        ({"label": "x", "colour": ["red", "blue"]}, "label is one text for 2 choices"),
        ({"alt": ""}, "has no alt"),
        ({"id": "1"}, "id is '1'"),
        ({"function": lambda height: None}, "drew no figure for {'height': 1}"),
    ],
)
@pytest.mark.parametrize("home", ["folder", "in_kernel"])
def test_errors_say_what_came_and_what_to_do(home, change, message, request, shown):
    request.getfixturevalue(home)
    arguments = {"function": draw_bars, "id": "bars", "alt": "Bars.", "height": [1, 2], **change}
    with pytest.raises(ValueError, match=message):
        explore(**arguments)
    assert shown == []


def test_nothing_to_choose_is_refused():
    with pytest.raises(ValueError, match="nothing to choose"):
        explore(draw_bars, id="bars", alt="Bars.")
