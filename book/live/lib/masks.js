// Masks: Uint8Array of side x side, 1 inside and 0 outside. How well two of them fit: their areas, and their boundaries.
//   dice(a, b)  iou(a, b)                            0 to 1; NaN if both are empty
//   boundary(mask, side)                             its pixels with one of the four neighbours outside; so is all beyond the edge
//   surfaceDistances(a, b, side)                     { forth, back }: from each boundary pixel to the other boundary, in pixels
//   hausdorff(a, b, side, { percentile: 95 })        the larger of the two ways; both empty 0, one empty Infinity
//   meanSurfaceDistance(a, b, side)                  the mean over both ways together; both empty 0, one empty Infinity
//   boundaryF(predicted, truth, side, { tolerance }) both empty 1, one empty 0
//   farthest(a, b, side)                             where the Hausdorff distance is: { from, to, distance, of: "a" or "b" }
// Same as `utils.segmentation.scoring`.

/** How many pixels two masks share, and how many each has. */
export function overlap(a, b) {
  const found = { both: 0, a: 0, b: 0 };
  for (let i = 0; i < a.length; i++) {
    found.a += a[i];
    found.b += b[i];
    found.both += a[i] & b[i];
  }
  return found;
}

/** Dice coefficient: twice what both share, over the sum of their areas. */
export function dice(first, second) {
  const { both, a, b } = overlap(first, second);
  return (2 * both) / (a + b);
}

/** Intersection over union. */
export function iou(first, second) {
  const { both, a, b } = overlap(first, second);
  return both / (a + b - both);
}

/** The mask's pixels of which one of the four neighbours is not in it. */
export function boundary(mask, side) {
  const edge = new Uint8Array(mask.length);
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue;
    const column = i % side;
    const [left, right] = [column > 0 && mask[i - 1], column < side - 1 && mask[i + 1]];
    edge[i] = left && right && mask[i - side] && mask[i + side] ? 0 : 1; // undefined above the first row and below the last
  }
  return edge;
}

/** From each boundary pixel of a mask to the nearest one of the other, and the other way round; neither is empty. */
export function surfaceDistances(a, b, side) {
  const [first, second] = [boundary(a, side), boundary(b, side)];
  const lengths = (from, to) => Float64Array.from(nearestPixels(from, to, side), ({ squared }) => Math.sqrt(squared));
  return { forth: lengths(first, second), back: lengths(second, first) };
}

/** How far the worst pixel of one boundary is from the other boundary; 95 leaves out the worst twentieth of each way. */
export function hausdorff(a, b, side, { percentile = 100 } = {}) {
  if (isEmpty(a) || isEmpty(b)) return isEmpty(a) && isEmpty(b) ? 0 : Infinity;
  const { forth, back } = surfaceDistances(a, b, side);
  return Math.max(percentileOf(forth, percentile), percentileOf(back, percentile));
}

/** How far two boundaries are apart on average, over the pixels of both. */
export function meanSurfaceDistance(a, b, side) {
  if (isEmpty(a) || isEmpty(b)) return isEmpty(a) && isEmpty(b) ? 0 : Infinity;
  const { forth, back } = surfaceDistances(a, b, side);
  const sum = (lengths) => lengths.reduce((total, length) => total + length, 0);
  return (sum(forth) + sum(back)) / (forth.length + back.length);
}

/** F score of a boundary: a pixel of it is right if the other boundary is at most `tolerance` away. */
export function boundaryF(predicted, truth, side, { tolerance = 1 } = {}) {
  if (isEmpty(predicted) || isEmpty(truth)) return Number(isEmpty(predicted) === isEmpty(truth));
  const { forth, back } = surfaceDistances(predicted, truth, side);
  const share = (lengths) => lengths.filter((length) => length <= tolerance).length / lengths.length;
  const [precision, recall] = [share(forth), share(back)];
  return precision + recall ? (2 * precision * recall) / (precision + recall) : 0;
}

/** The boundary pixel that is farthest from the other mask's boundary, and the one there that is nearest; null if one is empty. */
export function farthest(a, b, side) {
  if (isEmpty(a) || isEmpty(b)) return null;
  const [first, second] = [boundary(a, side), boundary(b, side)];
  const all = [
    ...nearestPixels(first, second, side).map((one) => ({ ...one, of: "a" })),
    ...nearestPixels(second, first, side).map((one) => ({ ...one, of: "b" })),
  ];
  const { squared, ...found } = all.reduce((worst, one) => (one.squared > worst.squared ? one : worst));
  return { ...found, distance: Math.sqrt(squared) };
}

/** A percentile as NumPy takes it: linear between two of the sorted values. */
export function percentileOf(values, percentile) {
  const sorted = Float64Array.from(values).sort();
  const place = (percentile / 100) * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

export const isEmpty = (mask) => !mask.includes(1);

/**
 * For each pixel of `from` the nearest of `to`: [{ from, to, squared }], exact; -1 and infinitely far if there is none. In each
 * column the nearest of `to` is known for every row; what is left to compare is one pixel a column, from the own one outwards.
 */
export function nearestPixels(from, to, side) {
  const rows = nearestRows(to, side);
  const found = [];
  for (let i = 0; i < from.length; i++) {
    if (!from[i]) continue;
    const [row, column] = [Math.floor(i / side), i % side];
    let [best, squared] = [-1, Infinity];
    for (let away = 0; away < side && away * away < squared; away++)
      for (const other of [column - away, column + away]) {
        const there = other >= 0 && other < side ? rows[row * side + other] : -1;
        const length = there < 0 ? Infinity : (there - row) ** 2 + away * away;
        if (length < squared) [best, squared] = [there * side + other, length];
      }
    found.push({ from: i, to: best, squared });
  }
  return found;
}

// For each place the row of the nearest pixel of its column; -1 if the column has none.
function nearestRows(mask, side) {
  const rows = new Int16Array(mask.length).fill(-1);
  for (let column = 0; column < side; column++) {
    let above = -1;
    for (let row = 0; row < side; row++) {
      if (mask[row * side + column]) above = row;
      rows[row * side + column] = above;
    }
    let below = -1;
    for (let row = side - 1; row >= 0; row--) {
      const i = row * side + column;
      if (mask[i]) below = row;
      if (below >= 0 && (rows[i] < 0 || below - row < row - rows[i])) rows[i] = below;
    }
  }
  return rows;
}
