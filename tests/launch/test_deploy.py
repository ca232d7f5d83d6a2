"""The configurations of hubs: they parse, they fit the measured peaks, and the arithmetic of their page is right."""

import re
import subprocess
from statistics import median

import pytest
import yaml

from tools.project import ROOT

DEPLOY = ROOT / "deploy"
TEXT = (DEPLOY / "README.md").read_text(encoding="utf-8")
PAGE = re.sub(r"(?<![|\n])\n(?![|\n])", " ", TEXT)  # each paragraph on one line
COSTS = re.findall(r"^\| \d\d [^|]+\| (\d+) \| (\d+) MB", (ROOT / "book/costs.md").read_text(encoding="utf-8"), re.M)
SECONDS, PEAKS = sorted(int(row[0]) for row in COSTS), sorted(int(row[1]) / 1000 for row in COSTS)
AROUND = 0.3  # GB: JupyterLab and its server


def read(name):
    return yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))


@pytest.fixture
def student():
    return read("kubernetes/values.yaml")["singleuser"]


def gigabytes(text):
    return float(text.removesuffix("G"))


def test_a_students_limit_holds_the_hungriest_lecture_and_the_share_the_median_one(student):
    assert gigabytes(student["memory"]["limit"]) == gigabytes(read("tljh/config.yaml")["limits"]["memory"]) == 2
    assert PEAKS[-1] + AROUND < 2
    assert median(PEAKS) + AROUND == pytest.approx(gigabytes(student["memory"]["guarantee"]), abs=0.1)


ROW = re.compile(r"^\| (\d+) \| (\d+) GB \| (one|eight) of (\d+) cores and (\d+) GB.*?\| about (\S+) min", re.M)


def test_the_pages_arithmetic_is_right(student):
    share = gigabytes(student["memory"]["guarantee"])
    assert f"hungriest lecture takes {PEAKS[-1]:.1f} GB, the median one {median(PEAKS):.1f} GB" in PAGE
    assert f"a student's limit is 2 GB, and {share} GB is set aside" in PAGE
    rows = ROW.findall(PAGE)
    assert len(rows) == 2
    for students, memory, machines, cores, each, minutes in rows:
        students, machines = int(students), {"one": 1, "eight": 8}[machines]
        assert round(students * share) == int(memory)
        assert students * share / machines < int(each) - 10  # what the system and the hub take
        needed = students * median(SECONDS) / (machines * int(cores)) / 60
        assert needed == pytest.approx(float(minutes.replace("½", ".5")), abs=0.5)
    per_node = read("kubernetes/values.yaml")["scheduling"]["userPlaceholder"]["replicas"]
    assert f"{per_node} students each" in PAGE
    assert per_node * 8 >= 300
    assert 300 * 2 * 60 / (75 * 60) == 8  # cores busy, if each runs a lecture twice in a class


def test_the_settings_are_those_that_the_littlest_jupyterhub_knows():
    known = {
        "users": {"admin", "allowed", "banned"},
        "limits": {"memory", "cpu"},
        "https": {"enabled", "letsencrypt"},
        "user_environment": {"default_app"},
        "services": {"cull"},
    }
    for part, settings in read("tljh/config.yaml").items():
        assert set(settings) <= known[part]


def test_the_install_script_parses_and_takes_the_branch_with_the_copies():
    script = DEPLOY / "tljh/install.sh"
    assert subprocess.run(["bash", "-n", script]).returncode == 0
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]
    assert f"book={config['url']}\ncopies={config['branch']} " in script.read_text(encoding="utf-8")
