// What a hand drags. Its sheet has to say `touch-action: none`, or else a finger scrolls the page.

// start(event) when the hand comes down on an element, move(event) as it moves, end() when it is lifted. With `hover`, a
// mouse need not be pressed.
export function onDrag(element, { start = () => {}, move, end = () => {}, when = () => true, hover = false }) {
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !when()) return;
    event.preventDefault();
    if (element.tabIndex >= 0) element.focus({ preventScroll: true });
    element.setPointerCapture(event.pointerId);
    start(event);
  });
  element.addEventListener("pointermove", (event) => {
    const held = event.buttons && element.hasPointerCapture(event.pointerId);
    if (held || (hover && event.pointerType === "mouse")) move(event);
  });
  for (const type of ["pointerup", "pointercancel"]) element.addEventListener(type, end);
}
