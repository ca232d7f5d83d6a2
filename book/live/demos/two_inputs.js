// Two inputs walk into a network: a circle of inputs goes through random layers, and the reader sees what becomes of it.
//
// Settings: width (units of a layer, and numbers of an input), points (inputs on the circle), depth (layers at first).
// No model: the layers are drawn here. What computes, in lib/random_layers.js, is tested against PyTorch.

import { frame, linear, logarithmic } from "../lib/axes.js";
import { checkbox, choice, setChoice, setSlider, slider } from "../lib/controls.js";
import { button, h, hint, panel, tile } from "../lib/dom.js";
import { onDrag } from "../lib/drag.js";
import { onArrows } from "../lib/keys.js";
import { compact, percent, signed } from "../lib/numbers.js";
import { extent } from "../lib/paint.js";
import {
  activations,
  circleOfInputs,
  curveOf,
  difference,
  layerSource,
  meanField,
  principalPlane,
  rootMeanSquare,
  throughLayers,
} from "../lib/random_layers.js";
import { scaffold } from "../lib/scaffold.js";
import { counted } from "../lib/words.js";

const most = { depth: 50, gain: 3, bias: 1 };
const apart = 0.1; // of the circle between A and B at first
const limits = { point: 0.05, grown: 20, crumpled: 5 }; // of the size, as shares of the first one; of the detour
const scales = { fallen: 0.1, risen: 2 }; // of 1 - cosine, as shares of the first one
const nothing = 1e-10; // a spread that is only rounding, as a share of the activations' size
const seen = 0.42; // of a picture's side, from its middle to the farthest point
const markLooks = { A: "#005b8f", B: "#a34700" };

// Gain and bias, and the activation where a name says it; `width` gives PyTorch's bias.
const presets = {
  "PyTorch’s default": (width) => ({ gain: 1 / Math.sqrt(3), bias: 1 / Math.sqrt(3 * width) }),
  Glorot: () => ({ gain: 1, bias: 0 }),
  He: () => ({ gain: Math.SQRT2, bias: 0 }),
  "tanh, ordered": () => ({ gain: 0.9, bias: 0.3, activation: "tanh" }),
  "tanh, edge of chaos": () => ({ gain: 1, bias: 0, activation: "tanh" }),
  "tanh, chaotic": () => ({ gain: 2.5, bias: 0.3, activation: "tanh" }),
};

export default {
  async render({ model, el }) {
    const [width, count] = [model.get("width") ?? 100, model.get("points") ?? 200];
    const points = circleOfInputs(1, width, count);
    const state = { depth: model.get("depth") ?? 30, activation: "tanh", batchNorm: false, shortcut: false, seed: 1 };
    Object.assign(state, presets["PyTorch’s default"](width), { A: 0, B: Math.round(apart * count) });
    let [source, outputs, pictures] = [layerSource(state.seed + 1, width), null, null];
    const { say, asker, show } = scaffold(el, "live-two-inputs");

    const circle = inputCircle(count, (name, place) => mark({ [name]: place }));
    const tiles = layerTiles();
    const [sizes, cosines] = [0, 1].map(() => h("canvas", { width: 640, height: 300, role: "img" }));
    const told = h("p", { class: "live-verdict" });
    const other = button("Draw other weights", () => set({ seed: state.seed + 1 }));
    const controls = settingControls(state, width, (values) => set(values));

    function set(values) {
      if ("seed" in values) source = layerSource(values.seed + 1, width);
      Object.assign(state, values);
      controls.update(state);
      return changed();
    }

    const changed = asker(async () => {
      outputs = throughLayers(points, source(state.depth), state);
      pictures = picturesOf(outputs, width);
      refresh();
    });

    // A and B are two of the points: the layers have not to be asked again.
    function mark(values) {
      Object.assign(state, values);
      refresh();
    }

    function refresh() {
      const measured = measure(outputs, width, state);
      const expected = state.batchNorm || state.shortcut ? [] : meanField(measured[0].cosine, state.depth, state);
      circle.update(pictures[0], state);
      tiles.update(pictures.slice(1), state);
      drawSizes(sizes, measured, expected);
      drawCosines(cosines, measured, expected);
      const verdict = judge(measured, pictures.at(-1));
      told.textContent = inWords(verdict, measured, state);
      say(told.textContent);
      const facts = {
        measured,
        expected,
        verdict,
        pictures: pictures.map(({ layer, curve, share }) => ({ layer, ...curve, share })),
      };
      for (const [key, value] of Object.entries({ ...facts, state })) el.dataset[key] = JSON.stringify(value);
    }

    await changed();
    const caption = (text) => h("p", { class: "live-caption" }, text);
    const size = h("div", {}, caption("Size of the activations (root mean square)"), sizes);
    const cosine = h("div", {}, caption("Cosine of A and B"), cosines);
    const dashes = hint(
      "Solid: measured here. Dashed: what theory expects of very wide layers; it knows no batch norm and no shortcut.",
    );
    show(
      panel("live-setting", "The network", ...controls.elements).element,
      panel("live-inputs", `${count} inputs on a circle`, circle.element, other, circle.note).element,
      panel("live-made", "What the layers make of it", tiles.element, told).element,
      panel("live-charts", "Layer by layer", size, cosine, dashes).element,
    );
  },
};

// ---- what is measured --------------------------------------------------------------------------------------------------

// For the inputs and each layer: the size of the activations, 1 - cosine of A and B, and the cosine.
function measure(outputs, width, { A, B }) {
  return outputs.map((values) => {
    const [a, b] = [A, B].map((place) => values.subarray(place * width, (place + 1) * width));
    const away = difference(a, b);
    return { size: rootMeanSquare(values), away, cosine: 1 - away };
  });
}

// The layers of which there is a picture: 0, 1, 2, 4, 8, … and the last.
export function shownLayers(depth) {
  const layers = [0];
  for (let layer = 1; layer < depth; layer *= 2) layers.push(layer);
  return [...layers, depth];
}

// Each of these layers seen from where most of it shows, its signs as in the picture before.
function picturesOf(outputs, width) {
  const count = outputs[0].length / width;
  const turns = Array.from({ length: count }, (_, i) => (2 * Math.PI * i) / count);
  let plane = { xs: Float64Array.from(turns, Math.cos), ys: Float64Array.from(turns, Math.sin) };
  return shownLayers(outputs.length - 1).map((layer) => {
    const curve = curveOf(outputs[layer], width);
    const isPoint = !(curve.spread > nothing * rootMeanSquare(outputs[layer]));
    if (!isPoint) plane = principalPlane(outputs[layer], width, plane);
    return { layer, curve, isPoint, ...plane };
  });
}

// What became of the circle, and after how many layers A and B had come together or had parted.
export function judge(measured, { curve: { spread, detour } }) {
  const shrunk = measured[0].size ? spread / measured[0].size : 0; // a circle around the origin is as large as its points
  const kind = !(shrunk >= limits.point)
    ? "point"
    : detour > limits.crumpled
      ? "crumpled"
      : shrunk > limits.grown
        ? "grown"
        : "stays";
  const first = measured[0].away;
  const layerWhere = (test) => measured.findIndex(({ away }) => test(away / first));
  const fallen = layerWhere((share) => share <= scales.fallen);
  const risen = layerWhere((share) => share >= scales.risen);
  return { kind, shrunk, detour, fallen, risen };
}

function inWords({ kind, shrunk, detour, fallen, risen }, measured, { depth }) {
  const shape = {
    point: `shrinks to a point: it keeps ${compact(shrunk)} of its size. The inputs can hardly be told apart.`,
    grown: `keeps its shape and grows: it is ${compact(shrunk)} times as large.`,
    crumpled: `crumples: the curve is ${compact(detour)} times as long as a circle of its size, and neighbours part.`,
    stays: `stays a loop, of ${compact(shrunk)} times its size.`,
  }[kind];
  const [from, to] = [measured[0], measured.at(-1)].map(({ cosine }) => cosineText(cosine));
  const scale =
    fallen > 0
      ? `1\u00a0−\u00a0cosine has fallen to a tenth after ${counted(fallen, "layer")}`
      : risen > 0
        ? `1\u00a0−\u00a0cosine has doubled after ${counted(risen, "layer")}`
        : "1\u00a0−\u00a0cosine neither fell to a tenth nor doubled";
  return `In ${counted(depth, "layer")} the circle ${shape} Cosine of A and B: ${from} at first, ${to} at the end; ${scale}.`;
}

const cosineText = (cosine) => (Number.isNaN(cosine) ? "none, as nothing is left" : signed(cosine, 3));

// ---- the settings ------------------------------------------------------------------------------------------------------

function settingControls(state, width, set) {
  const ready = Object.entries(presets).map(([name, values]) => button(name, () => set(values(width))));
  const depth = slider({
    label: "Depth",
    min: 1,
    max: most.depth,
    step: 1,
    value: state.depth,
    onInput: (value) => set({ depth: value }),
  });
  const [gain, bias] = ["gain", "bias"].map((key) =>
    slider({
      label: key === "gain" ? "Gain" : "Bias",
      min: 0,
      max: most[key],
      step: 0.01,
      value: state[key],
      format: (value) => value.toFixed(2),
      onInput: (value) => set({ [key]: value }),
    }),
  );
  const which = choice({
    label: "Activation",
    options: activations,
    onChange: (i) => set({ activation: activations[i] }),
  });
  const switches = [
    checkbox({ label: "Batch norm", onChange: (batchNorm) => set({ batchNorm }) }),
    checkbox({ label: "Shortcut", onChange: (shortcut) => set({ shortcut }) }),
  ];
  const update = (values) => {
    setSlider(gain, values.gain, values.gain.toFixed(2));
    setSlider(bias, values.bias, values.bias.toFixed(2));
    setChoice(which, activations.indexOf(values.activation));
  };
  const presetGroup = h("div", { class: "live-presets", role: "group", "aria-label": "Ready settings" }, ...ready);
  const tools = h("div", { class: "live-tools" }, which, ...switches);
  return { elements: [presetGroup, depth.element, gain.element, bias.element, tools], update };
}

// ---- the pictures ------------------------------------------------------------------------------------------------------

// The inputs, with A and B to be moved along their circle. move(name, place)
function inputCircle(count, move) {
  const canvas = h("canvas", { width: 480, height: 480, role: "img", "aria-label": "The circle of inputs" });
  const state = {};
  const handles = Object.keys(markLooks).map((name) => {
    const handle = h("span", { class: "live-thing", tabindex: "0", role: "application", "data-name": name }, name);
    const put = (place) => move(name, ((Math.round(place) % count) + count) % count);
    onArrows(handle, { shift: 10, move: (down, right) => put(state[name] - down + (down ? 0 : -right)) });
    onDrag(handle, {
      move(event) {
        const box = element.getBoundingClientRect();
        const angle = Math.atan2(box.top + box.height / 2 - event.clientY, event.clientX - box.left - box.width / 2);
        put((angle / (2 * Math.PI)) * count);
      },
    });
    return { name, handle };
  });
  const element = h("div", { class: "live-window" }, canvas, ...handles.map(({ handle }) => handle));

  function update(picture, { A, B }) {
    Object.assign(state, { A, B });
    const at = drawCurve(canvas, picture);
    for (const { name, handle } of handles) {
      const [x, y] = at(state[name]);
      handle.style.left = `${(100 * x) / canvas.width}%`;
      handle.style.top = `${(100 * y) / canvas.height}%`;
      const degrees = Math.round((360 * state[name]) / count);
      handle.setAttribute("aria-label", `Input ${name} at ${degrees} degrees of the circle; arrow keys move it`);
    }
  }
  const note = hint(
    "Drag A and B along the circle, or use the arrow keys (Shift: ten points). A layer’s picture is enlarged to fill its frame; the number below is its size, that of the circle being 1.",
  );
  return { element, update, note };
}

// One picture for each shown layer after the inputs.
function layerTiles() {
  const element = h("div", { class: "live-tiles" });
  let tiles = [];
  const newTile = () => {
    const canvas = h("canvas", { width: 220, height: 220, role: "img" });
    const [name, size] = [h("span", {}), h("span", {})];
    return { canvas, name, size, element: tile(canvas, name, size) };
  };
  function update(pictures, { A, B }) {
    if (tiles.length !== pictures.length) {
      tiles = pictures.map(newTile);
      element.replaceChildren(...tiles.map((one) => one.element));
    }
    pictures.forEach((picture, i) => {
      const { canvas, name, size } = tiles[i];
      const at = drawCurve(canvas, picture);
      drawLetter(canvas, at(B), "B");
      drawLetter(canvas, at(A), "A");
      name.textContent = `layer ${picture.layer}`;
      size.textContent = picture.isPoint ? "a point" : compact(picture.curve.spread);
      canvas.setAttribute(
        "aria-label",
        `What layer ${picture.layer} makes of the circle, ${percent(picture.share)} of its variance seen`,
      );
    });
  }
  return { element, update };
}

// The closed curve, each stretch in the hue of its place on the circle; returns where on the canvas a point lies.
function drawCurve(canvas, { xs, ys, isPoint }) {
  const pen = canvas.getContext("2d");
  const { width: side } = canvas;
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, side, side);
  const far = isPoint ? Infinity : Math.max(...[xs, ys].flatMap(extent).map(Math.abs));
  const at = (i) => [side * (0.5 + (seen * xs[i]) / far), side * (0.5 - (seen * ys[i]) / far)];
  pen.lineWidth = Math.max(2, side / 110);
  pen.lineCap = "round";
  for (let i = 0; i < xs.length; i++) {
    pen.strokeStyle = `hsl(${(360 * i) / xs.length} 70% 45%)`;
    pen.beginPath();
    pen.moveTo(...at(i));
    pen.lineTo(...at((i + 1) % xs.length));
    pen.stroke();
  }
  return at;
}

// A round, B square, each with its letter.
function drawLetter(canvas, [x, y], letter) {
  const pen = canvas.getContext("2d");
  const reach = 17;
  pen.beginPath();
  if (letter === "A") pen.arc(x, y, reach, 0, 2 * Math.PI);
  else pen.rect(x - reach, y - reach, 2 * reach, 2 * reach);
  pen.fillStyle = markLooks[letter];
  pen.fill();
  pen.lineWidth = 3;
  pen.strokeStyle = "#fff";
  pen.stroke();
  pen.fillStyle = "#fff";
  pen.font = "bold 24px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.fillText(letter, x, y + 9);
}

// ---- the charts --------------------------------------------------------------------------------------------------------

const looks = { measured: { colour: "#0072b2", width: 4 }, expected: { colour: "#d55e00", width: 4, dash: [10, 8] } };

function layerAxis(depth) {
  const step = Math.max(1, Math.ceil(depth / 6 / 5) * 5);
  const every = depth <= 6 ? 1 : step;
  const ticks = Array.from({ length: Math.floor(depth / every) + 1 }, (_, i) => i * every);
  return linear(0, depth, ticks, "layer");
}

function drawCourses(canvas, y, courses) {
  const { line } = frame(canvas, layerAxis(courses.measured.length - 1), y);
  for (const [name, values] of Object.entries(courses)) line([...values.entries()], looks[name]);
}

function drawSizes(canvas, measured, expected) {
  const courses = { measured: measured.map(({ size }) => size), expected: expected.map(({ size }) => size) };
  const shown = Object.values(courses)
    .flat()
    .filter((size) => size > 0);
  const [low, high] = extent(shown);
  drawCourses(canvas, logarithmic(Math.min(low, 0.1), Math.max(high, 10), 4, ""), courses);
  canvas.setAttribute(
    "aria-label",
    `Size of the activations by layer: from ${compact(courses.measured[0])} to ${compact(courses.measured.at(-1))}`,
  );
}

function drawCosines(canvas, measured, expected) {
  const courses = { measured: measured.map(({ cosine }) => cosine), expected: expected.map(({ cosine }) => cosine) };
  const least = Math.min(...courses.measured.filter((cosine) => !Number.isNaN(cosine)));
  const ticks = [-1, -0.5, 0, 0.5, 1].slice(least < -0.5 ? 0 : least < 0 ? 1 : 2);
  drawCourses(canvas, linear(ticks[0], 1, ticks, "layer"), courses);
  canvas.setAttribute(
    "aria-label",
    `Cosine of A and B by layer: from ${cosineText(courses.measured[0])} to ${cosineText(courses.measured.at(-1))}`,
  );
}
