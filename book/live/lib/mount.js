// Showing a demo: its state, its keys, its errors in words.

import { h } from "./dom.js";

// Render `demo` into `el`, with its state and errors in words. The host and the widget both call it.
export async function mount(
  demo,
  { model, el, note = "Waiting for the kernel: it answers when the running cells are done." },
) {
  const stage = h("div", { class: "live-stage" });
  const waiting = h("p", { class: "live-note", role: "status" }, note);
  prepare(el, model.get("demo_name"), model.get("alt"));
  el.append(waiting, stage);
  try {
    const cleanup = await demo.render({ model, el: stage });
    el.querySelector(".live-fallback")?.remove();
    el.dataset.state = "ready";
    return cleanup;
  } catch (error) {
    stage.remove();
    console.error(error); // with the place in the code
    showError(el, error.message);
  } finally {
    waiting.remove();
  }
}

// The demo's keys and gestures stay with it: no slide, page or notebook cell may change under them.
function prepare(el, name, alt) {
  el.classList.add("live-demo");
  el.dataset.demo = name;
  el.dataset.state = "loading";
  el.dataset.preventSwipe = ""; // reveal.js
  el.dataset.lmSuppressShortcuts = "true"; // JupyterLab
  el.setAttribute("role", "group");
  el.setAttribute("aria-label", alt);
  for (const type of ["keydown", "keypress", "keyup"]) {
    el.addEventListener(type, (event) => event.key !== "Escape" && event.stopPropagation());
  }
}

function showError(el, message) {
  el.dataset.state = "error";
  el.append(h("p", { class: "live-error", role: "alert" }, `This demo cannot run. ${message}`));
}
