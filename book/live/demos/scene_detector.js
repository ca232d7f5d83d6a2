// Compose a scene of garments: a one-stage detector says at every change which boxes it finds, with names and scores.
//
// Settings: classes (K texts), colours (name -> red, green, blue), grounds (uint8, n x 3 x size x size), ground_names; covers
// and brights (uint8, K x choices x side x side, from utils.scenes.rasterise.stamp at a scale of 28); anchors (their sides in
// pixels). Model: images (1, 3, size, size) in [0, 1] -> scores (1, A, K), probabilities, and boxes (1, A, 4): x0, y0, x1, y1
// in pixels. The A anchors lie around the middles of a square grid's cells, row by row, then column by column, then by side.

import { infer } from "../lib/ask.js";
import { detectionWorld, match } from "../lib/average_precision.js";
import { iou, nms } from "../lib/boxes.js";
import { nameOf, plainThing, randomThings, readScenery, sceneOf, thingEditor, thingHandles } from "../lib/composing.js";
import { select, slider } from "../lib/controls.js";
import { sortErrors } from "../lib/detection_errors.js";
import { button, h, hint, panel } from "../lib/dom.js";
import { percent } from "../lib/numbers.js";
import { sharesOf } from "../lib/paint.js";
import { paintPicture, planesOf } from "../lib/pictures.js";
import { randomSource } from "../lib/random.js";
import { scaffold } from "../lib/scaffold.js";
import { frameOver, labelledBox } from "../lib/scenes.js";
import { expect, refuseOtherShapes } from "../lib/settings.js";
import { listed } from "../lib/words.js";

const mostBoxes = 100; // of the surest ones, before suppression
const fits = 0.5; // IoU with which a box finds a thing, and an anchor fits one
const crowded = 0.4; // IoU from which the names of two boxes would lie on each other
const rows = 6; // in the list of boxes
const overlays = ["nothing more", "what suppression deleted", "the best anchor", "scores of the cells"];
const darkest = 0.8; // how much a cell without a score is darkened

export default {
  async render({ model, el }) {
    const world = readWorld(model);
    const random = randomSource(7);
    const state = {
      ground: 0,
      things: [],
      chosen: 0,
      threshold: 0.3,
      overlap: 0.5,
      overlay: 0,
      label: 0,
      anchor: null,
    };
    const { say, asker, show } = scaffold(el, "live-scene-detector");
    const look = looker(model, world);
    const scene = sceneView(world, { onMove: () => changed(), onChoose: (chosen) => set({ chosen }) });
    const editor = thingEditor(world, { state, random, set, onThings: (chosen) => renew(state.things, { chosen }) });
    const report = foundReport(state, set);
    const overlay = overlayView(world, scene, set);
    const game = taskGame(world, (things) => renew(things, { chosen: things.length - 1 }));

    function set(values) {
      Object.assign(state, values);
      return changed();
    }

    function renew(things, values) {
      scene.put(things);
      return set({ things, ...values });
    }

    const changed = asker(async () => {
      const now = { ...state, things: state.things.map((thing) => ({ ...thing })) };
      const { pixels, seen, answer } = await look(now);
      const { found, suppressed } = detections(answer, now);
      const judged = judge(found, suppressed, now.things, seen, world);
      const names = now.things.map((thing, i) => nameOf(thing, i, world));
      const words = verdict(judged, names);
      scene.update(pixels, now, judged, world);
      editor.update(now, factsOf(judged.seen[now.chosen], now.chosen, world));
      report.update(judged, words, world);
      const drawn = overlay.update(now, { answer, suppressed, ...judged });
      const played = game.update(now, judged, names);
      const facts = {
        ground: now.ground,
        chosen: now.chosen,
        ...judged,
        suppressed,
        drawn,
        played,
        asked: look.count(),
      };
      for (const [key, value] of Object.entries(facts)) el.dataset[key] = JSON.stringify(value);
      Object.assign(el.dataset, { verdict: words });
      say(played.won ? `${words} ${played.words}` : words);
    });

    const another = button("Another scene", () => {
      game.end();
      renew(randomThings(world, random), { chosen: 0 });
    });
    const ground = select({ label: "Ground", options: world.groundNames, onChange: (ground) => set({ ground }) });
    show(
      panel("live-scene", "Your scene", scene.element, h("div", { class: "live-tools" }, another, ground.element))
        .element,
      panel("live-found", "What the network finds", report.element).element,
      panel("live-editor", "The things", editor.element).element,
      panel("live-game", "Make it fail", game.element).element,
      panel("live-more", "Also show in the picture", overlay.element).element,
    );
    await renew(randomThings(world, random), {});
  },
};

// ---- what is asked of the settings -------------------------------------------------------------------------------------

function readWorld(model) {
  const { kinds: classes, size, ...scenery } = readScenery(model, "classes");
  const anchors = model.get("anchors");
  expect(
    Array.isArray(anchors) && anchors.length > 0 && anchors.every((value) => value > 0),
    `anchors is ${JSON.stringify(anchors) ?? "missing"}; expected a list of sides in pixels.`,
  );
  const count = model.get("outputs").find(({ name }) => name === "scores")?.dims[1];
  refuseOtherShapes(model, {
    images: [1, 3, size, size],
    scores: [1, count, classes.length],
    boxes: [1, count, 4],
  });
  const cells = Math.sqrt(count / anchors.length);
  expect(
    Number.isInteger(cells) && cells > 0,
    `The model has ${count} anchors; expected ${anchors.length} in each cell of a square grid, as anchors says.`,
  );
  return { ...scenery, classes, kinds: classes, size, anchors, cells };
}

// ---- what the network says ---------------------------------------------------------------------------------------------

// look(state) -> Promise of { pixels, seen, answer }; the network is asked only when the picture is another one.
function looker(model, world) {
  const inputs = model.get("inputs");
  let [last, count] = [{}, 0];
  async function look({ ground, things }) {
    const key = JSON.stringify([ground, things]);
    if (key === last.key) return last;
    const { pixels, seen } = sceneOf({ ground, things }, world);
    const images = { data: sharesOf(planesOf(pixels)), dims: inputs[0].dims };
    count += 1;
    const answer = await infer(model, { images });
    refuseAnswer(answer);
    return (last = { key, pixels, seen, answer });
  }
  return Object.assign(look, { count: () => count });
}

function refuseAnswer({ scores, boxes }) {
  const score = scores.data.find((value) => !(value >= 0 && value <= 1));
  expect(score === undefined, `The model’s scores hold ${score}; expected probabilities: has it a sigmoid at its end?`);
  for (let i = 0; i < boxes.data.length; i += 4) {
    const box = boxes.data.subarray(i, i + 4);
    const fitting = box.every(Number.isFinite) && box[2] >= box[0] && box[3] >= box[1];
    expect(
      fitting,
      `The model’s boxes hold ${Array.from(box).join(", ")}; expected x0, y0, x1, y1 with x1 and y1 not smaller.`,
    );
  }
}

// The boxes over the score threshold, the surest first, and those of them that others suppressed: { box, label, score }.
export function detections({ scores, boxes }, { threshold, overlap }) {
  const [, , n] = scores.dims;
  const sure = [];
  scores.data.forEach(
    (score, i) => score > threshold && sure.push({ score, label: i % n, first: 4 * Math.floor(i / n) }),
  );
  sure.sort((a, b) => b.score - a.score);
  const all = sure.slice(0, mostBoxes).map(({ score, label, first }) => {
    return { box: Array.from(boxes.data.subarray(first, first + 4)), label, score };
  });
  const kept = new Set(nms(all, { threshold: overlap }));
  const found = all.filter((_, i) => kept.has(i));
  const by = ({ box, label }) => found.findIndex((one) => one.label === label && iou(one.box, box) > overlap);
  const suppressed = all.filter((_, i) => !kept.has(i)).map((one) => ({ ...one, by: by(one) }));
  return { found, suppressed };
}

// What each box found is ("hit", or a kind of error) and of which thing; and for each thing its box, the share of it that is
// in view, whether it is found, which kinds of wrong boxes aim at it, and if suppression deleted its box, the IoU with the
// box that stayed. -> { found, seen }
export function judge(found, suppressed, things, seen, { classes }) {
  const truths = things
    .map(({ kind }, thing) => ({ box: seen[thing].box, label: kind, scene: 0, thing }))
    .filter(({ box }) => box);
  const boxes = found.map((one) => ({ ...one, scene: 0 }));
  const facts = detectionWorld(boxes, truths, classes.length);
  const ranked = found.map(({ score }, index) => ({ index, score }));
  const { finds } = match(facts, ranked, { threshold: fits });
  const { kinds } = sortErrors(facts, ranked, { threshold: fits });
  const judged = found.map((one, i) => {
    const kind = kinds[i];
    const of = { hit: truths[finds[i]], class: closest(one, truths, false), background: null, both: null };
    const thing = kind in of ? of[kind] : closest(one, truths, true);
    return { ...one, kind, thing: thing?.thing ?? null, overlap: thing ? iou(one.box, thing.box) : null };
  });
  const hits = new Set(judged.filter(({ kind }) => kind === "hit").map(({ thing }) => thing));
  const result = seen.map((one, thing) => ({
    ...one,
    found: hits.has(thing),
    aimed: judged.filter((box) => box.thing === thing && box.kind !== "hit").map(({ kind }) => kind),
    deleted: hits.has(thing) ? null : deletedOf(thing, suppressed, found, truths),
  }));
  return { found: judged, seen: result };
}

// Of the things of a box's name, or of the others, the one that it overlaps most.
function closest({ box, label }, truths, same) {
  const list = truths.filter((truth) => (truth.label === label) === same);
  return list.reduce((best, truth) => (best && iou(box, best.box) >= iou(box, truth.box) ? best : truth), null);
}

function deletedOf(thing, suppressed, found, truths) {
  const own = suppressed.find((one) => {
    const truth = closest(one, truths, true);
    return truth?.thing === thing && iou(one.box, truth.box) >= fits;
  });
  return own ? iou(own.box, found[own.by].box) : null;
}

// The anchor that overlaps a box most: { side, box, overlap }.
export function bestAnchor(box, { anchors, cells, size }) {
  let best = { overlap: -1 };
  const middle = (cell) => ((cell + 0.5) * size) / cells;
  for (let row = 0; row < cells; row++)
    for (let column = 0; column < cells; column++)
      for (const side of anchors) {
        const [x, y] = [middle(column), middle(row)];
        const anchor = [x - side / 2, y - side / 2, x + side / 2, y + side / 2];
        const overlap = iou(box, anchor);
        if (overlap > best.overlap) best = { side, box: anchor, overlap };
      }
  return best;
}

// The strongest score of a class in each cell, for one of the anchors or, with null, for any.
export function cellScores({ data, dims }, label, anchor, { anchors, cells }) {
  const each = Array.from(anchors.keys()).filter((k) => anchor === null || k === anchor);
  return Float32Array.from({ length: cells * cells }, (_, cell) =>
    Math.max(...each.map((k) => data[(cell * anchors.length + k) * dims[2] + label])),
  );
}

// ---- in words ----------------------------------------------------------------------------------------------------------

const boxCount = (count) => (count === 1 ? "one box" : `${count} boxes`);

// How well the scene is found, in one sentence.
export function verdict({ found, seen }, names) {
  const there = seen.map(({ box }, i) => (box ? i : -1)).filter((i) => i >= 0);
  const hits = there.filter((i) => seen[i].found);
  const parts = [`Finds ${hits.length} of ${there.length}`];
  const missed = there.filter(
    (i) => !seen[i].found && !seen[i].aimed.some((kind) => kind === "class" || kind === "place"),
  );
  const all = (list) => listed(list.map((i) => `the ${names[i]}`));
  if (missed.length) parts.push(`misses ${all(missed)}`);
  const deleted = there.filter((i) => seen[i].deleted !== null);
  if (deleted.length) parts.push(`suppression deleted a box of ${all(deleted)}`);
  const of = (kind) => found.filter((one) => one.kind === kind);
  const named = (kind) => [...new Set(of(kind).map(({ thing }) => thing))].sort((a, b) => a - b);
  const [wrong, loose, again] = ["class", "place", "duplicate"].map(named);
  const [second, only] = [true, false].map((found) => wrong.filter((i) => seen[i].found === found));
  if (only.length) parts.push(`gives a wrong name to ${all(only)}`);
  if (second.length) parts.push(`gives a second, wrong name to ${all(second)}`);
  if (loose.length) parts.push(`${of("place").length === 1 ? "a box fits" : "boxes fit"} badly on ${all(loose)}`);
  if (again.length) parts.push(`finds ${all(again)} more than once`);
  const [nothing, both] = [of("background").length, of("both").length];
  if (nothing) parts.push(`${boxCount(nothing)} ${nothing === 1 ? "is" : "are"} of nothing`);
  if (both) parts.push(`${boxCount(both)} ${both === 1 ? "has" : "have"} neither the right name nor the right place`);
  const hidden = seen.flatMap(({ box }, i) => (box ? [] : [i]));
  return `${parts.join("; ")}.${hidden.length ? ` Nothing is seen of ${all(hidden)}.` : ""}`;
}

const aboutBox = {
  hit: "fits",
  class: "wrong name for",
  place: "fits badly on",
  duplicate: "once more",
  background: "of nothing",
  both: "name and place wrong",
};

// One line of the list: what a box is of.
export const boxInWords = ({ kind, thing, overlap }) =>
  thing === null ? aboutBox[kind] : `${aboutBox[kind]} ${thing + 1}, IoU ${overlap.toFixed(2)}`;

const sidesInWords = ([left, top, right, bottom]) => `${right - left} × ${bottom - top} pixels`;

// ---- tasks -------------------------------------------------------------------------------------------------------------

// Each task sets things at shares of the picture's side, and has a goal; won(seen, i) says whether thing i reaches it, in words.
// Tasks in which something is to be lost ask that it was found once.
const tasks = [
  {
    name: "Side by side",
    goal: "Two of a kind: push one over the other until suppression (NMS) deletes the box of one that was found. A lower threshold helps.",
    things: [
      { kind: 0, colour: 0, at: [0.5, 0.25] },
      { kind: 0, colour: 0, at: [0.44, 0.75] },
    ],
    won: ({ deleted }) =>
      deleted !== null && `was suppressed: its box has an IoU of ${deleted.toFixed(2)} with the one that stayed.`,
  },
  {
    name: "Too small",
    goal: "Make it so small that it is lost.",
    things: [{ kind: 0, colour: 0, at: [0.5, 0.5] }],
    won: ({ box, share, deleted }, { middle }) =>
      share === 1 && deleted === null && longest(box) < middle && `was lost at ${sidesInWords(box)}.`,
  },
  {
    name: "Hidden",
    goal: "Move 2 in front of 1 until 1 is lost, though some of it is in view.",
    things: [
      { kind: 2, colour: 0, at: [0.5, 0.3] },
      { kind: 0, colour: 1, at: [0.5, 0.75] },
    ],
    won: ({ share, deleted }) => share < 1 && deleted === null && `was lost with ${percent(share)} of it in view.`,
  },
  {
    name: "No anchor fits",
    goal: `Find a size for which no anchor has an IoU of ${fits} with the thing. (In training, only its best one then answers for it.)`,
    things: [{ kind: 0, colour: 0, at: [0.5, 0.5] }],
    anchor: true,
    won: ({ box, share, found }, { best }) =>
      share === 1 &&
      best(box).overlap < fits &&
      `is ${sidesInWords(box)}: the best anchor, of ${best(box).side}, has an IoU of ${best(box).overlap.toFixed(2)}. The network ${found ? "finds it all the same" : "does not find it"}.`,
  },
];

const longest = ([left, top, right, bottom]) => Math.max(right - left, bottom - top);

export const thingsOfTask = (number, world) => tasks[number].things.map((thing) => plainThing(thing, world));

// How far a task is: { won, words }; `once` holds the ids of the things that were found since it began.
export function progress(number, things, seen, names, once, world) {
  const { won, anchor, goal } = tasks[number];
  const known = {
    middle: [...world.anchors].sort((a, b) => a - b)[world.anchors.length >> 1],
    best: (box) => bestAnchor(box, world),
  };
  for (const [i, one] of seen.entries()) {
    if (!one.box || (!anchor && (one.found || !once.has(things[i].id)))) continue;
    const words = won(one, known);
    if (words) return { won: true, words: `✓ The ${names[i]} ${words}` };
  }
  const waits = !anchor && things.some(({ id }) => !once.has(id));
  const first = waits ? " First the network has to find what is there: press “Another look”, or move it." : "";
  return { won: false, words: `${goal}${first}` };
}

// Buttons that set up a task, and how far it is.
function taskGame(world, onThings) {
  let [number, once, best] = [null, new Set(), null];
  const told = h("p", { class: "live-told" });
  const faces = tasks.map(({ name }, i) => button(name, () => begin(i), { "aria-pressed": "false" }));

  function begin(i) {
    [number, once, best] = [i, new Set(), null];
    onThings(thingsOfTask(i, world));
  }

  const end = () => (number = null);

  function update({ things }, { seen }, names) {
    faces.forEach((face, i) => face.setAttribute("aria-pressed", String(i === number)));
    if (number === null) {
      told.textContent = "Choose a task. It sets up a scene of its own.";
      return { task: null, won: false, words: told.textContent };
    }
    seen.forEach(({ found }, i) => found && once.add(things[i].id));
    const now = progress(number, things, seen, names, once, world);
    if (now.won) best = now.words;
    const words = now.won || !best ? now.words : `${now.words} Before: ${best}`;
    told.textContent = words;
    return { task: tasks[number].name, won: now.won, words };
  }
  return { element: h("div", {}, h("div", { class: "live-faces" }, ...faces), told), update, end };
}

// ---- the picture -------------------------------------------------------------------------------------------------------

const legend = "Thin, with a number: what is there. Thick, with name and score: what is found; dashed if wrong.";
const help = "Drag a thing, or choose it with Tab and use the arrow keys.";

// The picture, the boxes over it, and a handle over each thing. put(things) when they are others.
function sceneView(world, { onMove, onChoose }) {
  const { size } = world;
  const picture = h("canvas", { role: "img" });
  const under = h("div", { class: "live-under", "aria-hidden": "true" });
  const boxes = h("div", { class: "live-boxes", "aria-hidden": "true" });
  const handles = thingHandles(picture, world, { onMove, onChoose });

  function update(pixels, { ground, things, chosen }, { found, seen }) {
    paintPicture(picture, { data: pixels, rows: size, columns: size });
    const names = things.map((thing, i) => nameOf(thing, i, world));
    picture.setAttribute("aria-label", `The scene, on ${world.groundNames[ground]}: ${names.join(", ")}`);
    handles.update(names);
    const truths = seen.flatMap(({ box }, i) => (box ? [truthBox(box, i, i === chosen, size)] : []));
    const apart = (one, i) => found.slice(0, i).every((other) => iou(other.box, one.box) < crowded);
    boxes.replaceChildren(...truths, ...found.map((one, i) => foundBox(one, apart(one, i), world)));
  }

  const window = h("div", { class: "live-window" }, picture, under, boxes, handles.element);
  const element = h("div", {}, window, h("p", { class: "live-caption" }, legend), hint(help));
  return { element, put: handles.put, update, under };
}

function truthBox(box, i, chosen, size) {
  const element = frameOver(box, size);
  element.classList.add("live-truth");
  element.classList.toggle("live-chosen", chosen);
  element.append(h("span", { class: "live-tag" }, `${i + 1}`));
  return element;
}

// Its name is left to the list where a surer box lies in the same place.
function foundBox({ box, kind, label, score }, apart, { classes, size }) {
  if (!apart) return frameOver(box, size);
  const words = `${kind === "hit" ? "✓" : "✗"} ${classes[label]} ${score.toFixed(2)}`;
  return labelledBox({ box, words, wrong: kind !== "hit" }, size);
}

// ---- what is found -----------------------------------------------------------------------------------------------------

// The verdict, the list of boxes, and the two thresholds.
function foundReport(state, set) {
  const told = h("p", { class: "live-verdict" });
  const list = h("ul", { class: "live-list", "aria-label": "The boxes, the surest first" });
  const rest = h("p", { class: "live-caption live-rest" });
  const two = (value) => value.toFixed(2);
  const threshold = slider({
    label: "Score above",
    ...{ min: 0.05, max: 0.95, step: 0.05, value: state.threshold, format: two },
    onInput: (threshold) => set({ threshold }),
  });
  const overlap = slider({
    label: "NMS above IoU",
    ...{ min: 0, max: 1, step: 0.05, value: state.overlap, format: two },
    onInput: (overlap) => set({ overlap }),
  });

  function update({ found }, words, { classes }) {
    told.textContent = words;
    list.replaceChildren(...found.slice(0, rows).map((one) => foundRow(one, classes)));
    const more = found.length - rows;
    rest.textContent = more > 0 ? `and ${more} more, less sure` : found.length ? "" : "No box has so high a score.";
  }
  return { element: h("div", {}, told, list, rest, threshold.element, overlap.element), update };
}

function foundRow(one, classes) {
  return h(
    "li",
    { "data-kind": one.kind },
    h("span", {}, `${one.kind === "hit" ? "✓" : "✗"} ${classes[one.label]}`),
    h("span", { class: "live-number" }, one.score.toFixed(2)),
    h("span", {}, boxInWords(one)),
  );
}

// ---- the things --------------------------------------------------------------------------------------------------------

function factsOf({ box, share }, i, world) {
  if (!box) return `Thing ${i + 1}: nothing of it is in view.`;
  const { side, overlap } = bestAnchor(box, world);
  const view = share === 1 ? "all in view" : `${percent(share)} in view`;
  const fit = overlap < fits ? "no anchor fits" : "fits";
  return `Thing ${i + 1}: ${sidesInWords(box)}, ${view}. Best anchor: side ${side}, IoU ${overlap.toFixed(2)} (${fit}).`;
}

// ---- more over the picture ---------------------------------------------------------------------------------------------

// What else is drawn over the picture, to choose. update(state, reading) -> facts of what is drawn.
function overlayView(world, { under }, set) {
  const { classes, anchors, cells, size } = world;
  const told = h("p", { class: "live-told live-caption" });
  const map = h("canvas", { width: cells, height: cells });
  const what = select({ label: "Show", options: overlays, onChange: (overlay) => set({ overlay }) });
  const which = select({ label: "Class", options: classes, onChange: (label) => set({ label }) });
  const sizes = select({
    label: "Anchors",
    options: ["of all sides", ...anchors.map((side) => `of side ${side}`)],
    onChange: (i) => set({ anchor: i ? i - 1 : null }),
  });
  const draws = [
    () => ({ words: "Choose what to see of the way to the boxes.", parts: [], facts: null }),
    ({ suppressed }) => {
      const words = `Dashed: ${boxCount(suppressed.length)}. Each overlaps a surer one of the same name too much.`;
      return { words, parts: suppressed.map(({ box }) => frameOver(box, size)), facts: suppressed.length };
    },
    ({ seen }, { chosen }) => {
      const { box } = seen[chosen];
      if (!box) return { words: `Nothing of thing ${chosen + 1} is in view.`, parts: [], facts: null };
      const best = bestAnchor(box, world);
      const words = `Dashed: of all anchors the one that fits thing ${chosen + 1} best, side ${best.side}, IoU ${best.overlap.toFixed(2)}.`;
      return { words, parts: [frameOver(best.box, size)], facts: best };
    },
    ({ answer }, { label, anchor }) => {
      const scores = cellScores(answer.scores, label, anchor, world);
      darken(map, scores);
      const place = scores.indexOf(Math.max(...scores));
      const where = `row ${Math.floor(place / cells) + 1}, column ${(place % cells) + 1} of ${cells} × ${cells}`;
      const words = `The brighter a cell, the surer it is of “${classes[label]}”: at most ${scores[place].toFixed(2)}, in ${where}.`;
      return { words, parts: [map], facts: Array.from(scores) };
    },
  ];

  function update(state, reading) {
    const { words, parts, facts } = draws[state.overlay](reading, state);
    under.replaceChildren(...parts);
    told.textContent = words;
    which.input.disabled = sizes.input.disabled = state.overlay !== 3;
    return facts;
  }
  const fields = h("div", { class: "live-fields" }, what.element, which.element, sizes.element);
  return { element: h("div", {}, fields, told), update };
}

function darken(canvas, scores) {
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, canvas.width, canvas.height);
  scores.forEach((score, i) => {
    pen.fillStyle = `rgb(0 0 0 / ${darkest * (1 - score)})`;
    pen.fillRect(i % canvas.width, Math.floor(i / canvas.width), 1, 1);
  });
}
