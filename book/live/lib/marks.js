// Marks of classes in a plane: each class has its colour and its shape, so that neither is needed alone.

import { h } from "./dom.js";

export const markColours = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#999999",
  "#f0e442",
  "#7a4b9a",
  "#3d3d3d",
];
const markShapes = [
  [24, 0],
  [4, 45],
  [3, -90],
  [4, 0],
  [5, -90],
  [6, 0],
]; // corners, and where the first lies in degrees

// A line of a legend: the mark of class k and its name.
export function legendLine(name, k) {
  const canvas = h("canvas", { width: 32, height: 32, "aria-hidden": "true" });
  drawMark(canvas.getContext("2d"), [16, 16], k, 12, false);
  return h("li", {}, canvas, name);
}

// A class's mark: its colour and its shape.
export function drawMark(pen, [x, y], label, radius, outlined) {
  const [corners, first] = markShapes[label % markShapes.length];
  pen.beginPath();
  for (let k = 0; k < corners; k++) {
    const angle = ((first + (360 * k) / corners) * Math.PI) / 180;
    pen.lineTo(x + radius * Math.cos(angle), y + radius * Math.sin(angle));
  }
  pen.closePath();
  pen.fillStyle = markColours[label % markColours.length];
  pen.fill();
  pen.lineWidth = outlined ? 4 : 1.5;
  pen.strokeStyle = outlined ? "#000" : "#fff";
  pen.stroke();
}

// A ring that shows on any ground.
export function drawRing(pen, [x, y], radius = 18) {
  for (const [colour, width] of [
    ["#fff", 10],
    ["#000", 5],
  ]) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.stroke();
  }
}
