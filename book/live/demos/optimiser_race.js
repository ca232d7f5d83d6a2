// A race of six optimisers, each with the same budget of trials to find its learning rate; and the reader against chance.
//
// Settings: surface (the first one, out of those in lib/optimisers.js), budget (trials at first).
// No model: the race is run here. What computes, in lib/optimisers.js, is tested against torch.optim.

import { frame, linear, logarithmic } from "../lib/axes.js";
import { polyline, upright } from "../lib/charts.js";
import { choice, select, setChoice, slider } from "../lib/controls.js";
import { button, h, hint, panel } from "../lib/dom.js";
import { onDrag } from "../lib/drag.js";
import { onArrows } from "../lib/keys.js";
import { drawMark, markColours } from "../lib/marks.js";
import { compact, signed } from "../lib/numbers.js";
import {
  chanceOf,
  medians,
  mostTrials,
  racers,
  ranking,
  rateAt,
  reach,
  search,
  solved,
  steps,
  surfaces,
  trial,
} from "../lib/optimisers.js";
import { paint } from "../lib/paint.js";
import { nextFrame, player } from "../lib/player.js";
import { scaffold } from "../lib/scaffold.js";
import { motionIsReduced } from "../lib/travel.js";
import { counted, listed } from "../lib/words.js";

const draws = 50; // searches of which the curves are medians
const sliceBudget = 25; // milliseconds of searching before the page may breathe
const close = 2; // times the leader's loss: as good as the leader
const rateSteps = 100; // of the slider for the rate
const keyStep = 0.1; // how far an arrow key moves the start
const names = Object.keys(surfaces);

export default {
  async render({ model, el }) {
    const state = firstState(model);
    const { say, problem, asker, show } = scaffold(el, "live-optimiser-race");
    const race = player({ label: "Play the race", stopLabel: "Stop", step: advance, onStop: () => draw(null) });
    const view = raceView(state, { set, restart, tryRate });

    function set(values) {
      Object.assign(state, values);
      refresh();
    }

    // Another surface, start or draw: another search, and the reader's own trials no longer count.
    function restart(values) {
      race.stop();
      Object.assign(state, values, { own: [] });
      return changed();
    }

    const changed = asker(async () => {
      state.found = search(surfaces[state.surface], state.start, chanceOf(state.seed));
      refresh();
      if (!state.curves) problem.watch(repeat());
    });

    // The same search with other draws; whoever moves the race meanwhile ends this.
    async function repeat() {
      const { surface, start } = state;
      const searches = [];
      let began = performance.now();
      for (let seed = 1; seed <= draws; seed++) {
        searches.push(search(surfaces[surface], start, chanceOf(seed)));
        if (performance.now() - began < sliceBudget) continue;
        await new Promise((resolve) => setTimeout(resolve));
        if (surface !== state.surface || start !== state.start || !el.isConnected) return;
        began = performance.now();
      }
      set({ curves: medians(searches) });
    }

    function tryRate() {
      const [racer, rate] = [racers[state.racer], rateAt(state.rate / rateSteps)];
      set({ own: [...state.own, { racer, rate, ...runOf(state, racer, rate) }] });
      say(view.ownWords());
    }

    async function advance() {
      const next = (state.step ?? 0) + 1;
      if (next >= steps || motionIsReduced()) return race.stop();
      draw(next);
      await nextFrame();
    }

    // The trails up to a step, or to their ends.
    function draw(step) {
      state.step = step;
      el.dataset.step = step ?? steps;
      view.draw(state);
    }

    function refresh() {
      const shown = standing(state);
      state.trails = shown.map(({ racer, best }) => runOf(state, racer, best.rate).trail);
      const told = view.update(state, shown);
      draw(state.step);
      say(told);
      noteFacts(el, state, shown);
    }

    await changed();
    show(...view.panels(race.button));
    return () => race.stop();
  },
};

function firstState(model) {
  const surface = model.get("surface") ?? names[0];
  const fixed = { surface, start: surfaces[surface].start, budget: model.get("budget") ?? 2, seed: 1 };
  return { ...fixed, racer: 0, rate: 60, own: [], found: null, curves: null, step: null };
}

// All that is seen. set() and restart() take what the reader chose, tryRate() runs a trial of the reader's.
function raceView(state, { set, restart, tryRate }) {
  const map = surfaceMap((start) => restart({ start, curves: null }));
  const table = raceTable();
  const chart = h("canvas", { width: 640, height: 460, role: "img" });
  const told = h("p", { class: "live-verdict" });
  const hand = byHand(state, tryRate);
  const controls = settingControls(state, {
    onSurface: (surface) => restart({ surface, start: surfaces[surface].start, curves: null }),
    onBudget: (budget) => set({ budget }),
    onDraw: () => restart({ seed: state.seed + 1 }),
  });

  function update(state, shown) {
    map.update(state);
    table.update(shown, state);
    hand.update(state);
    drawChart(chart, state, shown);
    told.textContent = inWords(state, shown);
    return told.textContent;
  }

  function panels(play) {
    const note = hint(
      "Darker: lower loss, each shade a factor of about 3. Drag the start S, or move it with the arrow keys. Marks: every tenth step. Black and white: your last trial.",
    );
    const caption = h(
      "p",
      { class: "live-caption" },
      `Curves: median of ${draws} searches. Outlined: the search shown.`,
    );
    const tools = h("div", { class: "live-tools" }, play);
    return [
      panel("live-surface", "The race", controls.surface, map.element, tools, note),
      panel("live-search", "The same budget for each", controls.budget, table.element, told),
      panel("live-curves", "Loss reached, by budget", chart, caption),
      panel("live-hand", "You against chance", ...hand.elements),
    ].map(({ element }) => element);
  }
  return { update, panels, draw: map.draw, ownWords: hand.told };
}

// For whoever looks on from outside.
function noteFacts(el, { surface, start, budget, seed, own, curves }, shown) {
  const trials = own.map(({ racer, rate, loss }) => ({ racer, rate, loss: numberOf(loss) }));
  const losses = Object.fromEntries(shown.map(({ racer, best }) => [racer, numberOf(best.loss)]));
  const rates = Object.fromEntries(shown.map(({ racer, best }) => [racer, best.rate]));
  for (const [key, value] of Object.entries({ start, own: trials, losses, rates, curves }))
    el.dataset[key] = JSON.stringify(value);
  Object.assign(el.dataset, { surface, budget, seed });
}

const numberOf = (loss) => (Number.isFinite(loss) ? loss : "diverged");
const rateText = (rate) => rate.toPrecision(2);
const lossText = (loss) => (!Number.isFinite(loss) ? "diverged" : loss <= solved ? "solved" : compact(loss));

// One trial on the surface of the moment: its loss, and its trail.
function runOf({ surface, start, seed }, racer, rate) {
  const trail = [];
  const loss = trial(surfaces[surface], racer, rate, { start, noise: chanceOf(seed).noise, trail });
  return { loss: Math.max(solved, loss), trail };
}

// For each racer, the best trial of the shown search within the budget, and its place; equal losses share one.
function standing({ found, budget }) {
  const bests = racers.map((racer) => found[racer][budget - 1]);
  return racers.map((racer, k) => ({
    racer,
    best: bests[k],
    place: Number.isFinite(bests[k].loss) ? 1 + bests.filter(({ loss }) => loss < bests[k].loss).length : null,
  }));
}

// ---- in words ----------------------------------------------------------------------------------------------------------

function inWords({ budget, curves }, shown) {
  const ahead = shown.filter(({ place }) => place === 1);
  const diverged = shown.filter(({ place }) => place === null).map(({ racer }) => racer);
  const trials = budget === 1 ? "one trial" : counted(budget, "trial");
  const lead = ahead.length
    ? `${listed(ahead.map(({ racer }) => racer))} ${ahead.length > 1 ? "lead" : "leads"} this search with ${trials} each: loss ${lossText(ahead[0].best.loss)}.`
    : `With ${trials} each, all diverge.`;
  const lost = diverged.length ? ` ${listed(diverged)} diverged in every trial.` : "";
  return `${lead}${lost} ${curves ? ofMany(curves, budget) : `Searching ${draws} times …`}`;
}

// Who leads in the median of many searches, and whether a budget of 32 would rank the racers in the same way.
function ofMany(curves, budget) {
  const at = (trials) => Object.fromEntries(racers.map((racer) => [racer, curves[racer][trials - 1]]));
  const [now, most] = [at(budget), at(mostTrials)];
  const [order, last] = [ranking(now), ranking(most)];
  const near = order.slice(1).filter((racer) => now[racer] <= close * now[order[0]]);
  const beside = near.length ? `, ${listed(near)} within a factor of ${close}` : "";
  const here = `In the median of ${draws} searches ${order[0]} leads (${lossText(now[order[0]])})${beside}.`;
  if (budget === mostTrials) return here;
  const same = order.every((racer, i) => racer === last[i]);
  const then = order[0] === last[0] ? `${last[0]} leads as well` : `${last[0]} leads`;
  return `${here} With ${mostTrials} trials ${then}; the ranking ${same ? "is the same" : "differs"}.`;
}

// ---- the settings ------------------------------------------------------------------------------------------------------

function settingControls(state, { onSurface, onBudget, onDraw }) {
  const which = choice({ label: "Surface", options: names, onChange: (i) => onSurface(names[i]) });
  setChoice(which, names.indexOf(state.surface));
  const budget = slider({
    label: "Budget",
    min: 1,
    max: mostTrials,
    step: 1,
    value: state.budget,
    format: (value) => counted(value, "trial"),
    onInput: onBudget,
  });
  const other = button("Draw other rates", onDraw);
  return { surface: which, budget: h("div", { class: "live-tools" }, budget.element, other) };
}

// A racer and a rate to try. told() is what the reader has reached with the chosen racer.
function byHand(state, run) {
  const told = h("p", { class: "live-caption" });
  const racer = select({
    label: "Racer",
    options: racers,
    onChange(i) {
      state.racer = i;
      update(state);
    },
  });
  const rate = slider({
    label: "Learning rate",
    min: 0,
    max: rateSteps,
    step: 1,
    value: state.rate,
    format: (step) => rateText(rateAt(step / rateSteps)),
    onInput: (step) => (state.rate = step),
  });
  const go = button("Try this rate", () => go.getAttribute("aria-disabled") === "false" && run());
  const elements = [h("div", { class: "live-tools" }, racer.element, go), rate.element, told];

  function update({ own, budget, racer: chosen, found }) {
    const name = racers[chosen];
    const tried = own.filter((one) => one.racer === name);
    const left = Math.max(0, budget - tried.length);
    go.setAttribute("aria-disabled", String(left === 0));
    const last = tried.length ? ` This time: ${lossText(tried.at(-1).loss)}.` : "";
    const best = ownBest(own, name, budget);
    const chance = found[name][budget - 1].loss;
    const reached = best === null ? "" : ` Your best: ${lossText(best)}; chance: ${lossText(chance)}.`;
    told.textContent = `${name}: ${left} of ${counted(budget, "trial")} left.${last}${reached}`;
  }
  return { elements, update, told: () => told.textContent };
}

// The reader's lowest loss with a racer within the budget, null if there was no trial.
function ownBest(own, racer, budget) {
  const losses = own
    .filter((one) => one.racer === racer)
    .slice(0, budget)
    .map(({ loss }) => loss);
  return losses.length ? Math.min(...losses) : null;
}

// ---- the table ---------------------------------------------------------------------------------------------------------

function raceTable() {
  const rows = racers.map((racer, k) => {
    const canvas = h("canvas", { width: 32, height: 32, "aria-hidden": "true" });
    drawMark(canvas.getContext("2d"), [16, 16], k, 12, false);
    const cells = Array.from({ length: 4 }, () => h("td", { class: "live-number" }));
    const name = h("th", { scope: "row" }, h("span", { class: "live-racer" }, canvas, racer));
    return { racer, cells, element: h("tr", { "data-racer": racer }, name, ...cells) };
  });
  const heads = ["racer", "rate", "loss", "place", "you"].map((text) => h("th", { scope: "col" }, text));
  const body = h("tbody", {}, ...rows.map(({ element }) => element));
  const update = (shown, { own, budget }) => {
    rows.forEach(({ racer, cells, element }, k) => {
      const { best, place } = shown[k];
      const yours = ownBest(own, racer, budget);
      const texts = [place ? rateText(best.rate) : "–", lossText(best.loss), place ?? "–"];
      [...texts, yours === null ? "–" : lossText(yours)].forEach((text, c) => (cells[c].textContent = text));
      element.classList.toggle("live-best", place === 1);
    });
  };
  return { element: h("table", { class: "live-energies" }, h("thead", {}, h("tr", {}, ...heads)), body), update };
}

// ---- the surface -------------------------------------------------------------------------------------------------------

const side = 560; // pixels of the drawing
const shades = 240; // places a side at which the loss is looked up
const toPixel = (value) => ((value + reach) / (2 * reach)) * side;

// The surface from above, with the trails and the start, which a hand or keys move: move([x, y]).
function surfaceMap(move) {
  const ground = h("canvas", { role: "img" });
  const trails = h("canvas", { class: "live-trails", width: side, height: side, "aria-hidden": "true" });
  const handle = h("span", { class: "live-thing", tabindex: "0", role: "application" }, "S");
  const element = h("div", { class: "live-window" }, ground, trails, handle);
  let [painted, start] = [null, null];
  const put = (place) => move((start = place.map((value) => Math.min(reach, Math.max(-reach, value)))));
  onArrows(handle, { shift: 5, move: (down, right) => put([start[0] + keyStep * right, start[1] - keyStep * down]) });
  onDrag(handle, {
    move(event) {
      const box = ground.getBoundingClientRect();
      const share = [(event.clientX - box.left) / box.width, (box.bottom - event.clientY) / box.height];
      put(share.map((value) => reach * (2 * value - 1)));
    },
  });

  function update(state) {
    if (painted !== state.surface) paintGround(ground, surfaces[state.surface]);
    painted = state.surface;
    start = state.start;
    ground.setAttribute("aria-label", `The ${state.surface} from above, with the racers’ trails`);
    handle.style.left = `${(100 * toPixel(start[0])) / side}%`;
    handle.style.top = `${(100 * toPixel(-start[1])) / side}%`;
    const place = start.map((value) => signed(value, 1)).join(", ");
    handle.setAttribute("aria-label", `Start at ${place}; arrow keys move it`);
  }

  function draw({ trails: courses, own, step }) {
    const pen = trails.getContext("2d");
    pen.clearRect(0, 0, side, side);
    courses.forEach((course, k) => drawTrail(pen, course.slice(0, (step ?? steps) + 1), k));
    if (own.length) drawOwnTrail(pen, own.at(-1).trail);
  }
  return { element, update, draw };
}

// Shades of grey, two for a power of ten.
function paintGround(canvas, { loss }) {
  const at = (i) => reach * ((2 * (i + 0.5)) / shades - 1);
  const values = Float32Array.from({ length: shades * shades }, (_, i) =>
    Math.floor(2 * Math.log10(loss(at(i % shades), -at(Math.floor(i / shades))))),
  );
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  paint(canvas, values, shades, shades, { map: "gray", low: high - 24, high: high + 1 });
}

const pixelsOf = ([x, y]) => [toPixel(x), toPixel(-y)];

function drawTrail(pen, course, k) {
  const points = course.map(pixelsOf);
  polyline(pen, points, { colour: "#fff", width: 6 });
  polyline(pen, points, { colour: markColours[k], width: 3 });
  points.forEach((point, i) => i && (i % 10 === 0 || i === points.length - 1) && drawMark(pen, point, k, 9, false));
  if (points.length > 1) drawMark(pen, points.at(-1), k, 13, true);
}

// The reader's last trial, in black and white.
function drawOwnTrail(pen, course) {
  const points = course.map(pixelsOf);
  polyline(pen, points, { colour: "#000", width: 8 });
  polyline(pen, points, { colour: "#fff", width: 4, dash: [9, 9] });
  pen.fillStyle = "#000";
  pen.fillRect(points.at(-1)[0] - 9, points.at(-1)[1] - 9, 18, 18);
}

// ---- the chart ---------------------------------------------------------------------------------------------------------

// What lies at the upper edge has no loss.
function nameTop(pen, width) {
  pen.fillStyle = "#333";
  pen.textAlign = "right";
  pen.fillText("upper edge: diverged", width - 30, 48);
}

const ticks = [1, 2, 4, 8, 16, 32];
const budgets = { ...linear(0, 5, ticks, "budget: trials for each racer"), place: Math.log2 };

function drawChart(canvas, { curves, budget }, shown) {
  const losses = [...shown.map(({ best }) => best.loss), ...Object.values(curves ?? {}).flat()];
  const finite = losses.filter(Number.isFinite);
  const axis = logarithmic(Math.min(0.01, ...finite), Math.max(1, ...finite), 5, "");
  const { pen, at, line } = frame(canvas, budgets, axis);
  const [low, high] = [axis.low, axis.high].map((power) => at(budget, 10 ** power));
  upright(pen, low[0], low[1], high[1], { colour: "#333", width: 3, dash: [6, 6] });
  racers.forEach((racer, k) => {
    if (!curves) return;
    line(
      curves[racer].map((loss, i) => [i + 1, loss]),
      { colour: markColours[k], width: 4 },
    );
    for (const trials of ticks) drawMark(pen, at(trials, curves[racer][trials - 1]), k, 8, false);
  });
  shown.forEach(({ best }, k) => drawMark(pen, at(budget, best.loss), k, 13, true));
  if (finite.length < losses.length) nameTop(pen, canvas.width);
  const words = curves
    ? racers.map((racer) => `${racer} ${lossText(curves[racer][budget - 1])}`).join(", ")
    : "searching";
  canvas.setAttribute("aria-label", `Loss reached against budget, medians with ${budget}: ${words}`);
}
