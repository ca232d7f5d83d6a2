// What is wider than the page scrolls inside its box. Give such boxes a place in the tab order, so that the arrow
// keys can scroll them; leave out those that fit.
(() => {
  const boxes = () => document.querySelectorAll(".bd-article :is(pre, div.math, .pst-scrollable-table-container)");

  function mark() {
    for (const box of boxes()) {
      if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  }

  addEventListener("load", mark);
  addEventListener("resize", mark);
  document.addEventListener("toggle", mark, true); // folded code that is opened
})();

// Printing. Solutions come along or stay away as the reader asks; without a question, as they stand open or folded.
window.printPage = (withSolutions) => {
  const solutions = [...document.querySelectorAll(".tag_solution details")];
  const before = solutions.map((solution) => solution.open);
  const open = (states) => solutions.forEach((solution, place) => (solution.open = states[place]));
  open(solutions.map(() => withSolutions));
  addEventListener("afterprint", () => open(before), { once: true });
  print();
};

// Paper is white, also where the screen is dark.
(() => {
  const root = document.documentElement;
  let theme;

  addEventListener("beforeprint", () => {
    theme = root.dataset.theme;
    root.dataset.theme = "light";
  });
  addEventListener("afterprint", () => (root.dataset.theme = theme));
})();
