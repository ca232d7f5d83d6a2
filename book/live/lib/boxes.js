// Boxes, each [x0, y0, x1, y1] with half-open edges: how much two of them share, and one kept where many overlap.
//   iou([0, 0, 2, 2], [0, 1, 2, 3])                                  1/3; with a third argument, pixels on the last edge count
//   giou([0, 0, 1, 1], [2, 0, 3, 1])                                 -1/3: how far apart boxes lie that share nothing
//   nms(found, { threshold: 0.5 })                                   indices of what is kept, the surest first
//   softNms(found, { sigma: 0.5, floor: 0.001 })                     [{ index, score }], in the order in which they are taken
// `found` is a list of { box, score, label }; only boxes of one label suppress each other. Same as `utils.detection.boxes`.

const side = (low, high, extra) => Math.max(high - low + extra, 0);
const area = (box, extra) => (box[2] - box[0] + extra) * (box[3] - box[1] + extra);

function shared(one, other, extra) {
  const width = side(Math.max(one[0], other[0]), Math.min(one[2], other[2]), extra);
  return width * side(Math.max(one[1], other[1]), Math.min(one[3], other[3]), extra);
}

/** Intersection over union, 0 to 1; 0 if both boxes are empty. */
export function iou(one, other, inclusive = false) {
  const extra = inclusive ? 1 : 0;
  const both = shared(one, other, extra);
  const together = area(one, extra) + area(other, extra) - both;
  return together > 0 ? both / together : 0;
}

/** Generalised IoU, above -1 to 1: minus the share of the hull that neither box covers. */
export function giou(one, other) {
  const both = shared(one, other, 0);
  const together = area(one, 0) + area(other, 0) - both;
  const hull = area(
    [Math.min(one[0], other[0]), Math.min(one[1], other[1]), Math.max(one[2], other[2]), Math.max(one[3], other[3])],
    0,
  );
  return (together > 0 ? both / together : 0) - (hull > 0 ? (hull - together) / hull : 0);
}

/** The surest first; of equal scores the earlier. */
export const bySureness = (found) =>
  found.map((_, index) => index).sort((a, b) => found[b].score - found[a].score || a - b);

/** Keep the surest box, drop those of its label that overlap it more than the threshold, go on with the rest. */
export function nms(found, { threshold }) {
  const kept = [];
  for (const index of bySureness(found)) {
    const suppressed = kept.some(
      (k) => found[k].label === found[index].label && iou(found[k].box, found[index].box) > threshold,
    );
    if (!suppressed) kept.push(index);
  }
  return kept;
}

/** Take the surest box, lower the scores of those of its label that overlap it, go on with the rest. */
export function softNms(found, { sigma = 0.5, floor = 0.001 } = {}) {
  const scores = found.map(({ score }) => score);
  const left = new Set(scores.keys());
  const kept = [];
  while (left.size) {
    const best = [...left].reduce((a, b) => (scores[b] > scores[a] ? b : a));
    if (scores[best] < floor) break;
    left.delete(best);
    kept.push({ index: best, score: scores[best] });
    for (const index of left) {
      if (found[index].label === found[best].label)
        scores[index] *= Math.exp(-(iou(found[best].box, found[index].box) ** 2) / sigma);
    }
  }
  return kept;
}
