// Search by image: the nearest pictures of a gallery by raw pixels and by each trained network, and the plane of one.
//
// Settings: images (uint8, n x rows x columns), labels (int32, n), class_names (a text each).
// Models: images (1, 1, rows, columns) in [0, 1] -> embeddings (1, d) of length 1, and plane (1, 2).

import { arraySetting, coalesced, infer } from "../lib/ask.js";
import { choice, select, slider } from "../lib/controls.js";
import { alarm, announcer, h, panel } from "../lib/dom.js";
import { drawMark, drawRing, legendLine } from "../lib/marks.js";
import { cellAt, paint } from "../lib/paint.js";

const nearestCount = 8;
const thumbCount = 12;
const planeSize = 640; // pixels of the drawing

export default {
  async render({ model, el }) {
    const images = arraySetting(model.get("images"));
    const labels = arraySetting(model.get("labels")).data;
    const classNames = model.get("class_names");
    const [count, rows, columns] = images.dims;
    const size = rows * columns;
    const networks = model.get("models").map(({ name }) => name);
    const ways = ["raw pixels", ...networks];
    const state = { item: 0, turn: 0, right: 0, light: 1, cover: 0, way: ways[1], page: 0, query: null };
    const known = { "raw pixels": { vectors: Float32Array.from(images.data, (value) => value / 255), length: size } };

    const problem = alarm();
    const { element: status, say } = announcer();
    const queryCanvas = h("canvas", { role: "img" });
    const classChoice = select({
      label: "Class",
      options: classNames,
      value: labels[0],
      onChange: (k) => (showThumbs(k, 0), choose(itemsOf(k)[0])),
    });
    const thumbs = h("div", { class: "live-gallery", role: "group", "aria-label": "Pictures to search with" });
    const more = h(
      "button",
      {
        type: "button",
        class: "live-button",
        onclick: () => showThumbs(Number(classChoice.input.value), state.page + 1),
      },
      "Other ones",
    );
    const controls = [
      slider({
        label: "Turn it",
        min: -180,
        max: 180,
        step: 5,
        value: 0,
        format: (value) => `${value}°`,
        onInput: (value) => change({ turn: value }),
      }),
      slider({
        label: "Move it right",
        min: -10,
        max: 10,
        step: 1,
        value: 0,
        format: (value) => `${value} px`,
        onInput: (value) => change({ right: value }),
      }),
      slider({
        label: "Brightness",
        min: 0.2,
        max: 1,
        step: 0.05,
        value: 1,
        format: (value) => value.toFixed(2),
        onInput: (value) => change({ light: value }),
      }),
      slider({
        label: "Cover a square of",
        min: 0,
        max: 20,
        step: 1,
        value: 0,
        format: (value) => `${value} px`,
        onInput: (value) => change({ cover: value }),
      }),
    ];
    const untouched = h("button", { type: "button", class: "live-button", onclick: restore }, "As it was");
    const results = ways.map(resultRow);
    const plane = h("canvas", { width: planeSize, height: planeSize, role: "img" });
    const wayChoice = choice({
      label: "Network",
      options: networks,
      onChange: (i) => ((state.way = networks[i]), drawPlane()),
    });
    const legend = h("ul", { class: "live-legend-list" }, ...classNames.map(legendLine));

    const itemsOf = (label) => Array.from(labels.keys()).filter((i) => labels[i] === label);

    function showThumbs(label, page) {
      const items = itemsOf(label);
      const pages = Math.ceil(items.length / thumbCount);
      state.page = page % pages;
      more.hidden = pages < 2;
      thumbs.replaceChildren(
        ...items.slice(state.page * thumbCount, (state.page + 1) * thumbCount).map((i) => {
          const canvas = h("canvas", {});
          paintItem(canvas, i);
          return h(
            "button",
            {
              type: "button",
              class: "live-thumb",
              "data-item": i,
              "aria-label": `Search with ${nameOf(i)}`,
              "aria-pressed": String(i === state.item),
              onclick: () => choose(i),
            },
            canvas,
          );
        }),
      );
    }

    const nameOf = (i) => `${classNames[labels[i]]}, picture ${i + 1}`;
    const paintItem = (canvas, i) =>
      paint(canvas, known["raw pixels"].vectors.subarray(i * size, (i + 1) * size), rows, columns, {
        map: "gray",
        low: 0,
        high: 1,
      });

    function choose(i) {
      state.item = i;
      if (Number(classChoice.input.value) !== labels[i] || !thumbs.querySelector(`[data-item="${i}"]`)) {
        classChoice.input.value = labels[i];
        showThumbs(labels[i], Math.floor(itemsOf(labels[i]).indexOf(i) / thumbCount));
      }
      for (const thumb of thumbs.children) thumb.setAttribute("aria-pressed", String(Number(thumb.dataset.item) === i));
      return problem.watch(search());
    }

    function change(values) {
      Object.assign(state, values);
      return problem.watch(search());
    }

    function restore() {
      const rest = { turn: 0, right: 0, light: 1, cover: 0 };
      controls.forEach(({ input }, i) => {
        input.value = Object.values(rest)[i];
        input.dispatchEvent(new Event("input"));
      });
    }

    // What one way found: its nearest pictures, each with its class.
    function resultRow(way) {
      const tiles = Array.from({ length: nearestCount }, () => {
        const canvas = h("canvas", { role: "img" });
        const caption = h("figcaption", { class: "live-hint" });
        return { canvas, caption, element: h("figure", { class: "live-tile" }, canvas, caption) };
      });
      const score = h("span", { class: "live-number" });
      return {
        way,
        tiles,
        score,
        element: h(
          "div",
          { class: "live-found", "data-way": way },
          h("p", { class: "live-caption" }, h("span", {}, `Nearest (${way}): `), score),
          h("div", { class: "live-tiles" }, ...tiles.map(({ element }) => element)),
        ),
      };
    }

    function ask(which, data) {
      return infer(model, { [model.get("inputs")[0].name]: { data, dims: [1, 1, rows, columns] } }, which);
    }

    // The whole gallery through a network, once, one picture at a time: the exported models take one.
    async function embedGallery(which) {
      const [vectors, places] = [[], []];
      for (let i = 0; i < count; i++) {
        const { embeddings, plane: place } = await ask(
          which,
          known["raw pixels"].vectors.subarray(i * size, (i + 1) * size),
        );
        vectors.push(...embeddings.data);
        places.push(...place.data);
      }
      known[which] = {
        vectors: Float32Array.from(vectors),
        plane: Float32Array.from(places),
        length: vectors.length / count,
      };
    }

    const search = coalesced(async () => {
      const began = performance.now();
      const { item } = state;
      const own = known["raw pixels"].vectors.subarray(item * size, (item + 1) * size);
      const pixels = changedPicture(own, rows, columns, state);
      paint(queryCanvas, pixels, rows, columns, { map: "gray", low: 0, high: 1 });
      queryCanvas.setAttribute("aria-label", `The query: ${nameOf(item)}`);
      state.query = {};
      for (const { way, tiles, score, element } of results) {
        const asked = way === "raw pixels" ? { embeddings: { data: pixels } } : await ask(way, pixels);
        const near = nearest(known[way], asked.embeddings.data, item);
        near.forEach((i, k) => {
          paintItem(tiles[k].canvas, i);
          const right = labels[i] === labels[item];
          tiles[k].canvas.setAttribute("aria-label", classNames[labels[i]]);
          tiles[k].caption.replaceChildren(right ? "✓" : "✗", h("span", {}, ` ${classNames[labels[i]]}`));
          tiles[k].element.classList.toggle("live-wrong", !right);
        });
        const right = near.filter((i) => labels[i] === labels[item]).length;
        score.textContent = `${right} of ${near.length} are of its class`;
        element.dataset.found = near.join(" ");
        state.query[way] = { near, at: asked.plane?.data };
      }
      drawPlane();
      el.dataset.milliseconds = (performance.now() - began).toFixed(1);
      say(results.map(({ way, score }) => `${way}: ${score.textContent}`).join(". "));
    });

    function drawPlane() {
      const { plane: places } = known[state.way];
      const { near, at } = state.query[state.way];
      const placeOf = (i) => [places[2 * i], places[2 * i + 1]];
      const reach = 1.06 * Math.max(1e-6, ...places.map(Math.abs), ...Array.from(at, Math.abs));
      const toPixels = ([x, y]) => [(planeSize * (1 + x / reach)) / 2, (planeSize * (1 - y / reach)) / 2];
      const pen = plane.getContext("2d");
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, planeSize, planeSize);
      for (let i = 0; i < count; i++)
        drawMark(pen, toPixels(placeOf(i)), labels[i], near.includes(i) ? 13 : 8, near.includes(i));
      drawRing(pen, toPixels(at));
      state.toPixels = (i) => toPixels(placeOf(i));
      plane.setAttribute(
        "aria-label",
        `The plane of the network ${state.way}: ${count} pictures, the query as a ring, its ${nearestCount} nearest enlarged`,
      );
    }

    plane.addEventListener("click", (event) => {
      const [row, column] = cellAt(plane, event, planeSize, planeSize);
      const far = (i) => Math.hypot(state.toPixels(i)[0] - column, state.toPixels(i)[1] - row);
      choose(Array.from(labels.keys()).reduce((best, i) => (far(i) < far(best) ? i : best)));
    });

    const left = panel(
      "live-query",
      "The picture to search with",
      h("div", { class: "live-side" }, queryCanvas, h("div", { class: "live-tools" }, classChoice.element, more)),
      thumbs,
      ...controls.map(({ element }) => element),
      untouched,
    );
    const hint = h(
      "p",
      { class: "live-hint" },
      "The two directions in which the gallery's embeddings differ most. Ring: the query. Large: its nearest, found with all directions. Click a mark to search with it.",
    );
    const middle = panel("live-plane", "Where the network puts them", wayChoice, plane, legend, hint);
    const found = panel("live-results", "What is found", ...results.map(({ element }) => element));
    el.classList.add("live-gallery-query");
    el.append(left.element, middle.element, found.element, problem.element, status);
    for (const which of networks) await embedGallery(which);
    showThumbs(labels[0], 0);
    await choose(0);
  },
};

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
