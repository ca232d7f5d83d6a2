// A drawing pad for pointer, finger and keyboard. What is drawn stays in this page.

import { choice } from "./controls.js";
import { announcer, freshId, h } from "./dom.js";
import { cellAt } from "./paint.js";

const padPixels = 448; // of the canvas, about; the page shows it at half that or less

// drawingPad({ size: 32, binary: true, grid: 4, onChange, onClear }): values are size x size numbers in [0, 1],
// 1 being ink. `binary` ink is all or nothing; `grid` draws a line every so many cells. Clearing calls onClear,
// then onChange as any change does.
export function drawingPad({ size, binary, grid = 0, label, onChange, onClear = () => {} }) {
  const values = new Float32Array(size * size);
  const cell = Math.floor(padPixels / size);
  const cursor = { row: size >> 1, column: size >> 1, visible: false };
  const radius = binary ? 0.07 * size : 0.045 * size;
  let erasing = false; // the chosen tool
  let held = null; // the key kept down: "ink" or "erase"
  let last = null; // where the pointer was

  const hint = h(
    "p",
    { class: "live-hint", id: freshId("live-hint") },
    "Draw with mouse or finger. Keyboard: arrows move, Space draws (keep it down for a line), Delete erases.",
  );
  const canvas = h("canvas", {
    class: "live-pad",
    width: cell * size,
    height: cell * size,
    tabindex: 0,
    role: "application",
    "aria-label": label,
    "aria-describedby": hint.id,
  });
  const { element: status, say } = announcer();

  function draw() {
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

  // One round touch of the brush, centred on a cell.
  function touch(row, column, erase) {
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

  function line([row0, column0], [row1, column1], erase) {
    const steps = Math.max(1, Math.abs(row1 - row0), Math.abs(column1 - column0));
    for (let k = 0; k <= steps; k++) {
      touch(
        Math.round(row0 + (k / steps) * (row1 - row0)),
        Math.round(column0 + (k / steps) * (column1 - column0)),
        erase,
      );
    }
    changed();
  }

  function changed() {
    draw();
    onChange();
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    cursor.visible = false;
    last = cellAt(canvas, event, size, size);
    line(last, last, erasing);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    const here = cellAt(canvas, event, size, size);
    line(last, here, erasing);
    last = here;
  });
  for (const type of ["pointerup", "pointercancel"]) canvas.addEventListener(type, () => (last = null));

  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const inks = { " ": "ink", Enter: "ink", Delete: "erase", Backspace: "erase" };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(moves[event.key] || inks[event.key])) return;
    event.preventDefault();
    cursor.visible = true;
    const from = [cursor.row, cursor.column];
    if (moves[event.key]) {
      const step = event.shiftKey ? 4 : 1;
      cursor.row = Math.min(size - 1, Math.max(0, cursor.row + step * moves[event.key][0]));
      cursor.column = Math.min(size - 1, Math.max(0, cursor.column + step * moves[event.key][1]));
    } else {
      held = inks[event.key];
    }
    if (held) line(from, [cursor.row, cursor.column], held === "erase");
    else draw();
    const ink = values[cursor.row * size + cursor.column] > 0.5 ? "ink" : "empty";
    say(`Row ${cursor.row + 1}, column ${cursor.column + 1}: ${ink}`);
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

  const clear = () => (values.fill(0), onClear(), changed());
  const tools = h(
    "div",
    { class: "live-tools" },
    choice({ label: "Pen", options: ["Draw", "Erase"], onChange: (i) => (erasing = i === 1) }),
    h("button", { type: "button", class: "live-button", onclick: clear }, "Clear"),
  );
  draw();
  return {
    element: h("div", { class: "live-drawing" }, canvas, tools, hint, status),
    values,
    load: (picture) => (values.set(picture), changed()),
  };
}
