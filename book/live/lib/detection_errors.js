// The mistakes of a detector, sorted by kind, and what each kind costs.
//   sortErrors(world, found)       { averagePrecision, cost: { class: 0.1, … }, count: { class: 7, … }, kinds: ["hit", …] }
// World and found as in `lib/average_precision.js`, boxes listed scene by scene; `kinds` says it of each box found. Things to
// ignore are left out, and with them the boxes that find them. Same as `utils.detection.errors`.

import { averagePrecision, hit, ignored, match, meanOverClasses } from "./average_precision.js";

export const kindsOfError = ["class", "place", "both", "duplicate", "background", "missed"];

export function sortErrors(world, allFound, { threshold = 0.5, background = 0.1, ignore = [] } = {}) {
  const { truths } = world;
  const allMatches = match(world, allFound, { threshold }, ignore);
  const counting = [...allFound.keys()].filter((i) => allMatches[i].outcome !== ignored);
  const found = counting.map((i) => allFound[i]);
  const matches = counting.map((i) => allMatches[i]);
  const taken = new Set(matches.filter(({ outcome }) => outcome === hit).map(({ thing }) => thing));
  const limits = { threshold, background, ignore, taken };
  const boxes = found.map(({ index }, i) => {
    const { label } = world.boxes[index];
    if (matches[i].outcome === hit) return { label, kind: "hit", thing: null };
    const { kind, thing } = kindOf(world, index, limits);
    return { label, kind, thing: taken.has(thing) ? null : thing };
  });
  const first = new Map(); // thing -> the surest of the boxes that aim at it
  for (const box of boxes) if (box.thing !== null && !first.has(box.thing)) first.set(box.thing, box);
  const things = [...truths.keys()].filter((t) => !ignore[t]);
  const missed = new Set(things.filter((t) => !taken.has(t) && !first.has(t)));
  const asked = (kind) => things.filter((t) => kind !== "missed" || !missed.has(t)).map((t) => truths[t].label);
  const plain = meanOf(boxes, asked(null), world.nClasses);
  const count = Object.fromEntries(kindsOfError.map((kind) => [kind, boxes.filter((box) => box.kind === kind).length]));
  count.missed = missed.size;
  const cost = Object.fromEntries(
    kindsOfError.map((kind) => [kind, meanOf(mended(kind, boxes, first, truths), asked(kind), world.nClasses) - plain]),
  );
  return { averagePrecision: plain, cost, count, kinds: boxes.map(({ kind }) => kind) };
}

// The kind of a wrong box, and which truth it aims at.
function kindOf({ boxes, truths, things, overlaps }, index, { threshold, background, ignore, taken }) {
  const [own, other, found] = [best(), best(), best()];
  things[index].forEach((t, k) => {
    if (ignore[t]) return;
    const same = truths[t].label === boxes[index].label;
    (same ? own : other).see(t, overlaps[index][k]);
    if (same && taken.has(t)) found.see(t, overlaps[index][k]);
  });
  if (own.overlap >= background && own.overlap <= threshold) return { kind: "place", thing: own.thing };
  if (other.overlap >= threshold) return { kind: "class", thing: other.thing };
  if (found.overlap >= threshold) return { kind: "duplicate", thing: null };
  const far = Math.max(own.overlap, other.overlap) <= background;
  return { kind: far ? "background" : "both", thing: null };
}

function best() {
  const one = { thing: null, overlap: 0 };
  one.see = (thing, overlap) => overlap > one.overlap && Object.assign(one, { thing, overlap });
  return one;
}

// The boxes as they would be without one kind of error.
function mended(kind, boxes, first, truths) {
  return boxes.flatMap((box) => {
    if (box.kind !== kind) return [box];
    if (first.get(box.thing) !== box) return [];
    return [{ ...box, kind: "hit", label: truths[box.thing].label }];
  });
}

// The mean average precision of boxes that are sorted already.
function meanOf(boxes, asked, nClasses) {
  const perClass = Array.from({ length: nClasses }, (_, label) => {
    const hits = boxes.filter((box) => box.label === label).map(({ kind }) => kind === "hit");
    return averagePrecision({ hits, nTrue: asked.filter((one) => one === label).length });
  });
  return meanOverClasses(perClass);
}
