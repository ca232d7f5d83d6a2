// Feature maps in labelled rows, one row a layer, with one of them enlarged.

import { h, panel } from "./dom.js";
import { onArrows } from "./keys.js";
import { signed } from "./numbers.js";
import { colourScale, extent, paint, paintLegend } from "./paint.js";

// mapBrowser({ onlyLast }) -> { element, detail, update(layers), rescale(), restore() }; layers: [name, {data, dims}],
// with dims (1, maps, rows, columns). All maps of a layer share one colour scale, so that they can be compared. It is
// taken from the layer's numbers at the first update, and at the first one after rescale(); in between it stays, so
// that a colour keeps its meaning while the input changes. restore() goes back to the very first scales.
// `onlyLast` shows the last layer alone, with nothing to press.
export function mapBrowser({ onlyLast = false } = {}) {
  const list = h("div", { class: "live-layers" });
  const large = h("canvas", { class: "live-large", role: "img" });
  const caption = h("p", { class: "live-caption" });
  const detail = panel("live-detail", "One map, enlarged", large, caption);
  const hint = h(
    "p",
    { class: "live-hint" },
    "The colours of a layer keep their meaning until you pick another example or clear the pad.",
  );
  const browser = panel("live-maps", "Feature maps", hint, list);
  let rows = []; // one a layer: {name, buttons, legend, scale, firstScale, …}
  let chosen = { layer: 0, map: 0 };

  function build(layers) {
    rows = layers.map(([name, { dims }], layer) => layerRow(name, dims, onlyLast ? null : (map) => choose(layer, map)));
    list.append(...rows.map(({ element }) => element));
    if (onlyLast) return;
    list.setAttribute("role", "toolbar");
    list.setAttribute("aria-label", "Feature maps; arrow keys move from map to map");
    onArrows(list, { move: step });
  }

  // Arrow keys walk through the maps of a layer, and from layer to layer.
  function step(down, right) {
    const { layer, map } = chosen;
    const other = rows[layer + down]?.buttons;
    const next = right ? rows[layer].buttons[map + right] : other?.[Math.min(map, other.length - 1)];
    next?.focus();
  }

  function choose(layer, map) {
    const before = rows[chosen.layer].buttons[chosen.map];
    before.tabIndex = -1;
    before.removeAttribute("aria-pressed");
    chosen = { layer, map };
    const now = rows[layer].buttons[map];
    now.tabIndex = 0;
    now.setAttribute("aria-pressed", "true");
    enlarge();
  }

  function enlarge() {
    const { layer, map } = chosen;
    const { name, count, height, width, data, scale } = rows[layer];
    const values = data.subarray(map * height * width, (map + 1) * height * width);
    const [low, high] = extent(values);
    paint(large, values, height, width, scale);
    const text = `${name}, map ${map + 1} of ${count}: ${height} × ${width} numbers from ${signed(low)} to ${signed(high)}`;
    large.setAttribute("aria-label", text);
    caption.textContent = text;
  }

  function update(layers) {
    const shown = onlyLast ? layers.slice(-1) : layers;
    const fresh = !rows.length && shown.length > 0;
    if (fresh) build(shown);
    shown.forEach(([, { data }], layer) => {
      const row = rows[layer];
      row.data = data;
      row.scale ??= colourScale(extent(data));
      row.firstScale ??= row.scale;
      row.draw(data, row.scale);
    });
    if (onlyLast) return;
    if (fresh) choose(0, strongest(rows[0]));
    else if (rows.length) enlarge();
  }

  const rescale = () => rows.forEach((row) => (row.scale = null));
  const restore = () => rows.forEach((row) => (row.scale = row.firstScale));

  return { element: browser.element, detail: detail.element, update, rescale, restore };
}

// One layer: its name and legend over a map for each channel; choose(map) is called where a map can be enlarged.
function layerRow(name, [, count, height, width], choose) {
  const size = height * width;
  const buttons = Array.from({ length: count }, (_, map) => {
    const label = `${name}, map ${map + 1} of ${count}`;
    if (!choose) return h("span", { class: "live-map", role: "img", "aria-label": label }, h("canvas", {}));
    const act = { onclick: () => choose(map), onfocus: () => choose(map) };
    return h(
      "button",
      { type: "button", class: "live-map", tabindex: -1, "aria-label": label, ...act },
      h("canvas", {}),
    );
  });
  const strip = h("canvas", { class: "live-strip", "aria-hidden": "true" });
  const [low, high] = [h("span", {}), h("span", {})];
  const legend = h("span", { class: "live-legend" }, low, strip, high);
  const words = h("span", {}, `${count} maps of ${height} × ${width}`);
  const heading = h("p", { class: "live-layer-title" }, h("strong", {}, name), words, legend);
  const element = h("div", { class: "live-layer" }, heading, h("div", { class: "live-map-grid" }, ...buttons));
  const draw = (data, scale) => {
    paintLegend(strip, scale.map);
    low.textContent = scale.low < 0 ? `blue: ≤ ${signed(scale.low)}` : "dark: 0";
    high.textContent = `${scale.low < 0 ? "red" : "bright"}: ≥ ${signed(scale.high)}`;
    buttons.forEach((button, map) => {
      paint(button.firstChild, data.subarray(map * size, (map + 1) * size), height, width, scale);
    });
  };
  return { name, count, height, width, buttons, element, draw };
}

// The map that answers most to an input: one worth looking at.
function strongest({ data, count }) {
  const place = data.reduce((best, value, i) => (Math.abs(value) > Math.abs(data[best]) ? i : best), 0);
  return Math.floor(place / (data.length / count));
}
