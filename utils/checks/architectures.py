"""Checkers of lecture 10: each returns a hint, or None if the attempt is right."""

import torch
import torch.nn.functional as F

from utils.course.hints import compare, floats, takes_function

EXACT = {"rtol": 1e-7, "atol": 1e-3}  # counts are whole numbers

# ---------------------------------------------------------------- multiply-adds


def _convolution(rng):
    """Draw a grouped convolution with a stride that does not fit its image, so that rounding matters."""
    groups = int(rng.choice([2, 3]))
    n_in, n_out = (groups * int(n) for n in rng.choice([2, 3, 4, 5], 2, replace=False))
    kernel, stride, padding = int(rng.choice([3, 5])), int(rng.choice([2, 3])), int(rng.choice([1, 2]))
    side = kernel - 2 * padding + stride * int(rng.integers(4, 8)) + int(rng.integers(1, stride))
    return n_in, n_out, kernel, side, stride, padding, groups


def _macs(
    n_in, n_out, kernel, side, stride, padding, groups, *, out=lambda room, stride: room // stride + 1, sides=2, both=2
):
    """Return the count, or what it is with one thing changed."""
    places = out(side + both * padding - kernel, stride) ** sides
    return places * n_out * (n_in // groups) * kernel**2


def _macs_changed(factor):
    """Return the count times a `factor` of the arguments."""

    def rule(n_in, n_out, kernel, side, stride, padding, groups):
        count = _macs(n_in, n_out, kernel, side, stride, padding, groups)
        return count * factor(n_in, n_out, kernel, groups)

    return rule


def _true_products(n_in, n_out, kernel, side, stride, padding, groups):
    inside = F.conv2d(
        torch.ones(1, 1, side, side), torch.ones(1, 1, kernel, kernel), stride=stride, padding=padding
    ).sum()
    return inside * n_out * (n_in // groups)


MACS = [
    (_macs_changed(lambda n_in, n_out, k, g: g), "Where are the groups? A kernel reads only n_in / groups maps."),
    (
        _macs_changed(lambda n_in, n_out, k, g: 1 / g),
        "You divide by the groups twice. There are still n_out kernels; each one reads fewer maps.",
    ),
    (_macs_changed(lambda n_in, n_out, k, g: g * g), "You multiply by the groups. A kernel reads n_in / groups maps."),
    (_macs_changed(lambda n_in, n_out, k, g: 1 / k), "A kernel has two sides: kernel**2."),
    (_macs_changed(lambda n_in, n_out, k, g: 2), "Those are FLOPs. One multiplication and one addition are one MAC."),
    (_macs_changed(lambda n_in, n_out, k, g: g / n_in), "A kernel reads n_in / groups maps, not one. Multiply by it."),
    (_macs_changed(lambda n_in, n_out, k, g: 1 / n_out), "That is the work of one kernel. There are n_out of them."),
    (
        lambda *layer: _macs(*layer, out=lambda room, stride: room + 1),
        "The stride is missing: it makes the output smaller.",
    ),
    (lambda *layer: _macs(*layer, both=0), "The padding is missing from the size of the output."),
    (lambda *layer: _macs(*layer, both=1), "The padding is on both sides: side + 2 * padding."),
    (
        lambda *layer: _macs(*layer, out=lambda room, stride: room // stride),
        "The output has one place more than there are steps: + 1.",
    ),
    (
        lambda *layer: _macs(*layer, out=lambda room, stride: -(-room // stride) + 1),
        "You round up. A last step for which there is no room is not taken: `//` rounds down.",
    ),
    (
        lambda *layer: _macs(*layer, out=lambda room, stride: room / stride + 1),
        "You do not round. The number of steps is whole: use `//`.",
    ),
    (
        lambda *layer: _macs(*layer, sides=1),
        "That is one row of the output. It has as many rows as columns: square it.",
    ),
    (lambda *layer: _macs(*layer, sides=0), "Those are the weights. Each is used at every place of the output."),
    (
        lambda *layer: _macs(*layer, sides=0) * layer[3] ** 2,
        "You count the places of the input. There is a product sum for each place of the *output*.",
    ),
    (
        _macs_changed(lambda n_in, n_out, k, g: 1 + g / (n_in * k**2)),
        "You count the bias. It is an addition without a multiplication; leave it out.",
    ),
    (
        lambda *layer: _macs(*layer, out=lambda room, stride: (room + 1) // stride),
        "The + 1 stands behind the division: (side + 2 * padding - kernel) // stride + 1.",
    ),
    (
        lambda *layer: (layer[3] // layer[4]) ** 2 * _macs(*layer, sides=0),
        "`side // stride` fits only where padding and kernel do: (side + 2 * padding - kernel) // stride + 1.",
    ),
    (
        lambda *layer: _macs(*layer, sides=0) + layer[1],
        "Those are the parameters. Each weight is used at every place of the output.",
    ),
    (_true_products, "You leave out the padded zeros. They are multiplied like any pixel."),
]


@takes_function("my_macs", draw=_convolution, seeds=(0, 1, 2, 3, 4))
def check_macs(attempt, cases):
    """``attempt(n_in, n_out, kernel, side, stride, padding, groups)`` returns the multiply-adds."""
    wanted = "Return one number: how many products the layer computes."
    return compare(attempt, cases, _macs, MACS, wanted=wanted, **EXACT)


# ---------------------------------------------------------------- inception


def _widths(rng):
    """Draw the widths of a block, all different."""
    n_in, one, a, b, c, d, pool = (int(n) for n in rng.permutation(range(3, 17, 2)))
    return n_in, one, (a, b), (c, d), pool


def _inception(
    n_in, one, three, five, pool, *, bias=1, kernels=(3, 5), area=2, front=True, squeeze=True, pooled=1, parts="1352"
):
    """Return the count, or what it is with one thing changed."""

    def layer(a, b, kernel):
        return b * (a * kernel**area + bias)

    paths = {"1": layer(n_in, one, 1), "2": layer(n_in, pool, pooled)}
    for name, (a, b), kernel in (("3", three, kernels[0]), ("5", five, kernels[1])):
        paths[name] = front * layer(n_in, a, 1) + layer(a if squeeze else n_in, b, kernel)
    return sum(paths[part] for part in parts)


INCEPTION = [
    (lambda *w: _inception(*w, bias=0), "The biases are missing: one for each map that a convolution makes."),
    (lambda *w: _inception(*w, bias=2), "Without batch norm a map has one parameter of its own, its bias."),
    (lambda *w: _inception(*w, bias=3), "Batch norm's scale and shift are too many: there is none in this block."),
    (lambda *w: _inception(*w, bias=0) + 6, "A convolution has one bias for each map that it makes, not one in all."),
    (lambda *w: _inception(*w, area=1), "A kernel has two sides: 9 weights for each map it reads, or 25."),
    (lambda *w: _inception(*w, kernels=(3, 3)), "The third path has kernels of 5 × 5 here."),
    (lambda *w: _inception(*w, kernels=(5, 3)), "Your 3 × 3 and 5 × 5 have changed places."),
    (lambda *w: _inception(*w, front=False), "The 1 × 1 convolutions before the 3 × 3 and the 5 × 5 are missing."),
    (
        lambda *w: _inception(*w, squeeze=False),
        "The 3 × 3 and the 5 × 5 read what their 1 × 1 makes, not the block's input.",
    ),
    (
        lambda *w: _inception(*w, front=False, squeeze=False),
        "You leave out the 1 × 1 in front. The pair gives its maps first, then those of the path.",
    ),
    (lambda *w: _inception(*w, parts="135"), "The 1 × 1 behind the pooling is missing."),
    (lambda *w: _inception(*w, parts="352"), "The first path is missing, the single 1 × 1."),
    (lambda *w: _inception(*w, parts="15"), "Two paths are missing."),
    (
        lambda *w: _inception(*w, pooled=3),
        "The maximum over 3 × 3 has no weights. The convolution behind it is 1 × 1.",
    ),
    (
        lambda n, one, three, five, pool: _inception(n, one, three[::-1], five[::-1], pool),
        "You read the pairs backwards: first the maps behind the 1 × 1, then those of the path.",
    ),
    (
        lambda n, one, three, five, pool: (
            _inception(n, one, three, five, pool, bias=0) + one + three[1] + five[1] + pool
        ),
        "The two 1 × 1 in front have biases, too.",
    ),
    (
        lambda n, one, three, five, pool: _inception(n, one, three, five, pool, bias=0) + 4 * n + three[0] + five[0],
        "There is one bias for each map that comes *out*, not for each that goes in.",
    ),
    (
        lambda n, one, three, five, pool: one + three[1] + five[1] + pool,
        "That is how many maps come out. Count the weights and biases that make them.",
    ),
]


@takes_function("my_inception", draw=_widths, seeds=(0, 1, 2, 3))
def check_inception(attempt, cases):
    """``attempt(n_in, one, three, five, pool)`` returns the number of parameters."""
    wanted = "Return one number: all weights and biases of the six convolutions."
    return compare(attempt, cases, _inception, INCEPTION, wanted=wanted, **EXACT)


# ---------------------------------------------------------------- residual block


def _maps_and_kernels(rng):
    """Draw maps and kernels: half of the time with another width and a stride, so that x has to be projected."""
    projects = bool(rng.integers(2))
    n_in = int(rng.integers(2, 4))
    n_out = n_in + 2 * projects
    x, w1, w2, shortcut = (
        floats(rng.integers(-4, 5, shape))
        for shape in ((2, n_in, 6, 6), (n_out, n_in, 3, 3), (n_out, n_out, 3, 3), (n_out, n_in, 1, 1))
    )
    return x, w1 / 4, w2 / 8, shortcut if projects else None, 2 if projects else 1


def _block(
    x,
    w1,
    w2,
    shortcut,
    stride,
    *,
    first=lambda x: x,
    inner=F.relu,
    branch=lambda y: y,
    way=lambda x: x,
    join=torch.add,
    outer=F.relu,
    late=False,
):
    """Return the block's answer, or what it is with one thing changed."""
    strides = (1, stride) if late else (stride, 1)
    y = inner(F.conv2d(first(x), w1, stride=strides[0], padding=1))
    y = F.conv2d(y, w2, stride=strides[1], padding=1)
    return outer(join(way(_way(x, shortcut, stride)), branch(y)))


def _as_is(y):
    return y


def _way(x, shortcut, stride):
    """Return what the shortcut hands on."""
    return x if shortcut is None else F.conv2d(x, shortcut, stride=stride)


BLOCK = [
    (lambda *args: _block(*args, outer=_as_is), "The last ReLU is missing: it stands behind the addition."),
    (lambda *args: _block(*args, inner=_as_is), "The ReLU between the two convolutions is missing."),
    (lambda *args: _block(*args, inner=_as_is, outer=_as_is), "Both ReLUs are missing."),
    (
        lambda *args: _block(*args, branch=F.relu, outer=_as_is),
        "Your last ReLU stands before the addition. Add first, then take the ReLU of the sum.",
    ),
    (
        lambda *args: _block(*args, branch=F.relu),
        "One ReLU too many: the branch is added as it is, and may take away.",
    ),
    (lambda *args: _block(*args, way=F.relu), "The shortcut hands x on as it is, without a ReLU."),
    (lambda *args: _block(*args, join=lambda x, y: y), "Where is the shortcut? Add x to what the branch gives."),
    (
        lambda *args: _block(*args, branch=F.relu, join=lambda x, y: y),
        "Where is the shortcut? Add x to what the branch gives.",
    ),
    (lambda *args: _block(*args, join=torch.sub), "You take the branch away from x. Add it."),
    (lambda *args: _block(*args, join=torch.mul), "You multiply the two. Add them."),
    (
        lambda *args: _block(*args, join=lambda x, y: torch.cat([x, y], dim=1)),
        "You concatenate, as a dense block does. A residual block adds.",
    ),
    (lambda *args: _block(*args, join=lambda x, y: (x + y) / 2), "You take the mean of the two. Add them."),
    (lambda *args: _block(*args, late=True), "Your stride is in the second convolution. It belongs in the first."),
    (
        lambda x, w1, w2, shortcut, stride: _block(
            x, w1, w2, shortcut, stride, way=_as_is if shortcut is None else F.relu
        ),
        "The projection has no ReLU behind it.",
    ),
    (lambda *args: _block(*args, join=lambda x, y: 2 * x + y), "You add x twice."),
    (lambda *args: _block(*args, join=lambda x, y: y - x), "You take x away from the branch. Add it."),
    (
        lambda x, w1, w2, shortcut, stride: _block(
            x, w1, w2, shortcut, stride, join=torch.add if shortcut is not None else lambda x, y: y
        ),
        "Where `shortcut` is None, x itself is added.",
    ),
    (
        lambda x, w1, w2, shortcut, stride: _block(
            x, w1, w2, shortcut, stride, join=torch.add if shortcut is None else lambda x, y: y
        ),
        "Where there is a projection, what it gives is added.",
    ),
    (
        lambda *args: _block(*args, first=F.relu, outer=_as_is),
        "That is the pre-activation block of 2016. Here ReLUs stand behind the first convolution and behind the sum.",
    ),
    (
        lambda x, w1, w2, shortcut, stride: _block(F.relu(x), w1, w2, shortcut, stride),
        "You take the ReLU of x first. This is the block of 2015: ReLUs stand behind convolutions.",
    ),
]
FIT = (
    "The two that you add differ in shape. Padding 1 in both 3 × 3; the stride in the first of them and in the "
    "projection, not in the second; and x goes through the projection where there is one."
)
SHAPES = [
    ("must match", FIT),
    ("Kernel size can't be greater", "Both 3 × 3 convolutions have a padding of 1, so that they keep the side."),
    ("Boolean value of Tensor", "`shortcut` may be a tensor: ask `if shortcut is not None`."),
    ("NoneType", "`shortcut` may be None: then x is added as it is."),
]


@takes_function("my_block", draw=_maps_and_kernels, seeds=(0, 1, 2, 3, 4, 5))
def check_block(attempt, cases):
    """``attempt(x, w1, w2, shortcut, stride)`` returns what the residual block answers."""
    wanted = "Return the maps, (B, C, H, W)."
    return compare(attempt, cases, _block, BLOCK, wanted=wanted, errors=SHAPES, rtol=1e-4, atol=1e-3)


# ---------------------------------------------------------------- dense maps


def _dense(rng):
    """Draw a first width, a growth and three depths, such that some halves are not whole."""
    return int(rng.choice([7, 9, 12])), int(rng.choice([3, 5])), [int(d) for d in rng.permutation([2, 3, 5])]


def _read_and_added(n, growth, depth):
    return n + depth * growth


def _maps(n, growth, depths, *, halve=lambda n: n // 2, after=False, grow=_read_and_added):
    """Return the numbers of maps, or what they are with one thing changed."""
    ends = []
    for depth in depths:
        end = grow(n, growth, depth)
        n = halve(end)
        ends.append(n if after else end)
    return ends


MAPS = [
    (lambda *args: _maps(*args, after=True), "You tell the number behind each transition. Tell it before it halves."),
    (
        lambda n, growth, depths: _maps(n // 2, growth, depths),
        "The first block begins with n: only the transitions *between* blocks halve.",
    ),
    (
        lambda n, growth, depths: [*_maps(n, growth, depths)[:-1], _maps(n, growth, depths)[-1] // 2],
        "Nothing halves behind the last block.",
    ),
    (
        lambda n, growth, depths: [n, *_maps(n, growth, depths, after=True)[:-1]],
        "Those are the maps at the *start* of each block. Tell how many there are at its end.",
    ),
    (lambda *args: _maps(*args, halve=lambda n: n), "The transitions are missing: each halves the number of maps."),
    (lambda *args: _maps(*args, halve=lambda n: -(-n // 2)), "You round up. An odd number is rounded down: n // 2."),
    (lambda *args: _maps(*args, halve=lambda n: n / 2), "Half of an odd number is rounded down: n // 2."),
    (
        lambda *args: _maps(*args, halve=lambda n: round(n / 2)),
        "`round` goes to the even neighbour. Round down: n // 2.",
    ),
    (
        lambda n, growth, depths: _maps(n, growth, depths, halve=lambda end: n),
        "Each block begins with half of what the one before it ended with, not with n again.",
    ),
    (
        lambda *args: _maps(*args, grow=lambda n, growth, depth: n + growth),
        "Each *layer* adds `growth` maps: a block of `depth` layers adds depth times as many.",
    ),
    (
        lambda *args: _maps(*args, grow=lambda n, growth, depth: depth * growth),
        "The maps that come in are kept, too: add them.",
    ),
    (
        lambda *args: _maps(*args, grow=lambda n, growth, depth: n + (depth - 1) * growth),
        "One layer too few: all `depth` layers add maps.",
    ),
    (
        lambda *args: _maps(*args, grow=lambda n, growth, depth: n + (depth + 1) * growth),
        "One layer too many: `depth` layers add maps.",
    ),
    (
        lambda *args: _maps(*args, grow=lambda n, growth, depth: n * growth**depth),
        "Maps are appended, not multiplied.",
    ),
    (
        lambda *args: _maps(*args, grow=lambda n, growth, depth: n + 4 * growth * depth),
        "The 4 × growth maps are inside a layer. It appends `growth`.",
    ),
    (lambda *args: _maps(*args)[-1], "That is the last block. Return the number for each block, in a list."),
    (lambda n, growth, depths: [n, *_maps(n, growth, depths)], "Begin with the end of the first block, not with n."),
    (lambda *args: sum(_maps(*args)), "Do not add them up: return one number for each block."),
]


@takes_function("my_maps", draw=_dense, seeds=(0, 1, 2, 3, 4))
def check_maps(attempt, cases):
    """``attempt(n, growth, depths)`` returns the number of maps at the end of each dense block."""
    wanted = "Return a list with one whole number for each dense block."
    return compare(attempt, cases, _maps, MAPS, wanted=wanted, **EXACT)


CHECKERS = {
    "architectures-macs": check_macs,
    "architectures-inception": check_inception,
    "architectures-block": check_block,
    "architectures-maps": check_maps,
}
