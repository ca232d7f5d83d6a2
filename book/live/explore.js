// Turns an explored figure: its sliders and lists choose among pictures made when the notebook ran.
// A classic script without dependencies, so that it works in a page opened as a file, too.
//
//   <script defer src="../_static/live-modules/explore.js"></script>
//
// utils/live/explored.py writes the HTML: .explore[data-frames] holds the addresses, the last choice running fastest.

(() => {
  function bringToLife(root) {
    const frames = JSON.parse(root.dataset.frames);
    const picture = root.querySelector("img");
    const status = root.querySelector(".explore-status");
    const controls = [...root.querySelectorAll("input, select")];
    const values = controls.map((control) => JSON.parse(control.dataset.values));
    const preloaded = new Set();

    const indices = () => controls.map((control) => Number(control.value));
    const frameAt = (places) => frames[places.reduce((sum, place, i) => sum * values[i].length + place, 0)];

    function show() {
      const places = indices();
      const words = controls.map((control, i) => `${control.dataset.label} ${values[i][places[i]]}`).join(", ");
      controls.forEach((control, i) => {
        const readout = control.parentElement.querySelector("output");
        if (!readout) return;
        readout.textContent = values[i][places[i]];
        control.setAttribute("aria-valuetext", readout.textContent);
      });
      picture.src = frameAt(places);
      picture.alt = `${root.dataset.alt} Shown: ${words}.`;
      clearTimeout(show.timer);
      show.timer = setTimeout(() => (status.textContent = words), 400);
      preload(places);
    }

    // The frames one step away, so that the next move shows at once.
    function preload(places) {
      places.forEach((place, i) => {
        for (const next of [place - 1, place + 1]) {
          if (next < 0 || next >= values[i].length) continue;
          const address = frameAt(places.map((other, k) => (k === i ? next : other)));
          if (preloaded.has(address)) continue;
          preloaded.add(address);
          new Image().src = address;
        }
      });
    }

    for (const control of controls) control.addEventListener("input", show);
    for (const type of ["pointerenter", "focusin"])
      root.addEventListener(type, () => preload(indices()), { once: true });
    // Keys and swipes stay with the figure: no slide may change under them.
    root.dataset.preventSwipe = "";
    root.addEventListener("keydown", (event) => event.key !== "Escape" && event.stopPropagation());
    root.querySelector(".explore-controls").hidden = false;
  }

  document.querySelectorAll(".explore[data-frames]").forEach(bringToLife);
})();
