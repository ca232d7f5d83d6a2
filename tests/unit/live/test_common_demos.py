"""What several demos share, in Node: buttons that play and pause, and answers that come too late."""

import pytest

# enough of a page for h()
PAGE = """
const element = { isConnected: true, setAttribute() {}, append() {} };
globalThis.document = {
  createElement: () => ({ ...element, addEventListener(_, act) { this.press = act; } }),
};
"""


@pytest.mark.parametrize("presses", [1, 3, 5])
def test_however_often_a_player_is_pressed_it_takes_one_step_at_a_time(run_node, presses):
    script = (
        PAGE
        + """
        const { player } = await import("./lib/player.js");
        const rest = () => new Promise((resolve) => setTimeout(resolve, 10));
        let [now, most, steps, stops] = [0, 0, 0, 0];
        const step = async () => {
          most = Math.max(most, ++now);
          steps += 1;
          await rest();
          now -= 1;
        };
        const { button, stop, isOn } = player({ label: "Go", stopLabel: "Stop", step, onStop: () => (stops += 1) });
        for (let i = 0; i < given.presses; i++) button.press();
        await rest();
        const on = isOn();
        for (let i = 0; i < 5; i++) await rest();
        stop();
        stop();
        const stopped = steps;
        for (let i = 0; i < 3; i++) await rest();
        console.log(JSON.stringify({ on, more: steps - stopped, perRest: stopped / 6, stops }));
        """
    )
    seen = run_node(script, presses=presses)
    assert seen["on"]
    assert seen["more"] == 0
    assert seen["perRest"] < 2
    assert seen["stops"] == (presses + 1) // 2


def test_a_step_that_fails_stops_the_player(run_node):
    script = (
        PAGE
        + """
        const { player } = await import("./lib/player.js");
        process.on("unhandledRejection", () => {});
        const step = () => Promise.reject(new Error("no"));
        const { button, isOn } = player({ label: "Go", stopLabel: "Stop", step });
        button.press();
        await new Promise((resolve) => setTimeout(resolve, 10));
        console.log(JSON.stringify(isOn()));
        """
    )
    assert run_node(script) is False


def test_an_answer_that_was_overtaken_is_told_even_if_it_fails(run_node):
    script = """
        const { latest } = await import("./lib/ask.js");
        const rest = () => new Promise((resolve) => setTimeout(resolve, 10));
        const comes = (value) => rest().then(() => value);
        const fails = () => rest().then(() => Promise.reject(new Error("no")));
        const follow = latest();
        const [first, second, third] = await Promise.all([follow(comes(1)), follow(fails()), follow(comes(3))]);
        const failed = await follow(fails()).catch((error) => error.message);
        console.log(JSON.stringify({ first, second, third, failed }));
        """
    assert run_node(script) == {
        "first": {"value": 1, "overtaken": True},
        "second": {"overtaken": True},
        "third": {"value": 3, "overtaken": False},
        "failed": "no",
    }


# a model that answers each message with what `reply` makes of it, and another's answer first
MODEL = """
const listeners = new Set();
const sent = [];
const emit = (...answer) => [...listeners].forEach((listener) => listener(...answer));
const modelOf = (reply) => ({
  on: (_, listener) => listeners.add(listener),
  off: (_, listener) => listeners.delete(listener),
  send(content, _, buffers) {
    sent.push({ ...content, values: buffers.map((buffer) => [...new Float32Array(buffer)]) });
    emit({ kind: "times", id: "another", milliseconds: [99] }, []);
    emit({ id: content.id, ...reply }, []);
  },
});
const { clock } = await import("./lib/ask.js");
const inputs = { scale: { data: [0.5], dims: [1] } };
"""


def test_a_model_is_timed_by_a_message_of_its_own(run_node):
    script = (
        MODEL
        + """
        const times = await clock(modelOf({ kind: "times", milliseconds: [3, 1, 2] }), inputs, 3, "slow");
        console.log(JSON.stringify({ times, sent, listening: listeners.size }));
        """
    )
    seen = run_node(script)
    assert seen["times"] == [3, 1, 2]
    (message,) = seen["sent"]
    assert message.pop("id")
    assert message == {
        "kind": "clock", "model": "slow", "runs": 3, "inputs": [{"name": "scale", "dims": [1]}], "values": [[0.5]],
    }  # fmt: skip
    assert seen["listening"] == 0


def test_a_timing_that_fails_says_why(run_node):
    script = (
        MODEL
        + """
        const model = modelOf({ kind: "error", message: "no such model" });
        const said = (asked) => asked.then(() => null, (error) => error.message);
        const asked = [await said(clock(model, inputs, 3))];
        for (const runs of [0, 1.5, undefined]) asked.push(await said(clock(model, inputs, runs)));
        console.log(JSON.stringify({ asked, sent: sent.length, listening: listeners.size }));
        """
    )
    seen = run_node(script)
    wrong = [
        f"The count of runs to time is {runs}; expected a whole number from 1." for runs in ("0", "1.5", "undefined")
    ]
    assert seen == {"asked": ["no such model", *wrong], "sent": 1, "listening": 0}
