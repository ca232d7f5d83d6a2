"""What every lecture there is, and every one to come, keeps to."""

import ast
import itertools
import json
import re
import subprocess
import sys
from functools import cache

import nbformat
import pytest
import yaml
from IPython.core.inputtransformer2 import TransformerManager

from tools.execute import execute_all
from tools.project import ROOT, StepError, is_draft, lectures, words_of
from utils.course.quizzes import QUIZZES, read_quizzes

LECTURES = lectures()
# what a lecture calls that trains something: PyTorch's optimizers, backward, and the trainers of utils
TRAINERS = re.compile(r"\boptim\.|\.backward\(|(?<![.\w])(?:fit|train)(?:_\w+)?\(")
# a reader's own utils.py beside the notebook would be imported in the package's place
GUARD = """import utils

assert hasattr(utils, "__path__"), f"rename {utils.__file__}: it hides the book's"
"""
SLIDE_TYPES = {"slide", "subslide", "fragment", "skip", "notes", "-"}
MAX_PEAK_MB = 1500
FORBIDDEN = re.compile(r"/work/|/root/|/home/|localhost:\d|allow_pickle=True|weights_only=False")

# where the text may send a reader to another lecture; the course page and the index list the planned ones themselves
PROSE = [*LECTURES, *sorted(QUIZZES.glob("*.toml")), *(ROOT / "book" / f"{name}.md" for name in ("beyond", "glossary"))]

lecture = pytest.mark.parametrize("path", LECTURES, ids=[path.stem for path in LECTURES])


def read(path):
    return nbformat.read(path, as_version=4)


def tags(cell):
    return set(cell.metadata.get("tags", []))


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def syntax(path):
    """Yield every node of the syntax of a notebook's code."""
    for cell in code_cells(path):
        yield from ast.walk(ast.parse(TransformerManager().transform_cell(cell.source)))


def calls_of(path, name):
    return [node for node in syntax(path) if isinstance(node, ast.Call) and getattr(node.func, "id", None) == name]


def calls(path, name):
    """Return the first argument of each call of a function in a notebook's code."""
    return [ast.unparse(call.args[0]).strip("'\"") for call in calls_of(path, name) if call.args]


def keyword(path, name, key):
    """Return one keyword's value in each call of a function that gives it."""
    words = [word for call in calls_of(path, name) for word in call.keywords]
    return [ast.literal_eval(word.value) for word in words if word.arg == key]


@lecture
def test_it_holds_no_outputs_and_every_cell_has_an_identity(path):
    notebook = read(path)
    nbformat.validate(notebook)
    for cell in code_cells(path):
        assert cell.outputs == []
        assert cell.execution_count is None
    identities = [cell.id for cell in notebook.cells]
    assert len(set(identities)) == len(identities)
    assert set(notebook.metadata) <= {"kernelspec", "language_info", "dlia"}
    assert notebook.metadata.kernelspec.name == "python3"


@lecture
def test_every_cell_has_its_place_in_the_deck(path):
    kinds = [cell.metadata.get("slideshow", {}).get("slide_type") for cell in read(path).cells]
    assert set(kinds) <= SLIDE_TYPES
    assert kinds[0] == "slide"


@lecture
def test_the_speaker_is_told_what_to_do_and_it_fits_a_class(path):
    shown = [cell for cell in read(path).cells if cell.metadata.slideshow.slide_type in ("slide", "subslide")]
    told = [cell.metadata.get("dlia", {}).get("say", "") for cell in shown]
    minutes = [int(match[1]) for say in told if (match := re.match(r"(\d+) min\. \w", say))]
    if not is_draft(path):
        assert len(minutes) == len(shown), [cell.source[:60] for cell, say in zip(shown, told, strict=True) if not say]
        assert 60 <= sum(minutes) <= 85


@lecture
def test_solutions_are_closed_in_jupyter_too_and_named_on_the_page(path):
    for cell in code_cells(path):
        if "solution" in tags(cell):
            assert cell.metadata.jupyter == {"source_hidden": True, "outputs_hidden": True}
            assert cell.metadata.mystnb.code_prompt_show == "Show the solution"


@lecture
def test_it_has_one_title_and_skips_no_level_of_heading(path):
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    text = re.sub(r"^(`{3,}|:{3,}).*?^\1", "", text, flags=re.M | re.S)
    levels = [len(mark) for mark in re.findall(r"^(#{1,6}) ", text, flags=re.M)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in itertools.pairwise(levels))


@lecture
def test_its_set_up_is_the_same_as_everywhere(path):
    setups = [cell for cell in code_cells(path) if "setup" in tags(cell)]
    assert len(setups) == 1
    setup = setups[0]
    assert setup is not None
    assert setup.metadata.slideshow.slide_type == "skip"
    url = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
    start = f'import sys\n\nif "google.colab" in sys.modules:\n    %pip install -q git+{url}\n{GUARD}'
    assert setup.source.startswith(start)
    for line in ("seed_everything(0)", "device = pick_device()", "use_book_style()"):
        assert line in setup.source.splitlines()
    assert "from utils.notebook import report" in setup.source.splitlines()
    installs = [cell for cell in code_cells(path) if "%pip" in cell.source]
    assert len(installs) == 1


@lecture
def test_it_imports_names_and_not_whole_modules(path):
    for node in syntax(path):
        if isinstance(node, ast.ImportFrom):
            assert all(alias.name != "*" for alias in node.names)
        if isinstance(node, ast.Import):
            assert not any(alias.name.startswith("utils.") for alias in node.names)


@lecture
def test_it_hands_its_numbers_to_the_text_as_everywhere(path):
    """By `report`, which is imported, and not written again."""
    assert not calls_of(path, "glue")
    defined = {node.name for node in syntax(path) if isinstance(node, ast.FunctionDef)}
    assert "report" not in defined
    names = [ast.unparse(call.args[0]) for call in calls_of(path, "report")]
    assert len(names) >= (1 if is_draft(path) else 10)


@pytest.mark.parametrize("path", PROSE, ids=lambda path: path.stem)
def test_a_lecture_that_is_not_there_is_called_planned(path):
    there = {int(lecture.stem[:2]) for lecture in LECTURES}
    for said in re.finditer(r"[Ll]ectures? (\d+)(?: (?:to|and|or) (\d+))?([^.;:]{0,12})", words_of(path)):
        numbers = [int(number) for number in said.groups()[:2] if number]
        planned = "planned" in said[3]
        assert planned == any(number not in there for number in numbers), said[0]


@lecture
def test_its_cells_are_short_and_name_no_machine(path):
    for cell in read(path).cells:
        assert not FORBIDDEN.search(cell.source), cell.source
        if cell.cell_type == "code" and "setup" not in tags(cell):
            assert len(cell.source.splitlines()) <= 30, cell.source


@lecture
def test_nothing_may_fail_silently(path):
    assert "execution" not in read(path).metadata
    for cell in code_cells(path):
        assert not tags(cell) & {"raises-exception", "skip-execution", "nbmake"}
        assert "nbmake" not in cell.metadata


@lecture
def test_its_claims_are_asserted(path):
    source = "\n".join(cell.source for cell in code_cells(path) if "solution" not in tags(cell))
    assertions = len(re.findall(r"^\s*(?:assert |.*assert_close\()", source, flags=re.M))
    assert assertions >= (1 if is_draft(path) else 10)


@lecture
def test_a_whole_lecture_is_known_everywhere(path):
    if is_draft(path):
        return
    subject = path.stem.partition("_")[2]
    files = [
        f"utils/checks/{subject}.py",
        f"tests/unit/course/answers/{subject}.py",
        f"utils/assets/quizzes/{path.stem}.toml",
    ]
    assert [name for name in files if not (ROOT / name).is_file()] == []
    index = (ROOT / "book/index.md").read_text(encoding="utf-8")
    rows = [row for row in index.splitlines() if f"(../notebooks/{path.name})" in row and row.startswith("|")]
    assert [row.endswith("| **ready** |") for row in rows] == [True], "its row in book/index.md"


@lecture
def test_its_metadata_say_whether_it_trains(path):
    """Such a lecture is sabotaged in the tests."""
    code = "\n".join(cell.source for cell in code_cells(path))
    assert read(path).metadata["dlia"]["trains"] is bool(TRAINERS.search(code))


@lecture
def test_its_questions_exist_and_are_enough(path):
    asked = calls(path, "quiz")
    questions = read_quizzes(QUIZZES / f"{path.stem}.toml")
    assert set(asked) == set(questions), "asked in the lecture, and written for it, differ"
    assert len(asked) == len(set(asked)) >= (1 if is_draft(path) else 6)


@lecture
def test_its_exercises_run_unanswered_and_have_solutions_that_pass(path):
    cells = code_cells(path)
    exercises = [cell for cell in cells if "exercise" in tags(cell)]
    solutions = [cell for cell in cells if "solution" in tags(cell)]
    assert len(exercises) >= (1 if is_draft(path) else 4)
    assert len(solutions) >= (1 if is_draft(path) else 3)
    for cell in solutions:
        assert "hide-cell" in tags(cell)
    solved = [cell for cell in solutions if re.search(r"assert check\(", cell.source)]
    assert len(solved) >= (1 if is_draft(path) else 3)


@lecture
def test_it_is_alive(path):
    assert len(keyword(path, "demo", "alt")) == len(calls(path, "demo")) >= 1
    assert len(keyword(path, "explore", "alt")) == len(calls(path, "explore")) >= 1
    for alt in keyword(path, "demo", "alt") + keyword(path, "explore", "alt"):
        assert len(alt) > 30


@pytest.fixture
def run(path):
    """The kept run of a lecture; made now where it is missing."""
    outcome = run_or_error(path)
    if isinstance(outcome, StepError):
        raise outcome
    return outcome


@cache
def run_or_error(path):
    """A lecture that fails is not executed again for each test that needs its run."""
    try:
        return execute_all([path])[0]
    except StepError as error:
        return error


@pytest.mark.slow
@lecture
def test_every_figure_has_a_caption_and_a_text_alternative(path, run):
    for cell in read(run.notebook).cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                about = cell.metadata.get("mystnb", {})
                assert len(about.get("image", {}).get("alt", "")) > 20, cell.source
                assert about.get("figure", {}).get("caption"), cell.source


@pytest.mark.slow
@lecture
def test_the_published_run_is_quiet(path, run):
    for cell in read(run.notebook).cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.get("text")
            assert "application/vnd.jupyter.widget-view+json" not in output.get("data", {}), (
                "a control without a kernel is dead"
            )
            assert not FORBIDDEN.search(json.dumps(output)), cell.source
            by_accident = output.output_type == "execute_result" and set(output.data) == {"text/plain"}
            assert not by_accident, f"print it, or end the line with a semicolon: {cell.source.splitlines()[-1]}"


@pytest.mark.slow
@lecture
def test_unanswered_exercises_say_so(path, run):
    for cell in read(run.notebook).cells:
        if "exercise" in tags(cell) and "check(" in cell.source:
            assert "Not yet attempted" in "".join(output.get("text", "") for output in cell.outputs)


@pytest.mark.slow
@lecture
def test_it_fits_into_binder(path, run):
    record = json.loads((run.folder / "run.json").read_text())
    print(f"{path.stem}: {record['seconds']} s, {record['peak_mb']} MB")
    assert record["peak_mb"] <= MAX_PEAK_MB


def test_the_table_of_contents_lists_every_lecture():
    toc = (ROOT / "_toc.yml").read_text()
    assert [path.stem for path in LECTURES] == re.findall(r"notebooks/(\w+)", toc)


def test_a_file_of_the_reader_that_hides_the_package_is_named(tmp_path):
    (tmp_path / "utils.py").write_text("mine = 1", encoding="utf-8")
    said = subprocess.run([sys.executable, "-c", GUARD], cwd=tmp_path, capture_output=True, encoding="utf-8")
    assert f"AssertionError: rename {tmp_path / 'utils.py'}: it hides the book's" in said.stderr
    assert subprocess.run([sys.executable, "-c", GUARD], cwd=ROOT).returncode == 0
