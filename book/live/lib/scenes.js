// Scenes painted as utils.scenes.render.paint paints them, and things moved in them by hand.
//
// A thing is { kind, sprite, at: [row, column], scale }, and to be painted it has a colour [red, green, blue]. Stamps are
// { covers, brights }, each (kinds, choices, side, side) from utils.scenes.rasterise.stamp. With a scale, things have that
// side, and their stamps were cut at a scale of 28; without one, they are painted as they were cut.

import { h } from "./dom.js";
import { onDrag } from "./drag.js";
import { onArrows } from "./keys.js";
import { cellAt } from "./paint.js";

const bigStep = 4; // pixels, with Shift
const spriteSide = 28;
const one = 65536; // 1.0 in fixed point

// Things from back to front on a ground -> (size, size, 3). grounds: {data, dims: [n, 3, size, size]}.
export function composed(grounds, ground, things, stamps) {
  const size = grounds.dims[2];
  const scene = new Uint8ClampedArray(3 * size * size);
  const first = 3 * ground * size * size;
  for (let i = 0; i < size * size; i++)
    for (let c = 0; c < 3; c++) scene[3 * i + c] = grounds.data[first + c * size * size + i];
  for (const thing of things)
    eachPixel(thing, stamps, size, (pixel, cover, bright) => {
      for (let k = 3 * pixel, c = 0; c < 3; c++, k++)
        scene[k] = ((scene[k] * (256 - cover - (cover >> 7))) >> 8) + ((thing.colour[c] * bright) >> 8);
    });
  return scene;
}

// The boxes [left, top, right, bottom] around what is seen of each thing; null if nothing of it is.
export const seenBoxes = (things, stamps, size) => seenThings(things, stamps, size).map(({ box }) => box);

// The same boxes, and the share of each thing's pixels in the picture that no other hides: [{ box, share }, …]
export function seenThings(things, stamps, size) {
  const { owner, all } = ownersOf(things, stamps, size);
  const seen = things.map(() => ({ box: null, pixels: 0 }));
  owner.forEach((number, pixel) => {
    if (!number) return;
    const one = seen[number - 1];
    const [x, y] = [pixel % size, Math.floor(pixel / size)];
    const [left, top, right] = one.box ?? [x, y, 0];
    one.box = [Math.min(left, x), top, Math.max(right, x + 1), y + 1];
    one.pixels += 1;
  });
  return seen.map(({ box, pixels }, i) => ({ box, share: all[i] ? pixels / all[i] : 0 }));
}

// Which thing is seen at each pixel, 0 for none or else its place + 1: the last of those that cover half of it or more. And of
// how many pixels that holds for each thing, hidden or not: { owner, all }.
export function ownersOf(things, stamps, size) {
  const owner = new Uint8Array(size * size);
  const all = things.map(() => 0);
  things.forEach((thing, i) =>
    eachPixel(thing, stamps, size, (pixel, cover) => {
      if (cover < 128) return;
      owner[pixel] = i + 1;
      all[i] += 1;
    }),
  );
  return { owner, all };
}

// use(pixel, cover, bright) for each pixel of the picture that a thing covers.
function eachPixel({ kind, sprite, at, scale }, { covers, brights }, size, use) {
  const [, choices, side] = covers.dims;
  const first = (kind * choices + sprite) * side * side;
  const [rows, columns] = at.map((centre) => samples(centre, scale, side, size));
  for (const row of rows)
    for (const column of columns) {
      const from = first + row.from * side + column.from;
      const cover = between(covers.data, from, side, row.beyond, column.beyond);
      if (cover) use(row.to * size + column.to, cover, between(brights.data, from, side, row.beyond, column.beyond));
    }
}

// Along one side of the picture: which pixels show which of a stamp, and how far beyond it, in 1/256 pixels.
function samples(centre, scale, side, size) {
  const reach = (side - 1) / 2;
  const step = Math.floor((one * spriteSide * 256) / Math.round(256 * scale));
  const found = [];
  for (let to = 0; to < size; to++) {
    const place = scale
      ? Math.floor(((256 * to + 128 - Math.round(256 * centre)) * step) / 256) + (reach - 0.5) * one
      : (to - centre + reach) * one;
    if (place >= 0 && place < side * one) found.push({ to, from: place >> 16, beyond: (place >> 8) & 255 });
  }
  return found;
}

// The average of four neighbours, weighted by closeness, rounded; nothing lies beyond the last.
function between(values, from, side, down, right) {
  const across = (i) => (values[i] ?? 0) * (256 - right) + (values[i + 1] ?? 0) * right;
  return (across(from) * (256 - down) + across(from + side) * down + one / 2) >> 16;
}

// ---- by hand -----------------------------------------------------------------------------------------------------------

// What moves a thing by hand and by keys: in a picture of `room.size` pixels, of which `room.reach` to each side of the thing's
// middle stay in it.
export function thingHandle(thing, picture, room, onMove) {
  const { size } = room;
  const element = h("span", { class: "live-thing", tabindex: "0", role: "application" });
  const move = (row, column) => {
    thing.at = [row, column].map((value) => Math.min(size - 1 - room.reach, Math.max(room.reach, value))); // whole
    onMove();
  };
  let grip = null; // from the pointer to the middle of the thing
  onArrows(element, { shift: bigStep, move: (down, right) => move(thing.at[0] + down, thing.at[1] + right) });
  onDrag(element, {
    start(event) {
      const [row, column] = cellAt(picture, event, size, size);
      grip = [thing.at[0] - row, thing.at[1] - column];
    },
    move(event) {
      const [row, column] = cellAt(picture, event, size, size);
      move(row + grip[0], column + grip[1]);
    },
  });
  const update = (name) => {
    element.style.left = `${(100 * thing.at[1]) / size}%`;
    element.style.top = `${(100 * thing.at[0]) / size}%`;
    const place = `at row ${thing.at[0]}, column ${thing.at[1]} of ${size}`;
    element.setAttribute("aria-label", `${name}, ${place}; arrow keys move it`);
  };
  return { element, update };
}

// ---- boxes over a picture ----------------------------------------------------------------------------------------------

// A frame with words at its upper edge, or where there is more room; dashed if it is wrong.
export function labelledBox({ box, words, wrong = false }, size) {
  const element = frameOver(box, size);
  const label = h("span", { class: "live-label" }, words);
  const [left, top, right] = box.map((value) => value / size);
  if (left + right > 1) label.classList.add("live-leftward");
  if (top < 0.16) label.classList.add("live-below");
  element.classList.toggle("live-wrong", wrong);
  element.append(label);
  return element;
}

// A frame without words; its sheet may make it thinner.
export function frameOver(box, size) {
  const [left, top, right, bottom] = box.map((value) => 100 * Math.min(1, Math.max(0, value / size)));
  const style = `left: ${left}%; top: ${top}%; width: ${right - left}%; height: ${bottom - top}%`;
  return h("div", { class: "live-box", style });
}
