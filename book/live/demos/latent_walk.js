// One walk through the noise, seen through several generators side by side.
//
// Settings: points (way points, numbers of noise each), distances (optional: model -> Fréchet distance of its pictures).
// Models: z (1, Z) -> images (1, 1, rows, columns) in [0, 1].

import { infer } from "../lib/ask.js";
import { setSlider, slider } from "../lib/controls.js";
import { button, h, panel, tile } from "../lib/dom.js";
import { grey, paint } from "../lib/paint.js";
import { player } from "../lib/player.js";
import { gaussians, randomSource } from "../lib/random.js";
import { scaffold } from "../lib/scaffold.js";

const stepsBetween = 24; // places of the slider from one way point to the next
const walkPause = 80; // milliseconds a place, unless the pictures take longer

export default {
  async render({ model, el }) {
    const networks = model.get("models").map(({ name }) => name);
    const distances = model.get("distances") ?? {};
    const [input, output] = [model.get("inputs")[0], model.get("outputs")[0]];
    const [, , rows, columns] = output.dims;
    const given = model.get("points").map((point) => Float64Array.from(point));
    const state = { points: given, seed: 0, at: 0 };
    const places = given.length * stepsBetween;
    const { say, asker, show } = scaffold(el, "live-latent-walk");

    const pictures = networks.map((name) => ({ name, canvas: h("canvas", { role: "img" }) }));
    const tiles = pictures.map(({ name, canvas }) =>
      tile(canvas, h("strong", {}, name), distanceText(distances[name])),
    );
    const placeText = (i) => placeOf(i, given.length);
    const way = slider({
      label: "Along the walk",
      min: 0,
      max: places,
      step: 1,
      value: 0,
      format: placeText,
      onInput(i) {
        state.at = i;
        walk.stop();
        changed();
      },
    });
    const walk = player({ label: "Walk", stopLabel: "Stop", step: stepOn, onStop: () => say(placeText(state.at)) });

    const changed = asker(async () => {
      const z = noiseAt(state.points, state.at);
      for (const { name, canvas } of pictures) {
        const answer = await infer(model, { [input.name]: { data: z, dims: input.dims } }, name);
        paint(canvas, answer[output.name].data, rows, columns, grey);
        canvas.setAttribute("aria-label", `Picture by ${name}, ${placeText(state.at)}`);
      }
      el.dataset.place = state.at;
      if (!walk.isOn()) say(`${networks.length} pictures, ${placeText(state.at)}`);
    });

    function renew() {
      state.seed += 1;
      state.points = otherPoints(given, state.seed);
      return changed();
    }

    async function stepOn() {
      state.at = (state.at + 1) % places;
      setSlider(way, state.at, placeText(state.at));
      await Promise.all([changed().catch(walk.stop), new Promise((resolve) => setTimeout(resolve, walkPause))]);
    }

    const shown = h("div", { class: "live-tiles" }, ...tiles);
    const tools = h("div", { class: "live-tools" }, walk.button, button("Another walk", renew));
    show(panel("live-walk", `The same noise, ${networks.length} generators`, shown, way.element, tools).element);
    await changed();
    return walk.stop;
  },
};

function distanceText(distance) {
  return distance === undefined ? null : h("span", { class: "live-hint" }, `Fréchet distance ${distance}`);
}

// The noise at a place of the walk: from each way point to the next, and from the last back to the first.
function noiseAt(points, i) {
  const k = Math.floor(i / stepsBetween) % points.length;
  return greatCircle(points[k], points[(k + 1) % points.length], (i % stepsBetween) / stepsBetween);
}

function placeOf(i, count) {
  const k = Math.floor(i / stepsBetween) % count;
  return i % stepsBetween ? `between ${k + 1} and ${((k + 1) % count) + 1}` : `at point ${k + 1}`;
}

// As many random way points, as far from the origin as the first of those given.
function otherPoints(given, seed) {
  const random = randomSource(seed);
  const radius = Math.hypot(...given[0]);
  return given.map((point) => {
    const fresh = gaussians(random, point.length);
    const length = Math.hypot(...fresh);
    return fresh.map((value) => (value * radius) / length);
  });
}

// The point at a share of the way between two points of equal length, on the sphere that both lie on.
export function greatCircle(from, to, share) {
  const lengths = Math.hypot(...from) * Math.hypot(...to);
  const cosine = from.reduce((sum, value, i) => sum + value * to[i], 0) / lengths;
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  if (angle < 1e-6) return Float64Array.from(from);
  const [left, right] = [Math.sin((1 - share) * angle), Math.sin(share * angle)].map(
    (value) => value / Math.sin(angle),
  );
  return Float64Array.from(from, (value, i) => left * value + right * to[i]);
}
