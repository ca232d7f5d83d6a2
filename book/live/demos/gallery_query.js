// Search by image: the nearest pictures of a gallery by raw pixels and by each trained network, and the plane of one.
//
// Settings: images (uint8, n x rows x columns), labels (int32, n), class_names (a text each).
// Models: images (1, 1, rows, columns) in [0, 1] -> embeddings (1, d) of length 1, and plane (1, 2).

import { arraySetting, infer } from "../lib/ask.js";
import { choice, select, slider } from "../lib/controls.js";
import { button, h, hint, panel } from "../lib/dom.js";
import { drawMark, drawRing, legendLine } from "../lib/marks.js";
import { cellAt, grey, paint, sharesOf } from "../lib/paint.js";
import { scaffold } from "../lib/scaffold.js";
import { whiteSheet } from "../lib/charts.js";

const nearestCount = 8;
const thumbCount = 12;
const planeSize = 640; // pixels of the drawing
const untouched = { turn: 0, right: 0, light: 1, cover: 0 };

export default {
  async render({ model, el }) {
    const gallery = galleryOf(model);
    const networks = model.get("models").map(({ name }) => name);
    const ways = ["raw pixels", ...networks];
    const known = { "raw pixels": gallery.pixels }; // way -> the vectors of all pictures
    const state = { item: 0, ...untouched, way: networks[0], query: null };
    const { say, asker, show } = scaffold(el, "live-gallery-query");

    const queryCanvas = h("canvas", { role: "img" });
    const thumbs = thumbPages(gallery, choose);
    const classChoice = select({
      label: "Class",
      options: gallery.classNames,
      value: gallery.labels[0],
      onChange: (label) => choose(gallery.itemsOf(label)[0]),
    });
    const controls = changeSliders((values) => change(values));
    const results = ways.map((way) => resultRow(way, gallery));
    const plane = embeddingPlane(gallery, choose);
    const wayChoice = choice({
      label: "Network",
      options: networks,
      onChange(i) {
        state.way = networks[i];
        drawPlane();
      },
    });

    function choose(item) {
      classChoice.input.value = gallery.labels[item];
      thumbs.turnTo(item);
      return change({ item });
    }

    function change(values) {
      Object.assign(state, values);
      return changed();
    }

    const drawPlane = () => plane.draw(state.way, known[state.way].plane, state.query[state.way]);

    const changed = asker(async () => {
      const { item } = state;
      const pixels = changedPicture(gallery.picture(item), gallery.rows, gallery.columns, state);
      paint(queryCanvas, pixels, gallery.rows, gallery.columns, grey);
      queryCanvas.setAttribute("aria-label", `The query: ${gallery.nameOf(item)}`);
      const query = {};
      for (const { way, update } of results) {
        const raw = way === "raw pixels";
        const asked = raw ? { embeddings: { data: pixels } } : await embed(model, way, pixels);
        const near = nearest(known[way], asked.embeddings.data, item);
        update(near, item);
        query[way] = { near, at: asked.plane?.data };
      }
      state.query = query;
      drawPlane();
      say(results.map(({ way, score }) => `${way}: ${score.textContent}`).join(". "));
    });

    const tools = h("div", { class: "live-tools" }, classChoice.element, thumbs.more);
    const query = h("div", { class: "live-side" }, queryCanvas, tools);
    const restore = button("As it was", () => controls.restore());
    const parts = [query, thumbs.element, ...controls.elements, restore];
    const legend = h("ul", { class: "live-legend-list" }, ...gallery.classNames.map(legendLine));
    const note = hint(
      "The two directions in which the gallery's embeddings differ most. Ring: the query. Large: its nearest, found with all directions. Click a mark to search with it.",
    );
    show(
      panel("live-query", "The picture to search with", ...parts).element,
      panel("live-plane", "Where the network puts them", wayChoice, plane.canvas, legend, note).element,
      panel("live-results", "What is found", ...results.map(({ element }) => element)).element,
    );
    for (const which of networks) known[which] = await embedGallery(model, which, gallery);
    await choose(0);
  },
};

// The pictures with their classes.
function galleryOf(model) {
  const { data, dims } = arraySetting(model.get("images"));
  const labels = arraySetting(model.get("labels")).data;
  const classNames = model.get("class_names");
  const [count, rows, columns] = dims;
  const pixels = { vectors: sharesOf(data), length: rows * columns };
  const picture = (i) => pixels.vectors.subarray(i * pixels.length, (i + 1) * pixels.length);
  const paintItem = (canvas, i) => paint(canvas, picture(i), rows, columns, grey);
  const itemsOf = (label) => Array.from(labels.keys()).filter((i) => labels[i] === label);
  const nameOf = (i) => `${classNames[labels[i]]}, picture ${i + 1}`;
  return { labels, classNames, count, rows, columns, pixels, picture, paintItem, itemsOf, nameOf };
}

// The pictures of one class as buttons, a page at a time. turnTo(item) shows it and marks it as chosen.
function thumbPages({ labels, paintItem, itemsOf, nameOf }, choose) {
  const element = h("div", { class: "live-gallery", role: "group", "aria-label": "Pictures to search with" });
  const shown = { label: null, page: 0, item: null };
  const more = button("Other ones", () => fill(shown.label, shown.page + 1));

  function thumb(i) {
    const canvas = h("canvas", {});
    paintItem(canvas, i);
    const names = {
      "data-item": i,
      "aria-label": `Search with ${nameOf(i)}`,
      "aria-pressed": String(i === shown.item),
    };
    return h("button", { type: "button", class: "live-thumb", ...names, onclick: () => choose(i) }, canvas);
  }

  function fill(label, page) {
    const items = itemsOf(label);
    const pages = Math.ceil(items.length / thumbCount);
    Object.assign(shown, { label, page: page % pages });
    more.hidden = pages < 2;
    element.replaceChildren(...items.slice(shown.page * thumbCount, (shown.page + 1) * thumbCount).map(thumb));
  }

  function turnTo(item) {
    shown.item = item;
    const there = labels[item] === shown.label && element.querySelector(`[data-item="${item}"]`);
    if (!there) fill(labels[item], Math.floor(itemsOf(labels[item]).indexOf(item) / thumbCount));
    for (const one of element.children) one.setAttribute("aria-pressed", String(Number(one.dataset.item) === item));
  }
  return { element, more, turnTo };
}

// What can be done to the query.
function changeSliders(onChange) {
  const control = (name, label, min, max, step, format) =>
    slider({ label, min, max, step, value: untouched[name], format, onInput: (value) => onChange({ [name]: value }) });
  const pixels = (value) => `${value} px`;
  const sliders = [
    control("turn", "Turn it", -180, 180, 5, (value) => `${value}°`),
    control("right", "Move it right", -10, 10, 1, pixels),
    control("light", "Brightness", 0.2, 1, 0.05, (value) => value.toFixed(2)),
    control("cover", "Cover a square of", 0, 20, 1, pixels),
  ];
  function restore() {
    sliders.forEach(({ input }, i) => {
      input.value = Object.values(untouched)[i];
      input.dispatchEvent(new Event("input"));
    });
  }
  return { elements: sliders.map(({ element }) => element), restore };
}

// What one way found: its nearest pictures, each with its class.
function resultRow(way, { labels, classNames, paintItem }) {
  const tiles = Array.from({ length: nearestCount }, () => {
    const canvas = h("canvas", { role: "img" });
    const caption = h("figcaption", { class: "live-hint" });
    return { canvas, caption, element: h("figure", { class: "live-tile" }, canvas, caption) };
  });
  const score = h("span", { class: "live-number" });
  const title = h("p", { class: "live-caption" }, h("span", {}, `Nearest (${way}): `), score);
  const row = h("div", { class: "live-tiles" }, ...tiles.map((tile) => tile.element));
  const element = h("div", { class: "live-found", "data-way": way }, title, row);
  function update(near, item) {
    near.forEach((i, k) => {
      const { canvas, caption, element: tile } = tiles[k];
      paintItem(canvas, i);
      const right = labels[i] === labels[item];
      canvas.setAttribute("aria-label", classNames[labels[i]]);
      caption.replaceChildren(right ? "✓" : "✗", h("span", {}, ` ${classNames[labels[i]]}`));
      tile.classList.toggle("live-wrong", !right);
    });
    const right = near.filter((i) => labels[i] === labels[item]).length;
    score.textContent = `${right} of ${near.length} are of its class`;
    element.dataset.found = near.join(" ");
  }
  return { way, score, element, update };
}

function embed(model, which, data) {
  const [{ name, dims }] = model.get("inputs");
  return infer(model, { [name]: { data, dims } }, which);
}

// The whole gallery through a network, once, one picture at a time: the exported models take one.
async function embedGallery(model, which, { count, picture }) {
  const [vectors, places] = [[], []];
  for (let i = 0; i < count; i++) {
    const { embeddings, plane } = await embed(model, which, picture(i));
    vectors.push(...embeddings.data);
    places.push(...plane.data);
  }
  return { vectors: Float32Array.from(vectors), plane: Float32Array.from(places), length: vectors.length / count };
}

// All pictures as marks, and the query as a ring; a click on a mark searches with it.
function embeddingPlane({ labels, count }, choose) {
  const canvas = h("canvas", { width: planeSize, height: planeSize, role: "img" });
  let placed = []; // where each picture lies, in pixels

  function draw(way, places, { near, at }) {
    const reach = 1.06 * Math.max(1e-6, ...places.map(Math.abs), ...Array.from(at, Math.abs));
    const toPixels = ([x, y]) => [(planeSize * (1 + x / reach)) / 2, (planeSize * (1 - y / reach)) / 2];
    placed = Array.from({ length: count }, (_, i) => toPixels([places[2 * i], places[2 * i + 1]]));
    const pen = whiteSheet(canvas);
    placed.forEach((place, i) => {
      const found = near.includes(i);
      drawMark(pen, place, labels[i], found ? 13 : 8, found);
    });
    drawRing(pen, toPixels(at));
    const words = `${count} pictures, the query as a ring, its ${nearestCount} nearest enlarged`;
    canvas.setAttribute("aria-label", `The plane of the network ${way}: ${words}`);
  }
  canvas.addEventListener("click", (event) => {
    const [row, column] = cellAt(canvas, event, planeSize, planeSize);
    const far = ([x, y]) => Math.hypot(x - column, y - row);
    choose(placed.reduce((best, place, i) => (far(place) < far(placed[best]) ? i : best), 0));
  });
  return { canvas, draw };
}

// Places of the items nearest to a vector, the nearest first, without the item itself.
export function nearest({ vectors, length }, query, without) {
  const distances = Float64Array.from({ length: vectors.length / length }, (_, i) => {
    let sum = 0;
    for (let c = 0, at = i * length; c < length; c++, at++) sum += (vectors[at] - query[c]) ** 2;
    return i === without ? Infinity : sum;
  });
  const order = Array.from(distances.keys()).sort((i, k) => distances[i] - distances[k]);
  return order.slice(0, Math.min(nearestCount, order.length - 1));
}

// A picture turned about its middle, moved, darkened, with a grey square over its middle; sampled bilinearly.
export function changedPicture(pixels, rows, columns, { turn, right, light, cover }) {
  const [cos, sin] = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)];
  const [middleY, middleX] = [(rows - 1) / 2, (columns - 1) / 2];
  const at = (y, x) => (y < 0 || x < 0 || y >= rows || x >= columns ? 0 : pixels[y * columns + x]);
  return Float32Array.from({ length: rows * columns }, (_, place) => {
    const [down, across] = [Math.floor(place / columns) - middleY, (place % columns) - middleX];
    if (Math.abs(down) < cover / 2 && Math.abs(across) < cover / 2) return 0.5;
    const x = middleX + cos * (across - right) - sin * down;
    const y = middleY + sin * (across - right) + cos * down;
    const [top, left] = [Math.floor(y), Math.floor(x)];
    const [fy, fx] = [y - top, x - left];
    return (
      light *
      ((1 - fy) * ((1 - fx) * at(top, left) + fx * at(top, left + 1)) +
        fy * ((1 - fx) * at(top + 1, left) + fx * at(top + 1, left + 1)))
    );
  });
}
