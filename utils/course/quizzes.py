"""Multiple-choice questions: in Jupyter, in Colab and offline."""

import html
import tomllib
from functools import cache
from pathlib import Path

from IPython.display import display
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from utils.validation import check_name

QUIZZES = Path(__file__).parents[1] / "assets" / "quizzes"
MARKDOWN = MarkdownIt("commonmark", {"html": False}).use(
    dollarmath_plugin,
    allow_space=False,
    # MathJax on the page, in JupyterLab and in Colab knows these brackets
    renderer=lambda formula, _: rf"\({html.escape(formula)}\)",
)


def quiz(name):
    """Show one multiple-choice question.

    Each option opens to say whether it is right, and why. It is plain HTML, so it works without
    JavaScript, by keyboard and with a screen reader, on the page and in the deck.

    Parameters
    ----------
    name : str
        The question's name in ``utils/assets/quizzes``.

    Raises
    ------
    ValueError
        If there is no question of that name.
    """
    check_name(name, questions(), "question")
    question = questions()[name]
    display({"text/html": question_html(name, question), "text/plain": question_text(question)}, raw=True)


@cache
def questions():
    """Read the questions of all lectures.

    Returns
    -------
    dict of str to dict
        ``question`` and ``options``, each option with ``text``, ``why`` and maybe ``right = true``.

    Raises
    ------
    ValueError
        If a file breaks a rule; the message names the file and the rule.
    """
    found = {}
    for path in sorted(QUIZZES.glob("*.toml")):
        for name, question in read_quizzes(path).items():
            if name in found:
                raise ValueError(f"{path.name}: another lecture has a question {name!r}; rename one")
            found[name] = question
    return found


def read_quizzes(path):
    """Read and check one file of questions.

    Parameters
    ----------
    path : Path
        A TOML file with a table a question.

    Returns
    -------
    dict of str to dict

    Raises
    ------
    ValueError
        If the file is no TOML, or a question lacks its text, has fewer than two options, not exactly
        one right option, or an option without `text` and `why`.
    """
    try:
        found = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{Path(path).name} is not valid TOML: {error}") from error
    for name, question in found.items():
        where = f"{Path(path).name}, question {name!r}"
        options = question.get("options", [])
        if not question.get("question"):
            raise ValueError(f"{where} has no text; add `question = ...`")
        if len(options) < 2:
            raise ValueError(f"{where} has {len(options)} options; expected at least 2")
        right = sum(option.get("right", False) for option in options)
        if right != 1:
            raise ValueError(f"{where} has {right} right options; expected exactly 1")
        for number, option in enumerate(options, start=1):
            for key in ("text", "why"):
                if not option.get(key):
                    raise ValueError(f"{where}: option {number} has no `{key}`; every option needs one")
    return found


def question_html(name, question):
    """Write a question as a fieldset of options that open.

    Parameters
    ----------
    name : str
    question : dict
        As from `questions`; its texts are Markdown, with formulas between dollars.

    Returns
    -------
    str
    """
    options = "".join(
        f'<details class="quiz-option"><summary>{_inline(option["text"])}</summary>'
        f"<p><strong>{_state(option)}</strong> {_inline(option['why'])}</p></details>"
        for option in question["options"]
    )
    return (
        f'<fieldset class="quiz" data-quiz="{html.escape(name)}">'
        f"<legend>{_inline(question['question'])}</legend>{options}</fieldset>"
    )


def question_text(question):
    """Return a question (a dict as from `questions`) as plain text, for where no HTML is shown."""
    lines = [question["question"]]
    lines += [f"  {letter}. {option['text']}" for letter, option in zip("abcdefgh", question["options"], strict=False)]
    return "\n".join(lines)


def _state(option):
    return "Right." if option.get("right", False) else "Not quite."


def _inline(text):
    """Write the Markdown of one line as HTML: `code`, *stress*, $formula$."""
    return MARKDOWN.renderInline(text)
