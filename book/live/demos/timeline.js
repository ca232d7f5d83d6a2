// Walk through the years: what changed, who changed it, and where to read it.
//
// Settings: eras (list of {id, name, about}), milestones (list of {year, who, title, text, era, link}, sorted by
// year). No model. A link is followed only when the reader presses it; the demo itself asks nobody for anything.

import { select, slider } from "../lib/controls.js";
import { announcer, freshId, h, panel } from "../lib/dom.js";

const leastGap = 2; // years between two dots of one line; closer ones stand one above the other
const dotStep = 0.8; // rem between such lines

export default {
  render({ model, el }) {
    const eras = model.get("eras");
    const milestones = model.get("milestones");
    const [first, last] = [milestones[0].year, milestones.at(-1).year];
    const [from, to] = [first - 3, last + 3];
    const across = (year) => `${(100 * (year - from)) / (to - from)}%`;
    let shown = milestones; // those of the chosen era
    let current = milestones[0];

    const { element: status, say } = announcer();
    const year = h("p", { class: "live-year" });
    const title = h("p", { class: "live-verdict", id: freshId("live-milestone") });
    const who = h("p", { class: "live-who" });
    const text = h("p", {});
    const link = h("a", { target: "_blank", rel: "noopener noreferrer" });
    const place = h("p", { class: "live-caption" });
    const source = h(
      "p",
      { class: "live-source" },
      "Read it: ",
      link,
      h("span", { class: "live-hidden" }, " (opens in a new tab)"),
    );
    const words = h("div", { class: "live-words" }, h("div", {}, title, who), text, source, place);
    const card = h("div", { class: "live-milestone", role: "group", "aria-labelledby": title.id }, year, words);

    const lanes = eras.map((era) => eraLane(era, milestones, across));
    const cursor = h("span", { class: "live-cursor" });
    const ticks = Array.from({ length: to - from }, (_, i) => from + i).filter((value) => value % 10 === 0);
    const scale = h(
      "div",
      { class: "live-ticks" },
      ...ticks.map((value) => h("span", { style: `left: ${across(value)}` }, value)),
    );
    const tracks = h("div", { class: "live-cursor-room" }, cursor);
    const chart = h(
      "div",
      { class: "live-lanes", "aria-hidden": "true" },
      ...lanes.map(({ element }) => element),
      scale,
      tracks,
    );

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
    const earlier = h("button", { type: "button", class: "live-button", onclick: () => step(-1) }, "← Earlier");
    const later = h("button", { type: "button", class: "live-button", onclick: () => step(1) }, "Later →");
    const list = h("ol", {});
    const count = h("summary", {});
    const all = h("details", { class: "live-all" }, count, list);

    function go(milestone) {
      current = milestone;
      const index = shown.indexOf(milestone);
      const era = eras.find(({ id }) => id === milestone.era);
      walk.input.value = index;
      walk.input.setAttribute("aria-valuetext", `${milestone.year}: ${milestone.title}`);
      walk.element.querySelector("output").textContent = milestone.year;
      earlier.disabled = index === 0;
      later.disabled = index === shown.length - 1;
      year.textContent = milestone.year;
      title.textContent = milestone.title;
      who.textContent = milestone.who;
      text.textContent = milestone.text;
      link.href = milestone.link;
      link.textContent = milestone.link.replace(/^https?:\/\//, "");
      place.textContent = `${era.name}: ${era.about.replace(/^\w/, (letter) => letter.toLowerCase())}. Entry ${index + 1} of ${shown.length}.`;
      cursor.style.left = across(milestone.year);
      lanes.forEach((lane) => lane.mark(milestone, shown));
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
      list.replaceChildren(
        ...shown.map(({ year, title, who, link }) =>
          h(
            "li",
            {},
            `${year}: `,
            h("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, title),
            `, ${who}`,
          ),
        ),
      );
      const distance = ({ year }) => Math.abs(year - current.year);
      go(
        shown.includes(current)
          ? current
          : shown.reduce((best, other) => (distance(other) < distance(best) ? other : best)),
      );
    }

    // The nearest dot to the hand.
    function follow(event) {
      let nearest = Infinity;
      let found = current;
      for (const lane of lanes) {
        for (const [milestone, dot] of lane.dots) {
          const box = dot.getBoundingClientRect();
          const away = Math.hypot(
            event.clientX - (box.left + box.right) / 2,
            event.clientY - (box.top + box.bottom) / 2,
          );
          if (away < nearest && shown.includes(milestone)) [nearest, found] = [away, milestone];
        }
      }
      if (found !== current) go(found);
    }
    chart.addEventListener("pointerdown", (event) => {
      chart.setPointerCapture(event.pointerId);
      follow(event);
    });
    chart.addEventListener("pointermove", (event) => event.buttons && follow(event));
    el.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by || ["INPUT", "SELECT"].includes(event.target.tagName)) return;
      event.preventDefault();
      step(by);
    });

    const buttons = h("div", { class: "live-tools" }, earlier, later);
    el.classList.add("live-timeline");
    el.append(
      h("div", { class: "live-controls" }, eraChoice.element, walk.element, buttons),
      card,
      panel("live-chart", "Each dot is an entry; each line is a strand of the story", chart).element,
      all,
      status,
    );
    chooseEra(0);
  },
};

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
