// Drag the parts of a pictorial structure, watch the energy, and let go: the parts jump to the exact minimum.
//
// Settings: image (uint8, rows x columns), costs (float32, parts x rows x columns: what each part costs at each pixel),
// names (of the parts), parents (-1 for the root, which comes first), offsets (row and column of each part minus its
// parent's, at rest), stiffness (energy per squared pixel), places (optional: where the parts lie at first).
// No model: the minimum is found here, as utils/classical/pictorial_structures.py finds it.

import { arraySetting } from "../lib/ask.js";
import { select, slider } from "../lib/controls.js";
import { button, h, hint, panel } from "../lib/dom.js";
import { onDrag } from "../lib/drag.js";
import { onArrows } from "../lib/keys.js";
import { cellAt, paint } from "../lib/paint.js";
import { scaffold } from "../lib/scaffold.js";
import { traveller } from "../lib/travel.js";

const factors = [0, 1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16, 64];
const asDrawn = factors.indexOf(1);
const drawingScale = 8; // pixels of the drawing for one of the picture
const coils = 7;
const handleReach = 2.5; // pixels of the picture around a part that its handle covers

export default {
  render({ model, el }) {
    const image = arraySetting(model.get("image"));
    const costs = arraySetting(model.get("costs"));
    const names = model.get("names");
    const [rows, columns] = image.dims;
    const parents = model.get("parents");
    const offsets = rowsOf(model.get("offsets"));
    const stiffness = rowsOf(model.get("stiffness"));
    const springs = () => ({ parents, offsets, stiffness: stiffness.map((value) => value * factors[state.factor]) });
    const state = { places: null, factor: asDrawn, free: true };
    const solved = []; // for each factor, the best placement, once it was asked for
    const best = () => (solved[state.factor] ??= leastEnergy(costs, springs()));
    const { say, show } = scaffold(el, "live-springs");

    const picture = h("canvas", { class: "live-springs-picture" });
    const figure = drawnParts(picture, { names, rows, columns, onMove: movePart });
    const travel = traveller((places) => figure.draw(places, springs()));
    const stiff = slider({
      label: "Stiffness of the springs",
      min: 0,
      max: factors.length - 1,
      step: 1,
      value: asDrawn,
      format: factorText,
      onInput(i) {
        state.factor = i;
        if (state.free) letGo();
        else refresh();
      },
    });
    const background = select({
      label: "Behind the parts",
      options: ["the photograph", ...names.map((name) => `how well it fits: ${name}`)],
      onChange: (i) => paintBehind(picture, image, costs, i),
    });
    const table = energyTable(names);
    const verdict = h("p", { class: "live-verdict" });

    function movePart(i, moved) {
      const [row, column] = moved(state.places[i]);
      const clip = (value, size) => Math.min(size - 1, Math.max(0, value));
      state.places = state.places.with(i, [clip(row, rows), clip(column, columns)]);
      state.free = false;
      travel.end();
      refresh();
    }

    function goTo(places, free) {
      const start = state.places;
      Object.assign(state, { places: places.map((place) => [...place]), free });
      refresh();
      travel.begin(start, state.places);
    }

    const letGo = () => goTo(best().places, true);
    const scatter = () => goTo(aroundMiddle(names.length, rows, columns), false);

    function refresh() {
      const began = performance.now();
      const { looks, pulls, total } = energiesAt(costs, springs(), state.places);
      const least = best().energy;
      table.update(looks, pulls);
      const kind = factors[state.factor] ? "with these springs" : "without springs";
      verdict.textContent =
        total - least < 1e-9
          ? `Energy ${total.toFixed(2)}: the least possible ${kind}`
          : `Energy ${total.toFixed(2)}; the least possible is ${least.toFixed(2)}`;
      figure.name(state.places);
      figure.draw(state.places, springs());
      Object.assign(el.dataset, { energy: total, least, milliseconds: (performance.now() - began).toFixed(1) });
      const each = names.map((name, i) => `${name}: looks ${looks[i].toFixed(2)}, spring ${pulls[i].toFixed(2)}`);
      say(`${verdict.textContent}. ${each.join("; ")}.`);
    }

    const note = hint(
      "Drag a part, or move it with the arrow keys (Shift: five pixels). A ring shows where its spring is at rest, a dashed line how far it is stretched.",
    );
    const looksNote = hint(
      "Looks: 1 minus the correlation with the part's template, plain bar. Spring: stiffness times the squared stretch, striped bar.",
    );
    const tools = h("div", { class: "live-tools" }, button("Let go", letGo), button("Pull apart", scatter));
    const left = panel("live-springs-left", "Parts and springs", figure.element, note);
    const parts = [verdict, table.element, looksNote, tools, stiff.element, background.element];
    show(left.element, panel("live-springs-right", "The energy", ...parts).element);
    paintBehind(picture, image, costs, 0);
    state.places = rowsOf(model.get("places") ?? best().places);
    refresh();
  },
};

const factorText = (i) => (factors[i] === 0 ? "none" : factors[i] < 1 ? `× 1/${1 / factors[i]}` : `× ${factors[i]}`);

// Places on a ring around the middle of the picture.
function aroundMiddle(count, rows, columns) {
  return Array.from({ length: count }, (_, i) => {
    const turn = (2 * Math.PI * (i + 0.25)) / count;
    return [
      Math.round((rows - 1) * (0.5 - 0.42 * Math.cos(turn))),
      Math.round((columns - 1) * (0.5 + 0.42 * Math.sin(turn))),
    ];
  });
}

// The photograph, or how well a part fits at each place.
function paintBehind(canvas, image, costs, i) {
  const [rows, columns] = image.dims;
  const size = rows * columns;
  if (i === 0) return paint(canvas, Float32Array.from(image.data), rows, columns, { map: "gray", low: 0, high: 255 });
  const fits = Float32Array.from(costs.data.subarray((i - 1) * size, i * size), (cost) => 1 - cost);
  paint(canvas, fits, rows, columns, { map: "viridis", low: 0, high: 1 });
}

// The picture under the springs, with a handle for each part. onMove(i, moved): moved(place) is where part i shall go.
function drawnParts(picture, { names, rows, columns, onMove }) {
  const drawing = h("canvas", { width: columns * drawingScale, height: rows * drawingScale });
  const handles = names.map((name, i) => {
    const handle = h("span", { class: "live-part", tabindex: "0", role: "application" }, h("span", {}, name));
    const move = (down, right) => onMove(i, ([row, column]) => [row + down, column + right]);
    onArrows(handle, { shift: 5, move });
    onDrag(handle, { move: (event) => onMove(i, () => cellAt(picture, event, rows, columns)) });
    return handle;
  });

  function name(places) {
    handles.forEach((handle, i) => {
      const [row, column] = places[i];
      handle.setAttribute("aria-label", `${names[i]} at row ${row}, column ${column}; arrow keys move it`);
    });
  }

  // The springs, and where each part would rest.
  function draw(places, { parents, offsets, stiffness }) {
    const pen = drawing.getContext("2d");
    pen.clearRect(0, 0, drawing.width, drawing.height);
    const at = ([row, column]) => [(column + 0.5) * drawingScale, (row + 0.5) * drawingScale];
    places.forEach((place, i) => {
      handles[i].style.left = `${(100 * (place[1] + 0.5)) / columns}%`;
      handles[i].style.top = `${(100 * (place[0] + 0.5)) / rows}%`;
      if (parents[i] < 0 || stiffness[i] === 0) return;
      const parent = places[parents[i]];
      const rest = at([parent[0] + offsets[i][0], parent[1] + offsets[i][1]]);
      outlined(pen, coil(at(parent), at(place)), 2);
      outlined(pen, ring(rest, 0.9 * drawingScale), 1.5);
      outlined(pen, [[rest, at(place)]], 1.5, [6, 5]);
    });
  }
  return { element: h("div", { class: "live-window" }, picture, drawing, ...handles), name, draw };
}

// What each part and its spring cost, and all together.
function energyTable(names) {
  const lines = [...names, "together"].map(energyLine);
  const heads = ["part", "looks", "spring", "sum"].map((text) => h("th", { scope: "col" }, text));
  const head = h("thead", {}, h("tr", {}, ...heads, h("td", {})));
  const sum = (values) => values.reduce((all, value) => all + value, 0);
  const update = (looks, pulls) => {
    const reach = Math.max(2, ...looks.map((value, i) => value + pulls[i]));
    names.forEach((_, i) => lines[i].update(looks[i], pulls[i], reach));
    lines.at(-1).update(sum(looks), sum(pulls), reach * names.length);
  };
  const body = h("tbody", {}, ...lines.map(({ element }) => element));
  return { element: h("table", { class: "live-energies" }, head, body), update };
}

// One line of the table, with its bar.
function energyLine(name) {
  const cells = Array.from({ length: 3 }, () => h("td", { class: "live-number" }));
  const [plain, striped] = [h("span", { class: "live-looks" }), h("span", { class: "live-pull" })];
  const bar = h(
    "td",
    { class: "live-energy-bar", "aria-hidden": "true" },
    h("span", { class: "live-track" }, plain, striped),
  );
  const element = h("tr", {}, h("th", { scope: "row" }, name), ...cells, bar);
  const update = (look, pull, reach) => {
    [look, pull, look + pull].forEach((value, i) => (cells[i].textContent = value.toFixed(2)));
    plain.style.width = `${(100 * look) / reach}%`;
    striped.style.width = `${(100 * pull) / reach}%`;
  };
  return { element, update };
}

// Nested numbers, or an array, as lists of rows.
function rowsOf(value) {
  if (!value.array) return value.map((row) => (Array.isArray(row) ? [...row] : row));
  const { data, dims } = arraySetting(value);
  return dims.length === 1
    ? [...data]
    : Array.from({ length: dims[0] }, (_, i) => [...data.subarray(i * dims[1], (i + 1) * dims[1])]);
}

// Lines in white on black, to be seen on any picture.
function outlined(pen, strokes, width, dash = []) {
  for (const [colour, extra] of [
    ["#000", 2],
    ["#fff", 0],
  ]) {
    pen.strokeStyle = colour;
    pen.lineWidth = width + extra;
    pen.setLineDash(dash);
    for (const points of strokes) {
      pen.beginPath();
      points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      pen.stroke();
    }
  }
  pen.setLineDash([]);
}

function ring([x, y], radius) {
  const angles = Array.from({ length: 25 }, (_, i) => (2 * Math.PI * i) / 24);
  return [angles.map((angle) => [x + radius * Math.cos(angle), y + radius * Math.sin(angle)])];
}

// A zigzag from the rim of one handle to that of another.
function coil([x1, y1], [x2, y2]) {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [acrossX, acrossY] = [(y1 - y2) / length, (x2 - x1) / length];
  const width = Math.min(0.7 * drawingScale, length / coils);
  const free = Math.min(0.4, (handleReach * drawingScale) / length); // of the line, at each end
  const points = Array.from({ length: 2 * coils }, (_, i) => {
    const share = free + ((1 - 2 * free) * (i + 0.5)) / (2 * coils);
    const side = i % 2 ? width : -width;
    return [x1 + share * (x2 - x1) + side * acrossX, y1 + share * (y2 - y1) + side * acrossY];
  });
  return [points];
}

// ---- the same energy as utils/classical/pictorial_structures.py ------------------------------------------------------

// What the parts and the springs cost where the parts lie.
export function energiesAt({ data, dims: [, rows, columns] }, { parents, offsets, stiffness }, places) {
  const looks = places.map(([row, column], i) => data[(i * rows + row) * columns + column]);
  const pulls = places.map(([row, column], i) => {
    if (parents[i] < 0) return 0;
    const [parentRow, parentColumn] = places[parents[i]];
    return stiffness[i] * ((row - parentRow - offsets[i][0]) ** 2 + (column - parentColumn - offsets[i][1]) ** 2);
  });
  return { looks, pulls, total: looks.reduce((sum, look, i) => sum + look + pulls[i], 0) };
}

// From the leaves to the root, each part tells its parent what its best place costs for every place of the parent.
export function leastEnergy({ data, dims: [count, rows, columns] }, { parents, offsets, stiffness }) {
  const size = rows * columns;
  const totals = Array.from({ length: count }, (_, i) => Float64Array.from(data.subarray(i * size, (i + 1) * size)));
  const choices = [];
  for (let child = count - 1; child > 0; child--) {
    const { lowest, from } = springTransform(totals[child], rows, columns, stiffness[child], offsets[child]);
    choices[child] = from;
    for (let p = 0; p < size; p++) totals[parents[child]][p] += lowest[p];
  }
  const energy = totals[0].reduce((least, value) => Math.min(least, value), Infinity);
  const chosen = [totals[0].indexOf(energy)];
  for (let child = 1; child < count; child++) chosen[child] = choices[child][chosen[parents[child]]];
  return { places: chosen.map((p) => [Math.floor(p / columns), p % columns]), energy };
}

// For each place of the parent the cheapest place of the child: along the rows, then along the columns.
function springTransform(values, rows, columns, stiffness, [down, right]) {
  const size = rows * columns;
  const [along, column] = [new Float64Array(size).fill(Infinity), new Int32Array(size)];
  for (let row = 0; row < rows; row++) {
    for (let p = 0; p < columns; p++) {
      const at = row * columns + p;
      for (let q = 0; q < columns; q++) {
        const cost = values[row * columns + q] + stiffness * (q - p - right) ** 2;
        if (cost >= along[at]) continue;
        along[at] = cost;
        column[at] = q;
      }
    }
  }
  const [lowest, from] = [new Float64Array(size).fill(Infinity), new Int32Array(size)];
  for (let p = 0; p < rows; p++) {
    for (let c = 0; c < columns; c++) {
      const at = p * columns + c;
      for (let q = 0; q < rows; q++) {
        const cost = along[q * columns + c] + stiffness * (q - p - down) ** 2;
        if (cost >= lowest[at]) continue;
        lowest[at] = cost;
        from[at] = q * columns + column[q * columns + c];
      }
    }
  }
  return { lowest, from };
}
