// Building the page: elements, panels, what a screen reader is told, and what went wrong.

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

export const button = (label, onclick, attributes = {}) =>
  h("button", { type: "button", class: "live-button", onclick, ...attributes }, label);

export const hint = (text) => h("p", { class: "live-hint" }, text);

// A picture over its caption: words, or parts.
export function tile(canvas, ...caption) {
  return h("figure", { class: "live-tile" }, canvas, h("figcaption", {}, ...caption));
}

const pageName = Math.random().toString(36).slice(2); // a notebook shows the demos of several kernels
let idCount = 0;
export const freshId = (stem) => `${stem}-${pageName}-${++idCount}`;

// A framed part of a demo under a short title.
export function panel(className, title, ...children) {
  const id = freshId("live-title");
  const heading = h("p", { class: "live-title", id }, title);
  const element = h(
    "div",
    { class: `live-panel ${className}`, role: "group", "aria-labelledby": id },
    heading,
    ...children,
  );
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
