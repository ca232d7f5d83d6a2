"""Style is checked in both languages, and what is missing is told."""

import subprocess
import sys

import pytest

from tools import style


def test_a_missing_checker_is_told_with_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setattr(style, "BIOME", tmp_path / "biome")
    monkeypatch.setattr(sys, "argv", ["style"])
    with pytest.raises(SystemExit, match="Biome, .*, is not installed; run: make environment"):
        style.main()


@pytest.mark.parametrize(
    ("name", "text", "good"),
    [
        ("demo.js", 'export const one = "one";\n', True),
        ("demo.js", "export const one = 'one'\n", False),
        ("demo.js", "export function one(unused) {\n  return 1;\n}\n", False),
        ("demo.js", "export function one(act) {\n" + 70 * "  act();\n" + "}\n", True),
        ("demo.js", "export function one(act) {\n" + 81 * "  act();\n" + "}\n", False),
        ("demo.css", ".one {\n  margin: 0;\n}\n", True),
        ("demo.css", ".one { margin: 0 }\n", False),
        ("demo.css", ".one {\n  marginn: 0;\n}\n", False),
    ],
)
def test_javascript_and_css_are_checked(name, text, good, tmp_path):
    (tmp_path / "book/live/demos").mkdir(parents=True)
    (tmp_path / "biome.json").write_text((style.ROOT / "biome.json").read_text())
    (tmp_path / "book/live/demos" / name).write_text(text)
    biome = style.commands(mend=False)[-1]
    done = subprocess.run(biome, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode == 0) is good, done.stdout + done.stderr
