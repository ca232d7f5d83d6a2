// A generative adversarial network that trains in the page, on points in the plane.
//
// Settings: data (name -> centres of Gaussians, [x, y] each), spread (name -> standard deviation), losses (names out of
// those in point_gans.js), hidden (units of a layer), latent (numbers of noise), clip (of the clipped critic's weights),
// penalty (weight of the gradient penalty), batch (points a step), rate (the first learning rate).
// No model: both networks begin and learn here.

import { select, slider } from "../lib/controls.js";
import { announcer, h, panel } from "../lib/dom.js";
import { coveredModes, criticStep, drawPoints, generatorStep, newGame } from "../lib/gans.js";
import { forwardPass } from "../lib/mlp.js";
import { percent } from "../lib/numbers.js";
import { paint } from "../lib/paint.js";
import { nextFrame, player } from "../lib/player.js";
import { gaussians, randomSource } from "../lib/random.js";

const sampleCount = 512; // points shown
const planeWidth = 640; // pixels of the drawing
const [historyWidth, historyHeight, historyEdge] = [640, 300, 62];
const heatSide = 28; // the critic is asked at so many places a side
const frameBudget = 14; // milliseconds of training a frame
const historyEvery = 5; // rounds from one point of the curves to the next
const historyLength = 400;
const rateSteps = [1e-4, 3e-4, 1e-3, 2e-3, 5e-3, 1e-2, 3e-2, 1e-1];

export default {
  render({ model, el }) {
    const data = model.get("data");
    const spreads = model.get("spread");
    const sets = Object.keys(data);
    const losses = model.get("losses");
    const first = {
      rate: rateSteps.indexOf(model.get("rate") ?? 1e-3),
      clip: model.get("clip") ?? 0.05,
      penalty: model.get("penalty") ?? 1,
      batch: model.get("batch") ?? 128,
    };
    const state = { set: 0, loss: 0, rate: Math.max(0, first.rate), steps: 1, seed: 1 };
    let run = null; // {random, game, round, fixed, history, …}
    let meter = null; // {frames, since, round}: what was done since a moment

    const { element: status, say } = announcer();
    const plane = h("canvas", { class: "live-arena", width: planeWidth, height: planeWidth, role: "img" });
    const heat = h("canvas", {});
    const curves = h("canvas", { class: "live-history", width: historyWidth, height: historyHeight, role: "img" });
    const play = player({ label: "Train", stopLabel: "Pause", step: train, onStop: rest });
    const once = h(
      "button",
      { type: "button", class: "live-button", onclick: () => (play.stop(), rounds(1), show()) },
      "One round",
    );
    const again = h(
      "button",
      { type: "button", class: "live-button", onclick: () => restart(state.seed) },
      "Start again",
    );
    const other = h(
      "button",
      { type: "button", class: "live-button", onclick: () => restart(state.seed + 1) },
      "Other first weights",
    );
    const setChoice = select({ label: "Data", options: sets, onChange: (i) => ((state.set = i), restart(state.seed)) });
    const lossChoice = select({
      label: "Loss",
      options: losses,
      onChange: (i) => ((state.loss = i), restart(state.seed)),
    });
    const rate = slider({
      label: "Learning rate",
      min: 0,
      max: rateSteps.length - 1,
      step: 1,
      value: state.rate,
      format: (i) => String(rateSteps[i]),
      onInput: (i) => (state.rate = i),
    });
    const steps = slider({
      label: "Steps of the critic a round",
      min: 1,
      max: 10,
      step: 1,
      value: state.steps,
      onInput: (value) => (state.steps = value),
    });
    const told = h("p", { class: "live-verdict" });
    const speed = h("p", { class: "live-hint" });
    const reach = () => 1.5 * Math.max(...data[sets[state.set]].flat().map(Math.abs));

    function restart(seed) {
      play.stop();
      state.seed = seed;
      const random = randomSource(seed);
      run = {
        random,
        game: newGame(random, { latent: model.get("latent"), hidden: model.get("hidden") }),
        round: 0,
        fixed: gaussians(random, sampleCount * model.get("latent")),
        history: [],
        sums: [0, 0],
        milliseconds: 0,
      };
      run.real = drawPoints(random, data[sets[state.set]], spreads[sets[state.set]], sampleCount);
      show();
    }

    // So many rounds: some steps of the critic, then one of the generator.
    function rounds(count) {
      const began = performance.now();
      const { random, game } = run;
      const options = {
        loss: losses[state.loss],
        rate: rateSteps[state.rate],
        clip: first.clip,
        penalty: first.penalty,
      };
      const noise = () => gaussians(random, first.batch * model.get("latent"));
      let done = 0;
      while (done < count && (done === 0 || performance.now() - began < frameBudget)) {
        let criticLoss = 0;
        for (let step = 0; step < state.steps; step++) {
          const real = drawPoints(random, data[sets[state.set]], spreads[sets[state.set]], first.batch);
          const shares = Float64Array.from({ length: first.batch }, random);
          criticLoss = criticStep(game, real, noise(), shares, options);
        }
        run.sums[0] += criticLoss / historyEvery;
        run.sums[1] += generatorStep(game, noise(), options) / historyEvery;
        run.round += 1;
        done += 1;
        if (run.round % historyEvery === 0) {
          run.history.push(run.sums);
          run.sums = [0, 0];
        }
      }
      run.milliseconds = (performance.now() - began) / done;
    }

    function show() {
      const { covered, quality } = drawPlane();
      const total = data[sets[state.set]].length;
      drawHistory(curves, run.history, run.round);
      told.textContent = `Round ${run.round}: ${covered} of ${total} modes covered, ${percent(quality)} of the points on a mode`;
      plane.setAttribute("aria-label", `Real and generated points in the plane. ${told.textContent}`);
      Object.assign(el.dataset, {
        round: run.round,
        covered,
        quality: quality.toFixed(3),
        milliseconds: run.milliseconds.toFixed(2),
      });
    }

    function drawPlane() {
      const { game, fixed, real } = run;
      const name = sets[state.set];
      const far = reach();
      const pen = plane.getContext("2d");
      const at = (value) => (planeWidth * (1 + value / far)) / 2;
      const places = new Float64Array(2 * heatSide * heatSide);
      for (let i = 0; i < heatSide * heatSide; i++) {
        places[2 * i] = far * ((2 * (i % heatSide) + 1) / heatSide - 1);
        places[2 * i + 1] = -far * ((2 * Math.floor(i / heatSide) + 1) / heatSide - 1);
      }
      const scores = forwardPass(game.critic.network, places).output;
      const [low, high] = [Math.min(...scores), Math.max(...scores)];
      paint(heat, scores, heatSide, heatSide, {
        map: "gray",
        low: low - 1.5 * (high - low || 1),
        high: high || low + 1,
      });
      pen.imageSmoothingEnabled = true;
      pen.drawImage(heat, 0, 0, planeWidth, planeWidth);
      const made = forwardPass(game.generator.network, fixed).output;
      for (const [points, colour, shape] of [
        [real, "#0072b2", "ring"],
        [made, "#d55e00", "disc"],
      ]) {
        pen.fillStyle = pen.strokeStyle = colour;
        pen.lineWidth = 1.5;
        for (let i = 0; i < sampleCount; i++) {
          pen.beginPath();
          pen.arc(at(points[2 * i]), at(-points[2 * i + 1]), shape === "disc" ? 4 : 5, 0, 2 * Math.PI);
          shape === "disc" ? pen.fill() : pen.stroke();
        }
      }
      return coveredModes(made, data[name], spreads[name]);
    }

    // While the drawing is on the screen; a page that is hidden gets no frames, and so rests.
    async function train() {
      meter ??= { frames: 0, since: performance.now(), round: run.round };
      if (onScreen) {
        rounds(Infinity);
        show();
        meter.frames += 1;
      }
      const seconds = (performance.now() - meter.since) / 1000;
      if (seconds > 1) {
        const [rate, frames] = [(run.round - meter.round) / seconds, meter.frames / seconds];
        speed.textContent = `${Math.round(rate)} rounds and ${Math.round(frames)} pictures a second on this machine.`;
        Object.assign(el.dataset, { rate: rate.toFixed(0), frames: frames.toFixed(1) });
        meter = null;
      }
      await nextFrame();
    }

    function rest() {
      meter = null;
      say(told.textContent);
    }

    let onScreen = true;
    const watcher = new IntersectionObserver(([entry]) => (onScreen = entry.isIntersecting));
    watcher.observe(plane);

    const legend = h(
      "ul",
      { class: "live-legend-list" },
      ...[
        ["live-ring", "real"],
        ["live-disc", "generated"],
        ["live-shade", "bright: the critic finds it real"],
      ].map(([mark, text]) => h("li", {}, h("span", { class: mark, "aria-hidden": "true" }), text)),
    );
    const left = panel("live-plane", "The plane", plane, legend);
    const right = panel(
      "live-setting",
      "The game",
      setChoice.element,
      lossChoice.element,
      rate.element,
      steps.element,
      h("div", { class: "live-tools" }, play.button, once, again, other),
      told,
      speed,
      h("p", { class: "live-caption" }, "Losses, each the mean of five rounds"),
      curves,
    );
    el.classList.add("live-gan-playground");
    el.append(left.element, right.element, status);
    restart(1);
    return () => {
      play.stop();
      watcher.disconnect();
    };
  },
};

// The last losses of both; the scale follows them.
function drawHistory(canvas, history, round) {
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, historyWidth, historyHeight);
  const shown = history.slice(-historyLength);
  const values = shown.flat();
  const [low, high] = values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
  const room = (high - low || 1) * 0.08;
  const x = (i) => historyEdge + ((historyWidth - historyEdge - 12) * i) / Math.max(1, shown.length - 1);
  const y = (value) =>
    historyHeight - 40 - ((historyHeight - 60) * (value - low + room)) / (high - low + 2 * room || 1);
  pen.font = "22px system-ui, sans-serif";
  pen.fillStyle = "#333";
  pen.textAlign = "right";
  for (const value of values.length ? [low, high] : [])
    pen.fillText(value.toPrecision(2), historyEdge - 8, y(value) + 8);
  pen.textAlign = "left";
  pen.fillText(
    `round ${historyEvery * (Math.floor(round / historyEvery) - shown.length)}`,
    historyEdge,
    historyHeight - 10,
  );
  pen.textAlign = "right";
  pen.fillText(String(round), historyWidth - 12, historyHeight - 10);
  [
    ["critic", "#3d3d3d", []],
    ["generator", "#d55e00", [10, 6]],
  ].forEach(([name, colour, dash], which) => {
    pen.beginPath();
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = 3;
    pen.setLineDash(dash);
    shown.forEach((pair, i) => pen.lineTo(x(i), y(pair[which])));
    pen.stroke();
    pen.setLineDash([]);
    pen.fillText(name, historyWidth - 12 - which * 100, 24);
  });
  canvas.setAttribute(
    "aria-label",
    shown.length
      ? `Curves of both losses: critic ${shown.at(-1)[0].toFixed(2)}, generator ${shown.at(-1)[1].toFixed(2)}`
      : "Curves of both losses, empty",
  );
}
