// Asking the model, timing it, and answers that come late.

const clientName = Math.random().toString(36).slice(2);
let requestCount = 0;

// infer(model, {image: {data: Float32Array, dims: [1, 1, 28, 28]}})
// -> Promise of {logits: {data: Float32Array, dims: [1, 10]}, …}; `which` names one of model.get("models").
export async function infer(model, inputs, which = null) {
  const { message, views } = await request(model, { kind: "infer", model: which }, inputs);
  return Object.fromEntries(message.outputs.map(({ name, dims }, i) => [name, { data: floats(views[i]), dims }]));
}

// clock(model, inputs, runs) -> Promise of the milliseconds that each of so many runs takes where the model is computed;
// a first run, which may take longer, is not counted.
export async function clock(model, inputs, runs, which = null) {
  if (!(Number.isInteger(runs) && runs > 0))
    throw new Error(`The count of runs to time is ${runs}; expected a whole number from 1.`);
  const { message } = await request(model, { kind: "clock", runs, model: which }, inputs);
  return message.milliseconds;
}

// Send a message with the model's inputs -> Promise of the answer to it: { message, views }.
function request(model, content, inputs) {
  const id = `${clientName}-${++requestCount}`;
  const names = Object.keys(inputs);
  const buffers = names.map((name) => Float32Array.from(inputs[name].data).buffer);
  return new Promise((resolve, reject) => {
    const answer = (message, views) => {
      if (message.id !== id) return;
      model.off("msg:custom", answer);
      if (message.kind === "error") return reject(new Error(message.message));
      resolve({ message, views });
    };
    model.on("msg:custom", answer);
    const specs = names.map((name) => ({ name, dims: inputs[name].dims }));
    model.send({ ...content, id, inputs: specs }, undefined, buffers);
  });
}

// The bytes of a message as numbers; a copy, because a message may start at any byte.
export function floats(view) {
  const bytes = ArrayBuffer.isView(view) ? view : new Uint8Array(view);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

// An array among the settings (NumPy array or tensor in Python) as {data, dims}.
export function arraySetting(value) {
  const { dtype, dims, data } = value.array;
  const kinds = { float32: Float32Array, uint8: Uint8Array, int32: Int32Array };
  const bytes = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
  return { data: new kinds[dtype](bytes), dims };
}

// Run `work` at most once a frame, never twice at a time, and once more if it was asked for meanwhile.
// Returns ask() -> Promise that settles when an answer at least as new as the call is there.
export function coalesced(work) {
  let running = null;
  let waiting = null;
  const start = async () => {
    await new Promise((resolve) => (document.hidden ? setTimeout(resolve) : requestAnimationFrame(resolve)));
    return work();
  };
  return function ask() {
    if (!running) return (running = start().finally(() => (running = null)));
    waiting ??= running
      .catch(() => {})
      .then(() => {
        waiting = null;
        return ask();
      });
    return waiting;
  };
}

// follow(promise) -> Promise of {value, overtaken}: whether another was followed meanwhile, by which this one is out of date.
export function latest() {
  let turn = 0;
  return async function follow(promise) {
    const mine = ++turn;
    try {
      return { value: await promise, overtaken: mine !== turn };
    } catch (error) {
      if (mine !== turn) return { overtaken: true };
      throw error;
    }
  };
}
