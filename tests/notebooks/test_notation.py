"""The table of letters says what the lectures' formulas use, no more and no less."""

import re
import tomllib

import pytest

from tools.project import ROOT, is_draft, lectures, words_of

NOTATION = tomllib.loads((ROOT / "book/notation.toml").read_text(encoding="utf-8"))
GREEK = re.compile(
    r"\\(?:alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|upsilon"
    r"|phi|varphi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|Omega)(?![A-Za-z])"
)
NAMED = re.compile(r"\\(?:text\w*|operatorname|mathrm)\*?\{[^{}]*\}|\\mathbb\s*(?:\{[^{}]*\}|\w)")  # words, not letters
DRESSED = re.compile(r"\\(?:mathbf|mathcal|tilde|hat|bar)\s*\{?([A-Za-z])\}?")


def formulas(lecture):
    """Yield the formulas of a lecture's prose."""
    prose = re.sub(r"`+[^`]*`+", " ", words_of(lecture))
    yield from re.findall(r"\$\$(.+?)\$\$", prose, flags=re.S)
    yield from re.findall(r"\$([^$]+)\$", re.sub(r"\$\$.+?\$\$", " ", prose, flags=re.S))


def letters(formula):
    """Return the letters that a formula uses: single Latin ones, and Greek ones by their command."""
    formula = DRESSED.sub(r" \1 ", NAMED.sub(" ", formula))
    latin = re.findall(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])", re.sub(r"\\[A-Za-z]+", " ", formula))
    return set(latin) | set(GREEK.findall(formula))


def test_letters_are_found_in_whatever_dress():
    formula = r"\mathbf{x}_i = \hat W \text{ if } \sigma(\operatorname{tr} C) \in \mathrm{KL}"
    assert letters(formula) == {"x", "i", "W", "\\sigma", "C"}


@pytest.mark.parametrize("lecture", [path for path in lectures() if not is_draft(path)], ids=lambda path: path.stem)
def test_every_letter_of_a_lecture_is_explained(lecture):
    used = set().union(*(letters(formula) for formula in formulas(lecture)))
    explained = set(NOTATION["meanings"].get(lecture.stem[:2], {}))
    assert used - explained - set(NOTATION["everywhere"]) == set(), "say in book/notation.toml what they mean"
    assert explained - used == set(), "no formula of the lecture has these"
