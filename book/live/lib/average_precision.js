// How well boxes find what is there: matching, precision and recall, average precision in every convention.
//   detectionWorld(boxes, truths, nClasses)                    boxes and true ones, { box, label, scene }, with their IoUs, once for all
//   surest([{ index, score }, …], world, 100)                  of these boxes the surest of each scene and class, the surest first
//   meanAveragePrecision(world, found, conventions.COCO)       { mean, perClass }; NaN where there is nothing to find
// `found` is always a list of { index, score } of boxes of the world, the surest first; a score may have changed meanwhile.
// `ignore` says of each truth whether a box that finds it counts neither way. Same as `utils.detection.scoring`.

import { iou } from "./boxes.js";

export const [hit, falseAlarm, ignored] = [1, 0, -1];
const cocoThresholds = Array.from({ length: 10 }, (_, step) => (50 + 5 * step) / 100);
const atHalf = { thresholds: [0.5], recalls: "101 points", matching: "best free", inclusive: false };

export const conventions = {
  "VOC 2007": { ...atHalf, recalls: "11 points", matching: "best" },
  "VOC 2010": { ...atHalf, recalls: "all points", matching: "best" },
  "COCO at 0.5": atHalf,
  COCO: { ...atHalf, thresholds: cocoThresholds },
  "no envelope": { ...atHalf, recalls: "no envelope", matching: "best" },
  "inclusive pixels": { ...atHalf, recalls: "all points", matching: "best", inclusive: true },
};

export const ties = ["as they come", "hits first", "false alarms first"];

/** Boxes, true ones; for each box the true ones of its scene (`near`) and of its scene and class (`own`), with the IoUs. */
export function detectionWorld(boxes, truths, nClasses) {
  const ofScene = new Map();
  truths.forEach(({ scene }, t) => ofScene.set(scene, [...(ofScene.get(scene) ?? []), t]));
  const near = boxes.map(({ scene }) => ofScene.get(scene) ?? []);
  const own = boxes.map(({ label }, i) => near[i].filter((t) => truths[t].label === label));
  const rows = (lists, inclusive) => boxes.map(({ box }, i) => lists[i].map((t) => iou(box, truths[t].box, inclusive)));
  const overlaps = { near: rows(near, false), own: rows(own, false), inclusive: rows(own, true) };
  return { boxes, truths, nClasses, near, own, overlaps };
}

/** The surest first, of equal scores the earlier; at most so many of each scene and class. */
export function surest(found, { boxes, nClasses }, most = Infinity) {
  const counts = new Map();
  return found
    .toSorted((a, b) => b.score - a.score || a.index - b.index)
    .filter(({ index }) => {
      const key = boxes[index].scene * nClasses + boxes[index].label;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return counts.get(key) <= most;
    });
}

/** What each box found comes to, the surest asked first: { outcomes, finds }, with the truth that it finds, or null. */
export function match(world, found, { threshold = 0.5, matching = "best free", inclusive = false }, ignore = []) {
  const rows = inclusive ? world.overlaps.inclusive : world.overlaps.own;
  const taken = new Uint8Array(world.truths.length);
  const finds = found.map(() => null);
  const outcomes = found.map(({ index }, i) => {
    const best = bestThing(
      world.own[index],
      rows[index],
      threshold,
      matching === "best free" ? { taken, ignore } : null,
    );
    if (best === null) return falseAlarm;
    const outcome = ignore[best] ? ignored : taken[best] ? falseAlarm : hit;
    finds[i] = best;
    taken[best] = 1;
    return outcome;
  });
  return { outcomes, finds };
}

// The thing that a box overlaps most; with `unless`, none that is taken, and one to ignore only if there is no other.
function bestThing(things, row, threshold, unless) {
  let [best, largest, counts] = [null, -1, false];
  for (let k = 0; k < things.length; k++) {
    const thing = things[k];
    if (row[k] < threshold || unless?.taken[thing]) continue;
    const counting = unless !== null && !unless.ignore[thing];
    if (counting === counts ? row[k] > largest : counting) [best, largest, counts] = [thing, row[k], counting];
  }
  return best;
}

/** For each class its boxes that count, the surest first: { scores, hits, nTrue }; `outcomes` is what `match` says. */
export function rankings(world, found, outcomes, { ignore = [], tie = ties[0] } = {}) {
  const ranked = Array.from({ length: world.nClasses }, () => ({ scores: [], hits: [], nTrue: 0 }));
  world.truths.forEach(({ label }, t) => (ranked[label].nTrue += !ignore[t]));
  found.forEach(({ index, score }, i) => {
    if (outcomes[i] === ignored) return;
    const own = ranked[world.boxes[index].label];
    own.scores.push(score);
    own.hits.push(outcomes[i] === hit);
  });
  return tie === ties[0] ? ranked : ranked.map((one) => rounded(one, tie === ties[1]));
}

/** Scores rounded to 0.1; of equal ones the hits first, or last. The boxes are matched already. */
function rounded({ scores, hits, nTrue }, hitsFirst) {
  const coarse = scores.map((score) => Math.floor(10 * score + 0.5) / 10);
  const order = [...scores.keys()].sort(
    (a, b) => coarse[b] - coarse[a] || (hits[b] - hits[a]) * (hitsFirst ? 1 : -1) || a - b,
  );
  return { scores: order.map((i) => coarse[i]), hits: order.map((i) => hits[i]), nTrue };
}

/** Precision and recall after each box of a ranking, and the envelope: the best precision from there on. */
export function precisionRecall({ hits, nTrue }) {
  let found = 0;
  const [precision, recall] = [[], []];
  hits.forEach((hits_, i) => {
    found += hits_;
    precision.push(found / (i + 1));
    recall.push(nTrue ? found / nTrue : NaN);
  });
  const envelope = [...precision];
  for (let i = envelope.length - 2; i >= 0; i--) envelope[i] = Math.max(envelope[i], envelope[i + 1]);
  return { precision, recall, envelope };
}

/** So many values of recall from 0 to 1, in floating point as numpy.linspace gives them. */
export const recallPoints = (count) =>
  Array.from({ length: count }, (_, i) => (i === count - 1 ? 1 : i * (1 / (count - 1))));

/** The envelope at values of recall that grow; 0 where recall is never reached. */
export function readAt({ recall, envelope }, points) {
  let place = 0;
  return points.map((point) => {
    while (place < recall.length && recall[place] < point) place++;
    return envelope[place] ?? 0;
  });
}

const sum = (values) => values.reduce((total, value) => total + value, 0);
const mean = (values) => sum(values) / values.length;

/** 0 to 1; NaN if there is nothing to find. */
export function averagePrecision(ranked, recalls = "101 points") {
  if (!ranked.nTrue) return NaN;
  const curve = precisionRecall(ranked);
  const atHits = (values) => sum(values.filter((_, i) => ranked.hits[i])) / ranked.nTrue;
  if (recalls === "no envelope") return atHits(curve.precision);
  if (recalls === "all points") return atHits(curve.envelope);
  return mean(readAt(curve, recallPoints(recalls === "11 points" ? 11 : 101)));
}

/** Over the classes of which there is something to find. */
export function meanOverClasses(perClass) {
  const something = perClass.filter((value) => !Number.isNaN(value));
  return something.length ? mean(something) : NaN;
}

export function meanAveragePrecision(world, found, convention, { ignore, tie } = {}) {
  const { thresholds, recalls } = convention;
  const each = thresholds.map((threshold) => {
    const { outcomes } = match(world, found, { ...convention, threshold }, ignore);
    return rankings(world, found, outcomes, { ignore, tie }).map((ranked) => averagePrecision(ranked, recalls));
  });
  const perClass = each[0].map((_, label) => mean(each.map((values) => values[label])));
  return { mean: meanOverClasses(perClass), perClass };
}
