// Line charts on a canvas.

// A white sheet as large as the canvas; returns the pen.
export function whiteSheet(canvas) {
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  return pen;
}

// A line through points [x, y].
export function polyline(pen, points, { colour, width, dash = [] }) {
  pen.beginPath();
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.setLineDash(dash);
  for (const [x, y] of points) pen.lineTo(x, y);
  pen.stroke();
  pen.setLineDash([]);
}

export const across = (pen, y, from, to, style) =>
  polyline(
    pen,
    [from, to].map((x) => [x, y]),
    style,
  );
export const upright = (pen, x, from, to, style) =>
  polyline(
    pen,
    [from, to].map((y) => [x, y]),
    style,
  );
