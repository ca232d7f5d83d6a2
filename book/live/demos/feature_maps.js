// Draw or pick an input and watch every feature map and the class scores.
//
// Settings: classes (names); source "draw" (a pad of 4 x 4 times the input's pixels, whose ink is counted in
// 4 x 4 blocks, as scikit-learn's digits were made) or "pick" (pictures that can be drawn upon); gallery (uint8,
// n x rows x columns: counts 0..16 for "draw", grey levels 0..255 for "pick"); gallery_names (the true label of
// each, if wanted); compact (true: only the last maps, and no enlargement).
// Model: one input (1, 1, rows, columns) in [0, 1]. Its output (1, classes) holds the logits; every output
// (1, maps, rows, columns) is shown, in order.

import { arraySetting, infer } from "../lib/ask.js";
import { scoreBars } from "../lib/controls.js";
import { h, hint, panel } from "../lib/dom.js";
import { mapBrowser } from "../lib/maps.js";
import { percent, softmax } from "../lib/numbers.js";
import { drawingPad } from "../lib/pad.js";
import { grey, paint, sharesOf } from "../lib/paint.js";
import { scaffold } from "../lib/scaffold.js";

const blockSize = 4;

export default {
  async render({ model, el }) {
    const classes = model.get("classes");
    const drawn = model.get("source") === "draw";
    const compact = Boolean(model.get("compact"));
    const [{ name: inputName, dims: inputDims }] = model.get("inputs");
    const [rows, columns] = inputDims.slice(2);
    const gallery = arraySetting(model.get("gallery"));
    const names = model.get("gallery_names");
    const example = (i) => gallery.data.subarray(i * rows * columns, (i + 1) * rows * columns);
    let state = {}; // the true label of the picked example, and what becomes of the maps' colours
    const { say, asker, show } = scaffold(el, "live-feature-maps");

    const scores = scoreBars(classes);
    const verdict = h("p", { class: `live-verdict${names ? " live-labelled" : ""}` });
    const maps = mapBrowser({ onlyLast: compact });
    const seen = h("canvas", { class: "live-seen", role: "img", "aria-label": "Your drawing as the network sees it" });

    const changed = asker(async () => {
      const image = drawn ? countBlocks(pad.values, rows, columns) : pad.values.slice();
      const { label, colours } = state; // of this image, whatever comes while it is computed
      state = { label };
      paint(seen, image, rows, columns, grey);
      const outputs = Object.entries(await infer(model, { [inputName]: { data: image, dims: inputDims } }));
      const probabilities = softmax(scoresAmong(outputs, classes.length));
      const best = scores.update(probabilities);
      say(tellVerdict(verdict, label, classes[best], probabilities[best]));
      if (colours) maps[colours]();
      maps.update(outputs.filter(([, { dims }]) => dims.length === 4));
    });

    const pad = drawingPad({
      size: drawn ? rows * blockSize : rows,
      binary: drawn,
      grid: drawn ? blockSize : 0,
      label: "Drawing pad",
      onChange: changed,
      onClear() {
        state = { label: null, colours: "restore" };
      },
    });

    function pick(i) {
      state = { label: names?.[i], colours: "rescale" };
      pad.load(drawn ? inkFromCounts(example(i), rows, columns) : sharesOf(example(i)));
    }

    const words = `What the network sees: the ink counted in ${rows * columns} blocks of ${blockSize} × ${blockSize}`;
    const note = drawn ? h("div", { class: "live-side" }, seen, hint(words)) : null;
    const title = drawn ? "Draw here" : "Pick, and draw on it";
    const input = panel("live-input", title, pad.element, note, thumbnails(gallery, names, pick));
    const result = panel("live-result", "Class scores", verdict, scores.element);
    const left = h("div", { class: "live-left" }, input.element, compact ? null : maps.detail);
    show(left, h("div", { class: "live-right" }, result.element, maps.element));
    pick(0);
    await changed();
  },
};

// The one output that holds a score for each class.
function scoresAmong(outputs, count) {
  const logits = outputs.map(([, output]) => output).find(({ dims }) => dims.length === 2);
  if (logits?.data.length !== count) throw new Error(`The model has no output of ${count} scores, one a class.`);
  return logits.data;
}

// Show what the network says, beside the true label where there is one; return it in words.
function tellVerdict(verdict, label, found, share) {
  const picked = label ? [h("span", {}, "Picked: ", h("strong", {}, label), ";"), " "] : [];
  const the = label ? "the" : "The";
  const says = h("span", {}, `${the} network says: `, h("strong", {}, found), `, ${percent(share, 1)}`);
  verdict.replaceChildren(...picked, says);
  return `${label ? `Picked: ${label}; ` : ""}${the} network says: ${found}, ${Math.round(100 * share)} percent`;
}

// The gallery as a row of small pictures to press.
function thumbnails(gallery, names, pick) {
  const [count, rows, columns] = gallery.dims;
  const top = gallery.data.reduce((most, value) => Math.max(most, value), 0) || 1;
  const buttons = Array.from({ length: count }, (_, i) => {
    const canvas = h("canvas", {});
    paint(canvas, gallery.data.subarray(i * rows * columns, (i + 1) * rows * columns), rows, columns, {
      map: "gray",
      low: 0,
      high: top,
    });
    const label = `Example ${i + 1}${names ? `: ${names[i]}` : ""}`;
    return h(
      "button",
      { type: "button", class: "live-thumb", "aria-label": label, title: label, onclick: () => pick(i) },
      canvas,
    );
  });
  return h("div", { class: "live-gallery", role: "group", "aria-label": "Examples" }, ...buttons);
}

// Ink on the pad -> the share of ink in each block: (4 rows, 4 columns) -> (rows, columns).
export function countBlocks(ink, rows, columns) {
  const shares = new Float32Array(rows * columns);
  for (let i = 0; i < ink.length; i++) {
    const row = Math.floor(i / (columns * blockSize) / blockSize);
    const column = Math.floor((i % (columns * blockSize)) / blockSize);
    shares[row * columns + column] += ink[i] / blockSize ** 2;
  }
  return shares;
}

// The other way: in each block, ink the `count` pixels that lie nearest to ink around it.
export function inkFromCounts(counts, rows, columns) {
  const width = columns * blockSize;
  const ink = new Float32Array(counts.length * blockSize ** 2);
  const at = (row, column) =>
    counts[Math.min(rows - 1, Math.max(0, row)) * columns + Math.min(columns - 1, Math.max(0, column))];
  const smooth = (y, x) => {
    const [row, column] = [Math.floor(y), Math.floor(x)];
    const [down, right] = [y - row, x - column];
    const above = (1 - right) * at(row, column) + right * at(row, column + 1);
    const below = (1 - right) * at(row + 1, column) + right * at(row + 1, column + 1);
    return (1 - down) * above + down * below;
  };
  for (let block = 0; block < counts.length; block++) {
    const [row, column] = [Math.floor(block / columns), block % columns];
    const pixels = Array.from({ length: blockSize ** 2 }, (_, k) => {
      const [r, c] = [Math.floor(k / blockSize), k % blockSize];
      const level = smooth(row + (r + 0.5) / blockSize - 0.5, column + (c + 0.5) / blockSize - 0.5);
      return { i: (row * blockSize + r) * width + column * blockSize + c, level };
    });
    pixels.sort((a, b) => b.level - a.level);
    for (const { i } of pixels.slice(0, counts[block])) ink[i] = 1;
  }
  return ink;
}
