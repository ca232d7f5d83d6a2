// Brings the live demos of a page to life with no server: a classic script, so that it also runs, and can say
// what is wrong, where a page was opened as a file.
//
//   <script defer src="../_static/live-modules/host.js"></script>
//
// Nothing is fetched for a demo until it is scrolled to, touched or focused. Then its configuration, the model
// this page's run trained and ONNX Runtime Web are loaded, the reference input is run and compared with
// PyTorch's answer, and the demo's module is rendered.

(() => {
  const here = document.currentScript.src;
  const tolerance = 1e-4;

  // ---- when to start ------------------------------------------------------------------------------

  function watch(root) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "live-button";
    const { megabytes } = root.dataset;
    button.textContent = megabytes ? `Start the demo (its network: ${megabytes} MB)` : "Start the demo";
    root.append(button);

    const seen = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && begin());
    const turned = new MutationObserver(() => onScreen(root) && begin());
    const slides = root.closest(".reveal .slides");
    let begun = false;
    function begin(event) {
      if (begun || !(event || onSlide(root))) return;
      begun = true;
      seen.disconnect();
      turned.disconnect();
      const byButton = button.contains(event?.target); // a press begins before the button has the focus
      button.remove();
      start(root).then(() => {
        const focused = document.activeElement; // what held the button may have got the focus in its place
        const elsewhere = !focused.contains(root) && !root.contains(focused);
        if (byButton && !elsewhere)
          root.querySelector("canvas[tabindex='0'], input, select, button")?.focus({ preventScroll: true });
      });
    }
    for (const type of ["click", "focusin", "pointerdown"]) root.addEventListener(type, begin);
    if (root.dataset.start === "touch" && !slides) return; // a page may ask to wait for the reader's hand
    seen.observe(root);
    if (slides) turned.observe(slides, { subtree: true, attributes: true, attributeFilter: ["class"] });
  }

  // In a deck only the slide being shown counts, though others may lie under it.
  function onSlide(root) {
    if (!root.closest(".reveal")) return true;
    const slide = root.closest(".slides section");
    return [slide, slide?.parentElement.closest("section")].every(
      (section) => !section || section.classList.contains("present"),
    );
  }

  function onScreen(root) {
    const box = root.getBoundingClientRect();
    return onSlide(root) && box.width > 0 && box.bottom > 0 && box.top < innerHeight;
  }

  // ---- starting -----------------------------------------------------------------------------------

  async function start(root) {
    root.dataset.state = "loading";
    try {
      if (location.protocol === "file:")
        throw new Error(
          "This page was opened as a file, and a file cannot load a model. Serve its folder, e.g. with `python -m http.server` in the site's folder, and open http://127.0.0.1:8000.",
        );
      const note = document.createElement("p");
      note.className = "live-note";
      note.setAttribute("role", "status");
      note.textContent = "Loading the demo…";
      root.append(note);
      await load(root).finally(() => note.remove());
    } catch (error) {
      fail(root, error);
    }
  }

  async function load(root) {
    const url = new URL(root.dataset.config, document.baseURI);
    const module = importFrom(new URL(`demos/${root.dataset.demo}.js`, here), "the demo's code");
    const styled = loadSheet(new URL(`demos/${root.dataset.demo}.css`, here));
    for (const part of [module, styled]) part.catch(() => {}); // told below, unless the settings fail first
    const config = await get(url, "the demo's settings", (answer) => answer.json());
    const [{ module: demo }, data] = await Promise.all([
      module,
      config.data ? get(new URL(config.data, url), "the demo's data", asBytes) : null,
      config.models.length ? openModel(new URL(config.models[0].file, url)) : null,
      styled,
    ]);
    const checked = {}; // a model's name -> its session, once it has answered as PyTorch did
    const open = (name) => kept(checked, name, () => openChecked(root, config, data, name, url));
    if (config.models.length) await open(config.models[0].name);
    await demo.default.render({ model: browserModel(config, data, open), el: root, note: "Drawing the demo…" });
    if (root.closest(".reveal")) dispatchEvent(new Event("resize")); // the deck lays the slide out again
  }

  async function openChecked(root, config, data, name, url) {
    const model = config.models.find((other) => other.name === name);
    if (!model)
      throw new Error(
        config.models.length ? `This demo has no model ${name}.` : "This demo has no model to compute with.",
      );
    const session = await openModel(new URL(model.file, url));
    const error = await checkReference(session, config.inputs, model.outputs, data);
    root.dataset.referenceError = Math.max(error, root.dataset.referenceError ?? 0);
    if (!(error <= tolerance))
      throw new Error(
        `This browser's answer differs from PyTorch's by ${error.toPrecision(2)}, more than ${tolerance}; it would not show what the lecture describes.`,
      );
    return session;
  }

  function fail(root, error) {
    console.error(error);
    const text = document.createElement("p");
    text.className = "live-error";
    text.setAttribute("role", "alert");
    text.textContent = `This demo cannot run. ${error.message}`;
    root.dataset.state = "error";
    root.append(text);
  }

  // ---- fetching -----------------------------------------------------------------------------------

  const waits = [400, 1500]; // milliseconds before the second and the third try
  let furtherTries = 0;

  // attempt(i) -> Promise, up to three times: a weak line loses a request now and then. Not `lost`: told at once.
  async function patiently(attempt, lost) {
    for (let i = 0; ; i++) {
      try {
        return await attempt(i);
      } catch (error) {
        if (i === waits.length || !lost(error)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, waits[i]));
    }
  }

  const asBytes = (answer) => answer.arrayBuffer();
  const isLost = (error) => error instanceof TypeError || error.status >= 500;

  // What `read` makes of a file. What the lectures export is named by its content, so what the browser has kept of it
  // is never out of date; for other files, `cache` is "default".
  async function get(url, what, read, cache = "force-cache") {
    const ask = async () => {
      const answer = await fetch(url, { cache });
      if (!answer.ok)
        throw Object.assign(
          new Error(
            `${what[0].toUpperCase()}${what.slice(1)} could not be loaded: the server answers ${answer.status} for ${url.pathname.split("/").pop()}. Building the site again puts a missing file there.`,
          ),
          { status: answer.status },
        );
      return read(answer);
    };
    try {
      return await patiently(ask, isLost);
    } catch (error) {
      if (error instanceof TypeError)
        throw new Error(`No connection to ${url.host} while loading ${what}. Reload the page to try again.`);
      throw error;
    }
  }

  // A module and the address it came from. As long as a page is open, the browser remembers that a module did not come,
  // so each further try has an address of its own.
  async function importFrom(url, what) {
    let address = url.href;
    try {
      const module = await patiently(
        (i) => import((address = i ? `${url.href}?try=${++furtherTries}` : url.href)),
        isLost,
      );
      return { module, address };
    } catch (error) {
      await get(url, what, asBytes, "default"); // tells what is missing, or that there is no connection
      throw new Error(
        `This browser cannot run ${what} (${error.message}). Reload the page, or take a current Firefox, Chrome, Edge or Safari.`,
      );
    }
  }

  // The styles of a demo, once a page, right after those that all demos share.
  const sheets = {};
  function loadSheet(url) {
    return kept(sheets, url.href, async () => {
      try {
        await patiently(
          (i) => linked(i ? `${url.href}?try=${++furtherTries}` : url.href),
          () => true,
        );
      } catch {
        await get(url, "the demo's styles", asBytes, "default"); // tells what is wrong
      }
    });
  }

  function linked(href) {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
    return new Promise((resolve, reject) => {
      link.onload = resolve;
      link.onerror = () => {
        link.remove();
        reject(new Error(`${href} did not come`));
      };
      document.querySelector('link[href*="live-modules/base.css"]').after(link);
    });
  }

  // ---- the model ----------------------------------------------------------------------------------

  const runtime = {};
  const sessions = {}; // one a model file, however many demos use it
  let queue = Promise.resolve();

  // All sessions share one WebAssembly instance, which can do one thing at a time.
  function inTurn(work) {
    const answer = queue.then(work);
    queue = answer.catch(() => {});
    return answer;
  }

  // All three parts are here before the runtime sets itself up: it tries that only once.
  function loadRuntime() {
    if (typeof WebAssembly === "undefined")
      throw new Error(
        "This browser has no WebAssembly, with which the network is computed; a current Firefox, Chrome, Edge or Safari has it.",
      );
    return kept(runtime, "ort", async () => {
      const part = (name) => new URL(`../vendor/onnxruntime-web/${name}`, here);
      const [{ module: ort }, { address }, binary] = await Promise.all([
        importFrom(part("ort.wasm.min.js"), "ONNX Runtime Web"),
        importFrom(part("ort-wasm-simd-threaded.js"), "ONNX Runtime Web"),
        get(part("ort-wasm-simd-threaded.wasm"), "ONNX Runtime Web", asBytes, "default"),
      ]);
      Object.assign(ort.env.wasm, { wasmPaths: { mjs: address }, wasmBinary: binary, numThreads: 1 });
      return ort;
    });
  }

  // What `make` promised under this key before; a promise that was broken may be made again.
  function kept(promises, key, make) {
    promises[key] ??= make();
    promises[key].catch(() => delete promises[key]);
    return promises[key];
  }

  function openModel(url) {
    return kept(sessions, url.href, async () => {
      const [ort, bytes] = await Promise.all([loadRuntime(), get(url, "the model", asBytes)]);
      const extra = { session: { disable_quant_qdq: "1" } }; // 8-bit weights are multiplied out once, while loading
      const session = await inTurn(() =>
        ort.InferenceSession.create(new Uint8Array(bytes), { executionProviders: ["wasm"], extra }),
      );
      const run = (inputs) => inTurn(() => session.run(inputs));
      const time = (inputs) => inTurn(() => timed(() => session.run(inputs)));
      return { ort, run, time };
    });
  }

  async function timed(work) {
    const began = performance.now();
    await work();
    return performance.now() - began;
  }

  // The milliseconds of so many runs after a first one. Between two the page and other demos get their turn.
  async function timesOf({ run, time }, inputs, runs) {
    await run(inputs);
    const milliseconds = [];
    while (milliseconds.length < runs) {
      await new Promise((resolve) => setTimeout(resolve));
      milliseconds.push(await time(inputs));
    }
    return milliseconds;
  }

  function asTensor(ort, { dtype }, data, dims) {
    return dtype === "int64"
      ? new ort.Tensor(
          "int64",
          BigInt64Array.from(data, (value) => BigInt(Math.round(value))),
          dims,
        )
      : new ort.Tensor("float32", data, dims);
  }

  async function checkReference({ ort, run }, expectedInputs, expectedOutputs, data) {
    const kinds = { float32: Float32Array, int64: BigInt64Array };
    const values = ({ dtype, dims, offset }) =>
      new kinds[dtype](
        data,
        offset,
        dims.reduce((a, b) => a * b, 1),
      );
    const inputs = Object.fromEntries(
      expectedInputs.map((spec) => [spec.name, new ort.Tensor(spec.dtype, values(spec), spec.dims)]),
    );
    const outputs = await run(inputs);
    let largest = 0;
    for (const spec of expectedOutputs) {
      const expected = values(spec);
      const came = outputs[spec.name].data;
      if (came.length !== expected.length) return Infinity;
      for (let i = 0; i < expected.length; i++) {
        const error = Math.abs(came[i] - expected[i]);
        if (!(error <= largest)) largest = error; // NaN stays and is refused
      }
    }
    return largest;
  }

  // What a widget's model is to a demo, with the browser in the kernel's place.
  function browserModel(config, data, open) {
    const outputs = config.models[0]?.outputs ?? [];
    const values = {
      ...revive(config.settings, data),
      demo_name: config.demo,
      alt: config.alt,
      inputs: config.inputs ?? [],
      outputs,
      models: config.models.map(({ name, bytes }) => ({ name, bytes })),
    };
    const listeners = {};
    const emit = (event, ...details) => [...(listeners[event] ?? [])].forEach((listener) => listener(...details));

    function feedsOf(ort, inputs, buffers) {
      const feeds = {};
      inputs.forEach(({ name, dims }, i) => {
        const spec = config.inputs.find((input) => input.name === name);
        if (!spec) throw new Error(`The model has no input ${name}.`);
        feeds[name] = asTensor(ort, spec, new Float32Array(buffers[i]), dims);
      });
      return feeds;
    }

    // kind of message -> [answer, its buffers]
    const answers = {
      async infer(session, feeds) {
        const results = await session.run(feeds);
        const specs = outputs.map(({ name }) => ({ name, dims: results[name].dims }));
        const views = outputs.map(({ name }) => new DataView(results[name].data.slice().buffer));
        return [{ kind: "result", outputs: specs }, views];
      },
      clock: async (session, feeds, { runs }) => [
        { kind: "times", milliseconds: await timesOf(session, feeds, runs) },
        [],
      ],
    };

    async function answer(content, buffers) {
      const { kind, id, inputs, model } = content;
      try {
        const session = await open(model ?? config.models[0]?.name);
        const [message, views] = await answers[kind](session, feedsOf(session.ort, inputs, buffers), content);
        emit("msg:custom", { ...message, id }, views);
      } catch (error) {
        emit("msg:custom", { kind: "error", id, message: error.message }, []);
      }
    }

    return {
      get: (key) => values[key],
      set(key, value) {
        values[key] = value;
        emit(`change:${key}`, this, value);
      },
      save_changes() {},
      on: (event, listener) => (listeners[event] ??= []).push(listener),
      off: (event, listener) => (listeners[event] = (listeners[event] ?? []).filter((other) => other !== listener)),
      send: (content, _callbacks, buffers = []) => void (content.kind in answers && answer(content, buffers)),
    };
  }

  // Give each array among the settings its part of the data file.
  function revive(value, data) {
    if (value === null || typeof value !== "object") return value;
    if (Array.isArray(value)) return value.map((item) => revive(item, data));
    if (value.array) {
      const { dtype, dims, offset } = value.array;
      const bytes = dims.reduce((a, b) => a * b, 1) * (dtype === "uint8" ? 1 : 4);
      return { array: { dtype, dims, data: new DataView(data, offset, bytes) } };
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revive(item, data)]));
  }

  document.querySelectorAll('.live-demo[data-state="idle"]').forEach(watch);
})();
