// Noise on a slider, and what a network makes of the noisy picture.
//
// Settings: images (uint8, n x rows x columns), names (a text each), trained_noise (of the first model: standard deviation
// in training, as a share of white), trained_share (of the second, if there is one: share of pixels masked), max_noise.
// Models: images (1, 1, rows, columns), noisy and not cut off -> cleaned, the same.

import { arraySetting, coalesced, infer } from "../lib/ask.js";
import { choice, slider } from "../lib/controls.js";
import { alarm, announcer, h, panel } from "../lib/dom.js";
import { signed } from "../lib/numbers.js";
import { paint } from "../lib/paint.js";
import { gaussians, randomSource } from "../lib/random.js";

const curveLevels = 9; // noise levels of the curve
const [gainWidth, gainHeight, gainEdge] = [640, 330, 66];
const noiseKinds = ["Gaussian", "masked pixels"];

export default {
  async render({ model, el }) {
    const images = arraySetting(model.get("images"));
    const names = model.get("names");
    const [count, rows, columns] = images.dims;
    const size = rows * columns;
    const networks = model.get("models").map(({ name }) => name);
    const [input] = model.get("inputs");
    const [output] = model.get("outputs");
    const most = model.get("max_noise");
    const levels = [model.get("trained_noise"), model.get("trained_share")]; // of each network, and of each kind of noise
    const trained = levels[0];
    const state = { item: 0, level: trained, seed: 1, kind: 0, which: networks[0] };

    const problem = alarm();
    const { element: status, say } = announcer();
    const [clean, noisy, cleaned] = ["the clean picture", "with noise", "denoised"].map((text) => {
      const canvas = h("canvas", { role: "img" });
      const score = h("span", { class: "live-hint" });
      return {
        text,
        canvas,
        score,
        element: h("figure", { class: "live-tile" }, canvas, h("figcaption", {}, text, score)),
      };
    });
    const thumbs = h(
      "div",
      { class: "live-gallery", role: "group", "aria-label": "Test pictures" },
      ...Array.from({ length: count }, (_, i) => {
        const canvas = h("canvas", {});
        paint(canvas, pixelsOf(i), rows, columns, { map: "gray", low: 0, high: 1 });
        return h(
          "button",
          { type: "button", class: "live-thumb", "aria-label": names[i], onclick: () => ((state.item = i), changed()) },
          canvas,
        );
      }),
    );
    const level = slider({
      label: "Noise",
      min: 0,
      max: most,
      step: 0.01,
      value: trained,
      format: (value) =>
        state.kind ? `${Math.round(100 * value)} % of the pixels` : `${Math.round(100 * value)} % of white`,
      onInput: (value) => ((state.level = value), changed()),
    });
    const kind = choice({
      label: "Kind of noise",
      options: noiseKinds,
      onChange: (i) => ((state.kind = i), level.input.dispatchEvent(new Event("input"))),
    });
    const which =
      networks.length > 1
        ? choice({ label: "Network", options: networks, onChange: (i) => ((state.which = networks[i]), changed()) })
        : null;
    const renew = h(
      "button",
      { type: "button", class: "live-button", onclick: () => ((state.seed += 1), changed()) },
      "New noise",
    );
    const verdict = h("p", { class: "live-verdict" });
    const curve = h("canvas", { class: "live-gain", width: gainWidth, height: gainHeight, role: "img" });
    const changed = () => problem.watch(ask());

    function pixelsOf(i) {
      return Float32Array.from(images.data.subarray(i * size, (i + 1) * size), (value) => value / 255);
    }

    const denoise = async (pixels) =>
      (await infer(model, { [input.name]: { data: pixels, dims: input.dims } }, state.which))[output.name].data;

    const ask = coalesced(async () => {
      const began = performance.now();
      const pixels = pixelsOf(state.item);
      const spoiled = withNoise(pixels, state.level, state.kind, state.seed);
      const mended = await denoise(spoiled);
      el.dataset.milliseconds = (performance.now() - began).toFixed(1);
      for (const [tile, data] of [
        [clean, pixels],
        [noisy, spoiled],
        [cleaned, mended],
      ]) {
        paint(tile.canvas, data, rows, columns, { map: "gray", low: 0, high: 1 });
        tile.canvas.setAttribute("aria-label", `${names[state.item]}: ${tile.text}`);
      }
      const [before, after] = [spoiled, mended].map((data) => peakRatio(data, pixels));
      noisy.score.textContent = `PSNR ${decibels(before)}`;
      cleaned.score.textContent = `PSNR ${decibels(after)}`;
      verdict.textContent = Number.isFinite(before)
        ? after >= before
          ? `Gained: ${(after - before).toFixed(1)} dB`
          : `Lost: ${(before - after).toFixed(1)} dB`
        : "There is no noise to take away; the network changes the picture all the same";
      for (const [i, thumb] of [...thumbs.children].entries())
        thumb.setAttribute("aria-pressed", String(i === state.item));
      const gains = [];
      for (let k = 1; k <= curveLevels; k++) {
        const share = (most * (k - 0.5)) / curveLevels;
        const worse = withNoise(pixels, share, state.kind, state.seed);
        gains.push([share, peakRatio(await denoise(worse), pixels) - peakRatio(worse, pixels)]);
      }
      const known = networks.indexOf(state.which) === state.kind; // this network was trained with this kind of noise
      drawGains(curve, gains, { most, trained: known ? levels[state.kind] : null, level: state.level });
      hint.textContent = `Decibels gained for this picture at each level of the noise. Solid upright line: your level. ${known ? `Dashed: the level in training, ${Math.round(100 * levels[state.kind])} %.` : "This network was never trained with this kind of noise."}`;
      Object.assign(el.dataset, { before: before.toFixed(2), after: after.toFixed(2), item: state.item });
      say(`${names[state.item]}. ${verdict.textContent}.`);
    });

    const left = panel(
      "live-noisy",
      "Noise",
      thumbs,
      kind,
      level.element,
      h("div", { class: "live-tools" }, renew),
      which,
    );
    const hint = h("p", { class: "live-hint" });
    const right = panel(
      "live-mended",
      "The network's answer",
      h("div", { class: "live-tiles" }, clean.element, noisy.element, cleaned.element),
      verdict,
      curve,
      hint,
    );
    el.classList.add("live-denoiser");
    el.append(left.element, right.element, problem.element, status);
    await changed();
  },
};

// A picture with Gaussian noise of standard deviation `level`, or with that share of its pixels set to 0.
export function withNoise(pixels, level, kind, seed) {
  const random = randomSource(seed);
  if (kind) return pixels.map((value) => (random() < level ? 0 : value));
  const noise = gaussians(random, pixels.length);
  return pixels.map((value, i) => value + level * noise[i]);
}

// Peak signal-to-noise ratio in decibels, for values from 0 to 1.
export function peakRatio(found, truth) {
  const error = found.reduce((sum, value, i) => sum + (value - truth[i]) ** 2, 0) / truth.length;
  return -10 * Math.log10(error);
}

const decibels = (ratio) => (Number.isFinite(ratio) ? `${ratio.toFixed(1)} dB` : "infinite");

function drawGains(canvas, gains, { most, trained, level }) {
  const pen = canvas.getContext("2d");
  const values = gains.map(([, gain]) => gain);
  const [low, high] = [Math.min(0, ...values), Math.max(1, ...values)];
  const x = (share) => gainEdge + ((gainWidth - gainEdge - 20) * share) / most;
  const y = (gain) => 36 + ((gainHeight - 36 - 84) * (high - gain)) / (high - low);
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, gainWidth, gainHeight);
  const line = (path, colour, width, dash = []) => {
    pen.beginPath();
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.setLineDash(dash);
    for (const [px, py] of path) pen.lineTo(px, py);
    pen.stroke();
    pen.setLineDash([]);
  };
  line(
    [
      [x(0), y(0)],
      [x(most), y(0)],
    ],
    "#999",
    1.5,
  );
  if (trained !== null)
    line(
      [
        [x(trained), y(low)],
        [x(trained), y(high)],
      ],
      "#777",
      2.5,
      [8, 8],
    );
  line(
    [
      [x(level), y(low)],
      [x(level), y(high)],
    ],
    "#000",
    2.5,
  );
  line(
    gains.map(([share, gain]) => [x(share), y(gain)]),
    "#0072b2",
    4,
  );
  pen.fillStyle = "#333";
  pen.font = "22px system-ui, sans-serif";
  pen.textAlign = "right";
  for (const gain of new Set([low, 0, high])) pen.fillText(signed(gain, 0), gainEdge - 8, y(gain) + 8);
  pen.textAlign = "center";
  for (const share of [0, most / 2, most])
    pen.fillText(`${Math.round(100 * share)} %`, Math.min(x(share), gainWidth - 40), gainHeight - 36);
  pen.fillText("noise", x(most / 2), gainHeight - 10);
  pen.textAlign = "left";
  pen.fillText("dB gained", gainEdge - 30, 22);
  canvas.setAttribute(
    "aria-label",
    `Decibels gained against the noise: ${gains.map(([share, gain]) => `${Math.round(100 * share)} %: ${signed(gain, 1)}`).join(", ")}`,
  );
}
