// The choice of a photograph: a shipped one, or one of the reader's own, from a file, dropped, or from the camera.

import { latest } from "./ask.js";
import { select } from "./controls.js";
import { h, hint } from "./dom.js";
import { cameraButton, centreSquare, fileInput, readPicture } from "./pictures.js";

const longestRead = 2048; // pixels: larger pictures are made as small while they are decoded

// photographChoice({ examples, names, start, area, problem, onPicture }) -> { list, sources, note, shipped, begin }:
// examples is an array setting (n x side x side x 3). onPicture(picture) -> Promise gets what was chosen, as a square of
// the same side; of a shipped photograph always the same object. Files may be dropped on `area`. begin() chooses the first.
export function photographChoice({ examples, names, start, area, problem, onPicture }) {
  const side = examples.dims[1];
  const shipped = names.map((_, i) => {
    const data = examples.data.subarray(3 * side * side * i, 3 * side * side * (i + 1));
    return { data, rows: side, columns: side };
  });
  let own = null;

  const newest = latest(); // of what the reader chose
  const list = select({ label: "Photograph", options: names, value: start, onChange: pick });
  const file = fileInput({ label: "One of your own", area, onFile: (chosen) => problem.watch(open(chosen)) });
  const camera = cameraButton({ longest: longestRead, onPicture: showOwn, problem });

  function pick(i) {
    camera.stop();
    newest();
    return onPicture(shipped[i] ?? own);
  }

  async function open(chosen) {
    camera.stop();
    const { value, overtaken } = await newest(readPicture(chosen, longestRead));
    if (!overtaken) await showOwn(value);
  }

  function showOwn(picture) {
    if (!own) list.input.append(h("option", { value: names.length }, "your own"));
    own = centreSquare(picture, side);
    list.input.value = names.length;
    return onPicture(own);
  }

  const sources = h("div", { class: "live-sources" }, file.element, camera.element);
  const note = hint(
    "Choose a file, drop one here, or use the camera. Pictures stay in this browser and are not sent anywhere.",
  );
  return { list: list.element, sources, note, shipped, begin: () => pick(start) };
}
