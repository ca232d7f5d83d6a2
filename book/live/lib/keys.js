// Arrow keys.

const ways = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// move(down, across) for each arrow key on an element: by one, or by `shift` while Shift is held.
export function onArrows(element, { move, shift = 1, when = () => true }) {
  element.addEventListener("keydown", (event) => {
    if (!ways[event.key] || !when(event)) return;
    event.preventDefault();
    const far = event.shiftKey ? shift : 1;
    move(...ways[event.key].map((way) => far * way));
  });
}
