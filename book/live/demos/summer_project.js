// "Finish the Summer Vision Project": drag solids, camera and light; the page draws the table and describes it again.
//
// Settings: colours (name -> red, green, blue), worlds (a list: for each, the world of every combination of the switches
// that change the layout, under their names joined by "+"), words (switch -> what it gives up).
// No model: graphics and vision are in lib/blocks.js.

import { frame, look, modelsOf, onTable, recovered, render } from "../lib/blocks.js";
import { setSlider, slider } from "../lib/controls.js";
import { button, h, hint, panel } from "../lib/dom.js";
import { onDrag } from "../lib/drag.js";
import { onArrows } from "../lib/keys.js";
import { gaussians, randomSource } from "../lib/random.js";
import { scaffold } from "../lib/scaffold.js";

const inLayout = ["touching", "occlusion", "unknown"];
const noiseLevel = 0.06;
const step = 0.1; // units of length for one press of an arrow key
const degrees = (value) => `${value < 0 ? "−" : ""}${Math.abs(value)}°`;
const asBytes = (value) => Math.round(255 * value);

export default {
  async render({ model, el }) {
    const colours = model.get("colours");
    const worlds = model.get("worlds");
    const state = { number: 0, relaxed: new Set(), solids: [], camera: null, light: null, models: null };
    const { say, asker, show } = scaffold(el, "live-summer-project");
    const noise = Float64Array.from(gaussians(randomSource(1), 3 * frame.rows * frame.columns), (z) => noiseLevel * z);

    const table = picture("What the camera sees");
    const sight = picture("What the program makes of it");
    const handles = h("div", { class: "live-handles" });
    const found = h("ul", { class: "live-found" });
    const verdict = h("p", { class: "live-verdict" });
    const azimuth = angle("Camera, around", -60, 60, (value) => turn("camera", 0, value));
    const height = angle("Camera, height", 20, 80, (value) => turn("camera", 1, value));
    const light = angle("Light, around", -180, 180, (value) => turn("light", 0, value));
    const switches = switchList(model.get("words"), (name, on) => flip(name, on));

    function turn(what, axis, value) {
      state[what] = state[what].with(axis, value);
      if (what === "camera") state.models = null;
      return changed();
    }

    function flip(name, on) {
      if (on) state.relaxed.add(name);
      else state.relaxed.delete(name);
      if (inLayout.includes(name)) layOut();
      return changed();
    }

    // Take the solids as prepared for the switches that change the layout.
    function layOut() {
      const key = inLayout.filter((name) => state.relaxed.has(name)).join("+");
      state.solids = worlds[state.number][key].solids;
    }

    function another() {
      state.number = (state.number + 1) % worlds.length;
      layOut();
      return changed();
    }

    function reset() {
      Object.assign(state, { camera: worlds[0][""].camera, light: worlds[0][""].light, models: null });
      state.relaxed.clear();
      switches.clear();
      setSlider(azimuth, state.camera[0], degrees(state.camera[0]));
      setSlider(height, state.camera[1], degrees(state.camera[1]));
      setSlider(light, state.light[0], degrees(state.light[0]));
      layOut();
      return changed();
    }

    function move(number, place) {
      const clip = (value) => Math.min(3.2, Math.max(-3.2, value));
      state.solids = state.solids.with(number, { ...state.solids[number], place: place.map(clip) });
      return changed();
    }

    const changed = asker(async () => {
      state.models ??= modelsOf(state.camera);
      const world = { ...state, relaxed: state.relaxed };
      const { image } = render(world, colours, frame, noise);
      const { labels, regions } = look(image, state.camera, state.models, colours);
      const right = recovered(world, regions);
      paint(table.canvas, image);
      drawSight(sight.canvas, labels, regions, colours);
      placeHandles(handles, world, move, table.canvas);
      list(found, world, right);
      const count = right.filter(Boolean).length;
      const ghosts = regions.length - count;
      verdict.textContent = `${count} of ${right.length} recovered, ${ghosts} wrong description${ghosts === 1 ? "" : "s"}`;
      Object.assign(el.dataset, { recovered: count, ghosts, relaxed: state.relaxed.size });
      say(`${verdict.textContent}. ${[...found.children].map((line) => line.textContent).join(". ")}`);
    });

    const tools = h("div", { class: "live-tools" }, button("Another table", another), button("July again", reset));
    const note = hint("Drag a solid, or move it with the arrow keys.");
    const left = panel("live-see", "The table", h("div", { class: "live-stack" }, table.canvas, handles), note, tools);
    const right = panel("live-say", "The description", sight.canvas, verdict, found);
    const asked = panel("live-give-up", "Give up an assumption", switches.element);
    const views = panel("live-views", "Camera and light", azimuth.element, height.element, light.element);
    show(left.element, right.element, asked.element, views.element);
    await reset();
  },
};

function picture(label) {
  return { canvas: h("canvas", { width: frame.columns, height: frame.rows, role: "img", "aria-label": label }) };
}

const angle = (label, min, max, onInput) => slider({ label, min, max, step: 5, value: min, format: degrees, onInput });

// One native checkbox a switch.
function switchList(words, onFlip) {
  const boxes = Object.entries(words).map(([name, text]) => {
    const input = h("input", { type: "checkbox", onchange: () => onFlip(name, input.checked) });
    return { input, element: h("label", { class: "live-switch", "data-switch": name }, input, h("span", {}, text)) };
  });
  const clear = () => {
    for (const { input } of boxes) input.checked = false;
  };
  return { element: h("div", { class: "live-switches" }, ...boxes.map(({ element }) => element)), clear };
}

function paint(canvas, image) {
  const pen = canvas.getContext("2d");
  const pixels = pen.createImageData(frame.columns, frame.rows);
  for (let pixel = 0; pixel < frame.rows * frame.columns; pixel++) {
    const [red, green, blue] = [0, 1, 2].map((channel) => asBytes(image[3 * pixel + channel]));
    pixels.data.set([red, green, blue, 255], 4 * pixel);
  }
  pen.putImageData(pixels, 0, 0);
}

// Each region in the colour that it was named, in its box, with its name.
function drawSight(canvas, labels, regions, colours) {
  const image = new Float64Array(3 * labels.length).fill(0.12);
  const named = new Map(regions.map(({ label, colour }) => [label, colours[colour]]));
  labels.forEach((label, pixel) => {
    if (named.has(label)) image.set(named.get(label), 3 * pixel);
  });
  const enlarged = 4;
  const small = new OffscreenCanvas(frame.columns, frame.rows);
  paint(small, image);
  Object.assign(canvas, { width: enlarged * frame.columns, height: enlarged * frame.rows });
  const pen = canvas.getContext("2d");
  pen.imageSmoothingEnabled = false;
  pen.drawImage(small, 0, 0, canvas.width, canvas.height);
  pen.font = "600 17px sans-serif";
  pen.textAlign = "center";
  for (const { box, kind } of regions) {
    const [left, top, right, bottom] = [box.left, box.top, box.right, box.bottom].map((value) => enlarged * value);
    pen.strokeStyle = "#fff";
    pen.lineWidth = 2;
    pen.strokeRect(left - 2, top - 2, right - left + 4, bottom - top + 4);
    const [x, y] = [(left + right) / 2, Math.min(bottom + 20, canvas.height - 4)];
    pen.lineWidth = 4;
    pen.strokeStyle = "#000";
    pen.strokeText(kind, x, y);
    pen.fillStyle = "#fff";
    pen.fillText(kind, x, y);
  }
}

// What is there, and whether it was described rightly.
function list(element, { solids }, right) {
  element.replaceChildren(
    ...solids.map(({ colour, kind }, i) => {
      const mark = h("span", { "aria-hidden": "true" }, right[i] ? "✓" : "✗");
      const good = kind === "cone" ? "rightly called unknown" : "recovered";
      const words = ` ${colour} ${kind}: ${right[i] ? good : "lost"}`;
      return h("li", { class: right[i] ? "" : "live-lost" }, mark, words);
    }),
  );
}

// A handle over each solid, where a hand can drag it.
function placeHandles(element, { solids, camera }, move, canvas) {
  while (element.children.length < solids.length) element.append(handle(element.children.length, element, canvas));
  element.world = { solids, camera, move };
  solids.forEach((solid, number) => {
    const [across, down] = projected([...solid.place, solid.size[2] / 2], camera);
    const own = element.children[number];
    own.style.left = `${100 * across}%`;
    own.style.top = `${100 * down}%`;
    own.setAttribute("aria-label", `${solid.colour} ${solid.kind}; arrow keys move it`);
  });
}

function handle(number, parent, canvas) {
  const own = h("span", { class: "live-handle", tabindex: "0", role: "application" });
  const solid = () => parent.world.solids[number];
  const goTo = (place) => parent.world.move(number, place);
  onArrows(own, {
    shift: 5,
    move: (down, across) => goTo([solid().place[0] + step * across, solid().place[1] - step * down]),
  });
  onDrag(own, {
    move(event) {
      const { left, top, width, height } = canvas.getBoundingClientRect();
      const [high, wide] = [frame.rows / frame.scale, frame.columns / frame.scale];
      const lift = (solid().size[2] / 2) * Math.cos((parent.world.camera[1] * Math.PI) / 180); // the hand holds the middle
      const down = ((event.clientY - top) / height) * high + lift;
      const across = ((event.clientX - left) / width) * wide;
      goTo(onTable(down, across, parent.world.camera, { height: high, width: wide }));
    },
  });
  return own;
}

// Where a point is seen: shares of the picture's width and height.
function projected([x, y, z], [azimuth, elevation]) {
  const [a, e] = [(azimuth * Math.PI) / 180, (elevation * Math.PI) / 180];
  const across = x * Math.cos(a) + y * Math.sin(a);
  const up = (-x * Math.sin(a) + y * Math.cos(a)) * Math.sin(e) + z * Math.cos(e);
  return [0.5 + (across * frame.scale) / frame.columns, 0.5 - (up * frame.scale) / frame.rows];
}
