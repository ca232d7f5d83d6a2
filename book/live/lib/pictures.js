// Pictures of the reader's own, from a file or the camera: read here, sent nowhere. And resizing as Pillow does it.
// A picture is {data, rows, columns}: red, green and blue of each pixel, from 0 to 255.

import { h } from "./dom.js";

// The picture of a file, or an error in words; at most `longest` pixels high and wide, on white where it is transparent.
export async function readPicture(file, longest) {
  if (!file.size)
    throw new Error(
      `“${file.name}” is empty (0 bytes). Choose another file; the picture here is still the former one.`,
    );
  const url = URL.createObjectURL(file);
  try {
    const image = new Image();
    image.src = url;
    await image.decode(); // turned as its EXIF data says
    return pixelsOf(image, image.naturalWidth || longest, image.naturalHeight || longest, longest);
  } catch {
    throw new Error(
      `This browser cannot read “${file.name}” as a picture. Choose a file that it can show, such as a JPEG, PNG or WebP; the picture here is still the former one.`,
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}

function pixelsOf(image, width, height, longest) {
  const factor = Math.min(1, longest / Math.max(width, height));
  const [columns, rows] = [width, height].map((side) => Math.max(1, Math.round(side * factor)));
  const pen = h("canvas", { width: columns, height: rows }).getContext("2d", { willReadFrequently: true });
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, columns, rows);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(image, 0, 0, columns, rows);
  const { data } = pen.getImageData(0, 0, columns, rows);
  return { data: data.filter((_, i) => i % 4 < 3), rows, columns };
}

export function paintPicture(canvas, { data, rows, columns }) {
  canvas.width = columns;
  canvas.height = rows;
  const image = new ImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) image.data.set([data[3 * i], data[3 * i + 1], data[3 * i + 2], 255], 4 * i);
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// What a network takes: all red numbers, then all green, then all blue. (H, W, 3) -> (3, H, W)
export function planesOf(pixels) {
  const count = pixels.length / 3;
  const planes = new Float32Array(pixels.length);
  for (let i = 0; i < count; i++) for (let c = 0; c < 3; c++) planes[c * count + i] = pixels[3 * i + c];
  return planes;
}

// A file input under `label`; a file may also be dropped anywhere on `area`. onFile(file)
export function fileInput({ label, area, onFile }) {
  const input = h("input", {
    type: "file",
    accept: "image/*",
    class: "live-file",
    onchange: () => input.files[0] && onFile(input.files[0]),
  });
  // Without this, the browser would leave the page for a picture dropped beside the input.
  for (const type of ["dragenter", "dragover"]) area.addEventListener(type, (event) => event.preventDefault());
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    const [dropped] = event.dataTransfer.files;
    if (dropped) onFile(dropped);
  });
  return { element: h("label", { class: "live-own" }, h("span", {}, label), input), input };
}

// A button that asks for the camera. While it is on, onPicture(picture) -> Promise gets one picture after the other. It
// is off again as soon as the reader wants something else or the demo is not shown, and one that comes too late is let go.
export function cameraButton({ longest, onPicture, problem }) {
  let wish = null; // stands for what the reader wants now; null: no camera
  let stream = null;
  const video = h("video", { muted: true, playsinline: true });
  const button = h("button", { type: "button", class: "live-button live-camera", onclick: press }, "Use the camera");

  function press() {
    if (stream) stop();
    else if (!wish) problem.watch(begin());
  }

  async function begin() {
    const mine = (wish = {});
    button.textContent = "Waiting for the camera …";
    try {
      const given = await openCamera();
      if (mine !== wish || !isShown(button)) return letGo(given);
      stream = given;
      for (const track of stream.getTracks()) track.addEventListener("ended", () => stream === given && stop());
      button.textContent = "Hold this picture";
      video.srcObject = stream;
      await video.play();
      follow(mine);
    } catch (error) {
      if (mine !== wish) return; // the reader wants something else by now
      stop();
      throw error;
    } finally {
      if (mine === wish && !stream) stop();
    }
  }

  async function follow(mine) {
    while (mine === wish) {
      if (!isShown(button)) return stop();
      await onPicture(pixelsOf(video, video.videoWidth, video.videoHeight, longest)).catch(stop);
      await new Promise((resolve) => setTimeout(resolve, 30)); // the page may breathe
    }
  }

  function stop() {
    if (stream) letGo(stream);
    wish = stream = video.srcObject = null;
    button.textContent = "Use the camera";
  }
  return { element: button, stop };
}

async function openCamera() {
  if (!navigator.mediaDevices)
    throw new Error(
      "The browser offers no camera here; it does so only on pages served over https or from this machine. Choose a file instead.",
    );
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch (error) {
    throw new Error(
      error.name === "NotAllowedError"
        ? "The browser was not allowed to use the camera. Allow it beside the page's address, or choose a file."
        : `No camera could be used (${error.message}). Choose a file instead.`,
    );
  }
}

function letGo(stream) {
  for (const track of stream.getTracks()) track.stop();
}

// Whether the reader can see the demo that holds an element: not on another slide or tab, not scrolled away.
function isShown(element) {
  const demo = element.closest(".live-demo");
  if (!demo || document.hidden || demo.checkVisibility?.({ visibilityProperty: true, opacityProperty: true }) === false)
    return false;
  const { bottom, top } = demo.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}

// ---- the same arithmetic as utils.pictures.crops.centre_square, which uses Pillow ---------------------

// The centre square of a picture, `side` pixels wide, by bicubic interpolation over all pixels that fall into one.
export function centreSquare({ data, rows, columns }, side) {
  const from = Math.min(rows, columns);
  const [top, left] = [Math.floor((rows - from) / 2), Math.floor((columns - from) / 2)];
  const square = new Uint8ClampedArray(3 * from * from);
  for (let y = 0; y < from; y++)
    square.set(data.subarray(3 * ((top + y) * columns + left), 3 * ((top + y) * columns + left + from)), 3 * y * from);
  if (from === side) return { data: square, rows: side, columns: side };
  const weights = bicubicWeights(from, side);
  const narrow = resizeRows(square, from, from, side, weights);
  const turned = resizeRows(transposed(narrow, from, side), side, from, side, weights);
  return { data: transposed(turned, side, side), rows: side, columns: side };
}

// For each new pixel: where its old ones begin, and their weights as multiples of 2 ** -22.
function bicubicWeights(from, to) {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  return Array.from({ length: to }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const begin = Math.max(0, Math.trunc(centre - 2 * stretch + 0.5));
    const end = Math.min(from, Math.trunc(centre + 2 * stretch + 0.5));
    const values = Array.from({ length: end - begin }, (_, i) => bicubic((begin + i - centre + 0.5) / stretch));
    const total = values.reduce((sum, value) => sum + value, 0);
    return {
      begin,
      weights: Int32Array.from(values, (value) => Math.trunc((value / total) * 2 ** 22 + (value < 0 ? -0.5 : 0.5))),
    };
  });
}

function bicubic(distance) {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

function resizeRows(data, rows, columns, side, weights) {
  const result = new Uint8ClampedArray(3 * rows * side);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < side; x++) {
      const { begin, weights: values } = weights[x];
      let [red, green, blue] = [2 ** 21, 2 ** 21, 2 ** 21];
      for (let i = 0, at = 3 * (y * columns + begin); i < values.length; i++, at += 3) {
        red += values[i] * data[at];
        green += values[i] * data[at + 1];
        blue += values[i] * data[at + 2];
      }
      const to = 3 * (y * side + x);
      result[to] = Math.floor(red / 2 ** 22);
      result[to + 1] = Math.floor(green / 2 ** 22);
      result[to + 2] = Math.floor(blue / 2 ** 22);
    }
  }
  return result;
}

function transposed(data, rows, columns) {
  const result = new Uint8ClampedArray(data.length);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++)
      for (let c = 0; c < 3; c++) result[3 * (x * rows + y) + c] = data[3 * (y * columns + x) + c];
  return result;
}
