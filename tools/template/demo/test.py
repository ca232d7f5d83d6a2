"""@@TITLE@@: the browser's arithmetic against Python's."""

ANSWERS = """
import demo, { answer } from "./demos/@@NAME@@.js";
console.log(JSON.stringify({ renders: typeof demo.render, answers: given.numbers.map(answer) }));
"""


def test_the_browser_answers_as_python_does(run_node):
    said = run_node(ANSWERS, numbers=[0, 3, 9])
    assert said == {"renders": "function", "answers": [0, 3**2, 9**2]}
