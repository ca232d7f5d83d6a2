// A plane of codes of two numbers: drag a point, and the decoder paints the picture that belongs there.
//
// Settings: points (float32, n x 2: codes of test pictures), labels (int32, n), class_names, images (uint8, n x rows x
// columns: those pictures). `spread` (optional, float32, n x 2): half the width of each code's cloud, drawn on request.
// Model: z (1, 2) -> images (1, 1, rows, columns) in [0, 1].

import { arraySetting, coalesced, infer } from "../lib/ask.js";
import { alarm, announcer, h, panel } from "../lib/dom.js";
import { drawMark, drawRing, legendLine } from "../lib/marks.js";
import { signed } from "../lib/numbers.js";
import { cellAt, paint } from "../lib/paint.js";

const codePlane = 640; // pixels of the drawing
const walkSteps = 60; // keys from one side of the plane to the other

export default {
  async render({ model, el }) {
    const points = arraySetting(model.get("points")).data;
    const labels = arraySetting(model.get("labels")).data;
    const images = arraySetting(model.get("images"));
    const spread = model.get("spread") ? arraySetting(model.get("spread")).data : null;
    const classNames = model.get("class_names");
    const [count, rows, columns] = images.dims;
    const size = rows * columns;
    const [input] = model.get("inputs");
    const [output] = model.get("outputs");
    const [low, high] = [0, 1]
      .map((d) => Array.from({ length: count }, (_, i) => points[2 * i + d]))
      .reduce(
        ([lows, highs], values) => [
          [...lows, Math.min(...values)],
          [...highs, Math.max(...values)],
        ],
        [[], []],
      );
    const middle = low.map((value, d) => (value + high[d]) / 2);
    const reach = 0.55 * Math.max(...high.map((value, d) => value - low[d])); // the same for both axes
    const state = { at: [points[0], points[1]], clouds: false };

    const problem = alarm();
    const { element: status, say } = announcer();
    const plane = h("canvas", {
      width: codePlane,
      height: codePlane,
      tabindex: "0",
      role: "application",
      class: "live-code-plane",
    });
    const made = h("canvas", { role: "img" });
    const real = h("canvas", { role: "img" });
    const told = h("p", { class: "live-verdict" });
    const clouds = h("input", { type: "checkbox", onchange: () => ((state.clouds = clouds.checked), changed()) });
    const changed = () => problem.watch(ask());
    const toPixels = (z) => z.map((value, d) => (codePlane * (1 + ((d ? -1 : 1) * (value - middle[d])) / reach)) / 2);

    function moveTo(z) {
      state.at = z.map((value, d) => Math.min(middle[d] + reach, Math.max(middle[d] - reach, value)));
      changed();
    }

    const fromPointer = (event) => {
      const [row, column] = cellAt(plane, event, codePlane, codePlane);
      moveTo([middle[0] + reach * ((2 * column) / codePlane - 1), middle[1] - reach * ((2 * row) / codePlane - 1)]);
    };
    plane.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      plane.focus({ preventScroll: true });
      plane.setPointerCapture(event.pointerId);
      fromPointer(event);
    });
    plane.addEventListener(
      "pointermove",
      (event) => event.buttons && plane.hasPointerCapture(event.pointerId) && fromPointer(event),
    );
    plane.addEventListener("keydown", (event) => {
      const way = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
      if (!way) return;
      event.preventDefault();
      const far = ((event.shiftKey ? 5 : 1) * 2 * reach) / walkSteps;
      moveTo(state.at.map((value, d) => value + far * way[d]));
    });

    const ask = coalesced(async () => {
      const began = performance.now();
      const z = Float32Array.from(state.at);
      const picture = (await infer(model, { [input.name]: { data: z, dims: input.dims } }))[output.name];
      paint(made, picture.data, rows, columns, { map: "gray", low: 0, high: 1 });
      const far = (i) => Math.hypot(points[2 * i] - z[0], points[2 * i + 1] - z[1]);
      const near = Array.from(labels.keys()).reduce((best, i) => (far(i) < far(best) ? i : best));
      paint(
        real,
        Float32Array.from(images.data.subarray(near * size, (near + 1) * size), (value) => value / 255),
        rows,
        columns,
        { map: "gray", low: 0, high: 1 },
      );
      drawCodes(near);
      const where = `(${state.at.map((value) => signed(value, 2)).join(", ")})`;
      told.textContent = `Code ${where}. Nearest test picture: ${classNames[labels[near]]}, ${far(near).toFixed(2)} away`;
      made.setAttribute("aria-label", `What the decoder makes of ${where}`);
      real.setAttribute("aria-label", `The test picture with the nearest code: ${classNames[labels[near]]}`);
      plane.setAttribute("aria-label", `The plane of codes; arrow keys move the point. ${told.textContent}`);
      Object.assign(el.dataset, {
        z: state.at.map((value) => value.toFixed(4)).join(" "),
        near,
        milliseconds: (performance.now() - began).toFixed(1),
      });
      say(told.textContent);
    });

    function drawCodes(near) {
      const pen = plane.getContext("2d");
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, codePlane, codePlane);
      const origin = toPixels([0, 0]);
      pen.strokeStyle = "#ccc";
      pen.lineWidth = 1.5;
      for (const line of [
        [
          [0, origin[1]],
          [codePlane, origin[1]],
        ],
        [
          [origin[0], 0],
          [origin[0], codePlane],
        ],
      ]) {
        pen.beginPath();
        for (const [x, y] of line) pen.lineTo(x, y);
        pen.stroke();
      }
      for (let i = 0; i < count; i++) {
        const place = toPixels([points[2 * i], points[2 * i + 1]]);
        drawMark(pen, place, labels[i], i === near ? 12 : 7, i === near);
        if (!state.clouds) continue;
        pen.strokeStyle = "#0006";
        pen.lineWidth = 1.5;
        pen.beginPath();
        pen.ellipse(...place, ...[0, 1].map((d) => (spread[2 * i + d] * codePlane) / reach / 2), 0, 0, 2 * Math.PI);
        pen.stroke();
      }
      drawRing(pen, toPixels(state.at));
    }

    const legend = h("ul", { class: "live-legend-list" }, ...classNames.map(legendLine));
    const left = panel(
      "live-plane",
      "The plane of codes",
      plane,
      h(
        "p",
        { class: "live-hint" },
        "Drag the ring, or choose the plane with Tab and use the arrow keys. Marks: test pictures, each at its code.",
      ),
      spread ? h("label", { class: "live-field" }, clouds, h("span", {}, "Show how far each code spreads")) : null,
      legend,
    );
    const tile = (canvas, text) => h("figure", { class: "live-tile" }, canvas, h("figcaption", {}, text));
    const right = panel(
      "live-decoded",
      "The pictures",
      h("div", { class: "live-tiles" }, tile(made, "decoded at the ring"), tile(real, "nearest test picture")),
      told,
    );
    el.classList.add("live-latent-plane");
    el.append(left.element, right.element, problem.element, status);
    await changed();
  },
};
