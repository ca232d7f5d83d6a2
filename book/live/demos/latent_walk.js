// One walk through the noise, seen through several generators side by side.
//
// Settings: points (way points, numbers of noise each), distances (optional: model -> Fréchet distance of its pictures).
// Models: z (1, Z) -> images (1, 1, rows, columns) in [0, 1].

import { coalesced, infer } from "../lib/ask.js";
import { slider } from "../lib/controls.js";
import { alarm, announcer, h, panel } from "../lib/dom.js";
import { paint } from "../lib/paint.js";
import { player } from "../lib/player.js";
import { gaussians, randomSource } from "../lib/random.js";

const stepsBetween = 24; // places of the slider from one way point to the next
const walkPause = 80; // milliseconds a place, unless the pictures take longer

export default {
  async render({ model, el }) {
    const networks = model.get("models").map(({ name }) => name);
    const distances = model.get("distances") ?? {};
    const input = model.get("inputs")[0];
    const [, , rows, columns] = model.get("outputs")[0].dims;
    const given = model.get("points").map((point) => Float64Array.from(point));
    const state = { points: given, seed: 0, at: 0 };
    const places = given.length * stepsBetween;

    const problem = alarm();
    const { element: status, say } = announcer();
    const tiles = networks.map((name) => {
      const canvas = h("canvas", { role: "img" });
      const note = name in distances ? h("span", { class: "live-hint" }, `Fréchet distance ${distances[name]}`) : null;
      return {
        name,
        canvas,
        element: h("figure", { class: "live-tile" }, canvas, h("figcaption", {}, h("strong", {}, name), note)),
      };
    });
    const way = slider({
      label: "Along the walk",
      min: 0,
      max: places,
      step: 1,
      value: 0,
      format: (i) => placeText(i),
      onInput: (i) => ((state.at = i), walk.stop(), changed()),
    });
    const walk = player({ label: "Walk", stopLabel: "Stop", step: stepOn, onStop: () => say(placeText(state.at)) });
    const others = h("button", { type: "button", class: "live-button", onclick: renew }, "Another walk");
    const changed = () => problem.watch(ask());

    // From each way point to the next, and from the last back to the first.
    function noiseAt(i) {
      const k = Math.floor(i / stepsBetween) % given.length;
      return greatCircle(state.points[k], state.points[(k + 1) % given.length], (i % stepsBetween) / stepsBetween);
    }

    function placeText(i) {
      const k = Math.floor(i / stepsBetween) % given.length;
      const share = i % stepsBetween;
      return share ? `between ${k + 1} and ${((k + 1) % given.length) + 1}` : `at point ${k + 1}`;
    }

    const ask = coalesced(async () => {
      const began = performance.now();
      const z = noiseAt(state.at);
      for (const { name, canvas } of tiles) {
        const { [model.get("outputs")[0].name]: made } = await infer(
          model,
          { [input.name]: { data: z, dims: input.dims } },
          name,
        );
        paint(canvas, made.data, rows, columns, { map: "gray", low: 0, high: 1 });
        canvas.setAttribute("aria-label", `Picture by ${name}, ${placeText(state.at)}`);
      }
      el.dataset.milliseconds = (performance.now() - began).toFixed(1);
      el.dataset.place = state.at;
      if (!walk.isOn()) say(`${networks.length} pictures, ${placeText(state.at)}`);
    });

    function renew() {
      state.seed += 1;
      const random = randomSource(state.seed);
      const radius = Math.hypot(...given[0]);
      state.points = given.map((point) => {
        const fresh = gaussians(random, point.length);
        const length = Math.hypot(...fresh);
        return fresh.map((value) => (value * radius) / length);
      });
      return changed();
    }

    async function stepOn() {
      state.at = (state.at + 1) % places;
      way.input.value = state.at;
      way.element.querySelector("output").textContent = placeText(state.at);
      way.input.setAttribute("aria-valuetext", placeText(state.at));
      await Promise.all([changed().catch(walk.stop), new Promise((resolve) => setTimeout(resolve, walkPause))]);
    }

    const { element } = panel(
      "live-walk",
      `The same noise, ${networks.length} generators`,
      h("div", { class: "live-tiles" }, ...tiles.map((tile) => tile.element)),
      way.element,
      h("div", { class: "live-tools" }, walk.button, others),
    );
    el.classList.add("live-latent-walk");
    el.append(element, problem.element, status);
    await changed();
    return walk.stop;
  },
};

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
