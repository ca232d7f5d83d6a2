"""Checkers say what is wrong, and why; questions are well formed and readable without a mouse."""

import inspect
from html.parser import HTMLParser

import pytest
import torch

from utils import convolution, exercises
from utils.exercises import check, quiz

# ---------------------------------------------------------------- the machinery


@pytest.mark.parametrize("attempt", [None, ..., NotImplemented])
def test_an_empty_value_is_not_attempted(attempt, capsys):
    verdict = check("shift-kernel", attempt)
    assert verdict.status == "not attempted"
    assert not verdict
    assert "Not yet attempted" in capsys.readouterr().out


def unanswered(*args):
    return ...


def returns_nothing(*args):
    pass


def not_implemented(*args):
    raise NotImplementedError


@pytest.mark.parametrize("attempt", [unanswered, returns_nothing, not_implemented])
@pytest.mark.parametrize("name", ["output-size", "count-convolution", "receptive-field"])
def test_an_empty_function_is_not_attempted(name, attempt, capsys):
    assert check(name, attempt).status == "not attempted"
    out = capsys.readouterr().out
    assert "Not yet attempted" in out
    assert attempt.__name__ in out


def test_a_branch_without_return_is_a_failure():
    def sometimes(size, kernel, stride, padding):
        if stride == 1:
            return size + 2 * padding - kernel + 1

    verdict = check("output-size", sometimes)
    assert verdict.status == "failed"
    assert "end every branch with `return`" in verdict.message


def test_an_error_in_the_attempt_is_reported_and_not_raised():
    verdict = check("output-size", lambda size: size)
    assert verdict.status == "failed"
    assert "TypeError" in verdict.message


def test_unknown_exercise_names_the_closest_first():
    with pytest.raises(ValueError, match="unknown exercise 'output_size'; did you mean 'output-size'"):
        check("output_size", None)
    with pytest.raises(ValueError, match="known: .*receptive-field"):
        check("zzz", None)


def test_two_lectures_cannot_share_a_name(monkeypatch):
    exercises.checkers.cache_clear()
    module = type("module", (), {"CHECKERS": {"same": None}})
    infos = [type("info", (), {"name": name}) for name in ("one", "two")]
    monkeypatch.setattr(exercises.pkgutil, "iter_modules", lambda path: infos)
    monkeypatch.setattr(exercises.importlib, "import_module", lambda name: module)
    with pytest.raises(ValueError, match="two lectures have an exercise 'same'"):
        exercises.checkers()


# ---------------------------------------------------------------- the checkers of lecture 08


def padding_once(n, k, s, p):
    return (n + p - k) // s + 1


def count(weights_per_map, *, bias=True, places=True, count_bias=False):
    def attempt(c_in, c_out, k, height, width):
        weights = c_out * weights_per_map(c_in, k)
        multiplications = (weights + count_bias * c_out) * (height * width if places else 1)
        return weights + bias * c_out, multiplications

    return attempt


def sheets(c_in, k):
    return c_in * k * k


def square_maps(c_in, c_out, k, height, width):
    return c_out * c_in * k**2 + c_out, c_out * c_in * k**2 * height * height


def other_order(c_in, c_out, k, height, width):
    return c_out * c_in * k**2 * height * width, c_out * c_in * k**2 + c_out


def jump_of(step):
    """Return an attempt whose jump after a layer is ``step(jump, stride)``."""

    def attempt(layers):
        size, jump = 1, 1
        for kernel, stride in layers:
            size, jump = size + (kernel - 1) * jump, step(jump, stride)
        return size

    return attempt


def jump_too_early(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        jump *= stride
        size += (kernel - 1) * jump
    return size


CASES = {
    "output-size": (
        lambda n, k, s, p: convolution.output_size(n, k, stride=s, padding=p),
        {
            "forget the + 1": lambda n, k, s, p: (n + 2 * p - k) // s,
            "counts twice": padding_once,
            "divide with //": lambda n, k, s, p: (n + 2 * p - k) / s + 1,
            "round down": lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1,
            "on paper": lambda n, k, s, p: n,
            "Did you use `padding`?": lambda n, k, s, p: (n - k) // s + 1,
            "*after* dividing": lambda n, k, s, p: (n + 2 * p - k + 1) // s,
            "give 5, too many": lambda n, k, s, p: round((n + 2 * p - k) / s) + 1,
            "returned no number": lambda n, k, s, p: str((n + 2 * p - k) // s + 1),
            "give the function itself": 14,
        },
    ),
    "shift-kernel": (
        torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 0, 0]]),
        {
            "to the left": [[0, 0, 0], [0, 0, 1], [0, 0, 0]],
            "image down": [[0, 1, 0], [0, 0, 0], [0, 0, 0]],
            "image up": [[0, 0, 0], [0, 0, 0], [0, 1, 0]],
            "must leave the centre": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
            "mixes several": [[0, 0, 0], [0.5, 0.5, 0], [0, 0, 0]],
            "sum of 1": [[0, 0, 0], [2, 0, 0], [0, 0, 0]],
            "diagonally": [[1, 0, 0], [0, 0, 0], [0, 0, 0]],
            "needs to be (3, 3)": [0, 1, 0],
            "not finite": [[0, 0, 0], [float("nan"), 0, 0], [0, 0, 0]],
            "is not an answer that can be read": "to the right",
        },
    ),
    "count-convolution": (
        count(sheets),
        {
            "has a bias too": count(sheets, bias=False),
            "sheet for each map in": count(lambda c_in, k: k * k),
            "for one place": count(sheets, places=False),
            "added, not multiplied": count(sheets, count_bias=True),
            "every place": lambda i, o, k, h, w: ((i * k * k + 1) * o * h * w, i * o * k * k * h * w),
            "one bias a map": lambda i, o, k, h, w: (i * o * k * k + 1, i * o * k * k * h * w),
            "How many numbers": lambda i, o, k, h, w: (i * o * k * k + o, i * k * k * h * w + 1),
            "two numbers": lambda i, o, k, h, w: 5,
            "need not be square": square_maps,
            "in the other order": other_order,
            "give the function itself": (156, 117600),
        },
    ),
    "receptive-field": (
        lambda layers: convolution.receptive_field(layers)[-1].size,
        {
            "kernels added up": lambda layers: sum(k for k, _ in layers),
            "Strides matter": lambda layers: 1 + sum(k - 1 for k, _ in layers),
            "grow first": jump_too_early,
            "no number": lambda layers: [1, 2],
            "after strides 2 and 2": jump_of(lambda jump, stride: stride),
            "Jumps multiply": jump_of(lambda jump, stride: jump + stride),
            "give the function itself": 16,
            "on paper": lambda layers: 99,
        },
    ),
}


def test_every_exercise_has_cases():
    from utils.checks.convolutional_networks import CHECKERS

    assert set(CASES) == set(CHECKERS)


@pytest.mark.parametrize("name", CASES)
def test_the_reference_passes(name, capsys):
    verdict = check(name, CASES[name][0])
    assert verdict.status == "passed"
    assert bool(verdict) is True
    assert "Passed" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "hint"), [(name, hint) for name, (_, wrong) in CASES.items() for hint in wrong])
def test_a_wrong_answer_gets_its_own_hint(name, hint):
    verdict = check(name, CASES[name][1][hint])
    assert verdict.status == "failed"
    assert hint in verdict.message


@pytest.mark.parametrize("name", CASES)
def test_hints_differ(name):
    messages = [check(name, wrong).message for wrong in CASES[name][1].values()]
    assert len(messages) >= 3
    assert len(set(messages)) == len(messages)


# ---------------------------------------------------------------- questions


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
    path = exercises.QUIZZES / "08_convolutional_networks.toml"
    assert len(exercises.read_quizzes(path)) >= 6


@pytest.mark.parametrize("name", sorted(exercises.questions()))
def test_a_question_reads_without_a_mouse(name):
    question = exercises.questions()[name]
    page = Reader(exercises.question_html(name, question))
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
        for question in exercises.questions().values()
    }
    assert len(places) > 1


def test_quiz_displays_html_and_text(monkeypatch):
    shown = []
    monkeypatch.setattr(exercises, "display", lambda data, raw: shown.append(data))
    quiz("output-size")
    assert 'data-quiz="output-size"' in shown[0]["text/html"]
    assert "a. 28" in shown[0]["text/plain"]


def test_unknown_question_names_the_closest_first():
    with pytest.raises(ValueError, match="unknown question 'output-sizes'; did you mean 'output-size'"):
        quiz("output-sizes")


def test_text_is_escaped_and_code_is_marked():
    question = {"question": "Is `a < b`?", "options": [{"text": "<b>", "why": "x & y", "right": True}]}
    page = exercises.question_html("q", question)
    assert "<code>a &lt; b</code>" in page
    assert "&lt;b&gt;" in page
    assert "x &amp; y" in page


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
    assert set(exercises.read_quizzes(path)) == {"q"}
    assert old in GOOD
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(ValueError, match=f"bad.toml.*{message}"):
        exercises.read_quizzes(path)


def test_two_lectures_cannot_share_a_question(tmp_path, monkeypatch):
    for stem in ("one", "two"):
        (tmp_path / f"{stem}.toml").write_text(GOOD)
    monkeypatch.setattr(exercises, "QUIZZES", tmp_path)
    with pytest.raises(ValueError, match="another lecture has a question 'q'"):
        exercises.questions.__wrapped__()
