"""Typeset the formulas of chapters at build time, with the MathJax that the site uses."""

import base64
import contextlib
import json
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

from lxml import etree
from lxml.html.builder import E

from tools.environment import BUILD
from tools.project import StepError
from tools.style import NODE

MATHJAX = BUILD / "npm" / "node_modules" / "mathjax"
SCRIPT = Path(__file__).with_suffix(".cjs")
DELIMITED = re.compile(r"\s*\\(?:\((?P<inline>.*)\\\)|\[(?P<display>.*)\\\])\s*", re.DOTALL)
# mathvariant, which MathML Core and with it Chromium no longer know: Unicode's name of the same alphabet
ALPHABETS = {
    name: name.upper().replace("D-I", "D I")
    for name in ("bold", "bold-italic", "double-struck", "script", "fraktur", "sans-serif", "monospace")
}
EX = 0.475  # MathJax states sizes in ex, of which the text's type has so many in an em
SIZE = re.compile(r'style="vertical-align: (-?[\d.]+)(?:ex)?;" .*?width="([\d.]+)ex" height="([\d.]+)ex"')


def typeset(bodies, show):
    """Put each formula in its place.

    Parameters
    ----------
    bodies : list of HtmlElement
    show : callable
        ``show(tex, mathml, svg)`` returns the element that shows a formula; `as_picture` and `as_mathml` are two.

    Raises
    ------
    StepError
        If something is no formula, or MathJax does not understand it.
    """
    places = [place for body in bodies for place in body.find_class("math")]
    asked = [_read(place.text_content()) for place in places]
    command = [sys.executable, "-c", NODE, str(SCRIPT), str(MATHJAX)]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, encoding="utf-8")
    if done.returncode:
        raise StepError(f"MathJax failed: {done.stderr.strip()[-500:]}")
    for place, formula, made in zip(places, asked, json.loads(done.stdout), strict=True):
        if "data-mjx-error" in made["mathml"] or 'mathcolor="red"' in made["mathml"]:
            raise StepError(f"MathJax does not understand the formula {formula['tex']}; mend it on its page")
        for child in [*place]:
            place.remove(child)
        place.text = None
        place.append(show(formula["tex"], **made))


def _read(text):
    found = DELIMITED.fullmatch(text)
    if not found:
        raise StepError(f"a formula begins with \\( or \\[, but a page has: {text.strip()[:80]}")
    return {"tex": (found["inline"] or found["display"]).strip(), "display": found["display"] is not None}


def as_picture(tex, mathml, svg):
    """Return a formula as a picture with its TeX: in a PDF, Chromium names to a screen reader nothing but pictures."""
    below, width, height = (EX * float(size) for size in SIZE.search(svg).groups())
    data = base64.b64encode(svg.encode()).decode()
    style = f"width: {width:.3f}em; height: {height:.3f}em; vertical-align: {below:.3f}em"
    return E.img(src=f"data:image/svg+xml;base64,{data}", alt=tex, style=style)


def as_mathml(tex, mathml, svg):
    """Return a formula as MathML, with its TeX for readers that show none."""
    formula = etree.fromstring(mathml)
    formula.set("alttext", tex)
    for element in formula.xpath("//*[@mathvariant]"):
        if element.get("mathvariant") in ALPHABETS:
            alphabet = ALPHABETS[element.attrib.pop("mathvariant")]
            element.text = "".join(in_alphabet(character, alphabet) for character in element.text)
    for element in formula.iter():
        for name in [name for name in element.attrib if name.startswith("data-")]:
            del element.attrib[name]
    return formula


def in_alphabet(character, alphabet):
    """Return a letter or digit in one of Unicode's mathematical alphabets; what that lacks stays as it is.

    >>> in_alphabet("x", "BOLD"), in_alphabet("R", "DOUBLE-STRUCK"), in_alphabet("+", "BOLD")
    ('𝐱', 'ℝ', '+')
    """
    words = re.sub("LATIN |GREEK | LETTER", "", unicodedata.name(character, ""))
    for name in (f"MATHEMATICAL {alphabet} {words}", f"{alphabet} {words}"):
        with contextlib.suppress(KeyError):
            return unicodedata.lookup(name)
    return character
