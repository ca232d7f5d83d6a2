"""Figures to explore: one call gives sliders in a live kernel and on the website, where none runs."""

import html
import io
import itertools
import json
import math
import re
import zlib

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from utils.live.publishing import store
from utils.runtime import publishing

MAX_FRAMES = 60
MAX_WIDTH = 1200  # pixels of a frame
LIGHT = 40_000  # bytes; above, a frame is compressed with a loss that is hard to see


def explore(function, *, id, alt, label=None, **choices):
    """Let a reader choose the arguments of a function that draws a figure.

    In a live kernel, moving a control calls `function` again. When the notebook is executed for the
    website, `function` is called for every combination and the figures are kept.

    Parameters
    ----------
    function : callable
        Takes one keyword argument for each choice. Draws a matplotlib figure, or returns a Figure,
        an Axes or an array of Axes. The figure is closed afterwards.
    id : str
        Unique in the notebook; the figure's anchor on the page is ``explore-<id>``.
    alt : str
        What the figure shows, for readers who cannot see it. The chosen values are added.
    label : str or dict, optional
        What to call the choice, or ``{name: text}`` where there are several; the argument's name
        with spaces otherwise.
    **choices : sequence
        The values of each argument, at least two: numbers make a slider, anything else a list. The
        first of each is shown at the start.

    Raises
    ------
    ValueError
        If a choice has fewer than two values, there are more than 60 combinations (for the
        website), `function` draws nothing, or `label` names no choice.

    Examples
    --------
    >>> explore(lambda sigma: plot_blur(sigma), id="blur", alt="A cat, blurred.", sigma=[0, 1, 2])  # doctest: +SKIP
    """
    if not re.fullmatch(r"[A-Za-z][\w-]*", id):
        raise ValueError(f"id is {id!r}; expected a letter, then letters, digits, '-' or '_'")
    if not alt.strip():
        raise ValueError(f"explore {id!r} has no alt; say in a sentence what the figure shows")
    choices = {name: list(values) for name, values in choices.items()}
    if not choices:
        raise ValueError("nothing to choose; pass at least one argument as name=[value, value, …]")
    for name, values in choices.items():
        if len(values) < 2:
            raise ValueError(f"{name} has {len(values)} value(s); a choice needs at least two")
    labels = _label_choices(label, choices)
    if publishing():
        page = _publish(function, id=id, alt=alt, labels=labels, choices=choices)
        display({"text/html": page, "text/plain": f"Figure to explore: {alt}"}, raw=True)
    else:
        display(_controls(function, alt=alt, labels=labels, choices=choices))


def _label_choices(label, choices):
    """Return the text beside each control: name -> text."""
    labels = {name: name.replace("_", " ") for name in choices}
    if isinstance(label, str):
        if len(choices) > 1:
            raise ValueError(f"label is one text for {len(choices)} choices; pass {{name: text}}")
        label = {next(iter(choices)): label}
    for name, text in (label or {}).items():
        if name not in choices:
            raise ValueError(f"label names {name!r}, but the choices are: {', '.join(choices)}")
        labels[name] = text
    return labels


def _is_numeric(values):
    """Tell whether all values are numbers, for which a slider serves; truth values are not."""
    return all(isinstance(value, (int, float, np.number)) and not isinstance(value, bool) for value in values)


def _text_of(value):
    """Return a value as a reader sees it: ``0.5``, ``10``, ``yes``, ``max pooling``."""
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, (float, np.floating)) else str(value)


def _words(labels, chosen):
    """Return the chosen values in words, e.g. ``sigma 2, kernel box``."""
    return ", ".join(f"{labels[name]} {_text_of(value)}" for name, value in chosen.items())


def _render(function, chosen):
    """Call `function` and return its figure as a picture; no figure stays open.

    Returns
    -------
    PIL.Image.Image
        RGB, at most `MAX_WIDTH` pixels wide.
    """
    before = set(plt.get_fignums())
    try:
        figure = _figure_of(function(**chosen))
        new = sorted(set(plt.get_fignums()) - before)
        if figure is None and new:
            figure = plt.figure(new[-1])
        if figure is None:
            raise ValueError(f"the function drew no figure for {chosen}; make one with plt.subplots() or return it")
        figure.set(dpi=min(150, MAX_WIDTH / figure.get_figwidth()), facecolor="white")
        if figure.get_layout_engine() is None:
            figure.set_layout_engine("constrained")  # labels inside the picture
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        plt.close(figure)
    finally:
        for number in set(plt.get_fignums()) - before:
            plt.close(number)
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def _figure_of(result):
    """Return the Figure that a plot function's result belongs to, or None."""
    if isinstance(result, (np.ndarray, list, tuple)) and len(result):
        return _figure_of(np.ravel(np.asarray(result, dtype=object))[0])
    if isinstance(result, Axes):
        return result.get_figure(root=True)
    return result if isinstance(result, Figure) else None


# ---------------------------------------------------------------------------------- in a live kernel


def _controls(function, *, alt, labels, choices):
    """Return ipywidgets (7.7 and 8) that redraw the figure in one picture, without flicker."""
    import ipywidgets as widgets

    def control(name, values):
        kind = widgets.SelectionSlider if _is_numeric(values) else widgets.Dropdown
        return kind(
            options=[(_text_of(value), i) for i, value in enumerate(values)],
            value=0,
            description=labels[name],
            style={"description_width": "initial"},
            layout=widgets.Layout(width="24em", max_width="100%"),
        )

    inputs = {name: control(name, values) for name, values in choices.items()}
    picture = widgets.Image(format="png", layout=widgets.Layout(max_width="100%"))
    status = widgets.HTML()

    def chosen():
        return {name: choices[name][box.value] for name, box in inputs.items()}

    def show():
        now = chosen()
        frame = _render(function, now)
        buffer = io.BytesIO()
        frame.save(buffer, format="png")
        picture.width = str(_shown_width(frame))
        picture.value = buffer.getvalue()
        text = html.escape(f"{alt} Shown: {_words(labels, now)}.")
        hidden = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)"
        status.value = f'<p role="status" style="{hidden}">{text}</p>'

    def changed(_):
        try:
            show()
        except Exception as error:  # a widget's own errors go unseen
            text = html.escape(f"{type(error).__name__}: {error}")
            status.value = f'<p role="alert">This figure cannot be drawn. {text}</p>'

    show()  # the first time, errors reach the cell
    for box in inputs.values():
        box.observe(changed, names="value")
    return widgets.VBox([picture, *inputs.values(), status])


def _shown_width(frame):
    """Return the width, in the page's pixels, at which a frame is shown: sharp on a fine screen."""
    return round(frame.width / 1.5)


# ------------------------------------------------------------------------------------ on the website


def _publish(function, *, id, alt, labels, choices):
    """Render every combination, store the frames, return the HTML that explore.js turns live."""
    n_frames = math.prod(len(values) for values in choices.values())
    if n_frames > MAX_FRAMES:
        sizes = " × ".join(str(len(values)) for values in choices.values())
        raise ValueError(
            f"{sizes} = {n_frames} combinations; at most {MAX_FRAMES} keep a page light: offer fewer values"
        )
    frames = [
        _render(function, dict(zip(choices, values, strict=True))) for values in itertools.product(*choices.values())
    ]
    files = [f"../_static/live/{store(_compress(frame), '.webp')}" for frame in frames]
    first = {name: values[0] for name, values in choices.items()}
    parts = [_control_html(labels[name], values) for name, values in choices.items()]

    def quote(text):
        return html.escape(text, quote=True)

    width = _shown_width(frames[0])
    height = round(width * frames[0].height / frames[0].width)
    return (
        f'<div class="explore" id="explore-{id}" data-state="ready" role="group" '
        f'aria-label="{quote(alt)}" data-alt="{quote(alt)}" data-frames="{quote(json.dumps(files))}">\n'
        f'<img class="explore-frame" loading="lazy" src="{files[0]}" width="{width}" height="{height}" '
        f'alt="{quote(alt)} Shown: {quote(_words(labels, first))}.">\n'
        f'<div class="explore-controls" hidden>\n{"".join(parts)}</div>\n'
        '<p class="explore-status" role="status"></p>\n</div>'
    )


def _control_html(label, values):
    """Return a labelled native slider or drop-down list over the positions of `values`."""
    texts = [_text_of(value) for value in values]
    label = html.escape(label, quote=True)
    data = f'data-label="{label}" data-values="{html.escape(json.dumps(texts), quote=True)}"'
    if _is_numeric(values):
        return (
            f"<label><span>{label}</span> "
            f'<input type="range" min="0" max="{len(values) - 1}" step="1" value="0" '
            f'aria-valuetext="{texts[0]}" autocomplete="off" {data}> <output>{texts[0]}</output></label>\n'
        )
    options = "".join(f'<option value="{i}">{html.escape(text)}</option>' for i, text in enumerate(texts))
    return f'<label><span>{label}</span> <select autocomplete="off" {data}>{options}</select></label>\n'


def _compress(frame):
    """Return a picture as WebP: without loss where that is light, as line drawings are."""
    buffer = io.BytesIO()
    if len(zlib.compress(frame.tobytes(), level=1)) < 5 * LIGHT:  # else not even WebP makes it light
        frame.save(buffer, format="webp", method=2, quality=50, lossless=True)  # here quality is effort
    if not 0 < buffer.tell() <= LIGHT:
        buffer = io.BytesIO()
        frame.save(buffer, format="webp", method=2, quality=85)
    return buffer.getvalue()
