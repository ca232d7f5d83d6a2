// Slide a 3 x 3 window over a photograph and follow the arithmetic of one convolution.
//
// Settings: photographs (uint8, n x rows x columns), photograph_names (a text each), kernels (name -> three rows
// of three numbers; optional). Model: (image (1, 1, rows, columns) in [0, 1], kernel (1, 1, 3, 3)) -> response
// (1, 1, …), the cross-correlation that networks call convolution, with or without padding.
// A kernel whose weights sum to zero answers with signs, shown in blue and red; any other gives a picture, in grey.

import { arraySetting, infer } from "../lib/ask.js";
import { select } from "../lib/controls.js";
import { h, hint, panel } from "../lib/dom.js";
import { onDrag } from "../lib/drag.js";
import { onArrows } from "../lib/keys.js";
import { signed } from "../lib/numbers.js";
import { cellAt, colourOf, paint, paintLegend, sharesOf } from "../lib/paint.js";
import { scaffold } from "../lib/scaffold.js";

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

const photoWords = [
  "The photograph, with the 3 by 3 window",
  "Close-up of the photograph: 9 by 9 pixels around the window",
];
const responseWords = [
  "The response, with the pixel that the window gives",
  "Close-up of the response: the same 9 by 9 places",
];
const howToMove =
  "Move the window with mouse, finger or arrow keys (Shift: ten pixels at a time). Enlarged: 9 × 9 pixels around it.";

export default {
  async render({ model, el }) {
    const kernels = Object.entries(model.get("kernels") ?? usualKernels);
    const photographs = arraySetting(model.get("photographs"));
    const [, rows, columns] = photographs.dims;
    const weights = new Float32Array(9);
    const place = { row: Math.floor(rows / 2), column: Math.floor(columns / 2) }; // the window's centre
    let image = null;
    let response = null; // {data, rows, columns, margin, scale}
    const { say, asker, show } = scaffold(el, "live-kernel-explorer");

    const [photo, answer] = [zoomedPicture(photoWords, 0, 1), zoomedPicture(responseWords, -1, 0)];
    const legend = responseLegend(answer.frame);
    const sums = nineProducts(edited);
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
      image = sharesOf(photographs.data.subarray(i * rows * columns, (i + 1) * rows * columns));
      paint(photo.canvas, image, rows, columns, photoScale);
      return changed();
    }

    function chooseKernel(i) {
      if (kernels[i]) weights.set(sums.fill(kernels[i][1].flat()));
      return changed();
    }

    function edited(values) {
      weights.set(values);
      kernelChoice.input.value = kernels.length;
      return changed();
    }

    const changed = asker(async () => {
      const first = !response;
      response = await convolved(model, image, weights);
      paint(answer.canvas, response.data, response.rows, response.columns, response.scale);
      legend.update(response.scale, weights);
      if (first) Object.assign(place, loudestPlace(response));
      explain();
    });

    // The nine products and their sum, where the window is.
    function explain() {
      const { margin, scale, data } = response;
      const inside = { row: place.row - margin, column: place.column - margin };
      const here = data[inside.row * response.columns + inside.column];
      const sum = sums.update({ data: image, rows, columns }, weights, place, here);
      photo.show({ data: image, rows, columns }, place, photoScale);
      answer.show(response, inside, scale);
      Object.assign(el.dataset, { response: here, sum });
      say(`Row ${place.row}, column ${place.column}: the sum is ${signed(here)}`);
    }

    function move(row, column) {
      const edge = response?.margin ?? 0;
      place.row = Math.min(rows - 1 - edge, Math.max(edge, row));
      place.column = Math.min(columns - 1 - edge, Math.max(edge, column));
      if (response) explain();
    }
    for (const picture of [photo, answer]) {
      const follow = (event) => {
        const margin = picture === answer ? (response?.margin ?? 0) : 0;
        const [row, column] = cellAt(picture.canvas, event, picture.canvas.height, picture.canvas.width);
        move(row + margin, column + margin);
      };
      onDrag(picture.frame, { start: follow, move: follow, hover: true });
    }
    onArrows(photo.frame, { shift: 10, move: (down, right) => move(place.row + down, place.column + right) });

    const pictures = [
      panel("live-picture", "Photograph", photo.frame, photo.zoom, hint(howToMove)),
      panel("live-picture", "Response", answer.frame, answer.zoom, legend.element),
    ];
    show(
      h("div", { class: "live-controls" }, photoChoice.element, kernelChoice.element),
      h("div", { class: "live-pictures" }, ...pictures.map(({ element }) => element)),
      panel("live-sums", "In the window", ...sums.elements).element,
    );
    choosePhotograph(0).catch(() => {});
    await chooseKernel(0);
  },
};

// The response to a kernel, how far its places lie from the picture's border, and how to colour it.
async function convolved(model, image, weights) {
  const [imageInput, kernelInput] = model.get("inputs");
  const outputs = await infer(model, {
    [imageInput.name]: { data: image, dims: imageInput.dims },
    [kernelInput.name]: { data: weights, dims: kernelInput.dims },
  });
  const [{ data, dims }] = Object.values(outputs);
  const [rows, columns] = dims.slice(2);
  return { data, rows, columns, margin: (imageInput.dims[2] - rows) / 2, scale: responseScale(weights, data) };
}

// The place where there is most to see, away from the border.
function loudestPlace({ data, rows, columns, margin }) {
  let [most, found] = [-1, {}];
  for (let row = Math.round(0.2 * rows); row < 0.8 * rows; row++) {
    for (let column = Math.round(0.2 * columns); column < 0.8 * columns; column++) {
      const value = Math.abs(data[row * columns + column]);
      if (value > most) [most, found] = [value, { row: row + margin, column: column + margin }];
    }
  }
  return found;
}

// The response's colours, in words too.
function responseLegend(frame) {
  const strip = h("canvas", { class: "live-strip", "aria-hidden": "true" });
  const [low, high, meaning] = [h("span", {}), h("span", {}), h("span", {})];
  const element = h("p", { class: "live-hint" }, h("span", { class: "live-legend" }, low, strip, high), " ", meaning);
  function update(scale, weights) {
    const balanced = scale.map === "signed";
    paintLegend(strip, scale.map);
    low.textContent = `≤ ${signed(scale.low)}`;
    high.textContent = `≥ ${signed(scale.high)}`;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const colours = balanced ? "red is above zero, blue below" : "grey, like the photograph";
    meaning.textContent = `The weights sum to ${balanced ? 0 : signed(total)}: ${colours}.`;
    const told = balanced ? colours : "grey, black is 0 and white is 1";
    frame.setAttribute("aria-label", `The response (${told}), with the pixel that the window gives`);
  }
  return { element, update };
}

// Nine pixels times nine weights, which can be edited, and the sum of the products.
function nineProducts(onEdit) {
  const inputs = nine.map((i) => {
    const label = `Weight ${placeNames[i]}`;
    return h("input", { type: "number", step: "any", class: "live-weight", "aria-label": label, oninput: read });
  });
  const [pixels, products] = [0, 1].map(() => nine.map(() => h("span", { class: "live-cell" })));
  const sum = h("output", { class: "live-sum" });
  const where = h("p", { class: "live-caption" });

  function read() {
    for (const input of inputs) input.setAttribute("aria-invalid", !Number.isFinite(input.valueAsNumber));
    onEdit(inputs.map(({ valueAsNumber }) => (Number.isFinite(valueAsNumber) ? valueAsNumber : 0)));
  }

  function fill(values) {
    inputs.forEach((input, k) => (input.value = values[k]));
    return values;
  }

  function update({ data, rows, columns }, weights, { row, column }, here) {
    const at = (k) => {
      const [r, c] = [row + Math.floor(k / 3) - 1, column + (k % 3) - 1];
      return r < 0 || c < 0 || r >= rows || c >= columns ? 0 : data[r * columns + c];
    };
    const terms = nine.map((k) => at(k) * weights[k]);
    const reach = Math.max(0.1, ...terms.map(Math.abs));
    nine.forEach((k) => {
      tint(pixels[k], at(k), photoScale);
      tint(products[k], terms[k], { map: "signed", low: -1.4 * reach, high: 1.4 * reach });
    });
    sum.textContent = signed(here);
    where.textContent = `The response at row ${row}, column ${column}: the sum of the nine products`;
    return terms.reduce((total, term) => total + term, 0);
  }

  const grid = (title, cells) => {
    const attributes = { class: "live-nine", role: "group", "aria-label": title };
    return h("div", attributes, hint(title), h("div", { class: "live-nine-cells" }, ...cells));
  };
  const term = (sign, part) =>
    h("div", { class: "live-term" }, h("span", { class: "live-sign", "aria-hidden": "true" }, sign), part);
  const total = h("div", { class: "live-total" }, hint("their sum"), sum);
  const terms = [
    term("", grid("nine pixels", pixels)),
    term("×", grid("nine weights (edit)", inputs)),
    term("=", grid("nine products", products)),
    term("Σ", total),
  ];
  return { elements: [h("div", { class: "live-arithmetic" }, ...terms), where], fill, update };
}

// A picture and its close-up; `reach` is how far the marker goes around the place.
function zoomedPicture([label, zoomLabel], tabindex, reach) {
  const [large, close] = [windowed(label, tabindex), windowed(zoomLabel, -1)];
  close.frame.classList.add("live-zoom");
  close.show({ row: 4, column: 4 }, reach, zoomSide, zoomSide);
  const show = ({ data, rows, columns }, place, scale) => {
    large.show(place, reach, rows, columns);
    closeUp(close.canvas, data, rows, columns, place, scale);
  };
  return { canvas: large.canvas, frame: large.frame, zoom: close.frame, show };
}

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
