// How well boxes find what is there: matching, precision and recall, average precision in every convention.
//   detectionWorld(boxes, truths, nClasses)                    boxes and true ones, { box, label, scene }, with their IoUs, once for all
//   surest([{ index, score }, …], world, 100)                  of these boxes the surest of each scene and class, the surest first
//   meanAveragePrecision(world, found, conventions.COCO)       { mean, perClass }; NaN where there is nothing to find
// `found` is always a list of { index, score } of boxes of the world, the surest first; a score may have changed meanwhile.
// `ignore` says of each truth whether a box that finds it counts neither way. Same as `utils.detection.scoring`.

import { iou } from "./boxes.js";

export const [hit, falseAlarm, ignored] = [1, 0, -1];
const cocoThresholds = Array.from({ length: 10 }, (_, step) => (50 + 5 * step) / 100);
const plain = { thresholds: [0.5], recalls: "101 points", matching: "best free", inclusive: false };

export const conventions = {
  "VOC 2007": { ...plain, recalls: "11 points", matching: "best" },
  "VOC 2010": { ...plain, recalls: "all points", matching: "best" },
  "COCO at 0.5": plain,
  COCO: { ...plain, thresholds: cocoThresholds },
  "no envelope": { ...plain, recalls: "no envelope", matching: "best" },
  "inclusive pixels": { ...plain, recalls: "all points", matching: "best", inclusive: true },
};

export const ties = ["as they come", "hits first", "false alarms first"];

/** Boxes, true ones, and for each box the true ones of its scene (`things`) and its IoU with each of these. */
export function detectionWorld(boxes, truths, nClasses) {
  const ofScene = new Map();
  truths.forEach(({ scene }, t) => ofScene.set(scene, [...(ofScene.get(scene) ?? []), t]));
  const things = boxes.map(({ scene }) => ofScene.get(scene) ?? []);
  const rows = (inclusive) =>
    boxes.map(({ box }, i) => Float64Array.from(things[i], (t) => iou(box, truths[t].box, inclusive)));
  return { boxes, truths, nClasses, things, overlaps: rows(false), inclusiveOverlaps: rows(true) };
}

/** The surest first, of equal scores the earlier; at most so many of each scene and class. */
export function surest(found, { boxes }, most = Infinity) {
  const counts = new Map();
  return found
    .toSorted((a, b) => b.score - a.score || a.index - b.index)
    .filter(({ index }) => {
      const key = `${boxes[index].scene} ${boxes[index].label}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return counts.get(key) <= most;
    });
}

/** Of each box found, { outcome, thing }: whether it hits, and which truth; the surest is asked first. */
export function match(world, found, { threshold = 0.5, matching = "best free", inclusive = false }, ignore = []) {
  const { boxes, truths, things, inclusiveOverlaps } = world;
  const overlaps = inclusive ? inclusiveOverlaps : world.overlaps;
  const taken = new Set();
  return found.map(({ index }) => {
    const of = things[index];
    const good = [...of.keys()].filter(
      (k) =>
        overlaps[index][k] >= threshold &&
        truths[of[k]].label === boxes[index].label &&
        !(matching === "best free" && taken.has(of[k])),
    );
    const counting = matching === "best free" ? good.filter((k) => !ignore[of[k]]) : []; // go before those that do not
    const best = (counting.length ? counting : good).reduce(
      (a, b) => (a === null || overlaps[index][b] > overlaps[index][a] ? b : a),
      null,
    );
    if (best === null) return { outcome: falseAlarm, thing: null };
    const thing = of[best];
    const outcome = ignore[thing] ? ignored : taken.has(thing) ? falseAlarm : hit;
    taken.add(thing);
    return { outcome, thing };
  });
}

/** The boxes of one class that count, the surest first: { scores, hits, nTrue }; `matches` is what `match` says of `found`. */
export function ranking(world, found, matches, label, { ignore = [], tie = ties[0] } = {}) {
  const places = [...found.keys()].filter(
    (i) => world.boxes[found[i].index].label === label && matches[i].outcome !== ignored,
  );
  const ranked = {
    scores: places.map((i) => found[i].score),
    hits: places.map((i) => matches[i].outcome === hit),
    nTrue: world.truths.filter((truth, t) => truth.label === label && !ignore[t]).length,
  };
  return tie === ties[0] ? ranked : rounded(ranked, tie === ties[1]);
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
  const classes = Array.from({ length: world.nClasses }, (_, label) => label);
  const each = thresholds.map((threshold) => {
    const matches = match(world, found, { ...convention, threshold }, ignore);
    return classes.map((label) => averagePrecision(ranking(world, found, matches, label, { ignore, tie }), recalls));
  });
  const perClass = classes.map((label) => mean(each.map((values) => values[label])));
  return { mean: meanOverClasses(perClass), perClass };
}
