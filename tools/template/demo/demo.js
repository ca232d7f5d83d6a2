// @@TITLE@@: say in a sentence what one can do here.
//
// Settings: start (the number to begin with). Model: none; what it computes is `answer`, tested against Python.

import { slider } from "../lib/controls.js";
import { h, panel } from "../lib/dom.js";
import { scaffold } from "../lib/scaffold.js";

export const answer = (number) => number * number;

export default {
  async render({ model, el }) {
    const state = { number: model.get("start") }; // what was passed to demo()
    const { say, asker, show } = scaffold(el, "@@CLASS@@");
    const told = h("p", { class: "live-verdict" });
    const onInput = (number) => set({ number });
    const number = slider({ label: "Number", min: 0, max: 9, step: 1, value: state.number, onInput });

    function set(values) {
      Object.assign(state, values);
      return changed();
    }

    const changed = asker(async () => {
      el.dataset.answer = answer(state.number); // what a test of the site can wait for
      told.textContent = `Its square is ${el.dataset.answer}.`;
      say(told.textContent);
    });

    show(panel("live-number", "A number", number.element, told).element);
    await changed();
  },
};
