"""Questions: their files, their text, their HTML."""

import inspect
from html.parser import HTMLParser

import pytest

from utils.course import quiz, quizzes


class Reader(HTMLParser):
    """Collects what a screen reader would be told, and checks that every tag is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.text = [], [], {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        for tag in self.open:
            self.text.setdefault(tag, []).append(data)


def test_there_are_questions_for_lecture_08():
    path = quizzes.QUIZZES / "08_convolutional_networks.toml"
    assert len(quizzes.read_quizzes(path)) >= 6


@pytest.mark.parametrize("name", sorted(quizzes.questions()))
def test_a_question_reads_without_a_mouse(name):
    question = quizzes.questions()[name]
    page = Reader(quizzes.question_html(name, question))
    tags = [tag for tag, _ in page.tags]
    assert page.open == []
    assert page.tags[0] == ("fieldset", {"class": "quiz", "data-quiz": name})
    assert tags.count("legend") == 1
    assert tags.count("details") == tags.count("summary") == len(question["options"])
    assert "script" not in tags
    states = page.text["strong"]
    assert states.count("Right.") == 1
    assert states.count("Not quite.") == len(question["options"]) - 1
    whys = [option["why"] for option in question["options"]]
    assert len(set(whys)) == len(whys)


def test_the_right_option_is_not_always_in_one_place():
    places = {
        [option.get("right", False) for option in question["options"]].index(True)
        for question in quizzes.questions().values()
    }
    assert len(places) > 1


@pytest.mark.parametrize("extreme", [max, min])
def test_the_right_option_is_not_known_by_its_length(extreme):
    bank = [question["options"] for question in quizzes.questions().values()]
    hits = sum(
        len(option["text"]) == extreme(len(other["text"]) for other in options)
        for options in bank
        for option in options
        if option.get("right")
    )
    chance = [1 / len(options) for options in bank]
    spread = sum(p * (1 - p) for p in chance) ** 0.5
    assert abs(hits - sum(chance)) < 2 * spread, f"{hits} of {len(bank)}, where chance gives {sum(chance):.0f}"


def test_quiz_displays_html_and_text(monkeypatch):
    shown = []
    monkeypatch.setattr(quizzes, "display", lambda data, raw: shown.append(data))
    quiz("output-size")
    assert 'data-quiz="output-size"' in shown[0]["text/html"]
    assert "a. 28" in shown[0]["text/plain"]


def test_unknown_question_names_the_closest_first():
    with pytest.raises(ValueError, match="unknown question 'output-sizes'; did you mean 'output-size'"):
        quiz("output-sizes")


def test_text_is_escaped_and_code_is_marked():
    question = {"question": "Is `a < b`?", "options": [{"text": "<b>", "why": "x & y", "right": True}]}
    page = quizzes.question_html("q", question)
    assert "<code>a &lt; b</code>" in page
    assert "&lt;b&gt;" in page
    assert "x &amp; y" in page


def test_formulas_are_left_to_mathjax_and_prices_are_not():
    question = {
        "question": r"Is $\frac{a}{b} < *c*$?",
        "options": [{"text": "$5 and $6", "why": "*So*", "right": True}],
    }
    page = quizzes.question_html("q", question)
    assert r'<span class="math inline">\(\frac{a}{b} &lt; *c*\)</span>' in page
    assert "$5 and $6" in page
    assert "<em>So</em>" in page


GOOD = inspect.cleandoc(
    """
    [q]
    question = "Why?"
    [[q.options]]
    text = "a"
    why = "b"
    right = true
    [[q.options]]
    text = "c"
    why = "d"
    """
)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('question = "Why?"', "", "has no text"),
        ("right = true", "", "0 right options; expected exactly 1"),
        ('why = "d"', 'why = "d"\nright = true', "2 right options"),
        ('why = "d"', "", "option 2 has no `why`"),
        ('text = "a"', "", "option 1 has no `text`"),
        ('[[q.options]]\ntext = "c"\nwhy = "d"', "", "1 options; expected at least 2"),
        ("[q]", "[q", "is not valid TOML"),
    ],
)
def test_a_bad_file_is_named_with_its_fault(tmp_path, old, new, message):
    path = tmp_path / "bad.toml"
    path.write_text(GOOD)
    assert set(quizzes.read_quizzes(path)) == {"q"}
    assert old in GOOD
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(ValueError, match=f"bad.toml.*{message}"):
        quizzes.read_quizzes(path)


def test_two_lectures_cannot_share_a_question(tmp_path, monkeypatch):
    for stem in ("one", "two"):
        (tmp_path / f"{stem}.toml").write_text(GOOD)
    monkeypatch.setattr(quizzes, "QUIZZES", tmp_path)
    with pytest.raises(ValueError, match="another lecture has a question 'q'"):
        quizzes.questions.__wrapped__()
