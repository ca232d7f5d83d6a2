// A plane of codes of two numbers: drag a point, and the decoder paints the picture that belongs there.
//
// Settings: points (float32, n x 2: codes of test pictures), labels (int32, n), class_names, images (uint8, n x rows x
// columns: those pictures). `spread` (optional, float32, n x 2): half the width of each code's cloud, drawn on request.
// Model: z (1, 2) -> images (1, 1, rows, columns) in [0, 1].

import { arraySetting, infer } from "../lib/ask.js";
import { across, upright, whiteSheet } from "../lib/charts.js";
import { h, hint, panel, tile } from "../lib/dom.js";
import { onDrag } from "../lib/drag.js";
import { onArrows } from "../lib/keys.js";
import { drawMark, drawRing, legendLine } from "../lib/marks.js";
import { signed } from "../lib/numbers.js";
import { cellAt, grey, paint, sharesOf } from "../lib/paint.js";
import { scaffold } from "../lib/scaffold.js";

const codePlane = 640; // pixels of the drawing
const walkSteps = 60; // keys from one side of the plane to the other

export default {
  async render({ model, el }) {
    const points = arraySetting(model.get("points")).data;
    const labels = arraySetting(model.get("labels")).data;
    const images = arraySetting(model.get("images"));
    const spread = model.get("spread") ? arraySetting(model.get("spread")).data : null;
    const classNames = model.get("class_names");
    const [, rows, columns] = images.dims;
    const [[input], [output]] = [model.get("inputs"), model.get("outputs")];
    const { middle, reach } = extentOfCodes(points);
    const state = { at: [points[0], points[1]], clouds: false };
    const { say, asker, show } = scaffold(el, "live-latent-plane");

    const plane = h("canvas", {
      width: codePlane,
      height: codePlane,
      tabindex: "0",
      role: "application",
      class: "live-code-plane",
    });
    const [made, real] = [h("canvas", { role: "img" }), h("canvas", { role: "img" })];
    const told = h("p", { class: "live-verdict" });
    const clouds = h("input", { type: "checkbox", onchange: () => set({ clouds: clouds.checked }) });

    function set(values) {
      Object.assign(state, values);
      return changed();
    }

    function moveTo(z) {
      return set({ at: z.map((value, d) => Math.min(middle[d] + reach, Math.max(middle[d] - reach, value))) });
    }

    function follow(event) {
      const [row, column] = cellAt(plane, event, codePlane, codePlane);
      moveTo([middle[0] + reach * ((2 * column) / codePlane - 1), middle[1] - reach * ((2 * row) / codePlane - 1)]);
    }
    onDrag(plane, { start: follow, move: follow });
    onArrows(plane, {
      shift: 5,
      move(down, right) {
        const step = (2 * reach) / walkSteps;
        moveTo([state.at[0] + step * right, state.at[1] - step * down]);
      },
    });

    const changed = asker(async () => {
      const z = Float32Array.from(state.at);
      const picture = (await infer(model, { [input.name]: { data: z, dims: input.dims } }))[output.name];
      const { near, away } = nearestCode(points, z);
      const size = rows * columns;
      paint(made, picture.data, rows, columns, grey);
      paint(real, sharesOf(images.data.subarray(near * size, (near + 1) * size)), rows, columns, grey);
      drawCodes(plane, { points, labels, near, at: state.at, spread: state.clouds ? spread : null, middle, reach });
      const where = `(${state.at.map((value) => signed(value, 2)).join(", ")})`;
      told.textContent = `Code ${where}. Nearest test picture: ${classNames[labels[near]]}, ${away.toFixed(2)} away`;
      made.setAttribute("aria-label", `What the decoder makes of ${where}`);
      real.setAttribute("aria-label", `The test picture with the nearest code: ${classNames[labels[near]]}`);
      plane.setAttribute("aria-label", `The plane of codes; arrow keys move the point. ${told.textContent}`);
      Object.assign(el.dataset, { z: state.at.map((value) => value.toFixed(4)).join(" "), near });
      say(told.textContent);
    });

    const legend = h("ul", { class: "live-legend-list" }, ...classNames.map(legendLine));
    const note = hint(
      "Drag the ring, or choose the plane with Tab and use the arrow keys. Marks: test pictures, each at its code.",
    );
    const words = h("span", {}, "Show how far each code spreads");
    const onRequest = spread ? h("label", { class: "live-field" }, clouds, words) : null;
    const left = panel("live-plane", "The plane of codes", plane, note, onRequest, legend);
    const tiles = [tile(made, "decoded at the ring"), tile(real, "nearest test picture")];
    const right = panel("live-decoded", "The pictures", h("div", { class: "live-tiles" }, ...tiles), told);
    show(left.element, right.element);
    await changed();
  },
};

// The middle of all codes, and how far the plane reaches from there: the same for both axes.
function extentOfCodes(points) {
  const axes = [0, 1].map((d) => points.filter((_, i) => i % 2 === d));
  const [low, high] = [axes.map((values) => Math.min(...values)), axes.map((values) => Math.max(...values))];
  const middle = low.map((value, d) => (value + high[d]) / 2);
  return { middle, reach: 0.55 * Math.max(...high.map((value, d) => value - low[d])) };
}

function nearestCode(points, z) {
  const far = (i) => Math.hypot(points[2 * i] - z[0], points[2 * i + 1] - z[1]);
  let near = 0;
  for (let i = 1; i < points.length / 2; i++) if (far(i) < far(near)) near = i;
  return { near, away: far(near) };
}

function drawCodes(plane, { points, labels, near, at, spread, middle, reach }) {
  const toPixels = (z) => z.map((value, d) => (codePlane * (1 + ((d ? -1 : 1) * (value - middle[d])) / reach)) / 2);
  const pen = whiteSheet(plane);
  const origin = toPixels([0, 0]);
  across(pen, origin[1], 0, codePlane, { colour: "#ccc", width: 1.5 });
  upright(pen, origin[0], 0, codePlane, { colour: "#ccc", width: 1.5 });
  for (let i = 0; i < labels.length; i++) {
    const place = toPixels([points[2 * i], points[2 * i + 1]]);
    drawMark(pen, place, labels[i], i === near ? 12 : 7, i === near);
    if (!spread) continue;
    const radii = [0, 1].map((d) => (spread[2 * i + d] * codePlane) / reach / 2);
    pen.strokeStyle = "#0006";
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.ellipse(...place, ...radii, 0, 0, 2 * Math.PI);
    pen.stroke();
  }
  drawRing(pen, toPixels(at));
}
