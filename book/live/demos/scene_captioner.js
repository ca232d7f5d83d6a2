// Compose a scene of garments, and read the caption that a network writes for it; for each word, where it looked.
//
// Settings: grounds (uint8, n x 3 x size x size), ground_names; kinds, covers and brights (uint8, kinds x choices x side
// x side, from utils.scenes.rasterise.stamp), colours (name -> red, green, blue), words (the vocabulary), start and end (two
// places in it), grid (rows and columns of the places that attention is shared among), max_words.
// Model, one word a call: images (1, 3, size, size) in [0, 1], word (1, V) one-hot, state, at first zero
// -> logits (1, V), new_state, attention (1, rows * columns).

import { arraySetting, coalesced, infer } from "../lib/ask.js";
import { choice, scoreBars, select } from "../lib/controls.js";
import { alarm, announcer, h, panel } from "../lib/dom.js";
import { percent, softmax } from "../lib/numbers.js";
import { cellAt } from "../lib/paint.js";
import { paintPicture, planesOf } from "../lib/pictures.js";

const countNames = ["one", "two", "three"];
const bigStep = 4; // pixels, with Shift
const darkest = 0.7; // how much a place without attention is darkened
const shownWords = 5; // in the list of what else it might have said

export default {
  async render({ model, el }) {
    const grounds = arraySetting(model.get("grounds"));
    const stamps = { covers: arraySetting(model.get("covers")), brights: arraySetting(model.get("brights")) };
    const [kinds, palette, words] = [model.get("kinds"), model.get("colours"), model.get("words")];
    const colours = Object.keys(palette);
    const [, choices, side] = stamps.covers.dims;
    const size = grounds.dims[2];
    const [rows, columns] = model.get("grid");
    const stateDims = model.get("inputs").find(({ name }) => name === "state").dims;
    const reach = (side - 1) / 2;
    const place = (share) => Math.round(share * size);
    const things = [
      { kind: 1 % kinds.length, colour: 1 % colours.length, sprite: 0, at: [place(0.2), place(0.2)] },
      { kind: 2 % kinds.length, colour: 2 % colours.length, sprite: 0, at: [place(0.55), place(0.75)] },
      { kind: 0, colour: 0, sprite: 0, at: [place(0.75), place(0.25)] },
    ];
    const state = { ground: 1 % grounds.dims[0], count: 2, word: null, said: [] };

    const problem = alarm();
    const { element: status, say } = announcer();
    const picture = h("canvas", { role: "img" });
    const light = h("canvas", { width: columns, height: rows, "aria-hidden": "true" });
    const handles = things.map(handle);
    const frame = h("div", { class: "live-window" }, picture, light, ...handles);
    const groundChoice = select({
      label: "Ground",
      options: model.get("ground_names"),
      value: state.ground,
      onChange: (i) => ((state.ground = i), changed()),
    });
    const countChoice = choice({
      label: "Number of things",
      options: countNames,
      onChange: (i) => ((state.count = i + 1), changed()),
    });
    countChoice.querySelectorAll("input")[state.count - 1].checked = true;
    const lines = things.map(thingLine);
    const caption = h("p", { class: "live-verdict" });
    const tokens = h("div", {
      class: "live-words",
      role: "group",
      "aria-label": "The words of the caption: press one to see where the network looked",
    });
    const others = h("div", {});

    const changed = () => problem.watch(write());

    function handle(thing) {
      const element = h("span", { class: "live-thing", tabindex: "0", role: "application" });
      const move = (row, column) => {
        thing.at = [row, column].map((value) => Math.min(size - 1 - reach, Math.max(reach, value))); // whole, in the picture
        changed();
      };
      element.addEventListener("keydown", (event) => {
        const way = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
        if (!way) return;
        event.preventDefault();
        const far = event.shiftKey ? bigStep : 1;
        move(thing.at[0] + far * way[0], thing.at[1] + far * way[1]);
      });
      let grip = null; // from the pointer to the middle of the thing
      element.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        element.focus({ preventScroll: true });
        element.setPointerCapture(event.pointerId);
        const [row, column] = cellAt(picture, event, size, size);
        grip = [thing.at[0] - row, thing.at[1] - column];
      });
      element.addEventListener("pointermove", (event) => {
        if (!event.buttons || !element.hasPointerCapture(event.pointerId)) return;
        const [row, column] = cellAt(picture, event, size, size);
        move(row + grip[0], column + grip[1]);
      });
      return element;
    }

    function thingLine(thing, i) {
      const kind = select({
        label: `Thing ${i + 1}`,
        options: kinds,
        value: thing.kind,
        onChange: (k) => ((thing.kind = k), changed()),
      });
      const colour = select({
        label: "Colour",
        options: colours,
        value: thing.colour,
        onChange: (k) => ((thing.colour = k), changed()),
      });
      const another = h(
        "button",
        {
          type: "button",
          class: "live-button",
          onclick: () => ((thing.sprite = (thing.sprite + 1) % choices), changed()),
        },
        "Another one",
      );
      return h(
        "div",
        { class: "live-tools", role: "group", "aria-label": `Thing ${i + 1}` },
        kind.element,
        colour.element,
        another,
      );
    }

    const write = coalesced(async () => {
      const began = performance.now();
      const shown = things.slice(0, state.count);
      const scene = composed(
        grounds,
        state.ground,
        shown.map((thing) => ({ ...thing, colour: palette[colours[thing.colour]] })),
        stamps,
      );
      paintPicture(picture, { data: scene, rows: size, columns: size });
      things.forEach((thing, i) => {
        const there = i < state.count;
        lines[i].hidden = handles[i].hidden = !there;
        handles[i].style.left = `${(100 * thing.at[1]) / size}%`;
        handles[i].style.top = `${(100 * thing.at[0]) / size}%`;
        handles[i].setAttribute(
          "aria-label",
          `Thing ${i + 1}, ${colours[thing.colour]} ${kinds[thing.kind]}, at row ${thing.at[0]}, column ${thing.at[1]} of ${size}; arrow keys move it`,
        );
      });
      const listed = shown.map((thing) => `${colours[thing.colour]} ${kinds[thing.kind]}`).join(", ");
      picture.setAttribute("aria-label", `The scene, on ${model.get("ground_names")[state.ground]}: ${listed}`);
      state.said = await captionOf(Float32Array.from(planesOf(scene), (value) => value / 255));
      if (state.word !== null && state.word >= state.said.length) state.word = null;
      const text = state.said
        .map(({ word }) => words[word])
        .join(" ")
        .replaceAll(" ,", ",");
      caption.textContent = `“${text}”`;
      showWords();
      el.dataset.caption = text;
      el.dataset.milliseconds = (performance.now() - began).toFixed(1);
      say(text);
    });

    // Greedily: the likeliest word goes in again, until the end.
    async function captionOf(pixels) {
      const said = [];
      let [word, memory] = [model.get("start"), new Float32Array(stateDims[1])];
      while (said.length < model.get("max_words")) {
        const oneHot = words.map((_, k) => Number(k === word));
        const out = await infer(model, {
          images: { data: pixels, dims: [1, 3, size, size] },
          word: { data: oneHot, dims: [1, words.length] },
          state: { data: memory, dims: stateDims },
        });
        const shares = softmax(out.logits.data);
        word = shares.indexOf(Math.max(...shares));
        if (word === model.get("end")) break;
        said.push({ word, shares, attention: out.attention.data });
        memory = out.new_state.data;
      }
      return said;
    }

    function showWords() {
      const focused = [...tokens.children].indexOf(document.activeElement);
      tokens.replaceChildren(
        ...state.said.map(({ word, shares, attention }, i) => {
          const map = h("canvas", { width: columns, height: rows, "aria-hidden": "true" });
          shade(map, attention, picture);
          return h(
            "button",
            {
              type: "button",
              class: "live-word",
              "aria-pressed": String(i === state.word),
              onclick: () => ((state.word = i === state.word ? null : i), showWords()),
            },
            map,
            words[word],
            h("span", { class: "live-number" }, percent(shares[word])),
          );
        }),
      );
      tokens.children[focused]?.focus({ preventScroll: true });
      showChosen();
    }

    function showChosen() {
      const chosen = state.said[state.word];
      light.hidden = !chosen;
      if (!chosen) {
        others.replaceChildren(
          h(
            "p",
            { class: "live-hint" },
            "Press a word: the picture shows where the network looked for it, and the list what else it might have said.",
          ),
        );
        return;
      }
      shade(light, chosen.attention);
      const best = Array.from(chosen.shares.keys())
        .sort((a, b) => chosen.shares[b] - chosen.shares[a])
        .slice(0, shownWords);
      const bars = scoreBars(best.map((k) => words[k]));
      bars.update(best.map((k) => chosen.shares[k]));
      const most = chosen.attention.indexOf(Math.max(...chosen.attention));
      const where = `row ${Math.floor(most / columns) + 1}, column ${(most % columns) + 1}`;
      others.replaceChildren(
        h(
          "p",
          { class: "live-caption" },
          `For “${words[chosen.word]}” it looked most at the cell in ${where} of the ${rows} × ${columns} cells: ${percent(chosen.attention[most])} of its attention. It chose among:`,
        ),
        bars.element,
      );
    }

    const stage = h(
      "div",
      {},
      frame,
      caption,
      h("p", { class: "live-hint" }, "Drag a thing, or choose it with Tab and use the arrow keys."),
    );
    const left = panel("live-scene", "Your scene", stage, h("div", {}, countChoice, groundChoice.element, ...lines));
    const right = panel("live-caption-panel", "What the network says, word by word", tokens, others);
    el.classList.add("live-scene-captioner");
    el.append(left.element, right.element, problem.element, status);
    await changed();
  },
};

// A scene as utils.scenes.render.paint paints it, as (size, size, 3): things {kind, sprite, colour, at: [row, column]}, from
// back to front, on a ground.
export function composed(grounds, ground, things, { covers, brights }) {
  const size = grounds.dims[2];
  const [, choices, side] = covers.dims;
  const reach = (side - 1) / 2;
  const scene = new Uint8ClampedArray(3 * size * size);
  const first = 3 * ground * size * size;
  for (let i = 0; i < size * size; i++)
    for (let c = 0; c < 3; c++) scene[3 * i + c] = grounds.data[first + c * size * size + i];
  for (const { kind, sprite, colour, at } of things) {
    const cell = (kind * choices + sprite) * side * side;
    for (let i = 0; i < side * side; i++) {
      const [y, x] = [at[0] - reach + Math.floor(i / side), at[1] - reach + (i % side)];
      const [cover, bright] = [covers.data[cell + i], brights.data[cell + i]];
      if (!cover || x < 0 || y < 0 || x >= size || y >= size) continue;
      for (let c = 0; c < 3; c++) {
        const k = 3 * (y * size + x) + c;
        scene[k] = ((scene[k] * (256 - cover - (cover >> 7))) >> 8) + ((colour[c] * bright) >> 8);
      }
    }
  }
  return scene;
}

// Darken each cell by how little attention it has; over a small copy of `picture`, if one is given.
function shade(canvas, attention, picture = null) {
  const scale = picture ? 8 : 1;
  const [columns, rows] = [canvas.width, canvas.height];
  [canvas.width, canvas.height] = [columns * scale, rows * scale];
  const pen = canvas.getContext("2d");
  if (picture) pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const most = Math.max(...attention);
  attention.forEach((share, i) => {
    pen.fillStyle = `rgb(0 0 0 / ${darkest * (1 - share / most)})`;
    pen.fillRect(scale * (i % columns), scale * Math.floor(i / columns), scale, scale);
  });
}
