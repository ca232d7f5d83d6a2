// A map of what a mask got right and wrong, drawn pixel by pixel so that the kinds differ in more than colour.

import { h } from "./dom.js";

export const inks = {
  ground: "#f3f3ef",
  right: "#8dbde3",
  missed: "#fff",
  missedLine: "#b04e00",
  extra: "#f6d3e4",
  extraLine: "#8a2a62",
  class: "#ffe9a8",
  classLine: "#333",
  outline: "#111",
};

// One pixel as a square at [x, y]: "right" is plain, "missed" has slanted lines, "extra" has crosses, "class" (another class)
// has bars across.
export function drawErrorCell(pen, [x, y], cell, kind) {
  pen.fillStyle = inks[kind];
  pen.fillRect(x, y, cell, cell);
  if (kind === "right") return;
  pen.strokeStyle = inks[`${kind}Line`];
  pen.lineWidth = Math.min(2, cell / 5);
  pen.beginPath();
  if (kind === "class") {
    pen.moveTo(x, y + cell / 2);
    pen.lineTo(x + cell, y + cell / 2);
  } else {
    pen.moveTo(x, y + cell);
    pen.lineTo(x + cell, y);
  }
  if (kind === "extra") {
    pen.moveTo(x, y);
    pen.lineTo(x + cell, y + cell);
  }
  pen.stroke();
}

// A line wherever two neighbours have different labels; all beyond the edge has label 0.
export function drawOutline(pen, labels, side, cell, { colour = inks.outline, width = 3 } = {}) {
  const at = (row, column) =>
    row < 0 || column < 0 || row >= side || column >= side ? 0 : labels[row * side + column];
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.beginPath();
  for (let row = 0; row <= side; row++)
    for (let column = 0; column <= side; column++) {
      const [x, y] = [column * cell, row * cell];
      if (at(row, column) !== at(row - 1, column)) {
        pen.moveTo(x, y);
        pen.lineTo(x + cell, y);
      }
      if (at(row, column) !== at(row, column - 1)) {
        pen.moveTo(x, y);
        pen.lineTo(x, y + cell);
      }
    }
  pen.stroke();
}

// ---- what is what ------------------------------------------------------------------------------------------------------

// A line of a legend: a small square that `paint(pen)` draws, 32 x 32, and words.
export function legendCell(words, paint) {
  const canvas = h("canvas", { width: 32, height: 32, "aria-hidden": "true" });
  const pen = canvas.getContext("2d");
  pen.fillStyle = inks.ground;
  pen.fillRect(0, 0, 32, 32);
  paint(pen);
  return h("li", {}, canvas, words);
}

export const errorLegend = (kind, words = kind) =>
  legendCell(words, (pen) => {
    for (const at of [0, 1, 2, 3]) drawErrorCell(pen, [16 * (at % 2), 16 * (at >> 1)], 16, kind);
  });

export const outlineLegend = (words) =>
  legendCell(words, (pen) => {
    pen.fillStyle = inks.outline;
    pen.fillRect(0, 13, 32, 6);
  });
