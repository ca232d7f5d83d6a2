// What every live demo uses: asking the model, building the page, small controls.
// The same text is inlined into a widget by utils/live/widget.py: names at the top of a file must be unique.

// ---- asking the model ---------------------------------------------------------------------------

const clientName = Math.random().toString(36).slice(2);
let requestCount = 0;

// infer(model, {image: {data: Float32Array, dims: [1, 1, 28, 28]}})
// -> Promise of {logits: {data: Float32Array, dims: [1, 10]}, …}; `which` names one of model.get("models").
export function infer(model, inputs, which = null) {
  const id = `${clientName}-${++requestCount}`;
  const names = Object.keys(inputs);
  const buffers = names.map((name) => Float32Array.from(inputs[name].data).buffer);
  return new Promise((resolve, reject) => {
    const answer = (message, views) => {
      if (message.id !== id) return;
      model.off("msg:custom", answer);
      if (message.kind === "error") return reject(new Error(message.message));
      resolve(Object.fromEntries(message.outputs.map(({ name, dims }, i) => [name, { data: floats(views[i]), dims }])));
    };
    model.on("msg:custom", answer);
    const content = { kind: "infer", id, model: which, inputs: names.map((name) => ({ name, dims: inputs[name].dims })) };
    model.send(content, undefined, buffers);
  });
}

// The bytes of a message as numbers; a copy, because a message may start at any byte.
export function floats(view) {
  const bytes = ArrayBuffer.isView(view) ? view : new Uint8Array(view);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

// An array among the settings (NumPy array or tensor in Python) as {data, dims}.
export function arraySetting(value) {
  const { dtype, dims, data } = value.array;
  const kinds = { float32: Float32Array, uint8: Uint8Array, int32: Int32Array };
  const bytes = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
  return { data: new kinds[dtype](bytes), dims };
}

// Run `work` at most once a frame, never twice at a time, and once more if it was asked for meanwhile.
// Returns ask() -> Promise that settles when an answer at least as new as the call is there.
export function coalesced(work) {
  let running = null;
  let waiting = null;
  const start = async () => {
    await new Promise((resolve) => (document.hidden ? setTimeout(resolve) : requestAnimationFrame(resolve)));
    return work();
  };
  return function ask() {
    if (!running) return (running = start().finally(() => (running = null)));
    waiting ??= running.catch(() => {}).then(() => {
      waiting = null;
      return ask();
    });
    return waiting;
  };
}

export function softmax(logits) {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

// The places of the `count` largest values, the largest first.
export function likeliest(values, count) {
  const best = [];
  for (let i = 0; i < values.length; i++) {
    if (best.length === count && values[i] <= values[best[count - 1]]) continue;
    let place = best.length;
    while (place > 0 && values[best[place - 1]] < values[i]) place--;
    best.splice(place, 0, i);
    if (best.length > count) best.pop();
  }
  return best;
}

// follow(promise) -> Promise of {value, overtaken}: whether another was followed meanwhile, by which this one is out of date.
export function latest() {
  let turn = 0;
  return async function follow(promise) {
    const mine = ++turn;
    try {
      return { value: await promise, overtaken: mine !== turn };
    } catch (error) {
      if (mine !== turn) return { overtaken: true };
      throw error;
    }
  };
}

// ---- building the page --------------------------------------------------------------------------

// h("button", { class: "live-button", onclick: clear }, "Clear"): an element with its children.
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

let idCount = 0;
export const freshId = (stem) => `${stem}-${clientName}-${++idCount}`;

// A framed part of a demo under a short title.
export function panel(className, title, ...children) {
  const id = freshId("live-title");
  const heading = h("p", { class: "live-title", id }, title);
  const element = h("div", { class: `live-panel ${className}`, role: "group", "aria-labelledby": id }, heading, ...children);
  return { element, heading };
}

// say(text): told to a screen reader once the reader's hand has been still for a moment.
export function announcer() {
  const element = h("p", { class: "live-hidden", role: "status", "aria-live": "polite" });
  let timer = 0;
  const say = (text) => {
    clearTimeout(timer);
    timer = setTimeout(() => (element.textContent = text), 400);
  };
  return { element, say };
}

// An alert beside a demo. watch(answer): say in words what went wrong with it, and nothing once it goes well.
export function alarm(lead = "") {
  const element = h("p", { class: "live-error", role: "alert", hidden: true });
  const watch = (answer) => {
    answer.then(
      () => (element.hidden = true),
      (error) => {
        if (error.constructor !== Error) console.error(error); // not a sentence for the reader: a fault in the code
        element.textContent = lead + error.message;
        element.hidden = false;
      },
    );
    return answer;
  };
  return { element, watch };
}

export function select({ label, options, value = 0, onChange }) {
  const list = h("select", { class: "live-select", onchange: () => onChange(Number(list.value)) });
  options.forEach((text, i) => list.append(h("option", { value: i, selected: i === value }, text)));
  return { element: h("label", { class: "live-field" }, h("span", {}, label), list), input: list };
}

export function slider({ label, min, max, step, value, format = String, onInput }) {
  const readout = h("output", {}, format(value));
  const show = () => {
    readout.textContent = format(Number(range.value));
    range.setAttribute("aria-valuetext", readout.textContent);
  };
  const range = h("input", { type: "range", min, max, step, value, oninput: () => (show(), onInput(Number(range.value))) });
  show();
  return { element: h("label", { class: "live-field" }, h("span", {}, label), range, readout), input: range };
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

// One bar a class; update(probabilities) fills them and returns the index of the largest.
export function scoreBars(classes) {
  const rows = classes.map((name) => {
    const bar = h("span", { class: "live-bar" });
    const number = h("span", { class: "live-number" }, "–");
    const element = h("li", { class: "live-score", "data-class": name }, h("span", { class: "live-name" }, name), h("span", { class: "live-track", "aria-hidden": "true" }, bar), number);
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

export const percent = (share, digits = 0) => `${(100 * share).toFixed(digits)} %`;

// A number with a real minus sign and a fixed count of digits.
export const signed = (value, digits = 2) => value.toFixed(digits).replace(/^-(0\.?0*)$/, "$1").replace("-", "−");

// ---- showing a demo -----------------------------------------------------------------------------

// Render `demo` into `el`, with its state and errors in words. The host and the widget both call it.
export async function mount(demo, { model, el, note = "Waiting for the kernel: it answers when the running cells are done." }) {
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

export function showError(el, message) {
  el.dataset.state = "error";
  el.append(h("p", { class: "live-error", role: "alert" }, `This demo cannot run. ${message}`));
}
