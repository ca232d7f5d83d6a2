// What every demo has: a class of its own, an alert, words for a screen reader, and answers one at a time.

import { coalesced } from "./ask.js";
import { alarm, announcer } from "./dom.js";

// scaffold(el, "live-springs") -> { say, problem, asker, show }. asker(work) -> ask() -> Promise: `work` is done at most
// once a frame, its time is noted, and what goes wrong is told beside the demo. show(...) puts the parts on the page.
export function scaffold(el, rootClass, lead = "") {
  const problem = alarm(lead);
  const { element: status, say } = announcer();
  el.classList.add(rootClass);
  const asker = (work) => {
    const ask = coalesced(() => timed(el, work));
    return () => problem.watch(ask());
  };
  return { say, problem, asker, show: (...parts) => el.append(...parts, problem.element, status) };
}

// Do some work and note how long it took.
async function timed(el, work) {
  const began = performance.now();
  await work();
  el.dataset.milliseconds = (performance.now() - began).toFixed(1);
}
