// Pick a patch of a photograph: which visual word is it, and where else does that word occur?
//
// Settings: photographs (uint8, n x rows x columns), photograph_names (a text each), patch and step (pixels),
// sizes (the vocabularies' numbers of words), descriptors (uint8, n x grid rows x grid columns x d; 255 stands for 1),
// and for each vocabulary words[i] (int32, n x grid rows x grid columns), pictures[i] (uint8, words x side x side).
// Model: descriptor (1, d) -> one result a vocabulary: the distance to each of its words, (1, words).

import { arraySetting, coalesced, infer } from "../lib/ask.js";
import { select, slider } from "../lib/controls.js";
import { alarm, announcer, h, panel } from "../lib/dom.js";
import { signed } from "../lib/numbers.js";
import { cellAt } from "../lib/paint.js";

const nearestShown = 5;

export default {
  async render({ model, el }) {
    const names = model.get("photograph_names");
    const sizes = model.get("sizes");
    const [patch, step] = [model.get("patch"), model.get("step")];
    const photographs = arraySetting(model.get("photographs"));
    const descriptors = arraySetting(model.get("descriptors"));
    const words = model.get("words").map(arraySetting);
    const pictures = model.get("pictures").map(arraySetting);
    const [, rows, columns] = photographs.dims;
    const [, gridRows, gridColumns, length] = descriptors.dims;
    const [input] = model.get("inputs");
    const results = model.get("outputs").map(({ name }) => name);
    const places = gridRows * gridColumns;
    const chosen = {
      photo: 0,
      row: model.get("start")?.[0] ?? gridRows >> 1,
      column: model.get("start")?.[1] ?? gridColumns >> 1,
      size: Math.min(1, sizes.length - 1),
    };

    const { element: status, say } = announcer();
    const problem = alarm("The words could not be computed. ");
    const large = h("canvas", {});
    const marker = h("span", { class: "live-marker" });
    const frame = h(
      "div",
      {
        class: "live-window",
        tabindex: 0,
        role: "application",
        "aria-label": "The photograph; arrow keys move the patch",
      },
      large,
      marker,
    );
    const hint = h(
      "p",
      { class: "live-hint" },
      "Click a place, or move with the arrow keys (Shift: three steps). Bright patches have the same word.",
    );
    const thumbs = names.map((name, i) => {
      const canvas = h("canvas", {});
      const count = h("span", { class: "live-count" });
      return {
        canvas,
        count,
        element: h(
          "button",
          { type: "button", class: "live-occurrence", onclick: () => choosePhoto(i) },
          canvas,
          h("span", { class: "live-hint" }, name, " ", count),
        ),
      };
    });
    const own = tile("the patch");
    const mean = tile("the word's mean patch");
    const verdict = h("p", { class: "live-verdict" });
    const facts = h("p", { class: "live-caption" });
    const list = h("ol", { class: "live-nearest" });

    const photoChoice = select({ label: "Photograph", options: names, onChange: choosePhoto });
    const sizeChoice = slider({
      label: "Words in the vocabulary",
      min: 0,
      max: sizes.length - 1,
      step: 1,
      value: chosen.size,
      format: (i) => `K = ${sizes[i]}`,
      onInput: (i) => ((chosen.size = i), update()),
    });

    function choosePhoto(i) {
      chosen.photo = i;
      photoChoice.input.value = i;
      update();
    }

    function move(row, column) {
      chosen.row = Math.min(gridRows - 1, Math.max(0, row));
      chosen.column = Math.min(gridColumns - 1, Math.max(0, column));
      update();
    }

    const ask = coalesced(async () => {
      const at = chosen.photo * places + chosen.row * gridColumns + chosen.column;
      const size = chosen.size;
      const now = { photo: chosen.photo, row: chosen.row, column: chosen.column };
      const data = Float32Array.from(descriptors.data.subarray(at * length, (at + 1) * length), (value) => value / 255);
      const answer = await infer(model, { [input.name]: { data, dims: input.dims } });
      show(
        now,
        size,
        answer[results[size]].data,
        data.every((value) => value === 0),
      );
    });
    const update = () => problem.watch(ask());

    function show({ photo, row, column }, size, distances, empty) {
      const order = Array.from(distances.keys()).sort((a, b) => distances[a] - distances[b]);
      const word = order[0];
      const side = pictures[size].dims[1];
      const counts = names.map((_, i) => countWord(words[size].data.subarray(i * places, (i + 1) * places), word));
      const having = counts.filter((count) => count > 0).length;
      const frequency = counts[photo] / places;
      const idf = Math.log(names.length / Math.max(having, 1));

      thumbs.forEach(({ canvas, count, element }, i) => {
        lightUp(canvas, i, size, word);
        count.textContent = `× ${counts[i]}`;
        element.toggleAttribute("aria-current", i === photo);
      });
      lightUp(large, photo, size, word);
      marker.style.left = `${(100 * column * step) / columns}%`;
      marker.style.top = `${(100 * row * step) / rows}%`;
      marker.style.width = `${(100 * patch) / columns}%`;
      marker.style.height = `${(100 * patch) / rows}%`;
      paintGreys(
        own.canvas,
        patch,
        (y, x) => photographs.data[(photo * rows + row * step + y) * columns + column * step + x],
      );
      paintGreys(mean.canvas, side, (y, x) => pictures[size].data[(word * side + y) * side + x]);

      verdict.textContent = `Word ${word} of ${sizes[size]}`;
      const text = `${counts[photo]} of ${places} patches here, in ${having} of ${names.length} photographs. tf = ${frequency.toFixed(3)}, idf = ln(${names.length} / ${having}) = ${idf.toFixed(2)}, tf-idf = ${(frequency * idf).toFixed(3)}.${empty ? " The patch is almost flat: its descriptor is zero." : ""}`;
      facts.textContent = text;
      list.replaceChildren(
        ...order.slice(0, nearestShown).map((index) => {
          const canvas = h("canvas", { "aria-hidden": "true" });
          paintGreys(canvas, side, (y, x) => pictures[size].data[(index * side + y) * side + x]);
          return h(
            "li",
            {},
            canvas,
            h("span", {}, `word ${index}`),
            h("span", { class: "live-number" }, signed(distances[index])),
          );
        }),
      );
      frame.setAttribute(
        "aria-label",
        `${names[photo]}, patch in row ${row + 1}, column ${column + 1} of ${gridRows} by ${gridColumns}; arrow keys move it`,
      );
      say(`Row ${row + 1}, column ${column + 1}: word ${word}. ${text}`);
    }

    // The photograph, dimmed but for the patches that have this word.
    function lightUp(canvas, photo, size, word) {
      const lit = new Uint8Array(rows * columns);
      for (let place = 0; place < places; place++) {
        if (words[size].data[photo * places + place] !== word) continue;
        const [top, left] = [Math.floor(place / gridColumns) * step, (place % gridColumns) * step];
        for (let y = top; y < top + patch; y++) lit.fill(1, y * columns + left, y * columns + left + patch);
      }
      canvas.width = columns;
      canvas.height = rows;
      const picture = new ImageData(columns, rows);
      for (let i = 0; i < rows * columns; i++) {
        const grey = photographs.data[photo * rows * columns + i];
        const inside = lit[i];
        const edge = inside && !(lit[i - 1] && lit[i + 1] && lit[i - columns] && lit[i + columns]);
        picture.data.set(
          edge ? [255, 176, 0, 255] : inside ? [grey, grey, grey, 255] : [grey / 2, grey / 2, grey / 2, 255],
          4 * i,
        );
      }
      canvas.getContext("2d").putImageData(picture, 0, 0);
    }

    frame.addEventListener("pointerdown", (event) => {
      const [row, column] = cellAt(large, event, rows, columns);
      move(Math.round((row - patch / 2) / step), Math.round((column - patch / 2) / step));
    });
    frame.addEventListener("keydown", (event) => {
      const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (event.key === "Enter") update();
      if (!steps) return;
      event.preventDefault();
      const far = event.shiftKey ? 3 : 1;
      move(chosen.row + far * steps[0], chosen.column + far * steps[1]);
    });

    const picturePanel = panel("live-picture", "Photograph", frame, hint);
    const wordPanel = panel(
      "live-word",
      "Its visual word",
      verdict,
      h("div", { class: "live-pair" }, own.element, mean.element),
      facts,
      h("p", { class: "live-hint" }, `The ${nearestShown} nearest words, and how far away they are:`),
      list,
    );
    const elsewhere = panel(
      "live-elsewhere",
      "Where the word occurs",
      h("div", { class: "live-occurrences" }, ...thumbs.map(({ element }) => element)),
    );
    el.classList.add("live-visual-words");
    el.append(
      h("div", { class: "live-controls" }, photoChoice.element, sizeChoice.element),
      picturePanel.element,
      wordPanel.element,
      elsewhere.element,
      problem.element,
      status,
    );
    await ask();
  },
};

// A small picture with a caption.
function tile(caption) {
  const canvas = h("canvas", { role: "img", "aria-label": caption });
  return {
    canvas,
    element: h("figure", { class: "live-tile" }, canvas, h("figcaption", { class: "live-hint" }, caption)),
  };
}

function countWord(words, word) {
  return words.reduce((count, other) => count + (other === word), 0);
}

// A square of greys, stretched to full contrast.
function paintGreys(canvas, side, greyAt) {
  const greys = Float32Array.from({ length: side * side }, (_, i) => greyAt(Math.floor(i / side), i % side));
  const [low, high] = [Math.min(...greys), Math.max(...greys)];
  canvas.width = side;
  canvas.height = side;
  const picture = new ImageData(side, side);
  greys.forEach((grey, i) => {
    const value = high > low ? (255 * (grey - low)) / (high - low) : grey;
    picture.data.set([value, value, value, 255], 4 * i);
  });
  canvas.getContext("2d").putImageData(picture, 0, 0);
}
