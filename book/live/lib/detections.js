// What a detector found in scenes, and what is there: the settings of demos about boxes, read and checked.
//   readDetections(model)                      { classes, images, side, count, found, truths }, from classes (K texts), images (uint8,
//                                              S x 3 x side x side), boxes (float32, D x 4: x0, y0, x1, y1 in pixels), scores (float32, D),
//                                              labels, scenes (int32, D), true_boxes, true_labels, true_scenes. A box is { box, label, scene }.
//   sharesOfBoxes(model, "seen", truths)       a number from 0 to 1 for each of a list of boxes
//   pictureOfScene(images, 3)                  what paintPicture takes

import { bytesSetting, expect, numbersSetting } from "./settings.js";

export function readDetections(model) {
  const classes = model.get("classes");
  expect(
    Array.isArray(classes) && classes.length > 0 && classes.every((name) => typeof name === "string"),
    `classes is ${JSON.stringify(classes ?? undefined) ?? "missing"}; expected a list of texts.`,
  );
  const images = bytesSetting(model, "images", ["n", 3, "side", "side"]);
  const [count, , side, width] = images.dims;
  expect(side === width && count > 0, `images has shape (${images.dims.join(", ")}); expected squares, one at least.`);
  const found = listOf(model, "boxes", "labels", "scenes", { classes, count });
  const truths = listOf(model, "true_boxes", "true_labels", "true_scenes", { classes, count });
  expect(truths.length > 0, "true_boxes is empty; expected one thing to find at least.");
  sharesOfBoxes(model, "scores", found).forEach((score, i) => (found[i].score = score));
  return { classes, images, side, count, found, truths };
}

export function sharesOfBoxes(model, key, list) {
  const { data } = numbersSetting(model, key, "float32", [list.length]);
  const wrong = data.find((value) => !(value >= 0 && value <= 1));
  expect(wrong === undefined, `${key} hold ${wrong}; expected numbers from 0 to 1.`);
  return Array.from(data);
}

function listOf(model, boxKey, labelKey, sceneKey, { classes, count }) {
  const boxes = numbersSetting(model, boxKey, "float32", ["n", 4]);
  const wholes = (key, limit, of) => {
    const { data } = numbersSetting(model, key, "int32", [boxes.dims[0]]);
    const wrong = data.find((value) => value < 0 || value >= limit);
    expect(wrong === undefined, `${key} hold ${wrong}; expected 0 to ${limit - 1}, a place in ${of}.`);
    return data;
  };
  const [labels, scenes] = [wholes(labelKey, classes.length, "classes"), wholes(sceneKey, count, "images")];
  return Array.from(labels, (label, i) => {
    const box = Array.from(boxes.data.subarray(4 * i, 4 * i + 4));
    const fits = box.every(Number.isFinite) && box[2] >= box[0] && box[3] >= box[1];
    expect(fits, `${boxKey} hold ${box.join(", ")}; expected x0, y0, x1, y1 in pixels, with x1 and y1 not smaller.`);
    return { box, label, scene: scenes[i] };
  });
}

export function pictureOfScene({ data, dims }, scene) {
  const area = dims[2] * dims[3];
  const colours = Uint8ClampedArray.from(
    { length: 3 * area },
    (_, i) => data[(3 * scene + (i % 3)) * area + Math.floor(i / 3)],
  );
  return { data: colours, rows: dims[2], columns: dims[3] };
}
