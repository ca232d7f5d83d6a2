// Noise on a slider, and what a network makes of the noisy picture.
//
// Settings: images (uint8, n x rows x columns), names (a text each), trained_noise (of the first model: standard deviation
// in training, as a share of white), trained_share (of the second, if there is one: share of pixels masked), max_noise.
// Models: images (1, 1, rows, columns), noisy and not cut off -> cleaned, the same.

import { arraySetting, infer } from "../lib/ask.js";
import { across, polyline, upright, whiteSheet } from "../lib/charts.js";
import { choice, slider } from "../lib/controls.js";
import { button, h, panel, tile } from "../lib/dom.js";
import { signed } from "../lib/numbers.js";
import { grey, paint, sharesOf } from "../lib/paint.js";
import { gaussians, randomSource } from "../lib/random.js";
import { scaffold } from "../lib/scaffold.js";

const curveLevels = 9; // noise levels of the curve
const [gainWidth, gainHeight, gainEdge] = [640, 330, 66];
const noiseKinds = ["Gaussian", "masked pixels"];

export default {
  async render({ model, el }) {
    const images = arraySetting(model.get("images"));
    const names = model.get("names");
    const [count, rows, columns] = images.dims;
    const pictures = Array.from({ length: count }, (_, i) =>
      sharesOf(images.data.subarray(i * rows * columns, (i + 1) * rows * columns)),
    );
    const networks = model.get("models").map(({ name }) => name);
    const most = model.get("max_noise");
    const levels = [model.get("trained_noise"), model.get("trained_share")]; // of each network, and of each kind of noise
    const state = { item: 0, level: levels[0], seed: 1, kind: 0, which: networks[0] };
    const { say, asker, show } = scaffold(el, "live-denoiser");

    const [clean, noisy, cleaned] = ["the clean picture", "with noise", "denoised"].map(scoredTile);
    const thumbs = pictures.map((pixels, item) => thumb(names[item], pixels, [rows, columns], () => set({ item })));
    const level = slider({
      label: "Noise",
      min: 0,
      max: most,
      step: 0.01,
      value: state.level,
      format: (value) => `${Math.round(100 * value)} % of ${state.kind ? "the pixels" : "white"}`,
      onInput: (value) => set({ level: value }),
    });
    const kind = choice({
      label: "Kind of noise",
      options: noiseKinds,
      onChange(i) {
        state.kind = i;
        level.input.dispatchEvent(new Event("input"));
      },
    });
    const which = choice({ label: "Network", options: networks, onChange: (i) => set({ which: networks[i] }) });
    const verdict = h("p", { class: "live-verdict" });
    const note = h("p", { class: "live-hint" });
    const curve = h("canvas", { class: "live-gain", width: gainWidth, height: gainHeight, role: "img" });

    function set(values) {
      Object.assign(state, values);
      return changed();
    }

    const changed = asker(async () => {
      const { item, level: dose, kind: sort, seed, which: network } = state;
      const truth = pictures[item];
      const spoiled = withNoise(truth, dose, sort, seed);
      const mended = await denoised(model, network, spoiled);
      const [before, after] = [spoiled, mended].map((data) => peakRatio(data, truth));
      clean.update(names[item], truth, [rows, columns]);
      noisy.update(names[item], spoiled, [rows, columns], before);
      cleaned.update(names[item], mended, [rows, columns], after);
      verdict.textContent = gainText(before, after);
      for (const [i, element] of thumbs.entries()) element.setAttribute("aria-pressed", String(i === item));
      const known = networks.indexOf(network) === sort; // this network was trained with this kind of noise
      const gains = await gainsOver(
        most,
        (share) => withNoise(truth, share, sort, seed),
        truth,
        (noise) => denoised(model, network, noise),
      );
      drawGains(curve, gains, { most, trained: known ? levels[sort] : null, level: dose });
      note.textContent = curveNote(known ? levels[sort] : null);
      Object.assign(el.dataset, { before: before.toFixed(2), after: after.toFixed(2), item });
      say(`${names[item]}. ${verdict.textContent}.`);
    });

    const gallery = h("div", { class: "live-gallery", role: "group", "aria-label": "Test pictures" }, ...thumbs);
    const renew = button("New noise", () => set({ seed: state.seed + 1 }));
    const network = networks.length > 1 ? which : null;
    const tools = h("div", { class: "live-tools" }, renew);
    const left = panel("live-noisy", "Noise", gallery, kind, level.element, tools, network);
    const tiles = h("div", { class: "live-tiles" }, clean.element, noisy.element, cleaned.element);
    show(left.element, panel("live-mended", "The network's answer", tiles, verdict, curve, note).element);
    await changed();
  },
};

// A picture over what it is and how near it comes to the clean one.
function scoredTile(text) {
  const canvas = h("canvas", { role: "img" });
  const score = h("span", { class: "live-hint" });
  const update = (name, pixels, [rows, columns], ratio) => {
    paint(canvas, pixels, rows, columns, grey);
    canvas.setAttribute("aria-label", `${name}: ${text}`);
    if (ratio !== undefined) score.textContent = `PSNR ${decibels(ratio)}`;
  };
  return { element: tile(canvas, text, score), update };
}

function thumb(label, pixels, [rows, columns], onclick) {
  const canvas = h("canvas", {});
  paint(canvas, pixels, rows, columns, grey);
  return h("button", { type: "button", class: "live-thumb", "aria-label": label, onclick }, canvas);
}

async function denoised(model, which, pixels) {
  const [[input], [output]] = [model.get("inputs"), model.get("outputs")];
  return (await infer(model, { [input.name]: { data: pixels, dims: input.dims } }, which))[output.name].data;
}

// The decibels gained at each level of noise: pairs of level and gain.
async function gainsOver(most, spoil, truth, mend) {
  const gains = [];
  for (let k = 1; k <= curveLevels; k++) {
    const share = (most * (k - 0.5)) / curveLevels;
    const worse = spoil(share);
    gains.push([share, peakRatio(await mend(worse), truth) - peakRatio(worse, truth)]);
  }
  return gains;
}

function gainText(before, after) {
  if (!Number.isFinite(before)) return "There is no noise to take away; the network changes the picture all the same";
  return after >= before ? `Gained: ${(after - before).toFixed(1)} dB` : `Lost: ${(before - after).toFixed(1)} dB`;
}

function curveNote(trained) {
  const known =
    trained === null
      ? "This network was never trained with this kind of noise."
      : `Dashed: the level in training, ${Math.round(100 * trained)} %.`;
  return `Decibels gained for this picture at each level of the noise. Solid upright line: your level. ${known}`;
}

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
  const pen = whiteSheet(canvas);
  const values = gains.map(([, gain]) => gain);
  const [low, high] = [Math.min(0, ...values), Math.max(1, ...values)];
  const x = (share) => gainEdge + ((gainWidth - gainEdge - 20) * share) / most;
  const y = (gain) => 36 + ((gainHeight - 36 - 84) * (high - gain)) / (high - low);
  across(pen, y(0), x(0), x(most), { colour: "#999", width: 1.5 });
  if (trained !== null) upright(pen, x(trained), y(low), y(high), { colour: "#777", width: 2.5, dash: [8, 8] });
  upright(pen, x(level), y(low), y(high), { colour: "#000", width: 2.5 });
  const points = gains.map(([share, gain]) => [x(share), y(gain)]);
  polyline(pen, points, { colour: "#0072b2", width: 4 });
  pen.fillStyle = "#333";
  pen.font = "22px system-ui, sans-serif";
  pen.textAlign = "right";
  for (const gain of new Set([low, 0, high])) pen.fillText(signed(gain, 0), gainEdge - 8, y(gain) + 8);
  pen.textAlign = "center";
  for (const share of [0, most / 2, most]) {
    pen.fillText(`${Math.round(100 * share)} %`, Math.min(x(share), gainWidth - 40), gainHeight - 36);
  }
  pen.fillText("noise", x(most / 2), gainHeight - 10);
  pen.textAlign = "left";
  pen.fillText("dB gained", gainEdge - 30, 22);
  const words = gains.map(([share, gain]) => `${Math.round(100 * share)} %: ${signed(gain, 1)}`);
  canvas.setAttribute("aria-label", `Decibels gained against the noise: ${words.join(", ")}`);
}
