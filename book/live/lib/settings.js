// Settings that do not fit, refused in words: what came, and what was expected.

import { arraySetting } from "./ask.js";
import { listed } from "./words.js";

// expect(holds, "n_blocks is 1; expected …"): an error in these words, unless it holds.
export function expect(holds, words) {
  if (!holds) throw new Error(words);
}

// bytesSetting(model, "images", ["n", 28, 28]) -> {data, dims}: an array of uint8; a size in words may be any.
export const bytesSetting = (model, key, dims) => numbersSetting(model, key, "uint8", dims);

// The same for float32, uint8 or int32.
export function numbersSetting(model, key, dtype, dims) {
  const value = model.get(key);
  const array = value?.array;
  const came = array ? `${array.dtype} of shape ${shapeText(array.dims)}` : `${value ?? "missing"}`;
  const fits = array?.dtype === dtype && array.dims.length === dims.length;
  expect(
    fits && dims.every((size, i) => typeof size === "string" || size === array.dims[i]),
    `${key} is ${came}; expected ${dtype} of shape ${shapeText(dims)}.`,
  );
  return arraySetting(value);
}

// What the models take and give, each with its shape: {images: [500, 1, 28, 28], …}, and nothing else.
export function refuseOtherShapes(model, expected) {
  const found = [...model.get("inputs"), ...model.get("outputs")];
  const known = Object.keys(expected);
  const names = found.map(({ name }) => name);
  expect(
    names.length === known.length && known.every((name) => names.includes(name)),
    `The models’ inputs and outputs are ${listed(names) || "missing"}; expected ${listed(known)}: give input_names and output_names.`,
  );
  for (const { name, dims } of found) {
    expect(
      sameShape(dims, expected[name]),
      `The models’ ${name} has shape ${shapeText(dims)}; expected ${shapeText(expected[name])}, as the settings say.`,
    );
  }
}

const sameShape = (some, others) => some.length === others.length && some.every((size, i) => size === others[i]);
const shapeText = (dims) => `(${dims.join(", ")})`;
