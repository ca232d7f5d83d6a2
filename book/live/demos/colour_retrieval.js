// Which photographs share the colours of a picture, the reader's own or one that is shipped?
//
// Settings: pictures (list of uint8, rows x columns x 3), names (a text each), bin_colours (uint8, 2048 x 3: what to
// draw each bin with), longest (pixels: larger pictures are made as small before their colours are counted).
// No model. The reader's picture is decoded and counted here and goes nowhere.

import { arraySetting, latest } from "../lib/ask.js";
import { select } from "../lib/controls.js";
import { alarm, announcer, h, panel } from "../lib/dom.js";
import { fileInput, paintPicture, readPicture } from "../lib/pictures.js";

const [redGreen, blueYellow, brightness] = [16, 16, 8]; // sections of each axis, as in utils/classical/colour_histograms.py
const colourBinCount = redGreen * blueYellow * brightness;
const shownBins = 24;
const halfLight = Uint8Array.from({ length: 256 }, (_, value) => Math.floor(value * 2 ** (-1 / 2.2) + 0.5));

export default {
  async render({ model, el }) {
    const names = model.get("names");
    const longest = model.get("longest") ?? 128;
    const binColours = arraySetting(model.get("bin_colours")).data;
    const shelf = model.get("pictures").map((value) => {
      const { data, dims } = arraySetting(value);
      return { data, rows: dims[0], columns: dims[1], histogram: colourHistogram(data) };
    });
    const changes = Object.entries(pictureChanges);
    const state = { source: shelf[0], name: names[0], change: 0, compared: 0, own: null };

    const problem = alarm();
    const { element: status, say } = announcer();
    const canvas = h("canvas", { role: "img" });
    const example = select({ label: "Picture", options: names, onChange: choose });
    const change = select({
      label: "Change it",
      options: changes.map(([name]) => name),
      onChange: (i) => ((state.change = i), update(true)),
    });
    const own = fileInput({ label: "Or one of your own", area: el, onFile: (file) => problem.watch(open(file)) });
    const rows = shelf.map((picture, i) => {
      const thumb = h("canvas", {});
      paintPicture(thumb, picture);
      const bar = h("span", { class: "live-bar" });
      const number = h("span", { class: "live-number" });
      const button = h(
        "button",
        { type: "button", class: "live-ranked", onclick: () => compare(i) },
        thumb,
        h("span", { class: "live-name" }, names[i]),
        h("span", { class: "live-track", "aria-hidden": "true" }, bar),
        number,
      );
      return { bar, number, button, element: h("li", {}, button) };
    });
    const ranking = h("ol", { class: "live-ranking" });
    const bars = h("div", { class: "live-histograms", role: "img" });
    const verdict = h("p", { class: "live-verdict" });
    const facts = h("p", { class: "live-caption" });
    const newest = latest(); // of what the reader chose
    let picture = null; // the changed one
    let matches = [];

    function choose(i) {
      newest();
      const own = i === shelf.length;
      Object.assign(state, { source: own ? state.own.picture : shelf[i], name: own ? state.own.name : names[i] });
      update(true);
    }

    function compare(i) {
      state.compared = i;
      update(false);
    }

    async function open(chosen) {
      const { value: read, overtaken } = await newest(readPicture(chosen, longest));
      if (overtaken) return;
      if (!state.own) example.input.append(h("option", { value: shelf.length }, "your own"));
      state.own = { picture: read, name: "your picture" };
      example.input.value = shelf.length;
      choose(shelf.length);
    }

    function update(best) {
      const began = performance.now();
      picture = changes[state.change][1](state.source);
      picture.histogram = colourHistogram(picture.data);
      matches = shelf.map(({ histogram }) => histogramMatch(picture.histogram, histogram));
      const order = matches.map((_, i) => i).sort((a, b) => matches[b] - matches[a]);
      const itself = state.change === 0 && state.source === shelf[order[0]];
      if (best) state.compared = order[itself ? 1 : 0];
      const focused = document.activeElement;
      if (order.some((i, place) => ranking.children[place] !== rows[i].element))
        ranking.replaceChildren(...order.map((i) => rows[i].element));
      if (rows.some(({ button }) => button === focused)) focused.focus();
      rows.forEach(({ bar, number, button, element }, i) => {
        bar.style.transform = `scaleX(${matches[i]})`;
        number.textContent = matches[i].toFixed(2);
        element.dataset.value = matches[i];
        element.classList.toggle("live-best", i === order[0]);
        button.setAttribute("aria-pressed", i === state.compared);
      });
      paintPicture(canvas, picture);
      canvas.setAttribute("aria-label", `${state.name}, ${changes[state.change][0]}`);
      showHistograms();
      el.dataset.milliseconds = (performance.now() - began).toFixed(1);
      say(`Nearest: ${names[order[0]]}, ${matches[order[0]].toFixed(2)}. ${verdict.textContent}`);
    }

    // Above, the picture's shares; below, the photograph's. What both have is in full colour.
    function showHistograms() {
      const [mine, theirs] = [picture.histogram, shelf[state.compared].histogram];
      const larger = (bin) => Math.max(mine[bin], theirs[bin]);
      const fullest = Array.from(mine.keys())
        .filter((bin) => larger(bin) > 0)
        .sort((a, b) => larger(b) - larger(a))
        .slice(0, shownBins);
      const top = larger(fullest[0]);
      fullest.sort((a, b) => a - b);
      bars.replaceChildren(
        ...fullest.map((bin) => {
          const colour = `rgb(${binColours.subarray(3 * bin, 3 * bin + 3).join(" ")})`;
          const both = Math.min(mine[bin], theirs[bin]);
          const bar = (side, share) =>
            h(
              "span",
              {
                class: `live-${side}`,
                style: `height: ${(50 * share) / top}%; background: color-mix(in srgb, ${colour} 20%, transparent)`,
              },
              both ? h("span", { style: `height: ${(100 * both) / share}%; background: ${colour}` }) : null,
            );
          return h("span", { class: "live-bin" }, bar("upper", mine[bin]), bar("lower", theirs[bin]));
        }),
      );
      const held = (histogram) => Math.round(100 * fullest.reduce((sum, bin) => sum + histogram[bin], 0));
      const [name, score] = [names[state.compared], matches[state.compared].toFixed(2)];
      const changed = state.change ? `, ${changes[state.change][0]},` : "";
      verdict.textContent = `${state.name}${changed} against ${name}: they share ${score}`;
      facts.textContent = `Shown: the ${fullest.length} fullest of ${colourBinCount} bins, with ${held(mine)} % of the pixels above and ${held(theirs)} % below. Full colour: what both have; faint: only one. The score is the sum of the full parts on one side, over all bins.`;
      bars.setAttribute(
        "aria-label",
        `Histograms of ${state.name}, above, and ${name}, below; their common part is ${score}`,
      );
      el.dataset.match = matches[state.compared];
    }

    const note = h(
      "p",
      { class: "live-hint" },
      "Choose a file or drop it here. It stays in this browser and is not sent anywhere.",
    );
    const left = panel(
      "live-query",
      "The picture",
      h("div", { class: "live-controls" }, example.element, change.element),
      canvas,
      own.element,
      note,
      problem.element,
    );
    const middle = panel("live-nearest-colours", "The photographs, ranked", ranking);
    const right = panel("live-compared", "Two histograms of colour", verdict, bars, facts);
    el.classList.add("live-colour-retrieval");
    el.append(left.element, middle.element, right.element, status);
    update(true);
  },
};

// ---- the same arithmetic as utils/classical/colour_histograms.py ------------------------------------------

// The share of the pixels in each bin; red, green and blue follow each other in `pixels`.
export function colourHistogram(pixels) {
  const counts = new Float64Array(colourBinCount);
  for (let i = 0; i < pixels.length; i += 3) {
    const [red, green, blue] = [pixels[i], pixels[i + 1], pixels[i + 2]];
    const across = Math.floor(((red - green + 255) * redGreen) / 511);
    const along = Math.floor(((2 * blue - red - green + 510) * blueYellow) / 1021);
    const up = Math.floor(((red + green + blue) * brightness) / 766);
    counts[(across * blueYellow + along) * brightness + up] += 1;
  }
  return counts.map((count) => count / (pixels.length / 3));
}

export function histogramMatch(image, other) {
  return image.reduce((sum, share, bin) => sum + Math.min(share, other[bin]), 0);
}

// What may happen to a picture before its colours are counted.
export const pictureChanges = {
  "as it is": ({ data, rows, columns }) => ({ data, rows, columns }),
  "upside down": ({ data, rows, columns }) => ({
    data: mapPixels(data, (i) => data.length / 3 - 1 - i),
    rows,
    columns,
  }),
  "left half only": ({ data, rows, columns }) => {
    const half = Math.max(1, columns >> 1);
    return {
      data: mapPixels(data, (i) => Math.floor(i / half) * columns + (i % half), rows * half),
      rows,
      columns: half,
    };
  },
  "half of the light": ({ data, rows, columns }) => ({ data: data.map((value) => halfLight[value]), rows, columns }),
  "warm light": ({ data, rows, columns }) => ({
    data: data.map((value, i) => (i % 3 === 2 ? Math.floor(0.6 * value + 0.5) : value)),
    rows,
    columns,
  }),
  "without colour": ({ data, rows, columns }) => ({
    data: data.map((_, i) => Math.floor((data[i - (i % 3)] + data[i - (i % 3) + 1] + data[i - (i % 3) + 2]) / 3)),
    rows,
    columns,
  }),
};

// A picture whose i-th pixel is the from(i)-th of another.
function mapPixels(data, from, count = data.length / 3) {
  const result = new Uint8Array(3 * count);
  for (let i = 0; i < count; i++) for (let c = 0; c < 3; c++) result[3 * i + c] = data[3 * from(i) + c];
  return result;
}
