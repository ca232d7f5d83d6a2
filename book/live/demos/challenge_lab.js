// Make a photograph harder to recognise, one challenge a slider, and watch the network's five likeliest classes.
//
// Settings: photographs (uint8, n x side x side x 3); things (uint8, n x side x side: 1 where clutter may not go);
// subjects (list of {name, first, count, right}: which photographs show one kind, and the classes that count as
// right); pieces (uint8, side x side x 3: what clutter shows); classes (all names); turn, stops, halvings, bend,
// smallest (what a dose of 1 is, as in utils/pictures/challenges.py); hiding, cluttering (the order of the cells); waves
// (2 x n x 3: cycles across, cycles down, phase). Model: pixels (1, 3, side, side) from 0 to 255 -> probabilities.

import { arraySetting, infer } from "../lib/ask.js";
import { select, setSlider, slider } from "../lib/controls.js";
import { button, h, hint, panel } from "../lib/dom.js";
import { onDrag } from "../lib/drag.js";
import { onArrows } from "../lib/keys.js";
import { likeliest, percent } from "../lib/numbers.js";
import { cellAt } from "../lib/paint.js";
import { paintPicture, planesOf } from "../lib/pictures.js";
import { scaffold } from "../lib/scaffold.js";

const labCells = 7; // along a side
const shownClasses = 5;
const settingNames = ["turn", "stops", "halvings", "bend", "smallest", "hiding", "cluttering", "waves"];
const challengeNames = {
  viewpoint: "Viewpoint",
  illumination: "Illumination",
  occlusion: "Occlusion",
  scale: "Scale",
  deformation: "Deformation",
  clutter: "Clutter",
  ambiguity: "Window",
};

export default {
  async render({ model, el }) {
    const shelf = photographShelf(model);
    const { side } = shelf;
    const subjects = model.get("subjects");
    const settings = Object.fromEntries(settingNames.map((key) => [key, model.get(key)]));
    const field = rubberField(settings.waves, side);
    const state = { subject: 0, member: 0, doses: {}, centre: [0.5, 0.5] };
    const unchanged = new Map(); // photograph -> share of the right classes before any change
    const { say, asker, show } = scaffold(el, "live-challenge-lab");

    const picture = windowPicture(side, settings.smallest, state, (centre) => set({ centre }));
    const units = unitsOf(settings, side);
    const controls = doseSliders(units, (name, dose) => set({ doses: { ...state.doses, [name]: dose } }));
    const memberText = (value) => {
      const { count, member } = subjects[state.subject];
      return count === 1 ? "only one here" : `${member ?? "picture"} ${value + 1} of ${count}`;
    };
    const individual = slider({
      label: "Within the class",
      min: 0,
      max: 1,
      step: 1,
      value: 0,
      format: memberText,
      onInput: (member) => set({ member }),
    });
    const subject = select({ label: "Photograph", options: subjects.map(({ name }) => name), onChange: choose });
    const result = classList(model.get("classes"));

    function set(values) {
      Object.assign(state, values);
      picture.frame.classList.toggle("live-draggable", Boolean(state.doses.ambiguity)); // else a finger scrolls the page
      return changed();
    }

    function clear() {
      for (const [name, control] of Object.entries(controls)) setSlider(control, 0, units[name](0));
      return set({ doses: {}, centre: [0.5, 0.5] });
    }

    function choose(index) {
      Object.assign(state, { subject: index, member: 0 });
      const { count } = subjects[index];
      individual.input.max = Math.max(1, count - 1);
      individual.input.disabled = count === 1;
      setSlider(individual, 0, memberText(0));
      return changed();
    }

    const changed = asker(async () => {
      const { first, right } = subjects[state.subject];
      const index = first + state.member;
      const doses = { ...state.doses };
      const { original, thing, pieces } = shelf.take(index);
      const pixels = changeAll(original, side, { doses, thing, pieces, field, centre: state.centre, settings });
      paintPicture(picture.canvas, { data: pixels, rows: side, columns: side });
      const probabilities = await recognise(model, pixels);
      const untouched = !Object.values(doses).some((dose) => dose > 0);
      if (untouched) unchanged.set(index, shareOf(probabilities, right));
      else if (!unchanged.has(index)) unchanged.set(index, shareOf(await recognise(model, original), right));
      const { facts, text } = result.update(probabilities, right, unchanged.get(index));
      Object.assign(el.dataset, facts);
      say(text);
    });

    const names = Object.keys(challengeNames);
    const doses = names.slice(0, 6).map((name) => controls[name].element);
    const sliders = h("div", { class: "live-lab-sliders" }, ...doses, individual.element, controls.ambiguity.element);
    const note = hint("With the window in use, drag in the picture, or use the arrow keys there, to move it.");
    show(
      h("div", { class: "live-controls" }, subject.element, button("Undo all changes", clear)),
      panel("live-lab-left", "What the network gets", picture.frame, note).element,
      panel("live-lab-middle", "Eight challenges", sliders).element,
      panel("live-lab-right", "Its five likeliest classes", result.list, result.verdict).element,
    );
    await choose(0);
  },
};

const shareOf = (probabilities, right) => right.reduce((total, k) => total + probabilities[k], 0);

async function recognise(model, pixels) {
  const [{ name, dims }] = model.get("inputs");
  const [{ data }] = Object.values(await infer(model, { [name]: { data: planesOf(pixels), dims } }));
  return data;
}

// The photographs, where their things are, and what clutter shows.
function photographShelf(model) {
  const photographs = arraySetting(model.get("photographs"));
  const things = arraySetting(model.get("things")).data;
  const pieces = arraySetting(model.get("pieces")).data;
  const side = photographs.dims[1];
  const take = (i) => ({
    original: photographs.data.subarray(3 * side * side * i, 3 * side * side * (i + 1)),
    thing: things.subarray(side * side * i, side * side * (i + 1)),
    pieces,
  });
  return { side, take };
}

// What a dose of each challenge means.
function unitsOf({ turn, stops, halvings, bend, smallest }, side) {
  const cells = (dose) => `${Math.floor(labCells ** 2 * dose + 0.5)} of ${labCells ** 2} cells`;
  const light = (dose) => `light ÷ ${(2 ** (stops * dose)).toFixed(dose < 0.42 ? 1 : 0)}`;
  return {
    clutter: cells,
    deformation: (dose) => `${(dose * bend * side).toFixed(1)} pixels`,
    viewpoint: (dose) => `${Math.round(turn * dose)}°`,
    scale: (dose) => `${Math.round(100 * 2 ** (-halvings * dose))} % of the side`,
    occlusion: cells,
    illumination: (dose) => (dose === 0 ? "all of the light" : light(dose)),
    ambiguity: (dose) => `${Math.round(100 * (1 - (1 - smallest) * dose))} % of the side`,
  };
}

// A slider for each challenge: name -> control.
function doseSliders(units, onDose) {
  const control = ([name, label]) => [
    name,
    slider({
      label,
      min: 0,
      max: 1,
      step: 0.02,
      value: 0,
      format: units[name],
      onInput: (dose) => onDose(name, dose),
    }),
  ];
  return Object.fromEntries(Object.entries(challengeNames).map(control));
}

// The changed photograph; where its window is in use, the window's middle follows hand and keys.
function windowPicture(side, smallest, state, onMove) {
  const canvas = h("canvas", { width: side, height: side });
  const frame = h(
    "div",
    {
      class: "live-lab-picture",
      role: "application",
      tabindex: "0",
      "aria-label": "The changed photograph. Arrow keys move the window, where the window's slider is in use.",
    },
    canvas,
  );
  const when = () => Boolean(state.doses.ambiguity);
  const moveTo = (...centre) => onMove(centre.map((value) => Math.min(1, Math.max(0, value))));
  onArrows(frame, { when, move: (down, right) => moveTo(state.centre[0] + right / 10, state.centre[1] + down / 10) });
  // at the borders the window stays inside
  const follow = (event) => {
    const [row, column] = cellAt(canvas, event, side, side);
    const seen = windowSide(side, state.doses.ambiguity, smallest);
    moveTo((column - seen / 2) / (side - seen), (row - seen / 2) / (side - seen));
  };
  onDrag(frame, { when, start: follow, move: follow });
  return { canvas, frame };
}

// The likeliest classes, and how likely the right ones are, now and unchanged.
function classList(classes) {
  const rows = Array.from({ length: shownClasses }, scoreRow);
  const list = h("ol", { class: "live-scores" }, ...rows.map(({ element }) => element));
  const verdict = h("p", { class: "live-verdict" });
  function update(probabilities, right, before) {
    const best = likeliest(probabilities, shownClasses);
    best.forEach((k, i) => rows[i].update(classes[k], probabilities[k], right.includes(k)));
    const now = shareOf(probabilities, right);
    const among = best.some((k) => right.includes(k)) ? "" : ", none of them among the five";
    const then = before < 0.995 ? percent(before, 1) : percent(before);
    const named = right.map((k) => classes[k]).join(", ");
    verdict.replaceChildren(`Right here: ${named}. Together ${percent(now, 1)}; unchanged ${then}${among}.`);
    const [first, share] = [classes[best[0]], Math.round(100 * probabilities[best[0]])];
    const text = `First: ${first}, ${share} percent. Right classes together ${Math.round(100 * now)} percent.`;
    return { facts: { share: now, first }, text };
  }
  return { list, verdict, update };
}

// One class with its bar; a check mark says in the text too that the class counts as right.
function scoreRow() {
  const [name, bar, number] = [
    h("span", { class: "live-name" }),
    h("span", { class: "live-bar" }),
    h("span", { class: "live-number" }),
  ];
  const element = h(
    "li",
    { class: "live-score" },
    name,
    h("span", { class: "live-track", "aria-hidden": "true" }, bar),
    number,
  );
  const update = (text, probability, right) => {
    name.textContent = right ? `${text} ✓` : text;
    bar.style.transform = `scaleX(${probability})`;
    number.textContent = percent(probability, 1);
    element.classList.toggle("live-best", right);
    element.dataset.class = text;
    element.dataset.value = probability;
  };
  return { element, update };
}

// ---- the challenges: the same arithmetic as utils/pictures/challenges.py ---------------------------------

// First what belongs to the scene, then what the camera does to it.
export function changeAll(pixels, side, { doses, thing, pieces, field, centre, settings }) {
  let changed = pixels;
  const apply = (name, change) => doses[name] > 0 && (changed = change(changed, doses[name]));
  apply("clutter", (from, dose) => clutterCells(from, side, dose, thing, pieces, settings.cluttering));
  apply("deformation", (from, dose) => bendPicture(from, side, dose * settings.bend, field));
  apply("viewpoint", (from, dose) => turnPicture(from, side, dose * settings.turn));
  apply("scale", (from, dose) => shrinkPicture(from, side, dose * settings.halvings));
  apply("occlusion", (from, dose) => coverCells(from, side, dose, settings.hiding));
  apply("illumination", (from, dose) => dimPicture(from, dose * settings.stops));
  apply("ambiguity", (from, dose) => throughWindow(from, side, windowSide(side, dose, settings.smallest), centre));
  return changed;
}

function meanColour(pixels) {
  const sums = [0, 0, 0];
  for (let i = 0; i < pixels.length; i += 3) for (let c = 0; c < 3; c++) sums[c] += pixels[i + c];
  return sums.map((sum) => Math.floor(sum / (pixels.length / 3) + 0.5));
}

function plainPicture(pixels) {
  const [red, green, blue] = meanColour(pixels);
  const filled = new Uint8Array(pixels.length);
  for (let i = 0; i < filled.length; i += 3) {
    filled[i] = red;
    filled[i + 1] = green;
    filled[i + 2] = blue;
  }
  return filled;
}

// place(x, y, spot) writes where in the picture to look; between pixels, all four neighbours count.
function samplePicture(pixels, side, place) {
  const spot = { x: 0, y: 0 };
  const result = plainPicture(pixels);
  const last = side - 2;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      place(column, row, spot);
      const { x, y } = spot;
      if (!(x >= -0.5 && x <= side - 0.5 && y >= -0.5 && y <= side - 0.5)) continue;
      const inX = Math.min(side - 1, Math.max(0, x));
      const inY = Math.min(side - 1, Math.max(0, y));
      const left = Math.min(Math.floor(inX), last);
      const top = Math.min(Math.floor(inY), last);
      const right = inX - left;
      const down = inY - top;
      const at = 3 * (top * side + left);
      const below = at + 3 * side;
      for (let c = 0; c < 3; c++) {
        const upper = (1 - right) * pixels[at + c] + right * pixels[at + 3 + c];
        const lower = (1 - right) * pixels[below + c] + right * pixels[below + 3 + c];
        result[3 * (row * side + column) + c] = Math.floor((1 - down) * upper + down * lower + 0.5);
      }
    }
  }
  return result;
}

function turnPicture(pixels, side, degrees) {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const middle = (side - 1) / 2;
  return samplePicture(pixels, side, (column, row, spot) => {
    const across = ((column - middle) * side) / (side * cos - (column - middle) * sin);
    spot.x = across + middle;
    spot.y = ((row - middle) * (side + across * sin)) / side + middle;
  });
}

// The displacement, across and down, with a root mean square of one pixel.
export function rubberField(waves, side) {
  const field = waves.map((some) => {
    const values = new Float64Array(side * side);
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        for (const [fx, fy, phase] of some)
          values[row * side + column] += Math.sin((2 * Math.PI * (fx * column + fy * row)) / side + phase);
      }
    }
    return values;
  });
  const squares = field.map((values) => values.reduce((sum, value) => sum + value * value, 0));
  const scale = Math.sqrt((squares[0] + squares[1]) / side ** 2);
  return field.map((values) => values.map((value) => value / scale));
}

function bendPicture(pixels, side, share, [across, down]) {
  const reach = share * side;
  return samplePicture(pixels, side, (column, row, spot) => {
    spot.x = column + reach * across[row * side + column];
    spot.y = row + reach * down[row * side + column];
  });
}

function dimPicture(pixels, stops) {
  const darker = Uint8Array.from({ length: 256 }, (_, value) => Math.floor(value * 2 ** (-stops / 2.2) + 0.5));
  const result = new Uint8Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) result[i] = darker[pixels[i]];
  return result;
}

function takenCells(dose, order) {
  const taken = new Uint8Array(labCells ** 2);
  for (const cell of order.slice(0, Math.floor(labCells ** 2 * dose + 0.5))) taken[cell] = 1;
  return taken;
}

function coverCells(pixels, side, dose, order) {
  return replaceCells(pixels, side, dose, order, plainPicture(pixels));
}

function clutterCells(pixels, side, dose, thing, pieces, order) {
  return replaceCells(pixels, side, dose, order, pieces, thing);
}

// Take the cells from `other`, except where `spared` is 1.
function replaceCells(pixels, side, dose, order, other, spared) {
  const [taken, cell, result] = [takenCells(dose, order), side / labCells, pixels.slice()];
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const at = row * side + column;
      if (!taken[labCells * Math.floor(row / cell) + Math.floor(column / cell)] || spared?.[at]) continue;
      for (let i = 3 * at; i < 3 * at + 3; i++) result[i] = other[i];
    }
  }
  return result;
}

// Each new pixel is the mean of the area it covers: first along rows, then along columns.
function shrinkPicture(pixels, side, halvings) {
  const small = Math.max(1, Math.floor(side * 2 ** -halvings + 0.5));
  const shares = Array.from({ length: small }, (_, k) => {
    const [from, to] = [(k * side) / small, ((k + 1) * side) / small];
    const parts = [];
    for (let i = Math.floor(from); i < Math.min(side, Math.ceil(to)); i++)
      parts.push([i, ((Math.min(to, i + 1) - Math.max(from, i)) * small) / side]);
    return parts;
  });
  const narrow = new Float64Array(side * small * 3);
  for (let row = 0; row < side; row++)
    for (let k = 0; k < small; k++)
      for (const [i, share] of shares[k])
        for (let c = 0; c < 3; c++) narrow[3 * (row * small + k) + c] += share * pixels[3 * (row * side + i) + c];
  const result = plainPicture(pixels);
  const start = Math.floor((side - small) / 2);
  for (let k = 0; k < small; k++) {
    for (let column = 0; column < 3 * small; column++) {
      let sum = 0;
      for (const [i, share] of shares[k]) sum += share * narrow[3 * i * small + column];
      result[3 * ((start + k) * side + start) + column] = Math.floor(sum + 0.5);
    }
  }
  return result;
}

function windowSide(side, dose, smallest) {
  return Math.floor(side * (1 - (1 - smallest) * dose) + 0.5);
}

function throughWindow(pixels, side, seen, [x, y]) {
  const result = plainPicture(pixels);
  const [left, top] = [x, y].map((value) => Math.floor((side - seen) * value + 0.5));
  for (let row = top; row < top + seen; row++) {
    const from = 3 * (row * side + left);
    result.set(pixels.subarray(from, from + 3 * seen), from);
  }
  return result;
}
