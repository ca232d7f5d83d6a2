// Boxes, each [x0, y0, x1, y1] with half-open edges: how much two of them share, and one kept where many overlap.
//   areas([0, 0, 2, 2], [0, 1, 2, 3])                                { both: 2, together: 6, hull: 6 }
//   iou([0, 0, 2, 2], [0, 1, 2, 3])                                  1/3; with a third argument, pixels on the last edge count
//   giou([0, 0, 1, 1], [2, 0, 3, 1])                                 -1/3: how far apart boxes lie that share nothing
//   nms(found, { threshold: 0.5 })                                   indices of what is kept, the surest first
//   softNms(found, { sigma: 0.5, floor: 0.001 })                     [{ index, score }], in the order in which they are taken
//   suppression(found, keepsBelow(0.5))                              the same step by step: [{ index, score, changes }]
// `found` is a list of { box, score, label }; only boxes of one label suppress each other. Same as `utils.detection.boxes`.

const side = (low, high, extra) => Math.max(high - low + extra, 0);
const area = (box, extra) => (box[2] - box[0] + extra) * (box[3] - box[1] + extra);

function shared(one, other, extra) {
  const width = side(Math.max(one[0], other[0]), Math.min(one[2], other[2]), extra);
  return width * side(Math.max(one[1], other[1]), Math.min(one[3], other[3]), extra);
}

/** The smallest box around two. */
export const hullOf = (one, other) => one.map((edge, i) => (i < 2 ? Math.min : Math.max)(edge, other[i]));

/** What two boxes share, what they cover together, and their hull. */
export function areas(one, other, inclusive = false) {
  const extra = inclusive ? 1 : 0;
  const both = shared(one, other, extra);
  return { both, together: area(one, extra) + area(other, extra) - both, hull: area(hullOf(one, other), extra) };
}

/** Intersection over union, 0 to 1; 0 if both boxes are empty. */
export function iou(one, other, inclusive = false) {
  const { both, together } = areas(one, other, inclusive);
  return together > 0 ? both / together : 0;
}

/** Generalised IoU, above -1 to 1: minus the share of the hull that neither box covers. */
export function giou(one, other) {
  const { both, together, hull } = areas(one, other);
  return (together > 0 ? both / together : 0) - (hull > 0 ? (hull - together) / hull : 0);
}

/** By what the score of a box is multiplied whose overlap with a surer one is so large: two ways. */
export const keepsBelow = (threshold) => (overlap) => Number(overlap <= threshold);
export const lowersBy = (sigma) => (overlap) => Math.exp(-(overlap ** 2) / sigma);

/** Take the surest box, change the scores of those of its label, go on with the rest; with a score of 0 they are gone. */
export function suppression(found, factor, floor = -Infinity) {
  const scores = found.map(({ score }) => score);
  const left = new Set(scores.keys());
  const steps = [];
  while (left.size) {
    const best = [...left].reduce((a, b) => (scores[b] > scores[a] ? b : a));
    if (scores[best] < floor) break;
    left.delete(best);
    const changes = [];
    for (const index of left) {
      if (found[index].label !== found[best].label) continue;
      const overlap = iou(found[best].box, found[index].box);
      const [from, by] = [scores[index], factor(overlap)];
      if (by === 1) continue;
      scores[index] *= by;
      if (by === 0) left.delete(index);
      changes.push({ index, overlap, from, to: scores[index] });
    }
    steps.push({ index: best, score: scores[best], changes });
  }
  return steps;
}

/** Keep the surest box, drop those of its label that overlap it more than the threshold, go on with the rest. */
export const nms = (found, { threshold }) => suppression(found, keepsBelow(threshold)).map(({ index }) => index);

/** Take the surest box, lower the scores of those of its label that overlap it, go on with the rest. */
export const softNms = (found, { sigma = 0.5, floor = 0.001 } = {}) =>
  suppression(found, lowersBy(sigma), floor).map(({ index, score }) => ({ index, score }));
