// Choose a well-known network and what is counted: its layers, their parameters and operations, and who published what.
//
// Settings: start (the network at first), published (a list of { network, quantity, value, digits, source }: quantity is
// "parameters", "macs" or "flops", digits says to how many significant digits the source gives the value).
// No model. What counts, in lib/architectures.js, is tested against torchvision.

import {
  amountOf,
  comesOut,
  count,
  countingSwitches,
  everySetting,
  groupsOf,
  networks,
  switches,
  usualCrop,
} from "../lib/architectures.js";
import { checkbox, choice, markedBar, select, setSlider, slider } from "../lib/controls.js";
import { freshId, h, hint, panel } from "../lib/dom.js";
import { percent } from "../lib/numbers.js";
import { scaffold } from "../lib/scaffold.js";

const keys = Object.keys(networks);
const crops = { min: 32, max: 448 };
const quantities = { parameters: "parameters", macs: "MACs", flops: "FLOPs" };
const operations = ["macs", "flops"];
const verdicts = {
  now: "comes out now",
  other: "does not come out now",
  never: "comes out with no setting of the switches",
};

export default {
  async render({ model, el }) {
    const published = publishedOf(model);
    const state = { ...firstState(model), unit: "macs" };
    const { say, asker, show } = scaffold(el, "live-architecture-calculator");
    const controls = settingControls(state, (values) => set(values));
    const totals = totalsList();
    const list = publishedList();
    const table = layerTable();
    const told = h("p", { class: "live-verdict" });
    const results = [
      panel("live-totals", "In all", totals.element),
      panel("live-published", "Published numbers", list.element),
      panel("live-table", "Layer by layer", told, table.element),
    ].map(({ element }) => element);

    function set(values) {
      Object.assign(state, values);
      if ("network" in values || "edition" in values) state.crop = usualCrop(state);
      controls.update(state);
      return changed();
    }

    const changed = asker(async () => {
      for (const result of results) result.hidden = true; // until it is known that every layer has room
      const groups = groupsOf(state);
      const layers = layersOf(groups);
      const total = count(layers, state);
      const numbers = withVerdicts(published(state.network), total, state);
      totals.update(total, state);
      list.update(numbers);
      table.update(groups, total, state);
      told.textContent = sharesInWords(layers, total, state);
      controls.pooled.hidden = !layers.some(({ fits }) => fits);
      say(inWords(total, numbers, state) + told.textContent);
      for (const result of results) result.hidden = false;
      for (const [key, value] of Object.entries({ state, total, numbers })) el.dataset[key] = JSON.stringify(value);
    });

    await changed();
    show(h("div", { class: "live-settings" }, ...controls.panels), ...results);
  },
};

// ---- the settings ------------------------------------------------------------------------------------------------------

function firstState(model) {
  const network = model.get("start") ?? keys[0];
  if (!keys.includes(network)) throw new Error(`start is ${quoted(network)}; expected one of ${keys.join(", ")}.`);
  const chosen = Object.fromEntries(Object.entries(switches).map(([key, { values }]) => [key, values[0]]));
  return { ...chosen, network, crop: usualCrop({ ...chosen, network }) };
}

const quoted = (value) => JSON.stringify(value) ?? "missing";

// published(network): its published numbers, each with whether any setting of the switches makes it come out.
function publishedOf(model) {
  const all = model.get("published") ?? [];
  if (!Array.isArray(all)) throw new Error(`published is ${quoted(all)}; expected a list.`);
  all.forEach((number, i) => {
    for (const [key, [isRight, expected]] of Object.entries(needed))
      if (!isRight(number?.[key], number))
        throw new Error(`The ${key} of published number ${i + 1} is ${quoted(number?.[key])}; expected ${expected}.`);
  });
  const known = {};
  const of = (key) => all.filter(({ network }) => network === key);
  return (key) => (known[key] ??= withReach(key, of(key)));
}

const needed = {
  network: [(network) => keys.includes(network), `one of ${keys.join(", ")}`],
  quantity: [(quantity) => quantity in quantities, "parameters, macs or flops"],
  digits: [
    (digits) => Number.isInteger(digits) && digits > 0 && digits < 16,
    "how many significant digits, from 1 to 15",
  ],
  value: [
    (value, { digits }) => Number.isFinite(value) && value > 0 && Number(value.toPrecision(digits)) === value,
    "a positive number with as many significant digits as digits says",
  ],
  source: [(source) => typeof source === "string" && source.trim() !== "", "a few words"],
};

function withReach(network, numbers) {
  if (!numbers.length) return [];
  const totals = everySetting(network).map((settings) => count(layersOf(groupsOf(settings)), settings));
  const isReached = (number) => totals.some((total) => comesOut(number, amountOf(number.quantity, total)));
  return numbers.map((number) => ({ ...number, isReached: isReached(number) }));
}

const layersOf = (groups) => groups.flatMap(({ layers }) => layers);

// Does a number come out as things are set now? One of operations does so only where its own unit is counted.
function withVerdicts(numbers, total, { unit }) {
  return numbers.map((number) => {
    const isShown = number.quantity === "parameters" || number.quantity === unit;
    const isNow = isShown && comesOut(number, amountOf(number.quantity, total));
    return { ...number, verdict: isNow ? "now" : number.isReached ? "other" : "never" };
  });
}

// panels, a note on maps that are made to fit, and update(state), which shows the switches that apply.
function settingControls(state, set) {
  const network = select({
    label: "Network",
    options: keys.map((key) => networks[key].name),
    value: keys.indexOf(state.network),
    onChange: (i) => set({ network: keys[i] }),
  });
  const crop = slider({
    label: "Crop",
    ...crops,
    step: 1,
    value: state.crop,
    format: cropText,
    onInput: (crop) => set({ crop }),
  });
  const unit = choice({
    label: "Unit of the operations",
    options: operations.map((unit) => quantities[unit]),
    onChange: (i) => set({ unit: operations[i] }),
  });
  const elements = Object.fromEntries(Object.keys(switches).map((key) => [key, switchControl(key, state, set)]));
  const isCounted = (key) => countingSwitches.includes(key);
  const [chosen, counted] = [false, true].map((which) =>
    Object.keys(elements).filter((key) => isCounted(key) === which),
  );
  const unitNote = hint(
    "MACs: the multiply-adds of convolutions and fully connected layers, nothing else. One is two operations (FLOPs). Activations: the values that these layers put out.",
  );
  const pooled = hint("At this crop the maps are averaged to the usual size before the first fully connected layer.");
  const panels = [
    panel("live-setting", "The network", network.element, ...chosen.map((key) => elements[key]), crop.element, pooled),
    panel("live-counting", "What is counted", unit, unitNote, ...counted.map((key) => elements[key])),
  ].map(({ element }) => element);

  function update(values) {
    for (const key of Object.keys(elements)) elements[key].hidden = !networks[values.network].switches.includes(key);
    setSlider(crop, values.crop, cropText(values.crop));
  }
  update(state);
  return { panels, pooled, update };
}

const cropText = (crop) => `${crop} × ${crop}`;

// A checkbox for yes or no, else a choice between the values.
function switchControl(key, state, set) {
  const { label, values, texts } = switches[key];
  if (!texts) {
    const box = checkbox({ label, checked: state[key], onChange: (checked) => set({ [key]: checked }) });
    box.dataset.switch = key;
    return box;
  }
  const element = choice({ label, options: texts, onChange: (i) => set({ [key]: values[i] }) });
  return h("div", { class: "live-field", "data-switch": key }, h("span", { "aria-hidden": "true" }, label), element);
}

// ---- in words ----------------------------------------------------------------------------------------------------------

// 6.62 M: an amount in so many significant digits.
export function rounded(amount, digits = 3) {
  const value = Number(amount.toPrecision(digits));
  const power = Math.min(3, Math.floor((String(Math.floor(value)).length - 1) / 3));
  const scaled = value / 1000 ** power;
  const decimals = power ? Math.max(0, digits - String(Math.floor(scaled)).length) : 0;
  return `${scaled.toFixed(decimals)}${["", "\u202fk", "\u202fM", "\u202fG"][power]}`;
}

const exactly = (amount) => amount.toLocaleString("en-US");

const mapText = ({ channels, side }) => (side === 1 ? String(channels) : `${channels} × ${side} × ${side}`);

function shareText(part, whole) {
  const share = part / whole;
  return share < 0.0005 ? `less than ${percent(0.001, 1)}` : percent(share, share < 0.0995 ? 1 : 0);
}

// Where the parameters are and where the work is.
function sharesInWords(layers, total, state) {
  if (!state.linear) return "Only the convolutions are counted.";
  const linear = layers.filter(({ kind }) => kind === "linear");
  const part = count(linear, state);
  return `Fully connected layers hold ${shareText(part.parameters, total.parameters)} of the parameters and do ${shareText(part.macs, total.macs)} of the multiply-adds.`;
}

function inWords(total, numbers, { network, crop, unit }) {
  const amount = `${rounded(amountOf(unit, total))} ${quantities[unit]}`;
  const out = numbers.filter(({ verdict }) => verdict === "now").length;
  const known = numbers.length ? ` Published numbers that come out: ${out} of ${numbers.length}.` : "";
  return `${networks[network].name}, crop ${cropText(crop)}: ${exactly(total.parameters)} parameters, ${amount}.${known} `;
}

// ---- what is shown -----------------------------------------------------------------------------------------------------

function totalsList() {
  const names = ["parameters", "", "activations"];
  const rows = names.map((text) => {
    const [name, value, exact] = [h("dt", {}, text), h("strong", {}), h("span", {})];
    return { name, value, exact, element: h("div", {}, name, h("dd", {}, value, exact)) };
  });
  const update = (total, { unit }) => {
    rows[1].name.textContent = quantities[unit];
    [total.parameters, amountOf(unit, total), total.values].forEach((amount, i) => {
      rows[i].value.textContent = rounded(amount);
      rows[i].exact.textContent = exactly(amount);
    });
  };
  return { element: h("dl", {}, ...rows.map(({ element }) => element)), update };
}

function publishedList() {
  const element = h("ul", {});
  const update = (numbers) => {
    const items = numbers.map(({ quantity, value, digits, source, verdict }) =>
      h(
        "li",
        { "data-verdict": verdict },
        h("strong", {}, `${rounded(value, digits)} ${quantities[quantity]}`),
        h("span", {}, source),
        h("em", {}, verdicts[verdict]),
      ),
    );
    element.replaceChildren(...(items.length ? items : [h("li", {}, "None are listed for this network.")]));
  };
  return { element, update };
}

// Groups of layers with their shares; a group opens under the reader's hand and stays open while its network is shown.
function layerTable() {
  const operationsHead = h("th", { scope: "col" });
  const heads = ["layers", "output", "parameters"].map((text) => h("th", { scope: "col" }, text));
  const open = new Set();
  const table = h("table", { class: "live-energies" }, h("thead", {}, h("tr", {}, ...heads, operationsHead)));
  let network = null;
  const update = (groups, total, state) => {
    if (state.network !== network) open.clear();
    network = state.network;
    operationsHead.textContent = quantities[state.unit];
    for (const body of [...table.tBodies]) body.remove();
    table.append(...groups.flatMap((group) => groupBodies(group, total, state, open)));
  };
  return { element: h("div", { class: "live-scroll" }, table), update };
}

// A row with a button, and the rows of the group's layers, which it opens.
function groupBodies({ name, layers, shape }, total, state, open) {
  const id = freshId("live-layers");
  const rows = h("tbody", { id });
  const switchTo = (isOpen) => {
    open[isOpen ? "add" : "delete"](name);
    opener.setAttribute("aria-expanded", String(isOpen));
    rows.hidden = !isOpen;
    if (isOpen && !rows.children.length)
      rows.append(...layers.map((layer) => amountRow(layer.text, layer.shape, [layer], total, state)));
  };
  const opener = h("button", { type: "button", "aria-controls": id, onclick: () => switchTo(!open.has(name)) }, name);
  switchTo(open.has(name));
  return [h("tbody", { class: "live-group" }, amountRow(opener, shape, layers, total, state)), rows];
}

function amountRow(name, shape, layers, total, state) {
  const part = count(layers, state);
  const cells = ["parameters", state.unit].map((quantity) => {
    const [amount, whole] = [part, total].map((counted) => amountOf(quantity, counted));
    const bar = markedBar();
    bar.update(whole ? amount / whole : 0);
    return h("td", {}, h("span", { class: "live-amount" }, h("span", {}, rounded(amount)), bar.element));
  });
  return h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, mapText(shape)), ...cells);
}
