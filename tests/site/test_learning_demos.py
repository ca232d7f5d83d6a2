"""The demos of lecture 09, by mouse and keyboard; what they say is held against what they found."""

import json
import re

import numpy as np
import pytest

from tests.site.visit import start_on_slide, until

STEM = "09_learning_algorithms"
INPUTS, RACE = "learning-two-inputs", "learning-race"
RACERS = ["SGD", "Momentum", "Nesterov", "AdaGrad", "RMSProp", "Adam"]


def facts(stage, *keys):
    return [json.loads(stage.get_attribute(f"data-{key}")) for key in keys]


def press(stage, name):
    stage.get_by_role("button", name=name, exact=True).click()


def is_told(page, stage):
    """Wait until a screen reader is told what the demo's sentence says."""
    told = stage.locator(".live-verdict").first.inner_text()
    status = stage.locator("[role=status]").element_handle()
    page.wait_for_function("([node, text]) => node.textContent === text", arg=[status, told])
    return told


# ---------------------------------------------------------------- two inputs


@pytest.fixture
def inputs(begin):
    return begin(STEM, INPUTS)


def setting(page, stage, act, **expected):
    """Change the network and wait until its layers are computed."""
    act()
    for key, value in expected.items():
        until(page, stage, f"JSON.parse(node.dataset.state).{key} === {json.dumps(value)}")


PRESETS = {
    "tanh, ordered": ({"gain": 0.9, "bias": 0.3, "activation": "tanh"}, "point", "shrinks to a point"),
    "tanh, edge of chaos": ({"gain": 1, "bias": 0, "activation": "tanh"}, "stays", "stays a loop"),
    "tanh, chaotic": ({"gain": 2.5, "bias": 0.3, "activation": "tanh"}, "crumpled", "crumples"),
    "PyTorch’s default": ({"gain": 3**-0.5}, "point", "can hardly be told apart"),
    "Glorot": ({"gain": 1, "bias": 0}, "stays", "stays a loop"),
    "He": ({"gain": 2**0.5, "bias": 0}, None, ""),
}


def test_ready_settings_shrink_keep_or_crumple_the_circle(inputs):
    page, stage = inputs
    for name, (expected, kind, words) in PRESETS.items():
        press(stage, name)
        until(page, stage, f"Math.abs(JSON.parse(node.dataset.state).gain - {expected['gain']}) < 1e-9")
        state, verdict, measured, pictures = facts(stage, "state", "verdict", "measured", "pictures")
        assert {key: state[key] for key in expected} == pytest.approx(expected)
        assert kind is None or verdict["kind"] == kind
        assert verdict["shrunk"] == pytest.approx(pictures[-1]["spread"])
        assert words in is_told(page, stage)
        away = np.array([layer["away"] for layer in measured]) / measured[0]["away"]
        assert verdict["fallen"] == next((i for i, share in enumerate(away) if share <= 0.1), -1)
        assert verdict["risen"] == next((i for i, share in enumerate(away) if share >= 2), -1)
        slider = stage.get_by_role("slider", name="Gain")
        assert float(slider.input_value()) == pytest.approx(expected["gain"], abs=0.006)


def test_the_preset_of_he_is_made_for_relu_and_glorots_for_tanh(inputs):
    page, stage = inputs
    setting(page, stage, lambda: stage.get_by_role("radio", name="ReLU").check(), activation="ReLU")
    sizes = {}
    for preset, gain in [("Glorot", 1), ("He", 2**0.5)]:
        press(stage, preset)
        until(page, stage, f"Math.abs(JSON.parse(node.dataset.state).gain - {gain}) < 1e-9")
        (measured,) = facts(stage, "measured")
        sizes[preset] = measured[-1]["size"]
    assert sizes["Glorot"] < 1e-3
    assert 0.2 < sizes["He"] < 5


def test_batch_norm_and_shortcuts_bring_back_what_shrinks_and_have_no_theory(inputs):
    page, stage = inputs
    assert facts(stage, "verdict")[0]["kind"] == "point"
    assert len(facts(stage, "expected")[0]) == 31
    for name, key in [("Batch norm", "batchNorm"), ("Shortcut", "shortcut")]:
        box = stage.get_by_role("checkbox", name=name)
        setting(page, stage, lambda box=box: box.press("Space"), **{key: True})
        verdict, expected, measured = facts(stage, "verdict", "expected", "measured")
        assert verdict["kind"] != "point"
        assert expected == []
        assert measured[-1]["size"] > 0.3
        setting(page, stage, lambda box=box: box.press("Space"), **{key: False})


def test_a_and_b_move_along_the_circle_by_hand_and_keys(inputs):
    page, stage = inputs
    a, b = (stage.locator(f".live-thing[data-name={name}]") for name in "AB")
    a.press("ArrowLeft")
    a.press("ArrowUp")
    b.press("Shift+ArrowUp")
    until(page, stage, "JSON.parse(node.dataset.state).A === 2 && JSON.parse(node.dataset.state).B === 30")
    (measured,) = facts(stage, "measured")
    assert measured[0]["cosine"] == pytest.approx(np.cos(2 * np.pi * 28 / 200))
    assert "at 54 degrees" in b.get_attribute("aria-label")
    frame, box = stage.locator(".live-window").bounding_box(), b.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] - 4, steps=6)
    page.mouse.up()
    state, measured = facts(stage, "state", "measured")
    assert abs(state["B"] - 150) < 3
    assert measured[0]["cosine"] == pytest.approx(np.cos(2 * np.pi * (state["B"] - 2) / 200))


PICTURES = "[...node.querySelectorAll('canvas')].map((canvas) => canvas.toDataURL()).join()"


def test_depth_shows_more_layers_and_leaves_the_first_as_they_are(inputs):
    page, stage = inputs
    depth = stage.get_by_role("slider", name="Depth")
    before = facts(stage, "measured")[0]
    setting(page, stage, lambda: depth.fill("50"), depth=50)
    assert stage.locator(".live-tile").all_inner_texts()[-1].startswith("layer 50")
    assert stage.locator(".live-tile").count() == 7
    after = facts(stage, "measured")[0]
    assert after[:31] == before
    assert len(after) == 51
    setting(page, stage, lambda: depth.fill("1"), depth=1)
    assert stage.locator(".live-tile").count() == 1
    pictures = stage.evaluate(f"node => {PICTURES}")
    setting(page, stage, lambda: press(stage, "Draw other weights"), seed=2)
    assert stage.evaluate(f"node => {PICTURES}") != pictures


def test_where_nothing_is_left_it_is_said_in_words(inputs):
    page, stage = inputs
    setting(page, stage, lambda: stage.get_by_role("slider", name="Gain").fill("0"), gain=0)
    setting(page, stage, lambda: stage.get_by_role("slider", name="Bias").fill("0"), bias=0)
    assert "none, as nothing is left" in is_told(page, stage)
    assert "a point" in stage.locator(".live-tile").last.inner_text()
    assert not re.search("NaN|Infinity|undefined", stage.inner_text())


# ---------------------------------------------------------------- the race


@pytest.fixture
def race(begin):
    page, stage = begin(STEM, RACE)
    searched(page, stage)
    return page, stage


def searched(page, stage):
    until(page, stage, "JSON.parse(node.dataset.curves) !== null")


def budget(page, stage, value):
    stage.get_by_role("slider", name="Budget").fill(str(value))
    until(page, stage, f"node.dataset.budget === '{value}'")


def ranked(losses):
    return sorted(RACERS, key=lambda racer: np.inf if losses[racer] == "diverged" else losses[racer])


def rows(stage):
    """The table: a list of texts for each racer."""
    found = {}
    for racer in RACERS:
        row = stage.locator(f"tr[data-racer={racer}]")
        assert row.locator("th").inner_text() == racer
        found[racer] = row.locator("td").all_inner_texts()
    return found


def test_the_sentence_names_who_leads_and_whether_more_trials_would_change_that(race):
    page, stage = race
    (curves,) = facts(stage, "curves")
    at = [{racer: curves[racer][trials - 1] for racer in RACERS} for trials in range(1, 33)]
    for surface in ("saddle", "plateau", "noisy ravine", "ravine"):
        stage.get_by_role("radio", name=surface, exact=True).check()
        until(page, stage, f"node.dataset.surface === '{surface}'")
        searched(page, stage)
        (curves,) = facts(stage, "curves")
        at = [{racer: curves[racer][trials - 1] for racer in RACERS} for trials in range(1, 33)]
        assert all(curve == sorted(curve, reverse=True) for curve in curves.values()), "more trials never harm"
        for value in (1, 4, 32):
            budget(page, stage, value)
            told = is_told(page, stage)
            (losses,) = facts(stage, "losses")
            first = ranked(losses)[0]
            assert re.match(rf"({first}|.* and .*|.*{first}) leads? this search", told)
            order, last = ranked(at[value - 1]), ranked(at[31])
            assert f"searches {order[0]} leads" in told
            near = [racer for racer in order[1:] if at[value - 1][racer] <= 2 * at[value - 1][order[0]]]
            assert all(racer in told for racer in near)
            assert ("within a factor of 2" in told) == bool(near)
            assert ("the ranking differs" in told) == (order != last)
            assert ("the ranking is the same" in told) == (order == last and value < 32)


def test_the_leader_changes_with_the_budget(race):
    page, stage = race
    (curves,) = facts(stage, "curves")
    leaders = [min(RACERS, key=lambda racer: curves[racer][trials]) for trials in (0, 31)]
    assert leaders[0] != leaders[1] == "Nesterov"


def test_places_follow_the_losses_and_who_diverges_has_none(race):
    page, stage = race
    budget(page, stage, 1)
    seen = set()
    for _ in range(12):
        (losses,) = facts(stage, "losses")
        for racer, (_, loss, place, own) in rows(stage).items():
            seen.add(losses[racer] == "diverged")
            if losses[racer] == "diverged":
                assert (loss, place) == ("diverged", "–")
                assert f"{racer}" in is_told(page, stage)
            else:
                assert int(place) == 1 + sum(x != "diverged" and x < losses[racer] for x in losses.values())
            assert own == "–"
        assert not re.search("NaN|Infinity|undefined", stage.inner_text())
        draw = stage.get_attribute("data-seed")
        press(stage, "Draw other rates")
        until(page, stage, f"node.dataset.seed !== '{draw}'")
    assert seen == {True, False}


def test_the_reader_spends_the_same_budget_by_hand(race):
    page, stage = race
    budget(page, stage, 3)
    stage.get_by_role("combobox").select_option(label="Nesterov")
    rate, go = stage.get_by_role("slider", name="Learning rate"), stage.get_by_role("button", name="Try this rate")
    for k, step in enumerate([30, 52, 40], start=1):
        rate.fill(str(step))
        go.press("Enter")
        (own,) = facts(stage, "own")
        assert len(own) == k
        assert own[-1] == {
            "racer": "Nesterov",
            "rate": pytest.approx(10 ** (-4 + 5 * step / 100)),
            "loss": own[-1]["loss"],
        }
    assert "0 of 3 trials left" in stage.locator(".live-hand").inner_text()
    assert go.get_attribute("aria-disabled") == "true"
    go.press("Enter")
    assert len(facts(stage, "own")[0]) == 3, "a spent budget is spent"
    own = [trial["loss"] for trial in facts(stage, "own")[0]]
    assert own[1] < own[2] < own[0]
    own_text = rows(stage)["Nesterov"][3]
    budget(page, stage, 1)
    assert rows(stage)["Nesterov"][3] != own_text, "of a smaller budget only the first trials count"
    assert rows(stage)["Adam"][3] == "–"
    stage.get_by_role("radio", name="saddle").check()
    until(page, stage, "node.dataset.surface === 'saddle'")
    assert facts(stage, "own")[0] == [], "another surface, another task"


def test_a_trial_by_hand_is_the_same_as_one_by_chance(race):
    page, stage = race
    budget(page, stage, 32)
    rates, losses = facts(stage, "rates", "losses")
    step = 100 * (np.log10(rates["Adam"]) + 4) / 5
    slider = stage.get_by_role("slider", name="Learning rate")
    slider.evaluate(
        "(node, step) => { node.step = 'any'; node.value = step; node.dispatchEvent(new Event('input')); }", step
    )
    stage.get_by_role("combobox").select_option(label="Adam")
    stage.get_by_role("button", name="Try this rate").click()
    (own,) = facts(stage, "own")
    assert own[0]["loss"] == pytest.approx(losses["Adam"], rel=1e-6)


def test_the_start_is_moved_by_hand_and_keys(race):
    page, stage = race
    handle = stage.locator(".live-thing")
    before, losses = facts(stage, "start", "losses")
    handle.press("ArrowRight")
    handle.press("Shift+ArrowDown")
    until(page, stage, f"JSON.parse(node.dataset.start)[1] < {before[1]} - 0.4")
    assert facts(stage, "start")[0] == pytest.approx([before[0] + 0.1, before[1] - 0.5])
    assert facts(stage, "losses")[0] != losses
    frame, box = stage.locator(".live-window").bounding_box(), handle.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(frame["x"] + 0.75 * frame["width"], frame["y"] + 0.25 * frame["height"], steps=5)
    page.mouse.up()
    until(page, stage, "JSON.parse(node.dataset.start)[0] > 1")
    assert facts(stage, "start")[0] == pytest.approx([1.5, 1.5], abs=0.05)
    searched(page, stage)
    for _ in range(5):
        handle.press("Shift+ArrowRight")
    until(page, stage, "JSON.parse(node.dataset.start)[0] === 3")


WATCH = """
(node) => {
  window.steps = [];
  new MutationObserver(() => steps.push(Number(node.dataset.step))).observe(node, { attributeFilter: ["data-step"] });
}
"""
TRAILS = "node.querySelector('.live-trails').toDataURL()"


def test_the_race_is_played_step_by_step_and_ends_where_it_was(race):
    page, stage = race
    whole = stage.evaluate(f"node => {TRAILS}")
    stage.evaluate(WATCH)
    press(stage, "Play the race")
    until(page, stage, "Number(node.dataset.step) > 3 && Number(node.dataset.step) < 90")
    assert stage.evaluate(f"node => {TRAILS}") != whole
    stage.get_by_role("button", name="Play the race").wait_for()
    assert page.evaluate("steps") == list(range(1, 101))
    assert stage.evaluate(f"node => {TRAILS}") == whole
    page.emulate_media(reduced_motion="reduce")
    press(stage, "Play the race")
    page.wait_for_timeout(300)
    page.emulate_media(reduced_motion="no-preference")
    assert set(page.evaluate("steps.slice(100)")) <= {100}


# ---------------------------------------------------------------- on a slide


@pytest.mark.parametrize("name", [INPUTS, RACE])
def test_on_a_slide_all_of_it_fits(site, open_page, name):
    page = open_page(f"{site}/slides/{STEM}.html", width=1280, height=720)
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    root = start_on_slide(page, name)
    stage = root.locator(".live-stage")
    if name == RACE:
        searched(page, stage)
    else:
        setting(page, stage, lambda: stage.get_by_role("slider", name="Depth").fill("50"), depth=50)
    assert root.evaluate("node => node.getBoundingClientRect().bottom / Reveal.getScale()") <= 720
