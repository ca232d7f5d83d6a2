// Compose a scene of garments, and read the caption that a network writes for it; for each word, where it looked.
//
// Settings: grounds (uint8, n x 3 x size x size), ground_names; kinds, covers and brights (uint8, kinds x choices x side
// x side, from utils.scenes.rasterise.stamp), colours (name -> red, green, blue), words (the vocabulary), start and end (two
// places in it), grid (rows and columns of the places that attention is shared among), max_words.
// Model, one word a call: images (1, 3, size, size) in [0, 1], word (1, V) one-hot, state, at first zero
// -> logits (1, V), new_state, attention (1, rows * columns).

import { arraySetting, infer } from "../lib/ask.js";
import { choice, scoreBars, select, setChoice } from "../lib/controls.js";
import { button, h, hint, panel } from "../lib/dom.js";
import { percent, softmax } from "../lib/numbers.js";
import { paintPicture, planesOf } from "../lib/pictures.js";
import { scaffold } from "../lib/scaffold.js";
import { composed, thingHandle } from "../lib/scenes.js";

const countNames = ["one", "two", "three"];
const darkest = 0.7; // how much a place without attention is darkened
const shownWords = 5; // in the list of what else it might have said

export default {
  async render({ model, el }) {
    const box = stampBox(model);
    const [kinds, words, grounds] = [model.get("kinds"), model.get("words"), model.get("ground_names")];
    const colours = Object.keys(model.get("colours"));
    const nameOf = (thing) => `${colours[thing.colour]} ${kinds[thing.kind]}`;
    const things = firstThings(kinds.length, colours.length, box.size);
    const state = { ground: 1 % grounds.length, count: 2 };
    const { say, asker, show } = scaffold(el, "live-scene-captioner");

    const picture = h("canvas", { role: "img" });
    const [rows, columns] = model.get("grid");
    const light = h("canvas", { width: columns, height: rows, "aria-hidden": "true" });
    const handles = things.map((thing) => thingHandle(thing, picture, box, () => changed()));
    const groundChoice = select({
      label: "Ground",
      options: grounds,
      value: state.ground,
      onChange: (ground) => set({ ground }),
    });
    const countChoice = choice({
      label: "Number of things",
      options: countNames,
      onChange: (i) => set({ count: i + 1 }),
    });
    setChoice(countChoice, state.count - 1);
    const lines = things.map((thing, i) =>
      thingLine(thing, i, { kinds, colours, choices: box.choices }, () => changed()),
    );
    const caption = h("p", { class: "live-verdict" });
    const tokens = captionWords(words, picture, light);

    function set(values) {
      Object.assign(state, values);
      return changed();
    }

    const changed = asker(async () => {
      const shown = things.slice(0, state.count);
      const scene = box.compose(state.ground, shown, colours);
      paintPicture(picture, { data: scene, rows: box.size, columns: box.size });
      things.forEach((thing, i) => {
        lines[i].hidden = handles[i].element.hidden = i >= state.count;
        handles[i].update(`Thing ${i + 1}, ${nameOf(thing)}`);
      });
      const label = `The scene, on ${grounds[state.ground]}: ${shown.map(nameOf).join(", ")}`;
      picture.setAttribute("aria-label", label);
      const said = await captionOf(
        model,
        Float32Array.from(planesOf(scene), (value) => value / 255),
      );
      const text = said
        .map(({ word }) => words[word])
        .join(" ")
        .replaceAll(" ,", ",");
      caption.textContent = `“${text}”`;
      tokens.update(said);
      el.dataset.caption = text;
      say(text);
    });

    const frame = h("div", { class: "live-window" }, picture, light, ...handles.map(({ element }) => element));
    const note = hint("Drag a thing, or choose it with Tab and use the arrow keys.");
    const stage = h("div", {}, frame, caption, note);
    const controls = h("div", {}, countChoice, groundChoice.element, ...lines);
    const title = "What the network says, word by word";
    const right = panel("live-caption-panel", title, tokens.element, tokens.others);
    show(panel("live-scene", "Your scene", stage, controls).element, right.element);
    await changed();
  },
};

function firstThings(kindCount, colourCount, size) {
  const place = (share) => Math.round(share * size);
  return [
    { kind: 1 % kindCount, colour: 1 % colourCount, sprite: 0, at: [place(0.2), place(0.2)] },
    { kind: 2 % kindCount, colour: 2 % colourCount, sprite: 0, at: [place(0.55), place(0.75)] },
    { kind: 0, colour: 0, sprite: 0, at: [place(0.75), place(0.25)] },
  ];
}

// What scenes are made of.
function stampBox(model) {
  const grounds = arraySetting(model.get("grounds"));
  const stamps = { covers: arraySetting(model.get("covers")), brights: arraySetting(model.get("brights")) };
  const palette = model.get("colours");
  const [, choices, side] = stamps.covers.dims;
  const compose = (ground, things, colours) => {
    const painted = things.map((thing) => ({ ...thing, colour: palette[colours[thing.colour]] }));
    return composed(grounds, ground, painted, stamps);
  };
  return { compose, choices, size: grounds.dims[2], reach: (side - 1) / 2 };
}

// What a thing is, to choose.
function thingLine(thing, i, { kinds, colours, choices }, onChange) {
  const set = (values) => {
    Object.assign(thing, values);
    onChange();
  };
  const kind = select({
    label: `Thing ${i + 1}`,
    options: kinds,
    value: thing.kind,
    onChange: (k) => set({ kind: k }),
  });
  const colour = select({
    label: "Colour",
    options: colours,
    value: thing.colour,
    onChange: (k) => set({ colour: k }),
  });
  const another = button("Another one", () => set({ sprite: (thing.sprite + 1) % choices }));
  const attributes = { class: "live-tools", role: "group", "aria-label": `Thing ${i + 1}` };
  return h("div", attributes, kind.element, colour.element, another);
}

// Greedily: the likeliest word goes in again, until the end.
async function captionOf(model, pixels) {
  const dims = Object.fromEntries(model.get("inputs").map((input) => [input.name, input.dims]));
  const said = [];
  let [word, memory] = [model.get("start"), new Float32Array(dims.state[1])];
  while (said.length < model.get("max_words")) {
    const oneHot = Array.from({ length: dims.word[1] }, (_, k) => Number(k === word));
    const out = await infer(model, {
      images: { data: pixels, dims: dims.images },
      word: { data: oneHot, dims: dims.word },
      state: { data: memory, dims: dims.state },
    });
    const shares = softmax(out.logits.data);
    word = shares.indexOf(Math.max(...shares));
    if (word === model.get("end")) break;
    said.push({ word, shares, attention: out.attention.data });
    memory = out.new_state.data;
  }
  return said;
}

// The words of a caption to press. The one that is pressed shows where the network looked, and what else it might have said.
function captionWords(words, picture, light) {
  const label = "The words of the caption: press one to see where the network looked";
  const element = h("div", { class: "live-words", role: "group", "aria-label": label });
  const others = h("div", {});
  const [columns, rows] = [light.width, light.height];
  let [said, chosen] = [[], null];

  function token({ word, shares, attention }, i) {
    const map = h("canvas", { width: columns, height: rows, "aria-hidden": "true" });
    shade(map, attention, picture);
    const press = () => {
      chosen = i === chosen ? null : i;
      show();
    };
    const attributes = { type: "button", class: "live-word", "aria-pressed": String(i === chosen), onclick: press };
    return h("button", attributes, map, words[word], h("span", { class: "live-number" }, percent(shares[word])));
  }

  function show() {
    const focused = [...element.children].indexOf(document.activeElement);
    element.replaceChildren(...said.map(token));
    element.children[focused]?.focus({ preventScroll: true });
    light.hidden = chosen === null;
    if (chosen !== null) shade(light, said[chosen].attention);
    others.replaceChildren(
      ...(chosen === null ? [hint(pressAWord)] : alternatives(words, said[chosen], rows, columns)),
    );
  }

  function update(newWords) {
    said = newWords;
    if (chosen >= said.length) chosen = null;
    show();
  }
  return { element, others, update };
}

const pressAWord =
  "Press a word: the picture shows where the network looked for it, and the list what else it might have said.";

// Where the network looked for a word, and what it chose among.
function alternatives(words, { word, shares, attention }, rows, columns) {
  const best = Array.from(shares.keys())
    .sort((a, b) => shares[b] - shares[a])
    .slice(0, shownWords);
  const bars = scoreBars(best.map((k) => words[k]));
  bars.update(best.map((k) => shares[k]));
  const most = attention.indexOf(Math.max(...attention));
  const where = `row ${Math.floor(most / columns) + 1}, column ${(most % columns) + 1}`;
  const text = `For “${words[word]}” it looked most at the cell in ${where} of the ${rows} × ${columns} cells: ${percent(attention[most])} of its attention. It chose among:`;
  return [h("p", { class: "live-caption" }, text), bars.element];
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
