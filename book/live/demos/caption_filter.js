// A caption filter: pairs of picture and caption are kept if their embeddings' cosine reaches a threshold.
//
// Settings: cosines (float32, 2 x pairs: of two trainings of the embedding), trainings (their two names), sorts (of pairs; the
// first is the true ones), sort_of_pair (uint8, pairs), kinds (of things), named (uint8, pairs x kinds: whether the caption
// names the kind), frequency (two lists: how often each kind occurred in each training). Of some pairs, example_pairs (a list
// of their numbers), pictures (uint8, examples x rows x columns x 3), captions and truths (lists: what the pair says, and what is true), embeddings (float32, examples x d: of
// their pictures, by the first training). words (a list; a word's token is its place plus 1, 0 stands for none), colours (names).
// Model: the first training's text encoder, tokens (1, words) -> embedding (1, d) of length 1.

import { arraySetting, infer } from "../lib/ask.js";
import { captionOfLayout, parseCaption, relationWords } from "../lib/captions.js";
import { choice, markedBar, select, setSlider, slider } from "../lib/controls.js";
import { button, h, hint, panel } from "../lib/dom.js";
import { onDrag } from "../lib/drag.js";
import { onArrows } from "../lib/keys.js";
import { percent, signed } from "../lib/numbers.js";
import { extent } from "../lib/paint.js";
import { paintPicture } from "../lib/pictures.js";
import { scaffold } from "../lib/scaffold.js";

const binCount = 60;
const shareKept = 0.9; // of the true pairs, by the button
const nearCount = 3; // examples above the threshold, and below it
const relations = ["alone", "and", ...relationWords];
const views = ["Which kinds are kept", "At the threshold", "Your caption"];

export default {
  async render({ model, el }) {
    const pool = readPool(model);
    const state = { training: 0, threshold: keepingTrue(pool, 0, shareKept), own: null };
    const { say, asker, show: put } = scaffold(el, "live-caption-filter", "The caption could not be scored. ");

    const chart = histograms(pool, (threshold) => set({ threshold }));
    const facts = keptFacts();
    const kinds = kindTable(pool);
    const edge = edgePairs(pool);
    const composer = captionComposer(pool, () => scoreOwn());
    const [low, high] = pool.range;
    const threshold = slider({
      label: "Threshold",
      min: low,
      max: high,
      step: 0.005,
      value: state.threshold,
      format: (value) => signed(value, 3),
      onInput: (value) => set({ threshold: value }),
    });
    const training = choice({ label: "Training", options: pool.trainings, onChange: (i) => set({ training: i }) });
    const keep = button(`Keep ${percent(shareKept)} of the true pairs`, () =>
      set({ threshold: keepingTrue(pool, state.training, shareKept) }),
    );

    function set(values) {
      Object.assign(state, values);
      const found = measure(pool, state.training, state.threshold);
      setSlider(threshold, state.threshold, signed(state.threshold, 3));
      chart.update(state, found);
      kinds.update(state.training, found);
      edge.update(state);
      composer.tell(state);
      const told = facts.update(found);
      const { precision, recall, kept } = found;
      Object.assign(el.dataset, { training: state.training, threshold: state.threshold, precision, recall, kept });
      say(told);
    }

    // The sentences are told together: what is kept, and what becomes of the reader's caption.
    const scoreOwn = asker(async () => {
      const { example, caption } = composer.chosen();
      const cosine = await scoreOf(model, pool, example, caption);
      set({ own: { example, caption, cosine } });
      Object.assign(el.dataset, { caption, example, cosine });
      say(composer.told());
    });

    el.dataset.view = 0;
    const view = choice({ label: "What is shown beside", options: views, onChange: (i) => (el.dataset.view = i) });
    view.classList.add("live-views");
    const note = hint("Drag the line, or click where it should stand. Each row has its own height.");
    const tools = h("div", { class: "live-tools" }, threshold.element, keep);
    const left = panel("live-pool", "Cosine of picture and caption", training, chart.element, tools, note);
    put(
      left.element,
      panel("live-kept", "What is kept", facts.element).element,
      view,
      panel("live-kinds", "True pairs that are kept, by the kind they name", kinds.element, kinds.note).element,
      panel("live-edge", "The examples nearest the threshold", edge.element).element,
      panel("live-own", "Try a caption", composer.element).element,
    );
    set({});
    composer.choose(0);
    await scoreOwn();
  },
};

function readPool(model) {
  const lists = ["trainings", "sorts", "kinds", "captions", "truths", "words", "colours", "frequency"];
  const pool = Object.fromEntries(lists.map((key) => [key, model.get(key)]));
  const cosines = arraySetting(model.get("cosines"));
  const count = cosines.dims[1];
  const [, rows, columns] = arraySetting(model.get("pictures")).dims;
  const pixels = arraySetting(model.get("pictures")).data;
  const size = 3 * rows * columns;
  const [low, high] = extent(cosines.data);
  return {
    ...pool,
    count,
    cosines: [0, 1].map((training) => cosines.data.subarray(training * count, (training + 1) * count)),
    range: [Math.floor(20 * low) / 20, Math.ceil(20 * high) / 20],
    sortOf: arraySetting(model.get("sort_of_pair")).data,
    named: arraySetting(model.get("named")).data,
    examples: model.get("example_pairs"),
    embeddings: arraySetting(model.get("embeddings")),
    picture: (i) => ({ data: pixels.subarray(i * size, (i + 1) * size), rows, columns }),
  };
}

// ---- what computes -----------------------------------------------------------------------------------------------------

// What a threshold keeps: how many pairs, what share of them is true, and what share is kept of each sort and, of the true
// pairs, of each kind.
export function measure({ cosines, sortOf, named, sorts, kinds }, training, threshold) {
  const tally = (count) => Array.from({ length: count }, () => ({ kept: 0, all: 0 }));
  const [bySort, byKind] = [tally(sorts.length), tally(kinds.length)];
  cosines[training].forEach((cosine, pair) => {
    const add = (group) => {
      group.all += 1;
      group.kept += cosine >= threshold;
    };
    add(bySort[sortOf[pair]]);
    if (sortOf[pair] === 0) byKind.forEach((group, k) => named[pair * kinds.length + k] && add(group));
  });
  const share = ({ kept, all }) => (all ? kept / all : 0);
  const kept = bySort.reduce((sum, group) => sum + group.kept, 0);
  return {
    kept,
    all: sortOf.length,
    precision: kept ? bySort[0].kept / kept : 1, // nothing wrong is kept
    recall: share(bySort[0]),
    truth: bySort[0].all / sortOf.length,
    bySort: bySort.map(share),
    byKind: byKind.map(share),
  };
}

// The highest threshold that keeps so large a share of the true pairs.
export function keepingTrue({ cosines, sortOf }, training, share) {
  const own = cosines[training].filter((_, pair) => sortOf[pair] === 0).sort();
  return own[own.length - Math.ceil(share * own.length)];
}

// One thing or two in the words of utils.scenes.captions; each is [colour, kind].
export function captionText(things, relation) {
  const named = things.slice(0, relation === "alone" ? 1 : 2).map(([colour, kind]) => ({ colour, kind }));
  return captionOfLayout({ things: named, relation });
}

// The things and the relation of such a caption.
export function captionParts(caption, colours, kinds) {
  const { things, relation } = parseCaption(caption, { colours, kinds, grounds: [] }).layout;
  const named = things.map(({ colour, kind }) => [colour, kind]);
  return { things: named, relation: relation ?? (things.length > 1 ? "and" : "alone") };
}

export function tokensOf(caption, words, length) {
  const tokens = caption.split(" ").map((word) => words.indexOf(word) + 1);
  return Array.from({ length }, (_, i) => tokens[i] ?? 0);
}

// The cosine of an example's picture and a caption, by the first training.
async function scoreOf(model, { words, embeddings }, example, caption) {
  const [{ name, dims }] = model.get("inputs");
  const answer = await infer(model, { [name]: { data: tokensOf(caption, words, dims[1]), dims } });
  const [{ data }] = Object.values(answer);
  return data.reduce((sum, value, i) => sum + value * embeddings.data[example * data.length + i], 0);
}

// ---- histograms --------------------------------------------------------------------------------------------------------

// A row a sort, over one axis, and a line across all at the threshold. onMove(threshold)
function histograms(pool, onMove) {
  const [low, high] = pool.range;
  const place = (cosine) => `${(100 * (cosine - low)) / (high - low)}%`;
  const rows = pool.sorts.map((name, sort) => sortRow(name, sort));
  const line = h("span", { class: "live-line" });
  const own = h("span", { class: "live-own-mark", hidden: true }, "yours");
  const plot = h("div", { class: "live-plot" }, ...rows.map(({ element }) => element), line, own);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => h("span", {}, signed(low + share * (high - low))));
  const element = h(
    "div",
    { class: "live-chart" },
    plot,
    h("div", { class: "live-ticks", "aria-hidden": "true" }, ...ticks),
  );
  const follow = (event) => {
    const { left, width } = plot.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - left) / width));
    onMove(Math.round(1000 * (low + share * (high - low))) / 1000);
  };
  onDrag(plot, { start: follow, move: follow });

  let drawn = null; // the training whose histograms stand there
  function update({ training, threshold, own: scored }, { bySort }) {
    plot.style.setProperty("--threshold", place(threshold));
    rows.forEach((row, sort) => {
      if (training !== drawn) row.draw(hillOf(pool, training, sort));
      row.update(bySort[sort]);
    });
    drawn = training;
    own.hidden = !scored || training !== 0;
    if (scored) own.style.left = place(Math.min(high, Math.max(low, scored.cosine)));
  }
  return { element, update };
}

function sortRow(name, sort) {
  const [bar, number] = [markedBar(), h("span", { class: "live-number" })];
  const hill = h("div", { class: "live-hill" });
  const head = h("p", { class: "live-sort-head" }, h("span", {}, sort ? `false: ${name}` : name), bar.element, number);
  const element = h("div", { class: `live-sort ${sort ? "" : "live-best"}`, "data-sort": sort }, head, hill);
  const update = (kept) => {
    bar.update(kept);
    number.textContent = `${percent(kept)} kept`;
  };
  const draw = (heights) => {
    const steps = heights.flatMap((height, i) => [i, i + 1].map((edge) => [edge / heights.length, 1 - height]));
    const points = [[0, 1], ...steps, [1, 1]].map((point) =>
      point.map((share) => `${(100 * share).toFixed(2)}%`).join(" "),
    );
    hill.style.clipPath = `polygon(${points.join(", ")})`;
  };
  return { element, update, draw };
}

// The heights of a sort's histogram, the highest being 1.
function hillOf({ cosines, sortOf, range: [low, high] }, training, sort) {
  const counts = new Array(binCount).fill(0);
  cosines[training].forEach((cosine, pair) => {
    if (sortOf[pair] !== sort) return;
    counts[Math.min(binCount - 1, Math.floor((binCount * (cosine - low)) / (high - low)))] += 1;
  });
  const most = Math.max(1, ...counts);
  return counts.map((count) => count / most);
}

// ---- what is kept ------------------------------------------------------------------------------------------------------

function keptFacts() {
  const names = { precision: "of what is kept is true (precision)", recall: "of what is true is kept (recall)" };
  const rows = Object.entries(names).map(([key, text]) => {
    const number = h("strong", { class: "live-large-number" });
    return { key, number, element: h("p", { "data-of": key }, number, h("span", {}, text)) };
  });
  const told = h("p", { class: "live-caption" });
  const update = (found) => {
    for (const { key, number } of rows)
      number.textContent = found.kept || key === "recall" ? percent(found[key], 1) : "–";
    const { kept, all, truth, precision, recall } = found;
    told.textContent = `${kept} of ${all} pairs are kept. Of all ${all}, ${percent(truth, 1)} are true.`;
    return `${told.textContent} Precision ${percent(precision, 1)}, recall ${percent(recall, 1)}.`;
  };
  return { element: h("div", { class: "live-facts" }, ...rows.map(({ element }) => element), told), update };
}

// A row a kind, from frequent to rare in the chosen training, with a mark where all true pairs stand.
function kindTable({ kinds, frequency }) {
  const rows = kinds.map((name) => {
    const [often, kept] = [h("td", { class: "live-number" }), h("td", { class: "live-number" })];
    const bar = markedBar();
    const element = h(
      "tr",
      { "data-kind": name },
      h("th", { scope: "row" }, name),
      often,
      h("td", {}, bar.element),
      kept,
    );
    return { often, kept, bar, element };
  });
  const head = (text, span = 1) => h("th", { scope: "col", colspan: span }, text);
  const heads = h("tr", {}, head("kind"), head("in training"), head("true pairs kept", 2));
  const body = h("tbody", {});
  const update = (training, { byKind, recall }) => {
    const counts = frequency[training];
    const total = counts.reduce((sum, count) => sum + count, 0);
    const order = [...kinds.keys()].sort((a, b) => counts[b] - counts[a]);
    body.replaceChildren(...order.map((k) => rows[k].element));
    rows.forEach(({ often, kept, bar }, k) => {
      often.textContent = percent(counts[k] / total);
      kept.textContent = percent(byKind[k]);
      bar.update(byKind[k], recall);
    });
  };
  const element = h("table", { class: "live-energies" }, h("thead", {}, heads), body);
  return {
    element,
    update,
    note: hint("Line: all true pairs together. “In training” is the kind's share of the things."),
  };
}

// The examples that are just kept, and those that are just dropped.
function edgePairs(pool) {
  const lists = ["Just kept", "Just dropped"].map((title) => {
    const cards = h("div", { class: "live-cards" });
    const element = h("div", { role: "group", "aria-label": title }, h("p", { class: "live-name" }, title), cards);
    return { cards, element };
  });
  const update = ({ training, threshold }) => {
    const cosineOf = (example) => pool.cosines[training][pool.examples[example]];
    const above = [...pool.examples.keys()].sort((a, b) => cosineOf(a) - cosineOf(b));
    const first = above.findIndex((example) => cosineOf(example) >= threshold);
    const border = first < 0 ? above.length : first;
    const shown = [
      above.slice(border, border + nearCount),
      above.slice(Math.max(0, border - nearCount), border).reverse(),
    ];
    lists.forEach(({ cards }, which) => {
      const own = shown[which].map((example) => pairCard(pool, example, cosineOf(example)));
      cards.replaceChildren(...(own.length ? own : [hint("None of the examples.")]));
    });
  };
  return { element: h("div", { class: "live-pairs" }, ...lists.map(({ element }) => element)), update };
}

function pairCard(pool, example, cosine) {
  const canvas = h("canvas", { role: "img", "aria-label": "The picture" });
  paintPicture(canvas, pool.picture(example));
  const sort = pool.sortOf[pool.examples[example]];
  const words = [
    h("span", {}, `“${pool.captions[example]}”`),
    h("strong", {}, verdictOf(pool, sort)),
    ...(sort ? [h("span", { class: "live-true" }, `True: “${pool.truths[example]}”`)] : []),
    h("span", { class: "live-cosine" }, signed(cosine, 3)),
  ];
  return h("figure", { class: "live-tile", "data-sort": sort }, canvas, h("figcaption", {}, ...words));
}

const verdictOf = ({ sorts }, sort) => (sort ? `✗ ${sorts[sort]}` : `✓ ${sorts[0]}`);

// ---- a caption of the reader's own -------------------------------------------------------------------------------------

// Choose a picture, and build a caption from lists. chosen() -> { example, caption }; onChange() when it changes.
function captionComposer(pool, onChange) {
  const { colours, kinds } = pool;
  const canvas = h("canvas", { role: "img" });
  const [given, caption, verdict] = [h("p", { class: "live-caption" }), h("p", { class: "live-verdict" }), h("p", {})];
  const lists = {
    colour: select({ label: "Colour", options: colours, onChange }),
    kind: select({ label: "Kind", options: kinds, onChange }),
    relation: select({ label: "Relation", options: relations, onChange: () => changed() }),
    otherColour: select({ label: "Second colour", options: colours, onChange }),
    otherKind: select({ label: "Second kind", options: kinds, onChange }),
  };
  const gallery = pictureGallery(pool, choose);
  let example = 0;

  function choose(i) {
    example = i;
    paintPicture(canvas, pool.picture(i));
    canvas.setAttribute("aria-label", `Picture ${i + 1}, in the pool with the caption “${pool.captions[i]}”`);
    const pair = pool.examples[i];
    const whether = verdictOf(pool, pool.sortOf[pair]);
    const truth = pool.sortOf[pair] ? ` True: “${pool.truths[i]}”.` : "";
    const said = `In the pool: “${pool.captions[i]}”, ${whether}, ${signed(pool.cosines[0][pair], 3)}.`;
    given.replaceChildren(said, h("span", { class: "live-true" }, truth));
    fill(captionParts(pool.captions[i], colours, kinds));
    changed();
  }

  function fill({ things: [first, second = first], relation }) {
    const values = [colours.indexOf(first[0]), kinds.indexOf(first[1]), relations.indexOf(relation)];
    values.push(colours.indexOf(second[0]), kinds.indexOf(second[1]));
    Object.values(lists).forEach(({ input }, i) => (input.value = values[i]));
  }

  function changed() {
    const one = relations[lists.relation.input.value] === "alone";
    for (const { input } of [lists.otherColour, lists.otherKind]) input.disabled = one;
    onChange();
  }

  function chosen() {
    const [colour, kind, relation, otherColour, otherKind] = Object.values(lists).map(({ input }) =>
      Number(input.value),
    );
    const things = [
      [colours[colour], kinds[kind]],
      [colours[otherColour], kinds[otherKind]],
    ];
    return { example, caption: captionText(things, relations[relation]) };
  }

  function tell({ own, threshold, training }) {
    if (!own) return;
    caption.textContent = `“${own.caption}”`;
    const fate = own.cosine >= threshold ? "kept" : "dropped";
    const first = `“${pool.trainings[0]}”`;
    verdict.textContent = training
      ? `Cosine ${signed(own.cosine, 3)}, by the training ${first}: choose it to compare with its threshold.`
      : `Cosine ${signed(own.cosine, 3)}: ${fate}.`;
  }
  const told = () => `${caption.textContent} ${verdict.textContent}`;

  const fields = h("div", { class: "live-fields" }, ...Object.values(lists).map(({ element }) => element));
  const text = h("div", { class: "live-answer" }, caption, verdict, given);
  const element = h("div", { class: "live-composer" }, canvas, text, fields, gallery.element);
  return { element, choose: gallery.choose, chosen, tell, told };
}

// The examples' pictures, to click or to walk through with the arrow keys.
function pictureGallery(pool, onChoose) {
  const thumbs = pool.captions.map((_, i) => {
    const canvas = h("canvas", {});
    paintPicture(canvas, pool.picture(i));
    const attributes = { type: "button", class: "live-thumb", tabindex: -1, "aria-label": `Picture ${i + 1}` };
    return h("button", { ...attributes, onclick: () => choose(i) }, canvas);
  });
  const label = "Pictures to caption; arrow keys move from one to the next";
  const element = h("div", { class: "live-gallery", role: "toolbar", "aria-label": label }, ...thumbs);
  let now = 0;
  const columns = () => getComputedStyle(element).gridTemplateColumns.split(" ").length;
  onArrows(element, { move: (down, right) => choose(now + right + down * columns(), true) });

  function choose(i, byKey = false) {
    if (!thumbs[i]) return;
    thumbs[now].tabIndex = -1;
    thumbs[now].removeAttribute("aria-pressed");
    now = i;
    thumbs[i].tabIndex = 0;
    thumbs[i].setAttribute("aria-pressed", "true");
    if (byKey) thumbs[i].focus();
    onChoose(i);
  }
  return { element, choose };
}
