"""Many small recurrent networks trained side by side, and one step of a network for a demo."""

import torch
from torch import nn
from torch.nn import functional as F

from utils.sequences.cells import BLOCKS, cell_step
from utils.validation import check_name


class ManyNetworks(nn.Module):
    """Many recurrent networks of one kind, which learn side by side: the first dimension of all weights counts them.

    At a few dozen units a step costs mostly the call itself, so ten networks take hardly longer than one.

    Parameters
    ----------
    kind : {"RNN", "LSTM", "GRU"}
    n_networks, n_inputs, n_hidden, n_outputs : int
    forget_bias : float or sequence of float
        What the LSTM's forget gates start with, one for all networks or one each.
    generator : torch.Generator, optional
        Source of the first weights, uniform up to ``1 / sqrt(n_hidden)`` as in PyTorch; PyTorch's global one if None.
        Biases start at zero, but for that of the forget gates.

    Raises
    ------
    ValueError
        If the kind is not known.
    """

    def __init__(
        self, kind, *, n_networks, n_inputs, n_hidden, n_outputs, forget_bias=1.0, generator=None
    ):  # fmt: skip
        super().__init__()
        check_name(kind, BLOCKS, "kind")
        self.kind, self.n_networks, self.n_hidden = kind, n_networks, n_hidden
        width, limit = BLOCKS[kind] * n_hidden, n_hidden**-0.5

        def uniform(*shape):
            return nn.Parameter((2 * torch.rand(n_networks, *shape, generator=generator) - 1) * limit)

        self.weight_ih, self.weight_hh = uniform(n_inputs, width), uniform(n_hidden, width)
        self.weight_out = uniform(n_hidden, n_outputs)
        self.bias = nn.Parameter(torch.zeros(n_networks, 1, width))
        self.bias_out = nn.Parameter(torch.zeros(n_networks, 1, n_outputs))
        self.bias_hn = nn.Parameter(torch.zeros(n_networks, 1, n_hidden)) if kind == "GRU" else None
        with torch.no_grad():
            if kind == "LSTM":
                start = torch.as_tensor(forget_bias, dtype=torch.float32).expand(n_networks)
                self.bias[:, 0, n_hidden : 2 * n_hidden] = start[:, None]

    def forward(self, inputs, *, every_step=False, windows=None):
        """Read sequences.

        Parameters
        ----------
        inputs : Tensor of shape (B, T, A) or (n_networks, B, T, A)
            The same for all networks, or others for each.
        every_step : bool
            Answer after each step instead of after the last one only.
        windows : Tensor of shape (n_networks,), optional
            How many steps each network's gradient goes back from the last one; all if None.

        Returns
        -------
        Tensor of shape (n_networks, B, n_outputs), or (n_networks, B, T, n_outputs)
        """
        inputs = inputs.expand(self.n_networks, *inputs.shape[-3:])
        n_networks, n_sequences, n_steps, _ = inputs.shape
        # (N, B, T, A) -> (N, B * T, k * H) -> T times (N, B, k * H)
        from_input = torch.bmm(inputs.flatten(1, 2), self.weight_ih) + self.bias
        from_input = from_input.unflatten(1, (n_sequences, n_steps)).unbind(2)
        zeros = inputs.new_zeros(n_networks, n_sequences, self.n_hidden)
        state = (zeros, zeros) if self.kind == "LSTM" else (zeros,)
        hidden = []
        for step in range(n_steps):
            if windows is not None:
                cut = (windows == n_steps - step)[:, None, None]  # here the gradient of these networks ends
                state = tuple(torch.where(cut, part.detach(), part) for part in state)
            state, _ = cell_step(self.kind, from_input[step], state, self.weight_hh, self.bias_hn)
            hidden.append(state[0])
        if not every_step:
            return torch.bmm(hidden[-1], self.weight_out) + self.bias_out
        hidden = torch.stack(hidden, dim=2).flatten(1, 2)  # (N, B, T, H) -> (N, B * T, H)
        logits = torch.bmm(hidden, self.weight_out) + self.bias_out
        return logits.unflatten(1, (n_sequences, n_steps))

    def one(self, index):
        """Return network `index` (an int) as a `OneStep`, its weights copied."""
        names = ("weight_ih", "weight_hh", "bias", "weight_out", "bias_out", "bias_hn")
        weights = {name: getattr(self, name) for name in names}
        weights = {name: None if value is None else value[index].detach().clone() for name, value in weights.items()}
        return OneStep(self.kind, **weights)


class OneStep(nn.Module):
    """One step of one recurrent network: its state goes in and comes out.

    Parameters
    ----------
    kind : {"RNN", "LSTM", "GRU"}
    weight_ih, weight_hh, bias, weight_out, bias_out, bias_hn : Tensor
        As in `ManyNetworks`, of one network; the last is None unless it is a GRU.
    """

    def __init__(self, kind, *, weight_ih, weight_hh, bias, weight_out, bias_out, bias_hn=None):
        super().__init__()
        self.kind = kind
        weights = {"weight_ih": weight_ih, "weight_hh": weight_hh, "bias": bias, "weight_out": weight_out}
        for name, value in {**weights, "bias_out": bias_out, "bias_hn": bias_hn}.items():
            self.register_buffer(name, value)

    def forward(self, symbols, hidden, cell):
        """Read one symbol.

        Parameters
        ----------
        symbols : Tensor of shape (B, A)
            One-hot.
        hidden, cell : Tensor of shape (B, H)
            Only an LSTM uses the cell; the others hand it on.

        Returns
        -------
        new_hidden, new_cell : Tensor of shape (B, H)
        logits : Tensor of shape (B, n_outputs)
        gates : Tensor of shape (B, k * H)
        """
        state = (hidden, cell) if self.kind == "LSTM" else (hidden,)
        from_input = symbols @ self.weight_ih + self.bias
        state, gates = cell_step(self.kind, from_input, state, self.weight_hh, self.bias_hn)
        new_cell = state[1] if self.kind == "LSTM" else cell + 0 * state[0]
        return state[0], new_cell, state[0] @ self.weight_out + self.bias_out, gates


class PackedStep(nn.Module):
    """A `OneStep` whose whole state is one row, padded with zeros to a width that several networks share.

    Parameters
    ----------
    step : OneStep
    width : int
        At least the number of units, and twice that of an LSTM.

    Raises
    ------
    ValueError
        If the state does not fit.
    """

    def __init__(self, step, *, width):
        super().__init__()
        self.step, self.width, self.n_hidden = step, width, step.weight_hh.shape[0]
        needed = self.n_hidden * (2 if step.kind == "LSTM" else 1)
        if width < needed:
            raise ValueError(f"the state of this {step.kind} has {needed} numbers, the row only {width}; make it wider")

    def forward(self, symbols, state):
        """Read one symbol.

        Parameters
        ----------
        symbols : Tensor of shape (B, A)
        state : Tensor of shape (B, width)
            ``h``, of an LSTM then ``c``, then zeros.

        Returns
        -------
        logits : Tensor of shape (B, n_outputs)
        new_state : Tensor of shape (B, width)
        """
        n_hidden, lstm = self.n_hidden, self.step.kind == "LSTM"
        hidden = state[:, :n_hidden]
        cell = state[:, n_hidden : 2 * n_hidden] if lstm else hidden
        new_hidden, new_cell, logits, _ = self.step(symbols, hidden, cell)
        row = torch.cat([new_hidden, new_cell], dim=1) if lstm else new_hidden
        return logits, F.pad(row, (0, self.width - row.shape[1]))


def train_many(networks, make_batch, *, n_steps, lr, clip=1.0, windows=None, every_step=False, schedule=True):
    """Train many networks side by side with Adam, each clipped by its own norm.

    Parameters
    ----------
    networks : ManyNetworks
        Changed in place.
    make_batch : callable
        Returns inputs, as for `ManyNetworks.forward`, and targets of shape (n_networks, B) or, with `every_step`,
        (n_networks, B, T).
    n_steps : int
    lr : float
    clip : float or None
        Longest gradient that a network may take a step along; None for no limit.
    windows, every_step
        As for `ManyNetworks.forward`.
    schedule : bool
        Let the learning rate fall to zero along a cosine.

    Returns
    -------
    Tensor of shape (n_steps, n_networks)
        The loss of each network at each step.
    """
    optimizer = torch.optim.Adam(networks.parameters(), lr=lr)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps) if schedule else None
    losses = torch.zeros(n_steps, networks.n_networks)
    for step in range(n_steps):
        inputs, targets = make_batch()
        logits = networks(inputs, windows=windows, every_step=every_step)
        loss = F.cross_entropy(logits.flatten(0, -2), targets.flatten(), reduction="none")
        loss = loss.reshape(networks.n_networks, -1).mean(dim=1)
        optimizer.zero_grad()
        loss.sum().backward()  # the networks share nothing: each gets its own gradient
        if clip is not None:
            clip_each(networks.parameters(), clip)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        losses[step] = loss.detach()
    return losses


def clip_each(parameters, longest):
    """Shorten the gradients of networks that learn side by side, each to a norm of at most `longest`.

    Parameters
    ----------
    parameters : iterable of Tensor of shape (n_networks, ...)
        Their gradients are changed in place.
    longest : float

    Returns
    -------
    Tensor of shape (n_networks,)
        The norms before.
    """
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norms = torch.stack([gradient.flatten(1).norm(dim=1) for gradient in gradients]).norm(dim=0)
    factors = (longest / norms.clamp(min=longest))[:, None, None]
    for gradient in gradients:
        gradient.mul_(factors)
    return norms
