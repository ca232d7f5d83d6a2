// A table with simple solids: drawn from a description, and described again.
// The same as utils/classical/summer_world.py and summer_vision.py, which the tests hold it against.
//
// A solid is {kind, place: [x, y], size: [width, depth, height], turn, colour}; a world {solids, camera, light, relaxed}
// with [azimuth, elevation] in degrees and `relaxed` a Set of words.

export const frame = { rows: 90, columns: 120, scale: 16.5 };
const far = 40;
const table = [0.86, 0.84, 0.8];
const known = ["ball", "brick", "cylinder"];

const radians = (degrees) => (degrees * Math.PI) / 180;
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

// The unit vector from the table to a place in the sky.
export function towards([azimuth, elevation]) {
  const [a, e] = [radians(azimuth), radians(elevation)];
  return [Math.sin(a) * Math.cos(e), -Math.cos(a) * Math.cos(e), Math.sin(e)];
}

// Right, up, and away from the camera.
export function cameraAxes(camera) {
  const back = towards(camera);
  const a = radians(camera[0]);
  const right = [Math.cos(a), Math.sin(a), 0];
  const up = [
    back[1] * right[2] - back[2] * right[1],
    back[2] * right[0] - back[0] * right[2],
    back[0] * right[1] - back[1] * right[0],
  ];
  return { right, up, away: back.map((value) => -value) };
}

// ---- where a ray meets a solid ---------------------------------------------------------------------------------------

// The first root of a t^2 + 2 b t + c = 0, or the other one; Infinity where there is none.
function root(a, b, c, sign = 1) {
  const inside = b * b - a * c;
  return inside >= 0 ? (-b - sign * Math.sqrt(inside)) / a : Infinity;
}

// Each returns [distance, normal], in the solid's own directions; distance is Infinity where the ray misses.
const hits = {
  ball([x, y, z], way, { height }) {
    const radius = height / 2;
    const start = [x, y, z - radius];
    const distance = root(dot(way, way), dot(start, way), dot(start, start) - radius * radius);
    return [distance, start.map((value, i) => (value + distance * way[i]) / radius)];
  },

  brick(start, way, { half, height }) {
    const low = [-half[0], -half[1], 0];
    const high = [half[0], half[1], height];
    let [enter, leave, face] = [-Infinity, Infinity, 0];
    for (let i = 0; i < 3; i++) {
      const [one, other] = [(low[i] - start[i]) / way[i], (high[i] - start[i]) / way[i]];
      if (Math.min(one, other) > enter) [enter, face] = [Math.min(one, other), i];
      leave = Math.min(leave, Math.max(one, other));
    }
    const normal = [0, 0, 0];
    normal[face] = -Math.sign(way[face]);
    return [enter <= leave ? enter : Infinity, normal];
  },

  cylinder([x, y, z], [dx, dy, dz], { half, height }) {
    const radius = half[0];
    let side = root(dx * dx + dy * dy, x * dx + y * dy, x * x + y * y - radius * radius);
    const met = z + side * dz;
    if (!(met >= 0 && met <= height)) side = Infinity;
    let top = (height - z) / dz;
    if (!((x + top * dx) ** 2 + (y + top * dy) ** 2 <= radius * radius)) top = Infinity;
    if (top < side) return [top, [0, 0, 1]];
    return [side, [(x + side * dx) / radius, (y + side * dy) / radius, 0]];
  },

  cone([x, y, z], [dx, dy, dz], { half, height }) {
    const slope = half[0] / height;
    const [down, downWay] = [slope * (height - z), -slope * dz];
    const [a, b] = [dx * dx + dy * dy - downWay * downWay, x * dx + y * dy - down * downWay];
    const c = x * x + y * y - down * down;
    let distance = Infinity;
    for (const sign of [1, -1]) {
      const found = root(a, b, c, sign);
      const met = z + found * dz;
      if (met >= 0 && met <= height && found < distance) distance = found;
    }
    const normal = [x + distance * dx, y + distance * dy, slope * slope * (height - z - distance * dz)];
    const length = Math.max(Math.hypot(...normal), 1e-12);
    return [distance, normal.map((value) => value / length)];
  },
};

// A function (origin, direction) -> [distance, normal] for one solid.
function ray({ kind, place, size, turn }) {
  const [cos, sin] = [Math.cos(radians(turn)), Math.sin(radians(turn))];
  const shape = { half: [size[0] / 2, size[1] / 2], height: size[2] };
  const local = ([x, y, z]) => [cos * x + sin * y, -sin * x + cos * y, z];
  return (origin, direction) => {
    const start = local([origin[0] - place[0], origin[1] - place[1], origin[2]]);
    const [distance, [x, y, z]] = hits[kind](start, local(direction), shape);
    return [distance, [cos * x - sin * y, sin * x + cos * y, z]];
  };
}

// ---- graphics: description -> image ----------------------------------------------------------------------------------

// Returns {image: three numbers a pixel in [0, 1], owner: the number of the solid of each pixel, -1 for the table}.
export function render(world, colours, { rows, columns, scale } = frame, noise = null) {
  const { right, up, away } = cameraAxes(world.camera);
  const solids = world.solids.map((solid) => ({ solid, meet: ray(solid), near: passing(solid, world.camera) }));
  const lit = lighting(world);
  const image = new Float64Array(3 * rows * columns);
  const owner = new Int16Array(rows * columns);
  for (let pixel = 0; pixel < rows * columns; pixel++) {
    const across = ((pixel % columns) - (columns - 1) / 2) / scale;
    const upwards = ((rows - 1) / 2 - Math.floor(pixel / columns)) / scale;
    const origin = right.map((value, i) => across * value + upwards * up[i] - far * away[i]);
    let [nearest, mine, normal] = [-origin[2] / away[2], -1, [0, 0, 1]];
    solids.forEach(({ meet, near }, number) => {
      if (!near(across, upwards)) return;
      const [distance, facing] = meet(origin, away);
      if (distance < nearest) [nearest, mine, normal] = [distance, number, facing];
    });
    const point = origin.map((value, i) => value + nearest * away[i]);
    const surface = mine < 0 ? ground(point, world) : skin(world.solids[mine], point, colours, world);
    const bright = lit(point, normal, mine);
    owner[pixel] = mine;
    for (let channel = 0; channel < 3; channel++) {
      const value = surface[channel] * bright + (noise && world.relaxed.has("noise") ? noise[3 * pixel + channel] : 0);
      image[3 * pixel + channel] = Math.min(1, Math.max(0, value));
    }
  }
  return { image, owner };
}

const isOdd = (value) => Math.abs(Math.floor(value)) % 2 > 0;

// The table: plain, or a chequered cloth.
function ground([x, y], { relaxed }) {
  const dark = Math.abs(Math.floor(x / 0.9) + Math.floor(y / 0.9)) % 2 > 0;
  return relaxed.has("clutter") && dark ? [0.45, 0.53, 0.62] : table;
}

// A solid's colour: plain, or with dark rings.
function skin({ colour }, point, colours, { relaxed }) {
  const dark = relaxed.has("texture") && isOdd(3 * point[2] + 0.5);
  return colours[colour].map((value) => (dark ? 0.45 * value : value));
}

// A function (point, normal, owner) -> how bright, by the switches.
function lighting({ solids, light: place, relaxed }) {
  const light = towards(place);
  const down = light.map((value) => -value);
  const { right, up } = cameraAxes(place);
  const casters = relaxed.has("shadows")
    ? solids.map((solid) => ({ meet: ray(solid), near: passing(solid, place) }))
    : [];
  return (point, normal, owner) => {
    if (owner >= 0) return relaxed.has("shading") ? 0.35 + 0.65 * Math.max(dot(normal, light), 0) : 1;
    const start = point.map((value, i) => value + far * light[i]);
    const [x, y] = [dot(point, right), dot(point, up)];
    const dark = casters.some(({ meet, near }) => near(x, y) && Number.isFinite(meet(start, down)[0]));
    return dark ? 0.55 : 1;
  };
}

// Whether a ray at a place of the picture can meet a solid at all.
function passing(solid, camera) {
  const [[left, rightmost], [bottom, top]] = extentOf(solid, camera);
  return (x, y) => x >= left - 1e-9 && x <= rightmost + 1e-9 && y >= bottom - 1e-9 && y <= top + 1e-9;
}

// How far a solid reaches in the picture, from the middle: [[left, right], [bottom, top]].
export function extentOf({ kind, place, size: [width, depth, height], turn }, camera) {
  const { right, up } = cameraAxes(camera);
  if (kind === "ball") {
    const middle = [...place, height / 2];
    return [right, up].map((axis) => [dot(middle, axis) - height / 2, dot(middle, axis) + height / 2]);
  }
  const rim = kind === "brick" ? corners(width, depth, turn) : circle(width / 2);
  const tops = kind === "cone" ? [[0, 0]] : rim;
  const points = [...rim.map(([x, y]) => [x, y, 0]), ...tops.map(([x, y]) => [x, y, height])];
  return [right, up].map((axis) => {
    const values = points.map(([x, y, z]) => dot([x + place[0], y + place[1], z], axis));
    return [Math.min(...values), Math.max(...values)];
  });
}

function corners(width, depth, turn) {
  const [cos, sin] = [Math.cos(radians(turn)), Math.sin(radians(turn))];
  return [-1, -1, 1, 1].map((a, i) => {
    const [x, y] = [(a * width) / 2, ((i % 2 ? 1 : -1) * depth) / 2];
    return [cos * x - sin * y, sin * x + cos * y];
  });
}

const circle = (radius) =>
  Array.from({ length: 24 }, (_, i) => [radius * Math.cos(radians(15 * i)), radius * Math.sin(radians(15 * i))]);

// ---- vision: image -> description ------------------------------------------------------------------------------------

const side = 24;
const leastArea = 12;
const different = 0.12;
const goodFit = 0.8;
const proportions = {
  ball: [[1, 1, 1]],
  cylinder: [0.9, 1.05, 1.2, 1.35, 1.5, 1.7, 1.9].map((height) => [1, 1, height]),
  brick: [0.6, 0.9, 1.2].map((height) => [1.3, 0.8, height]),
};

// The known kinds as a camera sees them.
export function modelsOf(camera) {
  const view = { rows: 64, columns: 64, scale: 24 };
  const plain = { camera, light: [0, 90], relaxed: new Set() };
  const models = [];
  for (const kind of known) {
    for (const size of proportions[kind]) {
      for (let turn = 0; turn < (kind === "brick" ? 180 : 15); turn += 15) {
        const solid = { kind, place: [0, 0], size, turn, colour: "any" };
        const { owner } = render({ ...plain, solids: [solid] }, { any: [0, 0, 0] }, view);
        const mask = Uint8Array.from(owner, (value) => value === 0);
        const box = boxOf(mask, view.columns);
        const [height, width] = [(box.bottom - box.top) / view.scale, (box.right - box.left) / view.scale];
        const foot = [(32 - box.top) / view.scale, (32 - box.left) / view.scale];
        models.push({ solid, mask: stretched(mask, box, view.columns), extent: [height, width], foot });
      }
    }
  }
  return models;
}

// The box of what is true; bottom and right lie just outside.
function boxOf(mask, columns) {
  const box = { top: Infinity, left: Infinity, bottom: 0, right: 0 };
  mask.forEach((value, pixel) => {
    if (!value) return;
    const [row, column] = [Math.floor(pixel / columns), pixel % columns];
    box.top = Math.min(box.top, row);
    box.left = Math.min(box.left, column);
    box.bottom = Math.max(box.bottom, row + 1);
    box.right = Math.max(box.right, column + 1);
  });
  return box;
}

// What is inside a box, brought to side x side by taking the nearest pixel.
function stretched(mask, { top, left, bottom, right }, columns) {
  return Uint8Array.from({ length: side * side }, (_, i) => {
    const row = Math.floor(top + ((Math.floor(i / side) + 0.5) / side) * (bottom - top));
    const column = Math.floor(left + (((i % side) + 0.5) / side) * (right - left));
    return mask[row * columns + column];
  });
}

// The three stages: {figure, labels, regions}.
export function look(image, camera, models, colours, { rows, columns, scale } = frame) {
  const figure = figureOf(image, rows, columns);
  const { labels, sizes } = connected(figure, rows, columns);
  labels.forEach((label, pixel) => {
    if (sizes[label] < leastArea) labels[pixel] = 0;
  });
  const regions = [];
  for (let label = 1; label < sizes.length; label++) {
    if (sizes[label] < leastArea) continue;
    const mask = Uint8Array.from(labels, (value) => value === label);
    regions.push({
      label,
      ...identify(mask, meanColour(image, mask), camera, models, colours, { rows, columns, scale }),
    });
  }
  return { figure, labels, regions };
}

// Pixels that differ from the middle of the border's colours.
function figureOf(image, rows, columns) {
  const border = [];
  for (let pixel = 0; pixel < rows * columns; pixel++) {
    const [row, column] = [Math.floor(pixel / columns), pixel % columns];
    if (row === 0 || row === rows - 1 || column === 0 || column === columns - 1) border.push(pixel);
  }
  const back = [0, 1, 2].map((channel) => median(border.map((pixel) => image[3 * pixel + channel])));
  return Uint8Array.from({ length: rows * columns }, (_, pixel) =>
    Math.max(...back.map((value, channel) => Math.abs(image[3 * pixel + channel] - value))) > different ? 1 : 0,
  );
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// Number the pieces whose pixels share edges, from 1 on, row by row.
export function connected(figure, rows, columns) {
  const labels = new Int32Array(rows * columns);
  const sizes = [0];
  for (let start = 0; start < figure.length; start++) {
    if (!figure[start] || labels[start]) continue;
    const label = sizes.length;
    const unseen = [start];
    labels[start] = label;
    sizes.push(0);
    while (unseen.length) {
      const pixel = unseen.pop();
      sizes[label] += 1;
      const [row, column] = [Math.floor(pixel / columns), pixel % columns];
      const next = [row > 0 && pixel - columns, row < rows - 1 && pixel + columns];
      next.push(column > 0 && pixel - 1, column < columns - 1 && pixel + 1);
      for (const other of next) {
        if (other === false || !figure[other] || labels[other]) continue;
        labels[other] = label;
        unseen.push(other);
      }
    }
  }
  return { labels, sizes };
}

function meanColour(image, mask) {
  const [sum, count] = [[0, 0, 0], mask.reduce((total, value) => total + value, 0)];
  mask.forEach((value, pixel) => {
    if (value) for (let channel = 0; channel < 3; channel++) sum[channel] += image[3 * pixel + channel] / count;
  });
  return sum;
}

// Compare a region with every model, and describe it by the one that fits best.
function identify(mask, colour, camera, models, colours, { rows, columns, scale }) {
  const box = boxOf(mask, columns);
  const own = stretched(mask, box, columns);
  const fits = models.map((model) => overlap(own, model.mask));
  const fit = Math.max(...fits);
  const model = models[fits.indexOf(fit)];
  const [height, width] = [(box.bottom - box.top) / scale, (box.right - box.left) / scale];
  const grown = (height / model.extent[0] + width / model.extent[1]) / 2;
  const place = onTable(box.top / scale + grown * model.foot[0], box.left / scale + grown * model.foot[1], camera, {
    height: rows / scale,
    width: columns / scale,
  });
  const { kind, size, turn } = model.solid;
  const named = nearestColour(colour, colours);
  return {
    kind: fit >= goodFit ? kind : "unknown",
    colour: named,
    place,
    size: size.map((s) => grown * s),
    turn,
    fit,
    box,
  };
}

// Intersection over union.
function overlap(one, other) {
  let [both, either] = [0, 0];
  for (let i = 0; i < one.length; i++) {
    both += one[i] & other[i];
    either += one[i] | other[i];
  }
  return both / either;
}

function nearestColour(colour, colours) {
  const share = (values) => values.map((value) => value / (values[0] + values[1] + values[2]));
  const own = share(colour);
  const apart = (name) => share(colours[name]).reduce((sum, value, i) => sum + Math.abs(value - own[i]), 0);
  return Object.keys(colours).reduce((best, name) => (apart(name) < apart(best) ? name : best));
}

// Which place of the table is seen at a place of the picture, given from its upper left corner.
export function onTable(down, across, camera, { height, width }) {
  const { right, up, away } = cameraAxes(camera);
  const start = right.map((value, i) => (across - width / 2) * value + (height / 2 - down) * up[i] - far * away[i]);
  return [0, 1].map((i) => start[i] - (start[2] / away[2]) * away[i]);
}

// Which solids were described rightly: kind, colour, and place. A cone is rightly called unknown.
export function recovered({ solids }, regions, near = 0.7) {
  const free = [...regions];
  return solids.map((solid) => {
    const wanted = known.includes(solid.kind) ? solid.kind : "unknown";
    const fits = ({ kind, colour, place }) =>
      kind === wanted &&
      colour === solid.colour &&
      Math.hypot(place[0] - solid.place[0], place[1] - solid.place[1]) <= near;
    const found = free.findIndex(fits);
    if (found >= 0) free.splice(found, 1);
    return found >= 0;
  });
}
