// Pick a patch of a photograph: which visual word is it, and where else does that word occur?
//
// Settings: photographs (uint8, n x rows x columns), photograph_names (a text each), patch and step (pixels),
// sizes (the vocabularies' numbers of words), descriptors (uint8, n x grid rows x grid columns x d; 255 stands for 1),
// and for each vocabulary words[i] (int32, n x grid rows x grid columns), pictures[i] (uint8, words x side x side).
// Model: descriptor (1, d) -> one result a vocabulary: the distance to each of its words, (1, words).

import { arraySetting, infer } from "../lib/ask.js";
import { select, slider } from "../lib/controls.js";
import { h, hint, panel } from "../lib/dom.js";
import { onArrows } from "../lib/keys.js";
import { signed } from "../lib/numbers.js";
import { cellAt } from "../lib/paint.js";
import { scaffold } from "../lib/scaffold.js";

const nearestShown = 5;

export default {
  async render({ model, el }) {
    const names = model.get("photograph_names");
    const sizes = model.get("sizes");
    const shelf = wordShelf(model);
    const { patch, step, rows, columns, gridRows, gridColumns } = shelf;
    const [row, column] = model.get("start") ?? [gridRows >> 1, gridColumns >> 1];
    const state = { photo: 0, row, column, size: Math.min(1, sizes.length - 1) };
    const { say, asker, show } = scaffold(el, "live-visual-words", "The words could not be computed. ");

    const photo = markedPhotograph(shelf);
    const word = wordCard(shelf);
    const thumbs = names.map((name, i) => occurrence(name, () => set({ photo: i })));
    const photoChoice = select({ label: "Photograph", options: names, onChange: (i) => set({ photo: i }) });
    const sizeChoice = slider({
      label: "Words in the vocabulary",
      min: 0,
      max: sizes.length - 1,
      step: 1,
      value: state.size,
      format: (i) => `K = ${sizes[i]}`,
      onInput: (size) => set({ size }),
    });

    function set(values) {
      Object.assign(state, values);
      photoChoice.input.value = state.photo;
      return changed();
    }

    function moveTo(down, right) {
      const clip = (value, count) => Math.min(count - 1, Math.max(0, value));
      return set({ row: clip(down, gridRows), column: clip(right, gridColumns) });
    }
    photo.frame.addEventListener("pointerdown", (event) => {
      const [y, x] = cellAt(photo.canvas, event, rows, columns);
      moveTo(Math.round((y - patch / 2) / step), Math.round((x - patch / 2) / step));
    });
    photo.frame.addEventListener("keydown", (event) => event.key === "Enter" && changed());
    onArrows(photo.frame, { shift: 3, move: (down, right) => moveTo(state.row + down, state.column + right) });

    const changed = asker(async () => {
      const now = { ...state };
      const descriptor = shelf.descriptorAt(now);
      const distances = await distancesTo(model, descriptor, now.size);
      const found = shelf.describe(distances, now);
      thumbs.forEach(({ canvas, count, element }, i) => {
        lightUp(canvas, shelf, i, now.size, found.word);
        count.textContent = `× ${found.counts[i]}`;
        element.toggleAttribute("aria-current", i === now.photo);
      });
      const flat = descriptor.every((value) => value === 0);
      const text = `${found.text}${flat ? " The patch is almost flat: its descriptor is zero." : ""}`;
      const place = `patch in row ${now.row + 1}, column ${now.column + 1} of ${gridRows} by ${gridColumns}`;
      photo.update(now, found.word, `${names[now.photo]}, ${place}; arrow keys move it`);
      word.update(now, found, `Word ${found.word} of ${sizes[now.size]}`, text);
      say(`Row ${now.row + 1}, column ${now.column + 1}: word ${found.word}. ${text}`);
    });

    const note = hint(
      "Click a place, or move with the arrow keys (Shift: three steps). Bright patches have the same word.",
    );
    const elsewhere = h("div", { class: "live-occurrences" }, ...thumbs.map(({ element }) => element));
    show(
      h("div", { class: "live-controls" }, photoChoice.element, sizeChoice.element),
      panel("live-picture", "Photograph", photo.frame, note).element,
      panel("live-word", "Its visual word", ...word.elements).element,
      panel("live-elsewhere", "Where the word occurs", elsewhere).element,
    );
    await changed();
  },
};

// The photographs, each patch's descriptor, and its word in each vocabulary.
function wordShelf(model) {
  const photographs = arraySetting(model.get("photographs"));
  const descriptors = arraySetting(model.get("descriptors"));
  const words = model.get("words").map(arraySetting);
  const pictures = model.get("pictures").map(arraySetting);
  const [patch, step] = [model.get("patch"), model.get("step")];
  const [count, rows, columns] = photographs.dims;
  const [, gridRows, gridColumns, length] = descriptors.dims;
  const places = gridRows * gridColumns;

  function descriptorAt({ photo, row, column }) {
    const at = photo * places + row * gridColumns + column;
    return Float32Array.from(descriptors.data.subarray(at * length, (at + 1) * length), (value) => value / 255);
  }

  // Which word it is, the words in order of distance, and how often each photograph has it.
  function describe(distances, { photo, size }) {
    const order = Array.from(distances.keys()).sort((a, b) => distances[a] - distances[b]);
    const word = order[0];
    const wordsOf = (i) => words[size].data.subarray(i * places, (i + 1) * places);
    const counts = Array.from({ length: count }, (_, i) => countWord(wordsOf(i), word));
    const having = counts.filter((times) => times > 0).length;
    const frequency = counts[photo] / places;
    const idf = Math.log(count / Math.max(having, 1));
    const weights = `tf = ${frequency.toFixed(3)}, idf = ln(${count} / ${having}) = ${idf.toFixed(2)}, tf-idf = ${(frequency * idf).toFixed(3)}`;
    const text = `${counts[photo]} of ${places} patches here, in ${having} of ${count} photographs. ${weights}.`;
    return { word, order, distances, counts, text };
  }
  const greyAt = (photo, y, x) => photographs.data[(photo * rows + y) * columns + x];
  return {
    photographs,
    words,
    pictures,
    patch,
    step,
    rows,
    columns,
    gridRows,
    gridColumns,
    places,
    descriptorAt,
    describe,
    greyAt,
  };
}

async function distancesTo(model, data, size) {
  const [input] = model.get("inputs");
  const answer = await infer(model, { [input.name]: { data, dims: input.dims } });
  return answer[model.get("outputs")[size].name].data;
}

// A photograph to press, with how often it has the word.
function occurrence(name, onclick) {
  const canvas = h("canvas", {});
  const count = h("span", { class: "live-count" });
  const words = h("span", { class: "live-hint" }, name, " ", count);
  return { canvas, count, element: h("button", { type: "button", class: "live-occurrence", onclick }, canvas, words) };
}

// The chosen photograph, with a marker around the patch.
function markedPhotograph(shelf) {
  const { patch, step, rows, columns } = shelf;
  const canvas = h("canvas", {});
  const marker = h("span", { class: "live-marker" });
  const label = "The photograph; arrow keys move the patch";
  const attributes = { class: "live-window", tabindex: 0, role: "application", "aria-label": label };
  const frame = h("div", attributes, canvas, marker);
  const update = ({ photo, row, column, size }, word, text) => {
    lightUp(canvas, shelf, photo, size, word);
    marker.style.left = `${(100 * column * step) / columns}%`;
    marker.style.top = `${(100 * row * step) / rows}%`;
    marker.style.width = `${(100 * patch) / columns}%`;
    marker.style.height = `${(100 * patch) / rows}%`;
    frame.setAttribute("aria-label", text);
  };
  return { canvas, frame, update };
}

// The word: its mean patch beside the patch, in numbers, and the nearest words.
function wordCard({ patch, step, pictures, greyAt }) {
  const [own, mean] = ["the patch", "the word's mean patch"].map(captioned);
  const verdict = h("p", { class: "live-verdict" });
  const facts = h("p", { class: "live-caption" });
  const list = h("ol", { class: "live-nearest" });
  const paintWord = (canvas, size, word) => {
    const side = pictures[size].dims[1];
    paintGreys(canvas, side, (y, x) => pictures[size].data[(word * side + y) * side + x]);
  };
  const line = (size, word, distance) => {
    const canvas = h("canvas", { "aria-hidden": "true" });
    paintWord(canvas, size, word);
    return h("li", {}, canvas, h("span", {}, `word ${word}`), h("span", { class: "live-number" }, signed(distance)));
  };
  const update = ({ photo, row, column, size }, { word, order, distances }, title, text) => {
    paintGreys(own.canvas, patch, (y, x) => greyAt(photo, row * step + y, column * step + x));
    paintWord(mean.canvas, size, word);
    verdict.textContent = title;
    facts.textContent = text;
    list.replaceChildren(...order.slice(0, nearestShown).map((other) => line(size, other, distances[other])));
  };
  const pair = h("div", { class: "live-pair" }, own.element, mean.element);
  const title = hint(`The ${nearestShown} nearest words, and how far away they are:`);
  return { elements: [verdict, pair, facts, title, list], update };
}

// The photograph, dimmed but for the patches that have this word.
function lightUp(canvas, { photographs, words, patch, step, rows, columns, gridColumns, places }, photo, size, word) {
  const lit = new Uint8Array(rows * columns);
  for (let place = 0; place < places; place++) {
    if (words[size].data[photo * places + place] !== word) continue;
    const [top, left] = [Math.floor(place / gridColumns) * step, (place % gridColumns) * step];
    for (let y = top; y < top + patch; y++) lit.fill(1, y * columns + left, y * columns + left + patch);
  }
  canvas.width = columns;
  canvas.height = rows;
  const picture = new ImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    const level = photographs.data[photo * rows * columns + i];
    const inside = lit[i];
    const edge = inside && !(lit[i - 1] && lit[i + 1] && lit[i - columns] && lit[i + columns]);
    const shade = inside ? level : level / 2;
    picture.data.set(edge ? [255, 176, 0, 255] : [shade, shade, shade, 255], 4 * i);
  }
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

// A small picture with a caption.
function captioned(caption) {
  const canvas = h("canvas", { role: "img", "aria-label": caption });
  const words = h("figcaption", { class: "live-hint" }, caption);
  return { canvas, element: h("figure", { class: "live-tile" }, canvas, words) };
}

function countWord(words, word) {
  return words.reduce((count, other) => count + (other === word), 0);
}

// A square of greys, stretched to full contrast.
function paintGreys(canvas, side, greyAt) {
  const greys = Float32Array.from({ length: side * side }, (_, i) => greyAt(Math.floor(i / side), i % side));
  const [low, high] = [Math.min(...greys), Math.max(...greys)];
  canvas.width = side;
  canvas.height = side;
  const picture = new ImageData(side, side);
  greys.forEach((grey, i) => {
    const value = high > low ? (255 * (grey - low)) / (high - low) : grey;
    picture.data.set([value, value, value, 255], 4 * i);
  });
  canvas.getContext("2d").putImageData(picture, 0, 0);
}
