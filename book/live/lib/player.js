// What runs until it is stopped.

import { h } from "./dom.js";

// A button that starts and stops. While it is on, step() -> Promise runs again and again, one at a time.
export function player({ label, stopLabel, step, onStop = () => {} }) {
  let run = null; // stands for the run that counts: one that was stopped and started again is another
  const button = h("button", { type: "button", class: "live-button", onclick: () => (run ? stop() : start()) }, label);

  async function start() {
    const mine = (run = {});
    button.textContent = stopLabel;
    try {
      while (mine === run && button.isConnected) await step();
    } finally {
      if (mine === run) stop();
    }
  }

  function stop() {
    if (!run) return;
    run = null;
    button.textContent = label;
    onStop();
  }
  return { button, stop, isOn: () => run !== null };
}

export const nextFrame = () => new Promise(requestAnimationFrame);
