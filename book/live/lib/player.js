// What runs until it is stopped.

import { button } from "./dom.js";

// A button that starts and stops. While it is on, step() -> Promise runs again and again, one at a time.
export function player({ label, stopLabel, step, onStop = () => {} }) {
  let run = null; // stands for the run that counts: one that was stopped and started again is another
  const switcher = button(label, () => (run ? stop() : start()));

  async function start() {
    const mine = (run = {});
    switcher.textContent = stopLabel;
    try {
      while (mine === run && switcher.isConnected) await step();
    } finally {
      if (mine === run) stop();
    }
  }

  function stop() {
    if (!run) return;
    run = null;
    switcher.textContent = label;
    onStop();
  }
  return { button: switcher, stop, isOn: () => run !== null };
}

export const nextFrame = () => new Promise(requestAnimationFrame);
