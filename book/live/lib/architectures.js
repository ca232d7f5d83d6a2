// The well-known networks for image classification, layer by layer, and what is counted in them.
//
// groupsOf(settings) -> [{ name, layers, shape }], what a table shows: a few groups of layers, each with what it hands on.
// settings: network (a key of `networks`), crop (pixels of a side), classes, and what the network's switches choose.
// A layer is { kind, text, shape, weights, biases, norms, macs }: its three sorts of parameters (`norms`: scales and shifts
// of batch norm) and its multiply-adds. A shape is { channels, side }: all maps are square.
// Where a crop is unlike the paper's, AlexNet, VGG and GoogLeNet's auxiliary heads pool their last maps to the paper's
// size before the fully connected layers, as torchvision does.

// Each switch: what it is called, and its values; the first is that of the paper. Yes or no has no words of its own.
export const switches = {
  towers: { label: "Convolutions", values: [2, 1], texts: ["in two groups", "in one group"] },
  edition: { label: "Channels", values: [2012, 2014], texts: ["of 2012", "of 2014"] },
  thirdPath: { label: "Third path", values: [5, 3], texts: ["5×5", "3×3 (torchvision)"] },
  batchNorm: { label: "Batch norm, not biases", values: [false, true] },
  heads: { label: "Auxiliary heads", values: [false, true] },
  stride: { label: "Stride in the", values: [1, 3], texts: ["first 1×1 (2015)", "3×3 (v1.5)"] },
  shortcut: { label: "Shortcuts widen", values: ["projection", "zeros"], texts: ["by 1×1", "by zeros"] },
  classes: { label: "Classes", values: [1000, 10], texts: ["1000", "10"] },
  linear: { label: "Fully connected layers", values: [true, false] },
  biases: { label: "Biases", values: [true, false] },
  norms: { label: "Scales and shifts of batch norm", values: [true, false] },
};
export const countingSwitches = ["linear", "biases", "norms"];
const always = ["classes", "linear", "biases"];

// Each network: its name, the switches that apply to it, and its groups [name, part], made from the settings.
export const networks = {
  alexnet: { name: "AlexNet", switches: ["towers", "edition", ...always], groups: alexNet },
  vgg16: { name: "VGG-16", switches: always, groups: vgg(2, 2, 3, 3, 3) },
  vgg19: { name: "VGG-19", switches: always, groups: vgg(2, 2, 4, 4, 4) },
  googlenet: {
    name: "GoogLeNet",
    switches: ["thirdPath", "batchNorm", "heads", ...always, "norms"],
    groups: googLeNet,
  },
  resnet18: { name: "ResNet-18", switches: ["shortcut", ...always, "norms"], groups: resNet(basicBlock, 2, 2, 2, 2) },
  resnet34: { name: "ResNet-34", switches: ["shortcut", ...always, "norms"], groups: resNet(basicBlock, 3, 4, 6, 3) },
  resnet50: { name: "ResNet-50", switches: ["stride", ...always, "norms"], groups: resNet(bottleneck, 3, 4, 6, 3) },
  resnet101: { name: "ResNet-101", switches: ["stride", ...always, "norms"], groups: resNet(bottleneck, 3, 4, 23, 3) },
  resnet152: { name: "ResNet-152", switches: ["stride", ...always, "norms"], groups: resNet(bottleneck, 3, 8, 36, 3) },
  densenet121: { name: "DenseNet-121", switches: [...always, "norms"], groups: denseNet(6, 12, 24, 16) },
  densenet169: { name: "DenseNet-169", switches: [...always, "norms"], groups: denseNet(6, 12, 32, 32) },
  densenet201: { name: "DenseNet-201", switches: [...always, "norms"], groups: denseNet(6, 12, 48, 32) },
};

// The crop for which a network was made: AlexNet's paper says 224, but its sizes come out with 227.
export const usualCrop = ({ network, edition }) => (network === "alexnet" && edition === 2012 ? 227 : 224);

export function groupsOf(settings) {
  let shape = { channels: 3, side: settings.crop };
  return networks[settings.network].groups(settings).map(([name, part]) => {
    const made = part(shape);
    shape = made.shape;
    return { name, ...made };
  });
}

// ---- counting ----------------------------------------------------------------------------------------------------------

// What some layers have together, as far as it is counted: linear (fully connected layers), biases, norms (yes or no).
// `values` are those that convolutions and fully connected layers put out for one image.
export function count(layers, { linear, biases, norms }) {
  const total = { parameters: 0, macs: 0, values: 0 };
  for (const layer of layers) {
    if (layer.kind === "linear" && !linear) continue;
    total.parameters += layer.weights + (biases ? layer.biases : 0) + (norms ? layer.norms : 0);
    total.macs += layer.macs;
    if (layer.macs) total.values += layer.shape.channels * layer.shape.side ** 2;
  }
  return total;
}

export const amountOf = (quantity, { parameters, macs }) => ({ parameters, macs, flops: 2 * macs })[quantity];

// Whether a published number, { quantity, value, digits }, is an amount rounded to as many digits.
export const comesOut = ({ value, digits }, amount) => Number(amount.toPrecision(digits)) === value;

// Every way to set the network's switches, at the crop for which it was made.
export function everySetting(network) {
  const settings = networks[network].switches.reduce(
    (rows, key) => rows.flatMap((row) => switches[key].values.map((value) => ({ ...row, [key]: value }))),
    [{ network }],
  );
  return settings.map((row) => ({ ...row, crop: usualCrop(row) }));
}

// ---- layers: each is a part, a function from a shape to { layers, shape } --------------------------------------------------

const none = { weights: 0, biases: 0, norms: 0, macs: 0 };
const only = (layer) => ({ layers: [{ ...none, ...layer }], shape: layer.shape });

// norm: "after" the convolution, as in ResNet, or "before" it, as in DenseNet. It takes the place of the biases.
function convolution(channels, kernel, { stride = 1, padding = (kernel - 1) / 2, groups = 1, norm = null } = {}) {
  const strides = `${stride > 1 ? `, stride ${stride}` : ""}${groups > 1 ? `, ${groups} groups` : ""}`;
  return (input) => {
    const text = `${kernel}×${kernel} convolution, ${input.channels}\u00a0→\u00a0${channels}${strides}`;
    const shape = { channels, side: slide(text, input.side, { kernel, stride, padding }) };
    const weights = ((channels * input.channels) / groups) * kernel ** 2;
    const norms = norm ? 2 * (norm === "after" ? channels : input.channels) : 0;
    return only({
      kind: "convolution",
      text,
      shape,
      weights,
      biases: norm ? 0 : channels,
      norms,
      macs: weights * shape.side ** 2,
    });
  };
}

function pool(sort, kernel, { stride = kernel, padding = 0, up = false } = {}) {
  const text = `${kernel}×${kernel} ${sort} pooling${stride > 1 ? `, stride ${stride}` : ""}`;
  return ({ channels, side }) => {
    const shape = { channels, side: slide(text, side, { kernel, stride, padding, up }) };
    return only({ kind: "pooling", text, shape });
  };
}

// Average pooling to maps of a given side, where they have another one; `fits`: where the paper has no such pooling.
const poolTo =
  (side, { fits = false } = {}) =>
  (input) => {
    if (input.side === side) return identity(input);
    const text = `average pooling to ${side}×${side}`;
    return only({ kind: "pooling", text, shape: { ...input, side }, fits });
  };

function fullyConnected(units) {
  return ({ channels, side }) => {
    const inputs = channels * side ** 2;
    const text = `fully connected, ${inputs}\u00a0→\u00a0${units}`;
    const shape = { channels: units, side: 1 };
    return only({ kind: "linear", text, shape, weights: inputs * units, biases: units, macs: inputs * units });
  };
}

const batchNorm = (shape) => only({ kind: "norm", text: "batch norm", shape, norms: 2 * shape.channels });

// How many places a window has along a side. `up`: the last one may end beyond the map.
function slide(text, side, { kernel, stride, padding, up = false }) {
  const room = side + 2 * padding - kernel;
  const places = (up ? Math.ceil : Math.floor)(room / stride) + 1;
  if (places >= 1) return places;
  throw new Error(
    `The crop is too small for this network: a layer (${text}) gets a map of ${side}×${side} and finds no room. Choose a larger crop.`,
  );
}

// ---- parts made of parts -----------------------------------------------------------------------------------------------

const series =
  (...parts) =>
  (input) =>
    parts.reduce(
      ({ layers, shape }, part) => {
        const made = part(shape);
        return { layers: [...layers, ...made.layers], shape: made.shape };
      },
      { layers: [], shape: input },
    );

// All paths from one input, their channels one after another.
const paths =
  (...parts) =>
  (input) => {
    const made = parts.map((part) => part(input));
    const channels = made.reduce((sum, { shape }) => sum + shape.channels, 0);
    return { layers: made.flatMap(({ layers }) => layers), shape: { channels, side: made[0].shape.side } };
  };

// A branch that leads elsewhere; its input goes on.
const aside = (branch) => (input) => ({ layers: branch(input).layers, shape: input });
const identity = (shape) => ({ layers: [], shape });
const times = (number, make) => Array.from({ length: number }, (_, i) => make(i));

// ---- the networks ------------------------------------------------------------------------------------------------------

// Krizhevsky, Sutskever & Hinton 2012, on two GPUs; the channels of 2014 are those of Krizhevsky's "one weird trick".
function alexNet({ towers: groups, edition, classes }) {
  const [channels, padding] = edition === 2012 ? [[96, 256, 384, 384, 256], 0] : [[64, 192, 384, 256, 256], 2];
  const small = () => pool("max", 3, { stride: 2 });
  return [
    ["Convolution 1", series(convolution(channels[0], 11, { stride: 4, padding }), small())],
    ["Convolution 2", series(convolution(channels[1], 5, { groups }), small())],
    ["Convolution 3", convolution(channels[2], 3)],
    ["Convolution 4", convolution(channels[3], 3, { groups })],
    ["Convolution 5", series(convolution(channels[4], 3, { groups }), small())],
    ...classifier(6, classes),
  ];
}

// Simonyan & Zisserman 2015.
function vgg(...depths) {
  const channels = [64, 128, 256, 512, 512];
  const stage = (depth, k) => series(...times(depth, () => convolution(channels[k], 3)), pool("max", 2));
  return ({ classes }) => [
    ...depths.map((depth, k) => [`Stage ${k + 1}: ${depth} convolutions`, stage(depth, k)]),
    ...classifier(7, classes),
  ];
}

const classifier = (side, classes) => [
  ["Fully connected 1", series(poolTo(side, { fits: true }), fullyConnected(4096))],
  ["Fully connected 2", fullyConnected(4096)],
  ["Fully connected 3", fullyConnected(classes)],
];

// Szegedy et al. 2015. Of each module: 1×1; 1×1 and 3×3; 1×1 and the third path; pooling and 1×1.
const inceptions = {
  "3a": [64, [96, 128], [16, 32], 32],
  "3b": [128, [128, 192], [32, 96], 64],
  "4a": [192, [96, 208], [16, 48], 64],
  "4b": [160, [112, 224], [24, 64], 64],
  "4c": [128, [128, 256], [24, 64], 64],
  "4d": [112, [144, 288], [32, 64], 64],
  "4e": [256, [160, 320], [32, 128], 128],
  "5a": [256, [160, 320], [32, 128], 128],
  "5b": [384, [192, 384], [48, 128], 128],
};

function googLeNet({ thirdPath, batchNorm, heads, classes }) {
  const norm = batchNorm ? "after" : null;
  const conv = (channels, kernel, options) => convolution(channels, kernel, { norm, ...options });
  const small = (kernel = 3) => pool("max", kernel, { stride: 2, up: true });
  const inception = ([one, three, third, pooled]) =>
    paths(
      conv(one, 1),
      series(conv(three[0], 1), conv(three[1], 3)),
      series(conv(third[0], 1), conv(third[1], thirdPath)),
      series(pool("max", 3, { stride: 1, padding: 1 }), conv(pooled, 1)),
    );
  const head = aside(series(poolTo(4), conv(128, 1), fullyConnected(1024), fullyConnected(classes)));
  const pools = { "3b": small(), "4e": small(thirdPath === 3 ? 2 : 3) }; // torchvision's last one is 2×2
  const modules = Object.entries(inceptions).flatMap(([name, sizes]) => {
    const module = [`Inception ${name}`, series(inception(sizes), pools[name] ?? identity)];
    return heads && ["4a", "4d"].includes(name) ? [module, [`Auxiliary head after ${name}`, head]] : [module];
  });
  return [
    ["Stem", series(conv(64, 7, { stride: 2 }), small(), conv(64, 1), conv(192, 3), small())],
    ...modules,
    ["Classifier", series(poolTo(1), fullyConnected(classes))],
  ];
}

// He et al. 2016. `first` is the stride of a stage's first block; later blocks add to what they got.
const normed = (channels, kernel, stride = 1) => convolution(channels, kernel, { stride, norm: "after" });

function resNet(block, ...depths) {
  const stage = (depth, k, settings) => {
    const blocks = times(depth, (i) => block(64 * 2 ** k, i === 0 && k > 0 ? 2 : 1, settings));
    return [`Stage ${k + 1}: ${depth} blocks`, series(...blocks)];
  };
  return (settings) => [
    ["Stem", series(normed(64, 7, 2), pool("max", 3, { stride: 2, padding: 1 }))],
    ...depths.map((depth, k) => stage(depth, k, settings)),
    ["Classifier", series(poolTo(1), fullyConnected(settings.classes))],
  ];
}

function basicBlock(channels, stride, { shortcut }) {
  const branch = series(normed(channels, 3, stride), normed(channels, 3));
  return residual(branch, shortcut === "zeros" ? null : normed(channels, 1, stride));
}

function bottleneck(channels, stride, { stride: place }) {
  const [first, second] = place === 1 ? [stride, 1] : [1, stride];
  const branch = series(normed(channels, 1, first), normed(channels, 3, second), normed(4 * channels, 1));
  return residual(branch, normed(4 * channels, 1, stride));
}

// The shortcut needs the projection where the branch changes the shape; without one it takes zeros for new channels.
function residual(branch, projection) {
  return (input) => {
    const made = branch(input);
    const same = made.shape.channels === input.channels && made.shape.side === input.side;
    const added = same || !projection ? [] : projection(input).layers;
    const named = added.map((layer) => ({ ...layer, text: `shortcut: ${layer.text}` }));
    return { layers: [...made.layers, ...named], shape: made.shape };
  };
}

// Huang et al. 2017: batch norm stands before each convolution but the first.
function denseNet(...depths) {
  const growth = 32;
  const conv = (channels, kernel) => convolution(channels, kernel, { norm: "before" });
  const layer = () => paths(identity, series(conv(4 * growth, 1), conv(growth, 3)));
  const halved = (input) => series(conv(input.channels / 2, 1), pool("average", 2))(input);
  const block = (depth, k) => [`Dense block ${k + 1}: ${depth} layers`, series(...times(depth, layer))];
  return ({ classes }) => [
    ["Stem", series(normed(64, 7, 2), pool("max", 3, { stride: 2, padding: 1 }))],
    ...depths.flatMap((depth, k) => (k < 3 ? [block(depth, k), [`Transition ${k + 1}`, halved]] : [block(depth, k)])),
    ["Classifier", series(batchNorm, poolTo(1), fullyConnected(classes))],
  ];
}
