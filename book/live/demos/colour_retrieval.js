// Which photographs share the colours of a picture, the reader's own or one that is shipped?
//
// Settings: pictures (list of uint8, rows x columns x 3), names (a text each), bin_colours (uint8, 2048 x 3: what to
// draw each bin with), longest (pixels: larger pictures are made as small before their colours are counted).
// No model. The reader's picture is decoded and counted here and goes nowhere.

import { arraySetting, latest } from "../lib/ask.js";
import { select } from "../lib/controls.js";
import { h, hint, panel } from "../lib/dom.js";
import { fileInput, paintPicture, readPicture } from "../lib/pictures.js";
import { scaffold } from "../lib/scaffold.js";

const [redGreen, blueYellow, brightness] = [16, 16, 8]; // sections of each axis, as in utils/classical/colour_histograms.py
const colourBinCount = redGreen * blueYellow * brightness;
const shownBins = 24;
const halfLight = Uint8Array.from({ length: 256 }, (_, value) => Math.floor(value * 2 ** (-1 / 2.2) + 0.5));

export default {
  async render({ model, el }) {
    const names = model.get("names");
    const longest = model.get("longest") ?? 128;
    const shelf = model.get("pictures").map(pictureOnShelf);
    const changes = Object.entries(pictureChanges);
    const state = { source: shelf[0], name: names[0], change: 0, compared: 0, own: null };
    const { say, problem, show } = scaffold(el, "live-colour-retrieval");

    const newest = latest(); // of what the reader chose
    const canvas = h("canvas", { role: "img" });
    const example = select({ label: "Picture", options: names, onChange: choose });
    const change = select({
      label: "Change it",
      options: changes.map(([name]) => name),
      onChange: (i) => update({ change: i }),
    });
    const own = fileInput({ label: "Or one of your own", area: el, onFile: (file) => problem.watch(open(file)) });
    const ranking = rankedPictures(shelf, names, (compared) => update({ compared }));
    const comparison = comparedHistograms(arraySetting(model.get("bin_colours")).data);

    function choose(i) {
      newest();
      if (i === shelf.length) update({ source: state.own, name: "your picture" });
      else update({ source: shelf[i], name: names[i] });
    }

    async function open(chosen) {
      const { value: read, overtaken } = await newest(readPicture(chosen, longest));
      if (overtaken) return;
      if (!state.own) example.input.append(h("option", { value: shelf.length }, "your own"));
      state.own = read;
      example.input.value = shelf.length;
      choose(shelf.length);
    }

    // A new picture is compared with the nearest one other than itself.
    function update(values) {
      const began = performance.now();
      Object.assign(state, values);
      const [changeName, changed] = changes[state.change];
      const picture = changed(state.source);
      picture.histogram = colourHistogram(picture.data);
      const matches = shelf.map(({ histogram }) => histogramMatch(picture.histogram, histogram));
      const order = matches.map((_, i) => i).sort((a, b) => matches[b] - matches[a]);
      const itself = state.change === 0 && state.source === shelf[order[0]];
      if (!("compared" in values)) state.compared = order[itself ? 1 : 0];
      ranking.update(order, matches, state.compared);
      paintPicture(canvas, picture);
      canvas.setAttribute("aria-label", `${state.name}, ${changeName}`);
      const [other, match] = [state.compared, matches[state.compared]];
      const whose = `${state.name}${state.change ? `, ${changeName},` : ""}`;
      const verdict = comparison.update(picture, shelf[other], {
        whose,
        mine: state.name,
        theirs: names[other],
        match,
      });
      Object.assign(el.dataset, { match, milliseconds: (performance.now() - began).toFixed(1) });
      say(`Nearest: ${names[order[0]]}, ${matches[order[0]].toFixed(2)}. ${verdict}`);
    }

    const note = hint("Choose a file or drop it here. It stays in this browser and is not sent anywhere.");
    const choices = h("div", { class: "live-controls" }, example.element, change.element);
    const left = panel("live-query", "The picture", choices, canvas, own.element, note);
    const middle = panel("live-nearest-colours", "The photographs, ranked", ranking.element);
    const right = panel("live-compared", "Two histograms of colour", ...comparison.elements);
    show(left.element, middle.element, right.element);
    left.element.append(problem.element); // beside what it is about
    update({});
  },
};

function pictureOnShelf(value) {
  const { data, dims } = arraySetting(value);
  return { data, rows: dims[0], columns: dims[1], histogram: colourHistogram(data) };
}

// The photographs as buttons, the nearest first.
function rankedPictures(shelf, names, onPress) {
  const rows = shelf.map((picture, i) => {
    const canvas = h("canvas", {});
    paintPicture(canvas, picture);
    const bar = h("span", { class: "live-bar" });
    const number = h("span", { class: "live-number" });
    const track = h("span", { class: "live-track", "aria-hidden": "true" }, bar);
    const attributes = { type: "button", class: "live-ranked", onclick: () => onPress(i) };
    const button = h("button", attributes, canvas, h("span", { class: "live-name" }, names[i]), track, number);
    return { bar, number, button, element: h("li", {}, button) };
  });
  const element = h("ol", { class: "live-ranking" });

  function update(order, matches, compared) {
    const focused = document.activeElement;
    const moved = order.some((i, place) => element.children[place] !== rows[i].element);
    if (moved) element.replaceChildren(...order.map((i) => rows[i].element));
    if (rows.some(({ button }) => button === focused)) focused.focus();
    rows.forEach((row, i) => {
      row.bar.style.transform = `scaleX(${matches[i]})`;
      row.number.textContent = matches[i].toFixed(2);
      row.element.dataset.value = matches[i];
      row.element.classList.toggle("live-best", i === order[0]);
      row.button.setAttribute("aria-pressed", i === compared);
    });
  }
  return { element, update };
}

// Above, the picture's shares; below, the photograph's. What both have is in full colour.
function comparedHistograms(binColours) {
  const bars = h("div", { class: "live-histograms", role: "img" });
  const verdict = h("p", { class: "live-verdict" });
  const facts = h("p", { class: "live-caption" });

  function update({ histogram: upper }, { histogram: lower }, { whose, mine, theirs, match }) {
    const larger = (bin) => Math.max(upper[bin], lower[bin]);
    const fullest = Array.from(upper.keys()).filter((bin) => larger(bin) > 0);
    fullest.sort((a, b) => larger(b) - larger(a)).splice(shownBins);
    const top = larger(fullest[0]);
    fullest.sort((a, b) => a - b);
    bars.replaceChildren(
      ...fullest.map((bin) => {
        const colour = `rgb(${binColours.subarray(3 * bin, 3 * bin + 3).join(" ")})`;
        return binPair(colour, upper[bin], lower[bin], top);
      }),
    );
    const held = (histogram) => Math.round(100 * fullest.reduce((sum, bin) => sum + histogram[bin], 0));
    verdict.textContent = `${whose} against ${theirs}: they share ${match.toFixed(2)}`;
    facts.textContent = `Shown: the ${fullest.length} fullest of ${colourBinCount} bins, with ${held(upper)} % of the pixels above and ${held(lower)} % below. Full colour: what both have; faint: only one. The score is the sum of the full parts on one side, over all bins.`;
    const common = `their common part is ${match.toFixed(2)}`;
    bars.setAttribute("aria-label", `Histograms of ${mine}, above, and ${theirs}, below; ${common}`);
    return verdict.textContent;
  }
  return { elements: [verdict, bars, facts], update };
}

// One bin of both histograms.
function binPair(colour, upper, lower, top) {
  const both = Math.min(upper, lower);
  const bar = (side, share) => {
    const full = both ? h("span", { style: `height: ${(100 * both) / share}%; background: ${colour}` }) : null;
    const faint = `color-mix(in srgb, ${colour} 20%, transparent)`;
    return h("span", { class: side, style: `height: ${(50 * share) / top}%; background: ${faint}` }, full);
  };
  return h("span", { class: "live-bin" }, bar("live-upper", upper), bar("live-lower", lower));
}

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
