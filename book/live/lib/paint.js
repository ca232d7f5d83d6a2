// Numbers as colours: maps that read the same to most eyes, and painting them on a canvas.

const anchors = {
  gray: "000000 ffffff",
  viridis:
    "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1fa088 28ae80 3fbc73 5ec962 84d44b addc30 d8e219 fde725",
  signed:
    "053061 175290 2a71b2 3f8ec0 6bacd1 9bc9e0 c2ddec e0ecf3 f7f6f6 fbe5d8 fbccb4 f5aa89 e48066 d05548 ba2832 930e26 67001f",
};
const colourTables = {};

// 256 colours, three bytes each, interpolated between the anchors of `name`.
function colourTable(name) {
  if (colourTables[name]) return colourTables[name];
  const stops = anchors[name].split(" ").map((hex) => [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16)));
  const table = new Uint8ClampedArray(3 * 256);
  for (let i = 0; i < 256; i++) {
    const place = (i / 255) * (stops.length - 1);
    const left = Math.min(Math.floor(place), stops.length - 2);
    for (let c = 0; c < 3; c++)
      table[3 * i + c] = stops[left][c] + (place - left) * (stops[left + 1][c] - stops[left][c]);
  }
  return (colourTables[name] = table);
}

// The smallest and largest of some numbers.
export function extent(data) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

// How to colour numbers from `low` to `high`: around zero where there are negative ones.
export function colourScale([low, high]) {
  const reach = Math.max(Math.abs(low), Math.abs(high)) || 1;
  return low < 0 ? { map: "signed", low: -reach, high: reach } : { map: "viridis", low: 0, high: reach };
}

export function colourOf(value, { map, low, high }) {
  const table = colourTable(map);
  const i = 3 * Math.round(255 * Math.min(1, Math.max(0, (value - low) / (high - low))));
  return [table[i], table[i + 1], table[i + 2]];
}

// Paint rows x columns numbers, one pixel each; the page enlarges it (image-rendering: pixelated). NaN stays empty.
export function paint(canvas, data, rows, columns, scale) {
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== rows) canvas.height = rows;
  const picture = new ImageData(columns, rows);
  const table = colourTable(scale.map);
  const factor = 255 / (scale.high - scale.low);
  for (let i = 0; i < rows * columns; i++) {
    const k = 3 * Math.round(Math.min(255, Math.max(0, (data[i] - scale.low) * factor)));
    picture.data.set([table[k], table[k + 1], table[k + 2], Number.isNaN(data[i]) ? 0 : 255], 4 * i);
  }
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

export const grey = { map: "gray", low: 0, high: 1 };

// Bytes from 0 to 255 as numbers from 0 to 1.
export const sharesOf = (bytes) => Float32Array.from(bytes, (value) => value / 255);

// Paint the colours from low to high as a strip.
export function paintLegend(canvas, map) {
  const ramp = Float32Array.from({ length: 256 }, (_, i) => i / 255);
  paint(canvas, ramp, 1, 256, { map, low: 0, high: 1 });
}

// Which cell of a rows x columns canvas a pointer is over, also on a slide that is scaled.
export function cellAt(canvas, event, rows, columns) {
  const box = canvas.getBoundingClientRect();
  const column = Math.floor(((event.clientX - box.left) / box.width) * columns);
  const row = Math.floor(((event.clientY - box.top) / box.height) * rows);
  return [row, column];
}
