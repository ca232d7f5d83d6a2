// Things that travel from where they were to where they belong, unless the reader asked for reduced motion.

const travelTime = 500; // milliseconds

export const motionIsReduced = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// begin(start, goal): draw lists of numbers on the way from some to others; a later journey, or end(), ends this one.
export function traveller(draw) {
  let journey = 0;
  function begin(start, goal) {
    const mine = ++journey;
    if (motionIsReduced()) return;
    const began = performance.now();
    const frameAt = (now) => {
      if (mine !== journey) return;
      const share = Math.min(1, Math.max(0, (now - began) / travelTime));
      const eased = 1 - (1 - share) ** 3;
      draw(goal.map((place, i) => place.map((value, axis) => start[i][axis] + eased * (value - start[i][axis]))));
      if (share < 1) requestAnimationFrame(frameAt);
    };
    draw(start);
    requestAnimationFrame(frameAt);
  }
  return { begin, end: () => (journey += 1) };
}
