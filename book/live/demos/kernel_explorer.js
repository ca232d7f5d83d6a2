// Slide a 3 x 3 window over a photograph and follow the arithmetic of one convolution.
//
// Settings: photographs (uint8, n x rows x columns), photograph_names (a text each), kernels (name -> three rows
// of three numbers; optional). Model: (image (1, 1, rows, columns) in [0, 1], kernel (1, 1, 3, 3)) -> response
// (1, 1, …), the cross-correlation that networks call convolution, with or without padding.
// A kernel whose weights sum to zero answers with signs, shown in blue and red; any other gives a picture, in grey.

import { arraySetting, coalesced, infer } from "../lib/ask.js";
import { select } from "../lib/controls.js";
import { alarm, announcer, h, panel } from "../lib/dom.js";
import { signed } from "../lib/numbers.js";
import { cellAt, colourOf, paint, paintLegend } from "../lib/paint.js";

const usualKernels = {
  "horizontal change (Sobel)": [
    [-1, 0, 1],
    [-2, 0, 2],
    [-1, 0, 1],
  ],
  "vertical change (Sobel)": [
    [-1, -2, -1],
    [0, 0, 0],
    [1, 2, 1],
  ],
  "box blur": Array(3).fill(Array(3).fill(0.111)),
  sharpen: [
    [0, -1, 0],
    [-1, 5, -1],
    [0, -1, 0],
  ],
  "Laplacian (edges, all directions)": [
    [0, 1, 0],
    [1, -4, 1],
    [0, 1, 0],
  ],
  identity: [
    [0, 0, 0],
    [0, 1, 0],
    [0, 0, 0],
  ],
};
const photoScale = { map: "gray", low: 0, high: 1 };
const zoomSide = 9; // pixels of the close-ups, with the window in the middle
const nine = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const placeNames = [
  "top left",
  "top middle",
  "top right",
  "middle left",
  "centre",
  "middle right",
  "bottom left",
  "bottom middle",
  "bottom right",
];

export default {
  async render({ model, el }) {
    const kernels = Object.entries(model.get("kernels") ?? usualKernels);
    const photographs = arraySetting(model.get("photographs"));
    const [imageInput, kernelInput] = model.get("inputs");
    const [rows, columns] = imageInput.dims.slice(2);
    const weights = new Float32Array(9);
    const place = { row: Math.floor(rows / 2), column: Math.floor(columns / 2) }; // the window's centre
    let image = null;
    let begun = false;
    let response = null; // {data, rows, columns, margin, scale}

    const { element: status, say } = announcer();
    const problem = alarm();
    const hint = h(
      "p",
      { class: "live-hint" },
      "Move the window with mouse, finger or arrow keys (Shift: ten pixels at a time). Enlarged: 9 × 9 pixels around it.",
    );
    const photo = windowed("The photograph, with the 3 by 3 window", 0);
    const answer = windowed("The response, with the pixel that the window gives", -1);
    const photoZoom = windowed("Close-up of the photograph: 9 by 9 pixels around the window", -1);
    const answerZoom = windowed("Close-up of the response: the same 9 by 9 places", -1);
    for (const { frame } of [photoZoom, answerZoom]) frame.classList.add("live-zoom");
    photoZoom.show({ row: 4, column: 4 }, 1, zoomSide, zoomSide);
    answerZoom.show({ row: 4, column: 4 }, 0, zoomSide, zoomSide);
    const strip = h("canvas", { class: "live-strip", "aria-hidden": "true" });
    const [low, high] = [h("span", {}), h("span", {})];
    const meaning = h("span", {});

    const inputs = nine.map((i) =>
      h("input", {
        type: "number",
        step: "any",
        class: "live-weight",
        "aria-label": `Weight ${placeNames[i]}`,
        oninput: edited,
      }),
    );
    const pixels = nine.map(() => h("span", { class: "live-cell" }));
    const products = nine.map(() => h("span", { class: "live-cell" }));
    const sum = h("output", { class: "live-sum" });
    const where = h("p", { class: "live-caption" });

    const photoChoice = select({
      label: "Photograph",
      options: model.get("photograph_names"),
      onChange: choosePhotograph,
    });
    const kernelChoice = select({
      label: "Kernel",
      options: [...kernels.map(([name]) => name), "your own"],
      onChange: chooseKernel,
    });

    function choosePhotograph(i) {
      image = Float32Array.from(
        photographs.data.subarray(i * rows * columns, (i + 1) * rows * columns),
        (grey) => grey / 255,
      );
      paint(photo.canvas, image, rows, columns, photoScale);
      return changed();
    }

    function chooseKernel(i) {
      kernels[i]?.[1].flat().forEach((weight, k) => {
        weights[k] = weight;
        inputs[k].value = weight;
      });
      return changed();
    }

    function edited() {
      inputs.forEach((input, i) => {
        const wrong = !Number.isFinite(input.valueAsNumber);
        input.setAttribute("aria-invalid", wrong);
        weights[i] = wrong ? 0 : input.valueAsNumber;
      });
      kernelChoice.input.value = kernels.length;
      return changed();
    }

    const changed = () => problem.watch(update());

    const update = coalesced(async () => {
      const outputs = await infer(model, {
        [imageInput.name]: { data: image, dims: imageInput.dims },
        [kernelInput.name]: { data: weights, dims: kernelInput.dims },
      });
      const [{ data, dims }] = Object.values(outputs);
      response = {
        data,
        rows: dims[2],
        columns: dims[3],
        margin: (rows - dims[2]) / 2,
        scale: responseScale(weights, data),
      };
      colour(response);
      if (!begun) begin();
      explain();
    });

    function colour({ data, rows, columns, scale }) {
      const balanced = scale.map === "signed";
      paint(answer.canvas, data, rows, columns, scale);
      paintLegend(strip, scale.map);
      low.textContent = `≤ ${signed(scale.low)}`;
      high.textContent = `≥ ${signed(scale.high)}`;
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const colours = balanced ? "red is above zero, blue below" : "grey, like the photograph";
      meaning.textContent = `The weights sum to ${balanced ? 0 : signed(total)}: ${colours}.`;
      answer.frame.setAttribute(
        "aria-label",
        `The response (${balanced ? colours : "grey, black is 0 and white is 1"}), with the pixel that the window gives`,
      );
    }

    // Put the window where there is most to see, away from the border.
    function begin() {
      begun = true;
      let most = -1;
      for (let row = Math.round(0.2 * response.rows); row < 0.8 * response.rows; row++) {
        for (let column = Math.round(0.2 * response.columns); column < 0.8 * response.columns; column++) {
          const value = Math.abs(response.data[row * response.columns + column]);
          if (value <= most) continue;
          most = value;
          Object.assign(place, { row: row + response.margin, column: column + response.margin });
        }
      }
    }

    // The nine products and their sum, where the window is.
    function explain() {
      const { margin } = response;
      const at = (k) => {
        const [r, c] = [place.row + Math.floor(k / 3) - 1, place.column + (k % 3) - 1];
        return r < 0 || c < 0 || r >= rows || c >= columns ? 0 : image[r * columns + c];
      };
      const terms = nine.map((k) => at(k) * weights[k]);
      const reach = Math.max(0.1, ...terms.map(Math.abs));
      nine.forEach((k) => {
        tint(pixels[k], at(k), photoScale);
        tint(products[k], terms[k], { map: "signed", low: -1.4 * reach, high: 1.4 * reach });
      });
      const here = response.data[(place.row - margin) * response.columns + place.column - margin];
      sum.textContent = signed(here);
      where.textContent = `The response at row ${place.row}, column ${place.column}: the sum of the nine products`;
      photo.show(place, 1, rows, columns);
      answer.show({ row: place.row - margin, column: place.column - margin }, 0, response.rows, response.columns);
      closeUp(photoZoom.canvas, image, rows, columns, place, photoScale);
      closeUp(
        answerZoom.canvas,
        response.data,
        response.rows,
        response.columns,
        { row: place.row - margin, column: place.column - margin },
        response.scale,
      );
      el.dataset.response = here;
      el.dataset.sum = terms.reduce((total, term) => total + term, 0);
      say(`Row ${place.row}, column ${place.column}: the sum is ${signed(here)}`);
    }

    function move(row, column) {
      const edge = response?.margin ?? 0;
      place.row = Math.min(rows - 1 - edge, Math.max(edge, row));
      place.column = Math.min(columns - 1 - edge, Math.max(edge, column));
      if (response) explain();
    }

    for (const { frame, canvas } of [photo, answer]) {
      const follow = (event) => {
        const margin = canvas === answer.canvas ? (response?.margin ?? 0) : 0;
        const [row, column] = cellAt(canvas, event, canvas.height, canvas.width);
        move(row + margin, column + margin);
      };
      frame.addEventListener("pointerdown", (event) => {
        frame.setPointerCapture(event.pointerId);
        follow(event);
      });
      frame.addEventListener(
        "pointermove",
        (event) => (event.pointerType === "mouse" || event.buttons) && follow(event),
      );
    }
    photo.frame.addEventListener("keydown", (event) => {
      const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!steps) return;
      event.preventDefault();
      const length = event.shiftKey ? 10 : 1;
      move(place.row + length * steps[0], place.column + length * steps[1]);
    });

    const legend = h("p", { class: "live-hint" }, h("span", { class: "live-legend" }, low, strip, high), " ", meaning);
    const grid = (title, cells) =>
      h(
        "div",
        { class: "live-nine", role: "group", "aria-label": title },
        h("p", { class: "live-hint" }, title),
        h("div", { class: "live-nine-cells" }, ...cells),
      );
    const term = (sign, part) =>
      h("div", { class: "live-term" }, h("span", { class: "live-sign", "aria-hidden": "true" }, sign), part);
    const pictures = [
      panel("live-picture", "Photograph", photo.frame, photoZoom.frame, hint),
      panel("live-picture", "Response", answer.frame, answerZoom.frame, legend),
    ];
    const total = h("div", { class: "live-total" }, h("p", { class: "live-hint" }, "their sum"), sum);
    const arithmetic = h(
      "div",
      { class: "live-arithmetic" },
      term("", grid("nine pixels", pixels)),
      term("×", grid("nine weights (edit)", inputs)),
      term("=", grid("nine products", products)),
      term("Σ", total),
    );
    el.classList.add("live-kernel-explorer");
    el.append(
      h("div", { class: "live-controls" }, photoChoice.element, kernelChoice.element),
      h("div", { class: "live-pictures" }, ...pictures.map(({ element }) => element)),
      panel("live-sums", "In the window", arithmetic, where).element,
      problem.element,
      status,
    );
    choosePhotograph(0).catch(() => {});
    await chooseKernel(0);
  },
};

// A picture with a square marker over it; tabindex 0 makes it the one that takes the arrow keys.
function windowed(label, tabindex) {
  const canvas = h("canvas", {});
  const marker = h("span", { class: "live-marker" });
  const keys = tabindex === 0 ? { tabindex, role: "application" } : { role: "img" };
  const frame = h("div", { class: "live-window", "aria-label": label, ...keys }, canvas, marker);
  const show = ({ row, column }, reach, rows, columns) => {
    marker.style.left = `${(100 * (column - reach)) / columns}%`;
    marker.style.top = `${(100 * (row - reach)) / rows}%`;
    marker.style.width = `${(100 * (2 * reach + 1)) / columns}%`;
    marker.style.height = `${(100 * (2 * reach + 1)) / rows}%`;
  };
  return { canvas, frame, show };
}

// The numbers around a place, enlarged; what lies outside the picture stays empty.
function closeUp(canvas, data, rows, columns, place, scale) {
  const part = Float32Array.from({ length: zoomSide ** 2 }, (_, i) => {
    const row = place.row + Math.floor(i / zoomSide) - 4;
    const column = place.column + (i % zoomSide) - 4;
    return row < 0 || column < 0 || row >= rows || column >= columns ? NaN : data[row * columns + column];
  });
  paint(canvas, part, zoomSide, zoomSide, scale);
}

// Around zero where the weights sum to zero; else in the greys of the photograph.
function responseScale(weights, data) {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const size = weights.reduce((total, weight) => total + Math.abs(weight), 0);
  if (Math.abs(sum) > 0.01 * size) return photoScale;
  const reach = usualReach(data);
  return { map: "signed", low: -reach, high: reach };
}

// Colours span all but the strongest half percent: the border of zeros around a picture answers loudest.
function usualReach(data) {
  const sizes = Float32Array.from(data, Math.abs).sort();
  return sizes[Math.floor(0.995 * sizes.length)] || sizes.at(-1) || 1;
}

// A number on its own colour, dark on light or light on dark.
function tint(cell, value, scale) {
  const [red, green, blue] = colourOf(value, scale);
  const light = 0.2126 * (red / 255) ** 2.2 + 0.7152 * (green / 255) ** 2.2 + 0.0722 * (blue / 255) ** 2.2;
  cell.textContent = signed(value);
  cell.style.background = `rgb(${red} ${green} ${blue})`;
  cell.style.color = light > 0.18 ? "#000" : "#fff";
}
