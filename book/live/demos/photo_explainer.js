// Which classes does an ImageNet network see in a photograph, the reader's own or one that is shipped, and where?
//
// Settings: examples (uint8, n x side x side x 3), example_names, classes (a text each), start (which example). Models:
// pixels (1, 3, side, side) from 0 to 255 -> logits (1, classes) and maps (1, classes, rows, columns), each class's
// Grad-CAM map before its negative part is cut off. The reader's pictures are read here and go nowhere.

import { arraySetting, infer } from "../lib/ask.js";
import { select, slider } from "../lib/controls.js";
import { freshId, h, panel } from "../lib/dom.js";
import { likeliest, percent, softmax } from "../lib/numbers.js";
import { colourOf } from "../lib/paint.js";
import { photographChoice } from "../lib/photographs.js";
import { paintPicture, planesOf } from "../lib/pictures.js";
import { scaffold } from "../lib/scaffold.js";

const explainedClasses = 5;

export default {
  async render({ model, el }) {
    const [classes, models] = [model.get("classes"), model.get("models")];
    const state = { picture: null, model: models[0].name, chosen: null, strength: 0.7, answer: null };
    const { say, problem, asker, show: put } = scaffold(el, "live-photo-explainer");

    const waiting = h("p", { class: "live-hint", role: "status" });
    const choice = photographChoice({
      examples: arraySetting(model.get("examples")),
      names: model.get("example_names"),
      start: model.get("start") ?? 0,
      area: el,
      problem,
      onPicture: show,
    });
    const weights = select({
      label: "Weights",
      options: models.map(sizeText),
      onChange(i) {
        state.model = models[i].name;
        changed();
      },
    });
    const strength = slider({
      label: "Map",
      min: 0,
      max: 1,
      step: 0.05,
      value: state.strength,
      format: (value) => percent(value),
      onInput: (value) => draw({ strength: value }),
    });
    const shown = explanation(classes, (k) => draw({ chosen: k }), problem);

    // A new picture is explained by its own likeliest class.
    function show(picture) {
      Object.assign(state, { picture, chosen: null });
      return changed();
    }

    const changed = asker(async () => {
      const { picture, model: which } = state;
      const size = sizeText(models.find(({ name }) => name === which));
      state.answer = await whileWaiting(waiting, `Loading the weights: ${size} …`, explained(model, picture, which));
      draw();
    });

    function draw(values = {}) {
      Object.assign(state, values);
      say(shown.update(state.answer, state));
      Object.assign(el.dataset, shown.facts(), { weights: state.answer.which });
    }

    const title = "The photograph, and where the class is seen";
    const left = panel("live-photo", title, shown.canvas, strength.element, shown.verdict);
    const answers = [shown.list, shown.search, choice.sources, choice.note, waiting];
    const right = panel("live-answers", "Its five likeliest classes: press one", ...answers);
    const choices = models.length > 1 ? [choice.list, weights.element] : [choice.list];
    put(h("div", { class: "live-controls" }, ...choices), left.element, right.element);
    right.element.append(problem.element); // beside what it is about
    await choice.begin();
  },
};

const sizeText = ({ name, bytes }) => (bytes ? `${name} (${(bytes / 1e6).toFixed(1)} MB)` : name);

// Say so where an answer takes more than half a second.
async function whileWaiting(element, words, answer) {
  const note = setTimeout(() => (element.textContent = words), 500);
  try {
    return await answer;
  } finally {
    clearTimeout(note);
    element.textContent = "";
  }
}

async function explained(model, picture, which) {
  const [{ name, dims }] = model.get("inputs");
  const { logits, maps } = await infer(model, { [name]: { data: planesOf(picture.data), dims } }, which);
  const [rows, columns] = maps.dims.slice(2);
  return { picture, which, probabilities: softmax(logits.data), maps: maps.data, rows, columns };
}

// What is explained: the classes to press, the picture under the map of one of them, and that in words.
function explanation(classes, explain, problem) {
  const canvas = h("canvas", { role: "img" });
  const verdict = h("p", { class: "live-verdict" });
  const buttons = Array.from({ length: explainedClasses }, () => explainButton(explain));
  const list = h("ol", { class: "live-scores" }, ...buttons.map(({ element }) => element));
  let facts = {};

  function update({ picture, probabilities, maps, rows, columns }, { chosen, strength }) {
    const best = likeliest(probabilities, explainedClasses);
    const k = chosen ?? best[0];
    best.forEach((other, i) => buttons[i].update(other, classes[other], probabilities[other], other === k));
    const map = maps.subarray(rows * columns * k, rows * columns * (k + 1)).map((value) => Math.max(0, value));
    const strongest = Math.max(...map);
    paintPicture(canvas, withMap(picture, enlarged(map, rows, columns, picture.rows), strongest, strength));
    const place = placeName(map.indexOf(strongest), rows, columns);
    const text = `${classes[k]}: ${percent(probabilities[k], 1)}, ${strongest > 0 ? `strongest ${place}` : "no place speaks for it"}`;
    verdict.textContent = `Explained: ${text}.`;
    canvas.setAttribute("aria-label", `The photograph, with the map of ${text}`);
    facts = { first: classes[best[0]], explained: classes[k], share: probabilities[k] };
    return `First: ${classes[best[0]]}, ${percent(probabilities[best[0]])}. Explained: ${text}`;
  }
  const search = classSearch(classes, explain, problem).element;
  return { canvas, verdict, list, search, update, facts: () => facts };
}

// One class with its bar, as a button that asks for its map.
function explainButton(onPress) {
  let shown = null;
  const [name, bar, number] = [
    h("span", { class: "live-name" }),
    h("span", { class: "live-bar" }),
    h("span", { class: "live-number" }),
  ];
  const button = h(
    "button",
    { type: "button", class: "live-explain", onclick: () => onPress(shown) },
    name,
    h("span", { class: "live-track", "aria-hidden": "true" }, bar),
    number,
  );
  const element = h("li", { class: "live-score" }, button);
  const update = (k, text, probability, pressed) => {
    shown = k;
    name.textContent = text;
    bar.style.transform = `scaleX(${probability})`;
    number.textContent = percent(probability, 1);
    button.setAttribute("aria-pressed", pressed);
    element.dataset.class = text;
    element.dataset.value = probability;
  };
  return { element, update };
}

// A field that completes the name of any class.
function classSearch(classes, onChoose, problem) {
  const id = freshId("live-classes");
  const input = h("input", {
    type: "search",
    list: id,
    class: "live-search",
    autocomplete: "off",
    onchange: () => problem.watch(choose()),
  });
  const choose = async () => {
    const wanted = input.value.trim().toLowerCase();
    if (!wanted) return;
    const exact = classes.findIndex((name) => name.toLowerCase() === wanted);
    const found = exact >= 0 ? exact : classes.findIndex((name) => name.toLowerCase().includes(wanted));
    if (found < 0)
      throw new Error(
        `None of the ${classes.length} classes has “${input.value}” in its name. Try a kind of animal, vehicle, food or furniture.`,
      );
    input.value = classes[found];
    onChoose(found);
  };
  const options = [...new Set(classes)].map((name) => h("option", { value: name }));
  return {
    element: h(
      "label",
      { class: "live-field live-any" },
      h("span", {}, `Any of the ${classes.length} classes`),
      input,
      h("datalist", { id }, ...options),
    ),
  };
}

function placeName(index, rows, columns) {
  const third = (place, count) => Math.floor((3 * (place + 0.5)) / count);
  const [up, across] = [third(Math.floor(index / columns), rows), third(index % columns, columns)];
  if (up === 1 && across === 1) return "in the middle";
  return `${["above", "in the middle", "below"][up]}, ${["left", "centre", "right"][across]}`;
}

// ---- a map over the photograph ------------------------------------------------------------------

// Bilinear, as F.interpolate(align_corners=False) does it: rows x columns -> side x side.
export function enlarged(map, rows, columns, side) {
  const result = new Float32Array(side * side);
  const along = (place, count) => {
    const at = Math.max(0, ((place + 0.5) * count) / side - 0.5);
    const low = Math.min(count - 1, Math.floor(at));
    return [low, Math.min(count - 1, low + 1), at - low];
  };
  const across = Array.from({ length: side }, (_, x) => along(x, columns));
  for (let y = 0; y < side; y++) {
    const [top, bottom, down] = along(y, rows);
    for (let x = 0; x < side; x++) {
      const [left, right, over] = across[x];
      const upper = map[top * columns + left] * (1 - over) + map[top * columns + right] * over;
      const lower = map[bottom * columns + left] * (1 - over) + map[bottom * columns + right] * over;
      result[y * side + x] = upper * (1 - down) + lower * down;
    }
  }
  return result;
}

// The picture under the colours of the map.
function withMap({ data, rows, columns }, heat, highest, strength) {
  const mixed = new Uint8ClampedArray(data.length);
  const scale = { map: "viridis", low: 0, high: highest || 1 };
  for (let i = 0; i < rows * columns; i++) {
    const colour = colourOf(heat[i], scale);
    for (let c = 0; c < 3; c++) mixed[3 * i + c] = (1 - strength) * data[3 * i + c] + strength * colour[c];
  }
  return { data: mixed, rows, columns };
}
