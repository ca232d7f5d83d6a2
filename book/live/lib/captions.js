// The small language for scenes, as in utils.scenes.captions.
//
// What a caption says is a layout { things: [{ size, colour, kind }], relation, ground }; null is what it does not say.

export const sizeWords = ["small", "large"];
export const relationWords = ["left of", "right of", "above", "below"];
const opposites = { "left of": "right of", "right of": "left of", above: "below", below: "above" };

// One thing in words; trousers take no article.
export function phrase({ size = null, colour, kind }) {
  const words = [size, colour, kind].filter(Boolean);
  if (kind !== "trousers") words.unshift(/^[aeiou]/.test(words[0]) ? "an" : "a");
  return words.join(" ");
}

export function captionOfLayout({ things, relation = null, ground = null }) {
  const phrases = things.map(phrase);
  const last = phrases.pop() ?? "nothing";
  const before = phrases.length ? `${phrases.join(", ")} ${relation ?? "and"} ` : "";
  return `${before}${last}${ground ? ` on ${ground}` : ""}`;
}

// The words of a caption; a comma is one of its own.
export const wordsOf = (caption) => caption.replaceAll(",", " , ").split(/\s+/).filter(Boolean);

// Things in the order in which a scene is described: by kind, equal ones from left to right.
export function inOrder({ things, relation = null, ground = null }, kinds) {
  const place = ({ kind }) => kinds.indexOf(kind);
  const equal = things.length === 2 && place(things[0]) === place(things[1]);
  const turned = relation && (equal ? relation === "right of" : place(things[0]) > place(things[1]));
  if (turned) return { things: things.toReversed(), relation: opposites[relation], ground };
  return { things: things.toSorted((a, b) => place(a) - place(b)), relation, ground };
}

// Seen things { kind, colour, centre: [x, y], side } in words, in a picture of that size.
export function describe(seen, size, kinds) {
  const things = seen.toSorted(
    (a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || a.centre[0] - b.centre[0] || a.centre[1] - b.centre[1],
  );
  const relation = things.length === 2 ? relationOf(things[0].centre, things[1].centre, size) : null;
  return captionOfLayout({ things: things.map((thing) => ({ ...thing, size: sizeOf(thing.side, size) })), relation });
}

export function sizeOf(side, size) {
  if (side < 0.27 * size) return "small";
  return side > 0.38 * size ? "large" : null;
}

// Where the first of two centres [x, y] lies, seen from the second; null unless one direction prevails.
export function relationOf([x, y], [otherX, otherY], size) {
  const [right, down] = [otherX - x, otherY - y];
  const [less, more] = [Math.abs(right), Math.abs(down)].sort((a, b) => a - b);
  if (more < 0.2 * size || 3 * less > 2 * more) return null;
  if (Math.abs(right) > Math.abs(down)) return right > 0 ? "left of" : "right of";
  return down > 0 ? "above" : "below";
}

// ---- captions read -----------------------------------------------------------------------------------------------------

// parseCaption("a blue bag", { colours, kinds, grounds }) -> { layout, next }: what it says, and the words that may follow.
// The error names the first word that does not fit; if the caption ends too soon, its `next` are the words that may follow.
//
//   caption  = things [on ground]
//   things   = nothing | thing | thing relation thing | thing {, thing} and thing
//   thing    = [a | an] [size] colour kind        (trousers take no article)
export function parseCaption(caption, names) {
  const words = wordReader(caption);
  const [things, thing] = [[], () => things.push(readThing(words, names))];
  let relation = null;
  if (!words.take(["nothing"])) {
    thing();
    relation = words.take(relationWords);
    if (relation) thing();
    else {
      while (words.take([","])) thing();
      if (things.length > 1) {
        words.need(["and"]);
        thing();
      } else if (words.take(["and"])) thing();
    }
  }
  const ground = words.take(["on"]) ? words.need(names.grounds) : null;
  const next = words.end();
  return { layout: { things, relation, ground }, next };
}

function readThing(words, { colours, kinds }) {
  const [back, article] = [words.place(), words.take(["a", "an"])];
  const thing = { size: words.take(sizeWords), colour: words.need(colours), kind: words.need(kinds) };
  const right = thing.kind === "trousers" ? null : phrase(thing).split(" ")[0];
  if (article && article !== right) words.fail([right ? `'${right}'` : "no article before trousers"], back);
  return thing;
}

// A caption's words from left to right. take(phrases) reads on past one of them, or gives null; need(phrases) fails instead.
function wordReader(caption) {
  const words = wordsOf(caption);
  let [place, tried] = [0, []];

  function take(phrases) {
    for (const phrase of phrases) {
      const parts = phrase.split(" ");
      if (!parts.every((part, i) => words[place + i] === part)) continue;
      place += parts.length;
      tried = [];
      return phrase;
    }
    tried = [...new Set([...tried, ...phrases])];
    return null;
  }

  function fail(expected = tried, at = place) {
    const names = expected.map((word) => (word === "," ? "a comma" : word));
    const wanted = names.length > 1 ? `expected one of ${names.join(", ")}` : `expected ${names[0]}`;
    if (at === words.length)
      throw Object.assign(new Error(`the caption ${quoted(caption)} ends too soon; ${wanted}`), { next: expected });
    throw new Error(`word ${at + 1} of ${quoted(caption)} is ${quoted(words[at])}; ${wanted}`);
  }

  function end() {
    if (place < words.length) fail([...tried, "the end"]);
    return tried;
  }
  return { take, need: (phrases) => take(phrases) ?? fail(), end, fail, place: () => place };
}

// As Python writes a text.
const quoted = (text) => (text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text.replaceAll("'", "\\'")}'`);
