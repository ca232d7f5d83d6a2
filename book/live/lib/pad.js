// A drawing pad for pointer, finger and keyboard. What is drawn stays in this page.

import { choice } from "./controls.js";
import { announcer, button, freshId, h } from "./dom.js";
import { cellsBetween, drawCursor, gridPen, howToDraw } from "./pen.js";

const padPixels = 448; // of the canvas, about; the page shows it at half that or less

// drawingPad({ size: 32, binary: true, grid: 4, onChange, onClear }): values are size x size numbers in [0, 1],
// 1 being ink. `binary` ink is all or nothing; `grid` draws a line every so many cells. Clearing calls onClear,
// then onChange as any change does.
export function drawingPad({ size, binary, grid = 0, label, onChange, onClear = () => {} }) {
  const values = new Float32Array(size * size);
  const cell = Math.floor(padPixels / size);
  const { element: status, say } = announcer();
  let erasing = false; // the chosen tool

  const hint = h("p", { class: "live-hint", id: freshId("live-hint") }, howToDraw);
  const canvas = h("canvas", {
    class: "live-pad",
    width: cell * size,
    height: cell * size,
    tabindex: 0,
    role: "application",
    "aria-label": label,
    "aria-describedby": hint.id,
  });

  const draw = () => drawPad(canvas, values, { size, cell, grid, cursor });

  function changed() {
    draw();
    onChange();
  }

  function line(from, to, erase) {
    cellsBetween(from, to, (row, column) => touch(values, row, column, { size, binary, erase }));
    changed();
  }

  const cursor = gridPen(canvas, {
    size,
    erases: () => erasing,
    stroke: line,
    draw,
    onKey(row, column) {
      const ink = values[row * size + column] > 0.5 ? "ink" : "empty";
      say(`Row ${row + 1}, column ${column + 1}: ${ink}`);
    },
  });

  function clear() {
    values.fill(0);
    onClear();
    changed();
  }
  const pens = choice({ label: "Pen", options: ["Draw", "Erase"], onChange: (i) => (erasing = i === 1) });
  const tools = h("div", { class: "live-tools" }, pens, button("Clear", clear));
  draw();
  return {
    element: h("div", { class: "live-drawing" }, canvas, tools, hint, status),
    values,
    load(picture) {
      values.set(picture);
      changed();
    },
  };
}

function drawPad(canvas, values, { size, cell, grid, cursor }) {
  const context = canvas.getContext("2d");
  context.fillStyle = "#000";
  context.fillRect(0, 0, canvas.width, canvas.height);
  for (let i = 0; i < values.length; i++) {
    if (!values[i]) continue;
    const grey = Math.round(255 * values[i]);
    context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
    context.fillRect((i % size) * cell, Math.floor(i / size) * cell, cell, cell);
  }
  if (grid) {
    context.fillStyle = "rgb(128 140 155 / 45%)";
    for (let k = grid; k < size; k += grid) {
      context.fillRect(k * cell - 1, 0, 2, canvas.height);
      context.fillRect(0, k * cell - 1, canvas.width, 2);
    }
  }
  drawCursor(context, cursor, cell);
}

// One round touch, centred on a cell.
function touch(values, row, column, { size, binary, erase }) {
  const radius = (binary ? 0.07 : 0.045) * size;
  const reach = Math.ceil(radius) + 1;
  for (let r = Math.max(0, row - reach); r <= Math.min(size - 1, row + reach); r++) {
    for (let c = Math.max(0, column - reach); c <= Math.min(size - 1, column + reach); c++) {
      const inside = radius + 0.5 - Math.hypot(r - row, c - column);
      const ink = binary ? Number(inside > 0.4) : Math.min(1, Math.max(0, inside));
      const i = r * size + c;
      values[i] = erase ? Math.min(values[i], 1 - ink) : Math.max(values[i], ink);
    }
  }
}
