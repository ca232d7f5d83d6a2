"""What the tests do on an open page: start a demo, wait for it, change the theme, and let axe-core look."""

from tools.project import BUILD

AXE = BUILD / "npm" / "node_modules" / "axe-core" / "axe.min.js"


# ---------------------------------------------------------------- demos


def start(page, name, *, limit=20_000):
    """Scroll to a demo, press its button if it waits for that, and wait until it is ready; return its root."""
    root = page.locator(f"#demo-{name}")
    root.scroll_into_view_if_needed()
    if root.get_attribute("data-start") == "touch":
        root.get_by_role("button", name="Start the demo").click()
    ready(page, f"#demo-{name}", limit=limit)
    return root


def ready(page, selector, *, limit=30_000):
    """Wait until the first demo that matches is ready; one that cannot run is told at once, in its own words."""
    root = page.locator(selector).first
    over = "node => ['ready', 'error'].includes(node.dataset.state)"
    page.wait_for_function(over, arg=root.element_handle(), timeout=limit)
    if root.get_attribute("data-state") == "error":
        words = " ".join(root.locator("[role=alert]").all_inner_texts())
        raise AssertionError(f"{selector} did not start. It says: {words}\nThe browser says: {page.problems}")


def turn_to(page, selector):
    """Turn a deck to the slide that holds the first element that matches."""
    page.locator(selector).first.evaluate(
        "node => { const at = Reveal.getIndices(node.closest('section')); Reveal.slide(at.h, at.v, 99); }"
    )


def start_on_slide(page, name):
    """Turn a deck to a demo and wait until it is ready; return its root."""
    turn_to(page, f"#demo-{name}")
    ready(page, f"#demo-{name}", limit=20_000)
    return page.locator(f"#demo-{name}")


def has_model(root):
    """Tell whether a demo computes with a trained model; some only draw or count."""
    return bool(config_of(root)["models"])


def config_of(root):
    """Return what the lecture exported for a demo."""
    return root.evaluate("node => fetch(new URL(node.dataset.config, document.baseURI)).then(answer => answer.json())")


def until(page, stage, condition):
    """Wait until a condition on a demo's stage, `node` in JavaScript, holds."""
    page.wait_for_function(f"node => {condition}", arg=stage.element_handle(), timeout=20_000)


# ---------------------------------------------------------------- themes and accessibility


def choose_theme(page, theme):
    """Let the reader's system ask for a theme; wait until the page has followed and its colours have settled."""
    page.emulate_media(color_scheme=theme)
    page.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme, timeout=5_000)
    settle(page)


def settle(page):
    """Wait until no transition runs.

    It is asked again with every frame: the promise `finished` of a transition sometimes never resolves in a headless
    Chromium (testem issue 1888), and `evaluate` waits for a promise without a limit.
    """
    page.wait_for_function(SETTLED, timeout=20_000)


SETTLED = """
() => {
  const changing = (one) => one instanceof CSSTransition && one.playState === "running";
  return !document.getAnimations().some(changing);
}
"""

# Three quarters of a page's elements are the words of its code. Keep the first word of each kind, and write the others
# as plain text in their place.
FOLD = """
() => {
  const looks = ["color", "fontSize", "fontWeight", "textShadow", "textDecoration", "opacity", "filter"];
  const paint = (node) => {
    const style = getComputedStyle(node);
    return [node.className, style.backgroundColor, style.backgroundImage, ...looks.map((name) => style[name])].join();
  };
  const around = (node) => (node ? [paint(node), ...around(node.parentElement)] : []);
  const kinds = new Set(), repeated = [];
  for (const block of document.querySelectorAll("pre:not(:has(:not(span)))")) {
    const place = around(block).join() + block.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    for (const word of block.querySelectorAll(":scope > span:not(:has(*))")) {
      const text = word.textContent, attributes = [...word.attributes].map(({ name }) => name).join();
      const kind = [place, paint(word), attributes, /^[ -~]{2,}$/.test(text) || text].join();
      if (kinds.has(kind) && ["class", ""].includes(attributes)) repeated.push(word);
      kinds.add(kind);
    }
  }
  repeated.forEach((word) => word.replaceWith(word.textContent));
  return repeated.length;
}
"""

# What axe-core can see of a page, and what of it is new since it looked last.
NEWS = """
() => {
  const root = document.documentElement, nodes = [root, ...document.querySelectorAll("body, body *")];
  const last = window.seenByAxe ?? { shape: null, shown: new Set(), inks: {} };
  const theme = root.dataset.theme, known = last.inks[theme] ?? new Map();
  const ink = new Map(), changed = new Set(), tops = [], states = [], frames = new Set();
  const looks = ["color", "fontSize", "fontWeight", "textShadow", "textDecoration", "opacity", "filter"];
  const grounds = ["backgroundColor", "backgroundImage"];
  const own = (part) => (part.nodeType === Node.TEXT_NODE ? part.data : "");
  for (const node of nodes) {
    const shown = node.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    const wide = node.scrollWidth > node.clientWidth + 13 || node.scrollHeight > node.clientHeight + 13;
    const style = shown ? getComputedStyle(node) : {};
    states.push(node.tagName === "IMG" || shown, wide && /auto|scroll/.test(style.overflow));
    if (node.tagName === "IMG" && shown !== last.shown.has(node)) frames.add(node.parentElement);
    if (!shown) continue;
    const text = [...node.childNodes].map(own).join("");
    ink.set(node, [text, ...[...looks, ...grounds].map((name) => style[name])].join());
    if (changed.has(node.parentElement)) changed.add(node);
    else if (known.get(node) !== ink.get(node)) tops.push(node), changed.add(node);
  }
  const shape = document.body.outerHTML + states.join();
  window.seenByAxe = { shape, shown: new Set(ink.keys()), inks: { ...last.inks, [theme]: ink } };
  return { moved: shape !== last.shape, frames: [...frames], tops };
}
"""

LOOK = f"""
async () => {{
  const {{ moved, frames, tops }} = ({NEWS})(), colours = ["color-contrast", "link-in-text-block"];
  const others = {{ rules: Object.fromEntries(colours.map((rule) => [rule, {{ enabled: false }}])) }};
  const found = [], common = {{ resultTypes: ["violations"] }};
  const ask = async (where, how) => found.push(...(await axe.run(where, {{ ...common, ...how }})).violations);
  if (moved && tops[0] === document.documentElement) await ask(document, {{}});
  else {{
    if (moved) await ask(document, others);
    else if (frames.length) await ask({{ include: frames }}, others);
    if (tops.length) await ask({{ include: tops }}, {{ runOnly: colours }});
  }}
  return found;
}}
"""


def violations(page, where="html"):
    """Return what axe-core finds on a page as it stands, or in one element of it: one line for each broken rule."""
    return told(page, f"axe.run('{where}', {{ resultTypes: ['violations'] }}).then((found) => found.violations)")


def new_violations(page):
    """Return what axe-core finds on a page as it stands and did not say when it looked at it last.

    The first look asks about everything, a later one leaves out only what would be answered as before.

    - Two rules read colours, `color-contrast` and `link-in-text-block`. They are asked about what is new: in each
      theme, every element that was not shown at this theme's last look, or has another text, colour, background,
      opacity, size or weight than then, and all within it.
    - All other rules read the elements, their attributes and texts, whether they are shown and whether they scroll. If
      any of that changed anywhere since the last look, in whichever theme, they are asked about the whole page; if only
      images came or went, as the logo of the other theme does, about what holds these.

    Before the first look, the words of the code are folded: where a block of code is nothing but words, the first of
    each kind stands for all. Words of one kind have the same class and style, stand in elements of the same classes
    and styles, have no other attribute, and are printable ASCII of at least two characters or the same text: no rule
    can tell them apart.
    """
    if not page.evaluate("'seenByAxe' in window"):
        page.evaluate(FOLD)
    settle(page)
    return told(page, LOOK)


def told(page, look):
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
    return [f"{rule['id']}: {rule['nodes'][0]['html'][:200]} ({len(rule['nodes'])})" for rule in page.evaluate(look)]
