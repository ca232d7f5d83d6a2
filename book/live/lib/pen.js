// A pen on the cells of a canvas of size x size of them: mouse, finger and keyboard. The canvas can have the focus, and its
// sheet says `touch-action: none`.

import { onDrag } from "./drag.js";
import { onArrows } from "./keys.js";
import { cellAt } from "./paint.js";

const penKeys = { " ": "ink", Enter: "ink", Delete: "erase", Backspace: "erase" };

export const howToDraw =
  "Draw with mouse or finger. Keyboard: arrows move, Space draws (keep it down for a line), Delete erases.";

// gridPen(canvas, { size, erases, stroke, draw, onKey }) -> where the keys are: { row, column, visible }. stroke([row, column],
// [row, column], erase) for each move with the pen down, erases() says whether the pointer's does so; draw() when only the place
// of the keys has changed; onKey(row, column) once a key has done its work.
export function gridPen(canvas, { size, erases, stroke, draw, onKey }) {
  const cursor = { row: size >> 1, column: size >> 1, visible: false };
  let held = null; // the key kept down: "ink" or "erase"
  let last = null; // where the pointer was

  const here = (event) => cellAt(canvas, event, size, size);
  onDrag(canvas, {
    start(event) {
      cursor.visible = false;
      last = here(event);
      stroke(last, last, erases());
    },
    move(event) {
      stroke(last, here(event), erases());
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
    if (held) stroke(from, [cursor.row, cursor.column], held === "erase");
    else draw();
    onKey(cursor.row, cursor.column);
  }
  const plain = (event) => !event.ctrlKey && !event.metaKey && !event.altKey;
  onArrows(canvas, { shift: 4, when: plain, move: (down, right) => go(cursor.row + down, cursor.column + right) });
  canvas.addEventListener("keydown", (event) => {
    if (!plain(event) || !penKeys[event.key]) return;
    event.preventDefault();
    held = penKeys[event.key];
    go(cursor.row, cursor.column);
  });
  canvas.addEventListener("keyup", (event) => penKeys[event.key] && (held = null));
  canvas.addEventListener("focus", () => {
    cursor.visible = canvas.matches(":focus-visible") && !last;
    draw();
  });
  canvas.addEventListener("blur", () => {
    held = null;
    cursor.visible = false;
    draw();
  });
  return cursor;
}

// touch(row, column) for each cell of a line from cell to cell.
export function cellsBetween([row0, column0], [row1, column1], touch) {
  const steps = Math.max(1, Math.abs(row1 - row0), Math.abs(column1 - column0));
  for (let k = 0; k <= steps; k++) {
    const share = k / steps;
    touch(Math.round(row0 + share * (row1 - row0)), Math.round(column0 + share * (column1 - column0)));
  }
}

// A frame around the cell where the keys are, if they are seen.
export function drawCursor(context, cursor, cell) {
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
