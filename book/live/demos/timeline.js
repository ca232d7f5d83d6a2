// Walk through the years: what changed, who changed it, and where to read it.
//
// Settings: eras (list of {id, name, about}), milestones (list of {year, who, title, text, era, link}, sorted by
// year). No model. A link is followed only when the reader presses it; the demo itself asks nobody for anything.

import { setSlider, select, slider } from "../lib/controls.js";
import { button, freshId, h, panel } from "../lib/dom.js";
import { onDrag } from "../lib/drag.js";
import { scaffold } from "../lib/scaffold.js";

const leastGap = 2; // years between two dots of one line; closer ones stand one above the other
const dotStep = 0.8; // rem between such lines
const newTab = { target: "_blank", rel: "noopener noreferrer" };

export default {
  render({ model, el }) {
    const eras = model.get("eras");
    const milestones = model.get("milestones");
    let shown = milestones; // those of the chosen era
    let current = milestones[0];
    const { say, show } = scaffold(el, "live-timeline");

    const card = milestoneCard();
    const chart = yearChart(eras, milestones);
    const eraChoice = select({
      label: "Show",
      options: ["all eras", ...eras.map(({ name }) => name)],
      onChange: chooseEra,
    });
    const walk = slider({
      label: "Year",
      min: 0,
      max: milestones.length - 1,
      step: 1,
      value: 0,
      format: (i) => String((shown[i] ?? current).year),
      onInput: (i) => go(shown[i]),
    });
    const [earlier, later] = [button("← Earlier", () => step(-1)), button("Later →", () => step(1))];
    const list = h("ol", {});
    const count = h("summary", {});

    function go(milestone) {
      current = milestone;
      const index = shown.indexOf(milestone);
      setSlider(walk, index, `${milestone.year}: ${milestone.title}`);
      walk.element.querySelector("output").textContent = milestone.year;
      earlier.disabled = index === 0;
      later.disabled = index === shown.length - 1;
      const era = eras.find(({ id }) => id === milestone.era);
      card.update(milestone, era, `Entry ${index + 1} of ${shown.length}.`);
      chart.mark(milestone, shown);
      el.dataset.year = milestone.year;
      say(`${milestone.year}. ${milestone.title}. ${milestone.who}. ${milestone.text}`);
    }

    function step(by) {
      const next = shown[shown.indexOf(current) + by];
      if (next) go(next);
    }

    function chooseEra(i) {
      shown = i === 0 ? milestones : milestones.filter(({ era }) => era === eras[i - 1].id);
      walk.input.max = shown.length - 1;
      count.textContent = `All ${shown.length} entries as a list`;
      list.replaceChildren(...shown.map(milestoneLine));
      go(shown.includes(current) ? current : nearestIn(shown, current.year));
    }

    function follow(event) {
      const found = chart.nearest(event, shown);
      if (found && found !== current) go(found);
    }
    onDrag(chart.element, { start: follow, move: follow });
    el.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by || ["INPUT", "SELECT"].includes(event.target.tagName)) return;
      event.preventDefault();
      step(by);
    });

    const buttons = h("div", { class: "live-tools" }, earlier, later);
    const controls = h("div", { class: "live-controls" }, eraChoice.element, walk.element, buttons);
    const title = "Each dot is an entry; each line is a strand of the story";
    const all = h("details", { class: "live-all" }, count, list);
    show(controls, card.element, panel("live-chart", title, chart.element).element, all);
    chooseEra(0);
  },
};

function milestoneLine({ year, title, who, link }) {
  return h("li", {}, `${year}: `, h("a", { href: link, ...newTab }, title), `, ${who}`);
}

function nearestIn(milestones, wanted) {
  const distance = ({ year }) => Math.abs(year - wanted);
  return milestones.reduce((best, other) => (distance(other) < distance(best) ? other : best));
}

// What one entry says.
function milestoneCard() {
  const year = h("p", { class: "live-year" });
  const title = h("p", { class: "live-verdict", id: freshId("live-milestone") });
  const [who, text] = [h("p", { class: "live-who" }), h("p", {})];
  const link = h("a", newTab);
  const aside = h("span", { class: "live-hidden" }, " (opens in a new tab)");
  const source = h("p", { class: "live-source" }, "Read it: ", link, aside);
  const place = h("p", { class: "live-caption" });
  const words = h("div", { class: "live-words" }, h("div", {}, title, who), text, source, place);
  const element = h("div", { class: "live-milestone", role: "group", "aria-labelledby": title.id }, year, words);
  const update = (milestone, era, position) => {
    year.textContent = milestone.year;
    title.textContent = milestone.title;
    who.textContent = milestone.who;
    text.textContent = milestone.text;
    link.href = milestone.link;
    link.textContent = milestone.link.replace(/^https?:\/\//, "");
    const about = era.about.replace(/^\w/, (letter) => letter.toLowerCase());
    place.textContent = `${era.name}: ${about}. ${position}`;
  };
  return { element, update };
}

// A line for each era over a scale of years, and a cursor.
function yearChart(eras, milestones) {
  const [from, to] = [milestones[0].year - 3, milestones.at(-1).year + 3];
  const across = (year) => `${(100 * (year - from)) / (to - from)}%`;
  const lanes = eras.map((era) => eraLane(era, milestones, across));
  const cursor = h("span", { class: "live-cursor" });
  const ticks = Array.from({ length: to - from }, (_, i) => from + i).filter((value) => value % 10 === 0);
  const scale = ticks.map((value) => h("span", { style: `left: ${across(value)}` }, value));
  const element = h(
    "div",
    { class: "live-lanes", "aria-hidden": "true" },
    ...lanes.map((lane) => lane.element),
    h("div", { class: "live-ticks" }, ...scale),
    h("div", { class: "live-cursor-room" }, cursor),
  );

  function mark(milestone, shown) {
    cursor.style.left = across(milestone.year);
    for (const lane of lanes) lane.mark(milestone, shown);
  }

  // The entry whose dot is nearest to the hand.
  function nearest(event, shown) {
    let [least, found] = [Infinity, null];
    for (const [milestone, dot] of lanes.flatMap(({ dots }) => [...dots])) {
      const box = dot.getBoundingClientRect();
      const away = Math.hypot(event.clientX - (box.left + box.right) / 2, event.clientY - (box.top + box.bottom) / 2);
      if (away < least && shown.includes(milestone)) [least, found] = [away, milestone];
    }
    return found;
  }
  return { element, mark, nearest };
}

// One strand: its name, a band over its years, a dot for each entry.
function eraLane(era, milestones, across) {
  const own = milestones.filter((milestone) => milestone.era === era.id);
  const lines = []; // the last year on each line of dots
  const dots = new Map(
    own.map((milestone) => {
      let line = lines.findIndex((year) => milestone.year - year >= leastGap);
      if (line < 0) line = lines.length;
      lines[line] = milestone.year;
      const style = `left: ${across(milestone.year)}; top: ${dotStep * (line + 0.75)}rem`;
      return [milestone, h("span", { class: "live-dot", style, title: `${milestone.year}: ${milestone.title}` })];
    }),
  );
  const band = h("span", {
    class: "live-band",
    style: `left: ${across(own[0].year - 1)}; right: calc(100% - ${across(own.at(-1).year + 1)})`,
  });
  const track = h(
    "div",
    { class: "live-lane-track", style: `height: ${dotStep * (lines.length + 0.5)}rem` },
    band,
    ...dots.values(),
  );
  const element = h("div", { class: "live-lane" }, h("span", { class: "live-name" }, era.name), track);
  const mark = (chosen, shown) => {
    element.classList.toggle("live-best", chosen.era === era.id);
    for (const [milestone, dot] of dots) {
      dot.classList.toggle("live-chosen", milestone === chosen);
      dot.classList.toggle("live-left-out", !shown.includes(milestone));
    }
  };
  return { element, dots, mark };
}
