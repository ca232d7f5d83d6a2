// Lists, sliders, choices, bars, and bars of scores.

import { freshId, h } from "./dom.js";
import { percent } from "./numbers.js";

export function select({ label, options, value = 0, onChange }) {
  const list = h("select", { class: "live-select", onchange: () => onChange(Number(list.value)) });
  options.forEach((text, i) => list.append(h("option", { value: i, selected: i === value }, text)));
  return { element: h("label", { class: "live-field" }, h("span", {}, label), list), input: list };
}

// For yes or no. onChange(checked)
export function checkbox({ label, checked = false, onChange }) {
  const input = h("input", { type: "checkbox", checked, onchange: () => onChange(input.checked) });
  return h("label", { class: "live-field" }, input, h("span", {}, label));
}

export function slider({ label, min, max, step, value, format = String, onInput }) {
  const readout = h("output", {}, format(value));
  const show = () => {
    readout.textContent = format(Number(range.value));
    range.setAttribute("aria-valuetext", readout.textContent);
  };
  const range = h("input", {
    type: "range",
    min,
    max,
    step,
    value,
    oninput() {
      show();
      onInput(Number(range.value));
    },
  });
  show();
  return { element: h("label", { class: "live-field" }, h("span", {}, label), range, readout), input: range };
}

// Show a value that did not come from the reader's hand, without asking for anything.
export function setSlider({ element, input }, value, text) {
  input.value = value;
  input.setAttribute("aria-valuetext", text);
  element.querySelector("output").textContent = text;
}

// A choice between a few words, as native radio buttons.
export function choice({ label, options, onChange }) {
  const name = freshId("live-choice");
  const items = options.map((text, i) => {
    const input = h("input", { type: "radio", name, value: i, checked: i === 0, onchange: () => onChange(i) });
    return h("label", {}, input, h("span", {}, text));
  });
  return h("div", { class: "live-choice", role: "radiogroup", "aria-label": label }, ...items);
}

// Choose one of the words, without asking for anything.
export const setChoice = (element, i) => (element.querySelectorAll("input")[i].checked = true);

// A bar for a share, and across it a mark for another one, if there is any: update(share, marked).
export function markedBar() {
  const bar = h("span", { class: "live-bar" });
  const mark = h("span", { class: "live-mark", hidden: true });
  const track = h("span", { class: "live-track" }, bar);
  const update = (share, marked = null) => {
    bar.style.transform = `scaleX(${share})`;
    mark.hidden = marked === null;
    mark.style.left = `${100 * marked}%`;
  };
  return { element: h("span", { class: "live-marked", "aria-hidden": "true" }, track, mark), update };
}

// One bar a class; update(probabilities) fills them and returns the index of the largest.
export function scoreBars(classes) {
  const rows = classes.map((name) => {
    const bar = h("span", { class: "live-bar" });
    const number = h("span", { class: "live-number" }, "–");
    const element = h(
      "li",
      { class: "live-score", "data-class": name },
      h("span", { class: "live-name" }, name),
      h("span", { class: "live-track", "aria-hidden": "true" }, bar),
      number,
    );
    return { element, bar, number };
  });
  const update = (probabilities) => {
    const best = probabilities.indexOf(Math.max(...probabilities));
    rows.forEach(({ element, bar, number }, i) => {
      bar.style.transform = `scaleX(${probabilities[i]})`;
      number.textContent = percent(probabilities[i], 1);
      element.dataset.value = probabilities[i];
      element.classList.toggle("live-best", i === best);
    });
    return best;
  };
  return { element: h("ul", { class: "live-scores" }, ...rows.map((row) => row.element)), update };
}
