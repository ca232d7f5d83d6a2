// Scenes that a reader composes: what the settings say of them, random things, and the fields in which they are edited.
//
// A world has kinds (their names), grounds, groundNames, size, stamps, choices (looks of a kind), palette (name -> red, green,
// blue) and colours (the names); `readScenery` reads it from a demo's settings. A thing is as in scenes.js, with an id, and its
// colour is a place among the names.

import { choice, select, setChoice, setSlider, slider } from "./controls.js";
import { button, h } from "./dom.js";
import { composed, ownersOf, seenThings, thingHandle } from "./scenes.js";
import { bytesSetting, expect } from "./settings.js";

const mostThings = 6;
export const sides = { least: 6, most: 0.6, plain: 0.3 }; // of a thing: in pixels, and as shares of the picture's side

// ---- what is asked of the settings -------------------------------------------------------------------------------------

// grounds (uint8, n x 3 x size x size), ground_names, covers and brights (uint8, K x choices x side x side), colours; `key` is
// where the names of the K kinds are.
export function readScenery(model, key) {
  const kinds = textsSetting(model, key);
  const grounds = bytesSetting(model, "grounds", ["n", 3, "size", "size"]);
  const [n, , size, width] = grounds.dims;
  expect(size === width && n > 0, `grounds has shape (${grounds.dims.join(", ")}); expected squares, one at least.`);
  const groundNames = textsSetting(model, "ground_names");
  expect(groundNames.length === n, `ground_names are ${groundNames.length}; expected ${n}, one for each ground.`);
  const covers = bytesSetting(model, "covers", [kinds.length, "choices", "side", "side"]);
  const [, choices, side, other] = covers.dims;
  expect(
    side === other && choices > 0,
    `covers has shape (${covers.dims.join(", ")}); expected squares, one at least.`,
  );
  const brights = bytesSetting(model, "brights", covers.dims);
  return { kinds, grounds, groundNames, size, stamps: { covers, brights }, choices, ...paletteOf(model) };
}

export function textsSetting(model, key) {
  const list = model.get(key);
  expect(
    Array.isArray(list) && list.length > 0 && list.every((name) => typeof name === "string"),
    `${key} is ${JSON.stringify(list) ?? "missing"}; expected a list of texts.`,
  );
  return list;
}

function paletteOf(model) {
  const palette = model.get("colours");
  const isColour = (value) =>
    Array.isArray(value) && value.length === 3 && value.every((part) => part >= 0 && part <= 255);
  const fitting = palette && Object.keys(palette).length > 0 && Object.values(palette).every(isColour);
  expect(fitting, `colours is ${JSON.stringify(palette) ?? "missing"}; expected red, green and blue for each name.`);
  return { palette, colours: Object.keys(palette) };
}

// ---- things ------------------------------------------------------------------------------------------------------------

let things = 0; // made so far

export const makeThing = (values) => ({ id: ++things, sprite: 0, ...values });
const reachOf = (scale) => Math.ceil(scale / 2);
const mostScale = (size) => Math.round(sides.most * size);

// A place [row, column] so near to the one wished that the whole thing is in the picture.
export const placed = (at, scale, size) =>
  at.map((value) => Math.min(size - 1 - reachOf(scale), Math.max(reachOf(scale), Math.round(value))));

// Three or four things that hardly hide each other: the longer it takes, the more they may. Their sizes lie between two shares
// of the picture's side.
export function randomThings(world, random, [least, most] = [0.2, 0.45]) {
  const { kinds, colours, choices, size } = world;
  const below = (limit) => Math.floor(random() * limit);
  const list = [];
  const count = 3 + below(2);
  for (let tries = 0; list.length < count; tries++) {
    const scale = Math.round((least + (most - least) * random()) * size);
    const at = placed([below(size), below(size)], scale, size);
    const apart = list.every(
      (thing) =>
        Math.max(...at.map((value, i) => Math.abs(value - thing.at[i]))) > (0.5 - tries / 1000) * (scale + thing.scale),
    );
    if (!apart) continue;
    const look = { kind: below(kinds.length), colour: below(colours.length), sprite: below(choices) };
    list.push(makeThing({ ...look, at, scale }));
  }
  return list;
}

function newThing({ kinds, colours, choices, size }, random) {
  const below = (limit) => Math.floor(random() * limit);
  const scale = Math.round(sides.plain * size);
  const look = { kind: below(kinds.length), colour: below(colours.length), sprite: below(choices) };
  return makeThing({ ...look, scale, at: placed([below(size), below(size)], scale, size) });
}

// A thing of plain size at a place given in shares of the picture's side.
export function plainThing({ kind, colour, at, share = sides.plain }, { kinds, colours, size }) {
  const scale = Math.round(share * size);
  const place = placed(
    at.map((part) => part * size),
    scale,
    size,
  );
  return makeThing({ kind: kind % kinds.length, colour: colour % colours.length, at: place, scale });
}

export const nameOf = (thing, i, { colours, kinds }) => `${colours[thing.colour]} ${kinds[thing.kind]} (${i + 1})`;

// The picture of a scene, what is in view of each thing, and which thing is seen at each pixel: { pixels, seen, owner }.
export function sceneOf({ ground, things }, { palette, colours, grounds, stamps, size }) {
  const painted = things.map((thing) => ({ ...thing, colour: palette[colours[thing.colour]] }));
  const seen = seenThings(painted, stamps, size);
  return { pixels: composed(grounds, ground, painted, stamps), seen, owner: ownersOf(painted, stamps, size).owner };
}

// ---- by hand -----------------------------------------------------------------------------------------------------------

// A handle over each thing in a picture: { element, put, update }. put(things) when they are others; onChoose(place) when one
// has the focus.
export function thingHandles(picture, world, { onMove, onChoose }) {
  const { size } = world;
  const element = h("div", {});
  let handles = [];

  // The handle of a thing that stays is kept, and with it the focus.
  function put(things) {
    const former = new Map(handles.map((one) => [one.thing.id, one]));
    handles = things.map((thing) => former.get(thing.id) ?? handleOf(thing));
    element.replaceChildren(...handles.map((one) => one.element));
  }

  function handleOf(thing) {
    const room = {
      size,
      get reach() {
        return reachOf(thing.scale);
      },
    };
    const handle = thingHandle(thing, picture, room, onMove);
    handle.element.addEventListener("focus", () => onChoose(handles.findIndex((one) => one.thing === thing)));
    return { thing, ...handle };
  }

  function update(names) {
    handles.forEach(({ thing, element, update }, i) => {
      element.style.width = `${(100 * thing.scale) / size}%`;
      if (names[i]) update(`Thing ${i + 1}, ${names[i].replace(/ \(\d+\)$/, "")}`);
    });
  }
  return { element, put, update };
}

// Which thing, and what it is like. `state` has the things; onThings(chosen) when there are others, or in another order.
export function thingEditor(world, { state, random, set, onThings }) {
  const { kinds, colours, choices, size } = world;
  const chosen = () => state.things[state.chosen];
  const change = (values) => {
    Object.assign(chosen(), values);
    set({});
  };
  const numbers = Array.from({ length: mostThings }, (_, i) => `${i + 1}`);
  const which = choice({ label: "Thing", options: numbers, onChange: (i) => set({ chosen: i }) });
  const kind = select({ label: "Kind", options: kinds, onChange: (k) => change({ kind: k }) });
  const colour = select({ label: "Colour", options: colours, onChange: (k) => change({ colour: k }) });
  const scale = slider({
    label: "Size",
    ...{ min: sides.least, max: mostScale(size), step: 1, value: sides.least, format: (value) => `${value} px` },
    onInput: (value) => change({ scale: value, at: placed(chosen().at, value, size) }),
  });
  const another = button("Another look", () => change({ sprite: (chosen().sprite + 1) % choices }));
  const { faces, update: updateFaces } = orderButtons({ state, onThings, add: () => newThing(world, random) });
  const facts = h("p", { class: "live-facts" });

  function update({ things, chosen: i }, words) {
    const thing = things[i];
    [...which.children].forEach((label, k) => (label.hidden = k >= things.length));
    setChoice(which, i);
    [kind.input.value, colour.input.value] = [thing.kind, thing.colour];
    setSlider(scale, thing.scale, `${thing.scale} px`);
    updateFaces(things.length, i);
    facts.textContent = words;
  }

  const looks = h("div", { class: "live-looks" }, kind.element, colour.element);
  const element = h(
    "div",
    {},
    h("div", { class: "live-which" }, which, faces.add, faces.remove),
    looks,
    scale.element,
    h("div", { class: "live-which" }, another, faces.front, faces.back),
    facts,
  );
  return { element, update };
}

// Buttons that change how many things there are, and which lies in front.
function orderButtons({ state, onThings, add }) {
  const apply = (face, change) => {
    if (face.getAttribute("aria-disabled") === "true") return;
    const [thing] = state.things.splice(state.chosen, 1);
    onThings(change(thing, state.things));
  };
  const face = (label, title, change) => {
    const element = button(label, () => apply(element, change), { "aria-label": title });
    return element;
  };
  const faces = {
    add: face("+ Add", "Add a thing", (thing, list) => {
      list.splice(state.chosen, 0, thing);
      return list.push(add()) - 1;
    }),
    remove: face("− Remove", "Remove the chosen thing", (_, list) => Math.min(state.chosen, list.length - 1)),
    front: face("To front", "Bring the chosen thing to front", (thing, list) => list.push(thing) - 1),
    back: face("To back", "Send the chosen thing to back", (thing, list) => list.unshift(thing) && 0),
  };
  const update = (count, i) => {
    const dead = { add: count === mostThings, remove: count === 1, front: i === count - 1, back: i === 0 };
    for (const [name, element] of Object.entries(faces)) element.setAttribute("aria-disabled", String(dead[name]));
  };
  return { faces, update };
}
