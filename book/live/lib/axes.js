// A frame for curves on a canvas: two axes with their ticks, linear or logarithmic.

import { across, polyline, upright, whiteSheet } from "./charts.js";
import { powerOfTen } from "./numbers.js";

const edges = { left: 92, right: 22, top: 18, bottom: 66 };
const room = 14; // from a tick to its number

export const linear = (low, high, ticks, label) => ({ low, high, ticks, label, place: (value) => value, text: String });

// From one power of ten to another; `ticks` at most, and a few more powers where they would all be the same.
export function logarithmic(low, high, ticks, label) {
  const first = Math.floor(Math.log10(low));
  const last = Math.max(first + 1, Math.ceil(Math.log10(high)));
  const step = Math.max(1, Math.ceil((last - first) / ticks));
  const powers = Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => last - i * step);
  const text = (value) => powerOfTen(Math.round(Math.log10(value)));
  return { low: first, high: last, ticks: powers.map((power) => 10 ** power), label, place: Math.log10, text };
}

// frame(canvas, x, y) -> { pen, at, line }: at(x, y) is the place of a point, what lies beyond the frame at its edge;
// line(points, style) draws a curve through [x, y], and leaves out what is no number.
export function frame(canvas, x, y) {
  const pen = whiteSheet(canvas);
  const [right, bottom] = [canvas.width - edges.right, canvas.height - edges.bottom];
  const share = (axis, value) => Math.min(1, Math.max(0, (axis.place(value) - axis.low) / (axis.high - axis.low || 1)));
  const toX = (value) => edges.left + share(x, value) * (right - edges.left);
  const toY = (value) => bottom - share(y, value) * (bottom - edges.top);
  const style = { colour: "#ccc", width: 2 };
  pen.font = "24px system-ui, sans-serif";
  pen.fillStyle = "#333";
  pen.textAlign = "right";
  for (const tick of y.ticks) {
    across(pen, toY(tick), edges.left, right, style);
    pen.fillText(y.text(tick), edges.left - room, toY(tick) + 8);
  }
  pen.textAlign = "center";
  for (const tick of x.ticks) {
    upright(pen, toX(tick), edges.top, bottom, style);
    pen.fillText(x.text(tick), toX(tick), bottom + 27);
  }
  pen.fillText(x.label, (edges.left + right) / 2, canvas.height - 9);
  const at = (a, b) => [toX(a), toY(b)];
  const line = (points, look) =>
    polyline(
      pen,
      points.filter(([, value]) => !Number.isNaN(value)).map(([a, b]) => at(a, b)),
      look,
    );
  return { pen, at, line };
}
