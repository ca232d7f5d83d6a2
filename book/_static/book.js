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
