// The mistakes of a detector, sorted by kind, and what each kind costs.
//   sortErrors(world, found)       { averagePrecision, cost: { class: 0.1, … }, count: { class: 7, … }, kinds: ["hit", …] }
// World and found as in `lib/average_precision.js`, boxes listed scene by scene; `kinds` says it of each box found. Things to
// ignore are left out, and with them the boxes that find them. Same as `utils.detection.errors`.

import { averagePrecision, hit, ignored, match, meanOverClasses } from "./average_precision.js";

export const kindsOfError = ["class", "place", "both", "duplicate", "background", "missed"];

export function sortErrors(world, found, { threshold = 0.5, background = 0.1, ignore = [] } = {}) {
  const { truths } = world;
  const { outcomes, finds } = match(world, found, { threshold }, ignore);
  const counting = [...found.keys()].filter((i) => outcomes[i] !== ignored);
  const taken = new Set(counting.filter((i) => outcomes[i] === hit).map((i) => finds[i]));
  const limits = { threshold, background, ignore, taken };
  const boxes = counting.map((i) => {
    const { index } = found[i];
    const { label } = world.boxes[index];
    if (outcomes[i] === hit) return { label, kind: "hit", thing: null };
    const { kind, thing } = kindOf(world, index, limits);
    return { label, kind, thing: taken.has(thing) ? null : thing };
  });
  const first = new Map(); // thing -> the surest of the boxes that aim at it
  for (const box of boxes) if (box.thing !== null && !first.has(box.thing)) first.set(box.thing, box);
  const things = [...truths.keys()].filter((t) => !ignore[t]);
  const missed = new Set(things.filter((t) => !taken.has(t) && !first.has(t)));
  const asked = (kind) => things.filter((t) => kind !== "missed" || !missed.has(t)).map((t) => truths[t].label);
  const plain = meanOf(boxes, asked(null), world.nClasses);
  const count = Object.fromEntries(kindsOfError.map((kind) => [kind, 0]));
  for (const { kind } of boxes) if (kind !== "hit") count[kind] += 1;
  count.missed = missed.size;
  const cost = Object.fromEntries(
    kindsOfError.map((kind) => [kind, meanOf(mended(kind, boxes, first, truths), asked(kind), world.nClasses) - plain]),
  );
  return { averagePrecision: plain, cost, count, kinds: boxes.map(({ kind }) => kind) };
}

// The kind of a wrong box, and which truth it aims at.
function kindOf({ boxes, truths, near, overlaps }, index, { threshold, background, ignore, taken }) {
  let [own, other, found, ownThing, otherThing] = [0, 0, 0, null, null]; // the largest IoUs
  for (let k = 0; k < near[index].length; k++) {
    const [thing, overlap] = [near[index][k], overlaps.near[index][k]];
    if (ignore[thing]) continue;
    if (truths[thing].label === boxes[index].label) {
      if (overlap > own) [own, ownThing] = [overlap, thing];
      if (overlap > found && taken.has(thing)) found = overlap;
    } else if (overlap > other) [other, otherThing] = [overlap, thing];
  }
  if (own >= background && own <= threshold) return { kind: "place", thing: ownThing };
  if (other >= threshold) return { kind: "class", thing: otherThing };
  if (found >= threshold) return { kind: "duplicate", thing: null };
  return { kind: Math.max(own, other) <= background ? "background" : "both", thing: null };
}

// The boxes as they would be without one kind of error.
function mended(kind, boxes, first, truths) {
  const kept = [];
  for (const box of boxes) {
    if (box.kind !== kind) kept.push(box);
    else if (first.get(box.thing) === box) kept.push({ ...box, kind: "hit", label: truths[box.thing].label });
  }
  return kept;
}

// The mean average precision of boxes that are sorted already.
function meanOf(boxes, asked, nClasses) {
  const ranked = Array.from({ length: nClasses }, () => ({ hits: [], nTrue: 0 }));
  for (const { label, kind } of boxes) ranked[label].hits.push(kind === "hit");
  for (const label of asked) ranked[label].nTrue += 1;
  return meanOverClasses(ranked.map((one) => averagePrecision(one)));
}
