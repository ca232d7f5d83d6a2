// A drawing pad for pointer, finger and keyboard. What is drawn stays in this page.

import { choice } from "./controls.js";
import { announcer, button, freshId, h } from "./dom.js";
import { onDrag } from "./drag.js";
import { onArrows } from "./keys.js";
import { cellAt } from "./paint.js";

const padPixels = 448; // of the canvas, about; the page shows it at half that or less
const inks = { " ": "ink", Enter: "ink", Delete: "erase", Backspace: "erase" };
const howTo = "Draw with mouse or finger. Keyboard: arrows move, Space draws (keep it down for a line), Delete erases.";

// drawingPad({ size: 32, binary: true, grid: 4, onChange, onClear }): values are size x size numbers in [0, 1],
// 1 being ink. `binary` ink is all or nothing; `grid` draws a line every so many cells. Clearing calls onClear,
// then onChange as any change does.
export function drawingPad({ size, binary, grid = 0, label, onChange, onClear = () => {} }) {
  const values = new Float32Array(size * size);
  const cell = Math.floor(padPixels / size);
  const cursor = { row: size >> 1, column: size >> 1, visible: false };
  const { element: status, say } = announcer();
  let erasing = false; // the chosen tool
  let held = null; // the key kept down: "ink" or "erase"
  let last = null; // where the pointer was

  const hint = h("p", { class: "live-hint", id: freshId("live-hint") }, howTo);
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
    inkLine(values, from, to, { size, binary, erase });
    changed();
  }

  const here = (event) => cellAt(canvas, event, size, size);
  onDrag(canvas, {
    start(event) {
      cursor.visible = false;
      last = here(event);
      line(last, last, erasing);
    },
    move(event) {
      line(last, here(event), erasing);
      last = here(event);
    },
    end() {
      last = null;
    },
  });

  // Where the keys are now; ink from there to here if a key is kept down.
  function go(row, column) {
    const from = [cursor.row, cursor.column];
    const [low, high] = [0, size - 1];
    cursor.row = Math.min(high, Math.max(low, row));
    cursor.column = Math.min(high, Math.max(low, column));
    cursor.visible = true;
    if (held) line(from, [cursor.row, cursor.column], held === "erase");
    else draw();
    const ink = values[cursor.row * size + cursor.column] > 0.5 ? "ink" : "empty";
    say(`Row ${cursor.row + 1}, column ${cursor.column + 1}: ${ink}`);
  }
  const plain = (event) => !event.ctrlKey && !event.metaKey && !event.altKey;
  onArrows(canvas, { shift: 4, when: plain, move: (down, right) => go(cursor.row + down, cursor.column + right) });
  canvas.addEventListener("keydown", (event) => {
    if (!plain(event) || !inks[event.key]) return;
    event.preventDefault();
    held = inks[event.key];
    go(cursor.row, cursor.column);
  });
  canvas.addEventListener("keyup", (event) => inks[event.key] && (held = null));
  canvas.addEventListener("focus", () => {
    cursor.visible = canvas.matches(":focus-visible") && !last;
    draw();
  });
  canvas.addEventListener("blur", () => {
    held = null;
    cursor.visible = false;
    draw();
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
  if (!cursor.visible) return;
  for (const [colour, width] of [
    ["#000", 8],
    ["#ffd54a", 4],
  ]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.strokeRect(cursor.column * cell - 3, cursor.row * cell - 3, cell + 6, cell + 6);
  }
}

// A line of round touches of the brush from cell to cell.
function inkLine(values, [row0, column0], [row1, column1], brush) {
  const steps = Math.max(1, Math.abs(row1 - row0), Math.abs(column1 - column0));
  for (let k = 0; k <= steps; k++) {
    const share = k / steps;
    touch(values, Math.round(row0 + share * (row1 - row0)), Math.round(column0 + share * (column1 - column0)), brush);
  }
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
