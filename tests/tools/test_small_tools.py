"""The student copy, adopting the book, starting a lecture, the environment."""

import os
import re
import shutil
import subprocess
import sys
from urllib.parse import parse_qsl, urlsplit

import nbformat
import pytest
import yaml

from book._ext.launch_buttons import launch_links
from tools import environment, style
from tools.adopt import adopt, own_files
from tools.demo import start_demo
from tools.lecture import start_lecture, with_chapter
from tools.project import ROOT, StepError, lectures, replace_folder, write_atomically
from tools.student import student_copy
from tools.variants import SABOTAGES, sabotaged, with_seed


def notebook():
    cells = [
        nbformat.v4.new_code_cell("seed_everything(0)", metadata={"tags": ["setup"]}),
        nbformat.v4.new_code_cell("1 + 1", execution_count=3),
        nbformat.v4.new_code_cell("answer = 42", metadata={"tags": ["solution", "hide-cell"]}),
    ]
    cells[1].outputs = [nbformat.v4.new_output("stream", text="2")]
    return nbformat.v4.new_notebook(cells=cells)


def test_a_student_gets_neither_solutions_nor_outputs():
    original = notebook()
    copy = student_copy(original)
    assert [cell.source for cell in copy.cells] == ["seed_everything(0)", "1 + 1"]
    assert copy.cells[1].outputs == []
    assert copy.cells[1].execution_count is None
    assert len(original.cells) == 3
    assert original.cells[1].outputs


def test_a_seed_is_changed_in_the_set_up_cell_only():
    assert next(cell.source for cell in with_seed(notebook(), 3).cells) == "seed_everything(3)"
    with pytest.raises(StepError, match="does not call seed_everything"):
        with_seed(with_seed(notebook(), 3), 4)


@pytest.mark.parametrize("code", SABOTAGES.values(), ids=SABOTAGES.keys())
def test_a_sabotage_runs_right_after_the_set_up(code):
    assert sabotaged(notebook(), code).cells[1].source == code


def test_the_sabotaged_optimiser_does_not_move():
    code = SABOTAGES["learning rate zero"] + (
        "weights = torch.ones(2, requires_grad=True)\n"
        "for Optimizer in (torch.optim.SGD, torch.optim.Adam):\n"
        "    optimizer = Optimizer([weights], lr=0.1)\n"
        "    weights.sum().backward()\n"
        "    optimizer.step()\n"
        "assert weights.tolist() == [1, 1]"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.fixture
def checkout(tmp_path):
    """A copy of what is committed or about to be, as a repository of its own."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and not name.endswith(".npz"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
    return tmp_path


def test_adopting_leaves_no_trace_of_the_old_address(checkout):
    changed = adopt("https://github.com/you/your-book", root=checkout)
    names = {str(path.relative_to(checkout)) for path in changed}
    assert {"_config.yml", "README.md", "notebooks/08_convolutional_networks.ipynb"} <= names
    left = subprocess.run(
        ["git", "grep", "-l", "gnr638/deep-learning-for-image-analysis"], cwd=checkout, capture_output=True, text=True
    )
    assert left.stdout.split() in ([], ["tests/tools/test_small_tools.py"])
    with pytest.raises(StepError, match="nothing was changed; the book says .*you/your-book already"):
        adopt("https://github.com/you/your-book", root=checkout)


@pytest.mark.parametrize("inside", ["nothing", "another repository"])
def test_a_book_that_came_as_an_archive_is_adopted_too(checkout, inside):
    tracked = subprocess.run(["git", "ls-files"], cwd=checkout, capture_output=True, text=True, check=True).stdout
    assert {str(path.relative_to(checkout)) for path in own_files(checkout)} == set(tracked.split("\n")) - {""}
    shutil.rmtree(checkout / ".git")
    if inside == "another repository":
        (checkout.parent / ".git").mkdir(exist_ok=True)
    changed = adopt("https://github.com/you/your-book", root=checkout)
    assert checkout / "_config.yml" in changed


@pytest.mark.parametrize("arguments", [("adopt", "https://github.com/you/your-book"), ("lecture", "96_light")])
def test_a_tool_reads_and_writes_utf_8_whatever_the_locale(checkout, arguments):
    name, argument = arguments
    ascii_only = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", f"tools.{name}", argument]
    said = subprocess.run(command, cwd=checkout, env=ascii_only, capture_output=True, encoding="utf-8")
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize("address", ["", "your-book", "https://example.org/a", "git@github.com:you/book.git"])
def test_adopting_refuses_what_is_no_address(checkout, address):
    with pytest.raises(StepError, match="expected https://HOST/OWNER/NAME"):
        adopt(address, root=checkout)


HOSTS = [
    # address, site asked for; site, provider, Binder's name for it
    ("https://github.com/You/book", None, "https://you.github.io/book", "github", "gh/You/book"),
    ("https://gitlab.com/group/sub/book", None, "https://group.gitlab.io/book", "gitlab", "gl/group%2Fsub%2Fbook"),
    (
        "https://codeberg.org/you/book",
        None,
        "https://you.codeberg.page/book",
        "github",
        "git/https%3A%2F%2Fcodeberg.org",
    ),
    (
        "https://git.uni.edu/you/book.git",
        "https://www.uni.edu/b/",
        "https://www.uni.edu/b",
        "github",
        "git/https%3A%2F%2F",
    ),
]


@pytest.mark.parametrize(("address", "site", "published", "provider", "binder"), HOSTS)
def test_a_book_is_adopted_on_any_host_and_branch(checkout, address, site, published, provider, binder):
    adopt(address, branch="spring-2027", site=site, root=checkout)
    config = yaml.safe_load((checkout / "_config.yml").read_text(encoding="utf-8"))
    assert config["repository"] == {
        "url": address.removesuffix(".git"),
        "branch": "launch-spring-2027",
        "path_to_book": "",
    }
    assert config["html"]["baseurl"] == published
    assert config["sphinx"]["config"]["html_theme_options"]["repository_provider"] == provider
    workflow = yaml.safe_load((checkout / ".github/workflows/publish.yml").read_text())
    assert workflow[True]["push"]["branches"] == ["spring-2027"]  # YAML reads `on` as true
    assert workflow["jobs"]["launch"]["env"]["BRANCH"] == "launch-spring-2027"
    assert "\ncopies=launch-spring-2027 " in (checkout / "deploy/tljh/install.sh").read_text(encoding="utf-8")
    front = (checkout / "book/index.md").read_text(encoding="utf-8")
    assert f"https://mybinder.org/v2/{binder}" in front
    assert "/launch-spring-2027?urlpath" in front
    assert not any("gnr638" in text for text in front.split() if "://" in text)


def test_where_a_book_is_published_is_asked_of_an_unknown_host(checkout):
    with pytest.raises(StepError, match="where does git.uni.edu publish.*SITE="):
        adopt("https://git.uni.edu/you/book", root=checkout)


def test_the_workflow_keeps_the_copies_on_the_branch_that_the_rocket_opens():
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    workflow = yaml.safe_load((ROOT / ".github/workflows/publish.yml").read_text())
    assert workflow["jobs"]["launch"]["env"]["BRANCH"] == config["repository"]["branch"]


PLACES = {"binder": "https://mybinder.org", "colab": "https://colab.example", "jupyterhub": "https://hub.example/"}


@pytest.mark.parametrize(
    ("host", "names"), [("github.com", "Binder Colab JupyterHub"), ("gitlab.com", "Binder JupyterHub")]
)
def test_a_rocket_offers_only_what_works_there(host, names):
    links = launch_links(f"https://{host}/you/book", "launch", PLACES, "notebooks/08_x.ipynb")
    assert [name for name, _, _ in links] == names.split()
    pull = dict(parse_qsl(urlsplit(links[-1][1]).query))
    assert urlsplit(links[-1][1]).path == "/hub/user-redirect/git-pull"
    assert pull == {
        "repo": f"https://{host}/you/book", "branch": "launch", "urlpath": "lab/tree/book/notebooks/08_x.ipynb"
    }  # fmt: skip
    assert launch_links(f"https://{host}/you/book", "launch", {"binder": ""}, "n.ipynb") == []


def test_a_new_lecture_is_complete_and_listed(checkout):
    written = start_lecture("97_colour_spaces", root=checkout)
    for path in written:
        assert "@@" not in path.read_text()
    lecture = nbformat.read(checkout / "notebooks/97_colour_spaces.ipynb", as_version=4)
    assert lecture.cells[0].source.startswith("# Colour spaces")
    assert (
        "      - file: notebooks/97_colour_spaces\n        title: 97 Colour spaces\n"
        in (checkout / "_toc.yml").read_text()
    )
    with pytest.raises(StepError, match="the number 97 is taken by 97_colour_spaces.ipynb"):
        start_lecture("97_other", root=checkout)


@pytest.mark.slow
def test_a_new_lecture_passes_its_tests_untouched(checkout):
    """The contract, with the lecture executed, and its checker."""
    start_lecture("97_colour_spaces", root=checkout)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", "-k", "97 or colour"]
    tests = ["tests/notebooks/test_contract.py", "tests/unit/course/test_answers.py", "tests/unit/test_structure.py"]
    environment = {**os.environ, "DLIA_STORE": str(checkout / "store")}
    done = subprocess.run([*command, *tests], cwd=checkout, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 25


def test_a_new_demo_passes_its_tests_untouched(checkout):
    written = start_demo("loss_landscape", root=checkout)
    assert [str(path.relative_to(checkout)) for path in written] == [
        "book/live/demos/loss_landscape.js",
        "book/live/demos/loss_landscape.css",
        "tests/unit/live/test_loss_landscape_demos.py",
    ]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider"]
    tests = ["tests/unit/live/test_loss_landscape_demos.py", "tests/unit/live/test_bundling.py"]
    tests += ["tests/unit/test_structure.py::test_tests_mirror_the_packages"]
    done = subprocess.run([*command, *tests], cwd=checkout, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout[-4000:]
    biome = [sys.executable, "-c", style.NODE, str(style.BIOME), "ci", "--error-on-warnings", "book/live"]
    done = subprocess.run(biome, cwd=checkout, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    with pytest.raises(StepError, match="there is a demo loss_landscape already"):
        start_demo("loss_landscape", root=checkout)


@pytest.mark.parametrize("name", ["", "Loss", "loss-landscape", "9_loss", "loss_"])
def test_a_demos_name_that_does_not_fit_is_refused(checkout, name):
    with pytest.raises(StepError, match="expected lower case, such as loss_landscape"):
        start_demo(name, root=checkout)


@pytest.mark.parametrize("name", ["", "colour", "9_colour", "20_Colour", "20-colour"])
def test_a_name_that_does_not_fit_is_refused(checkout, name):
    with pytest.raises(StepError, match="expected two digits and a subject"):
        start_lecture(name, root=checkout)


@pytest.mark.parametrize(("number", "place"), [("01", 1), ("03", 3), ("09", 5)])
def test_a_chapter_finds_its_place_by_number(number, place):
    toc = """parts:
      - file: notebooks/02_a
        title: 02 A
      - file: notebooks/08_c
        title: 08 C
  - caption: Reference
      - file: book/x
"""
    lines = toc.splitlines()
    new = [f"      - file: notebooks/{number}_b", f"        title: {number} B"]
    assert with_chapter(toc, f"notebooks/{number}_b", f"{number} B").splitlines() == lines[:place] + new + lines[place:]


def test_every_lecture_is_listed_with_its_number():
    chapters = [
        chapter for part in yaml.safe_load((ROOT / "_toc.yml").read_text())["parts"] for chapter in part["chapters"]
    ]
    listed = [chapter for chapter in chapters if chapter["file"].startswith("notebooks/")]
    assert [chapter["file"] for chapter in listed] == sorted(f"notebooks/{path.stem}" for path in lectures())
    for chapter in listed:
        assert chapter["title"].startswith(chapter["file"].removeprefix("notebooks/")[:2] + " ")


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.txt"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "half \udcff")
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_is_replaced_whole(tmp_path):
    for name in ("new", "target"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.txt").touch()
    replace_folder(tmp_path / "new", tmp_path / "target")
    assert [path.name for path in tmp_path.rglob("*")] == ["target", "new.txt"]


@pytest.mark.parametrize("version", [(3, 10, 9), (3, 14, 0)])
def test_another_python_is_refused_with_the_way_out(monkeypatch, version):
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(environment.SetupError, match="needs 3.11 to 3.13.*make book PYTHON="):
        environment.check_python()


def test_without_any_browser_the_tests_fail_and_say_so(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(environment, "playwright_browser", lambda: None)
    with pytest.raises(environment.SetupError, match="no Chromium was found.*playwright install chromium"):
        environment.find_browser()


def test_a_step_that_fails_says_what_it_was_for():
    with pytest.raises(environment.SetupError, match="could not install the npm packages"):
        environment.run(["false"], "install the npm packages")


def test_npm_packages_are_locked_without_addresses():
    lock = (ROOT / "book" / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert '"integrity"' in lock
