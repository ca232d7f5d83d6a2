"""One step of a recurrent cell: plain, LSTM and GRU."""

import torch

from utils.validation import check_name

BLOCKS = {"RNN": 1, "LSTM": 4, "GRU": 3}  # how many blocks of H columns the weights have


def cell_step(kind, from_input, state, weight_hh, bias_hn=None):
    """Take one step of a recurrent cell; every tensor may have leading dimensions, such as one for the network.

    Parameters
    ----------
    kind : {"RNN", "LSTM", "GRU"}
    from_input : Tensor of shape (..., B, k * H)
        What the input contributes, biases included, in PyTorch's order: of the LSTM input, forget, candidate,
        output; of the GRU reset, update, candidate.
    state : tuple of Tensor of shape (..., B, H)
        Of the LSTM ``(h, c)``, of the others ``(h,)``.
    weight_hh : Tensor of shape (..., H, k * H)
        The transpose of `torch.nn.LSTMCell.weight_hh`.
    bias_hn : Tensor of shape (..., 1, H), optional
        Of the GRU: the bias that the reset gate multiplies, as in PyTorch.

    Returns
    -------
    state : tuple of Tensor of shape (..., B, H)
    gates : Tensor of shape (..., B, k * H)
        The values of the gates and of the candidate, in the same order.

    Raises
    ------
    ValueError
        If the kind is not known.

    Notes
    -----
    The GRU resets *after* the multiplication with the weights, as PyTorch does; Cho et al. (2014) reset before it.

    References
    ----------
    Elman 1990; Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000; Cho et al. 2014.

    Examples
    --------
    >>> state, gates = cell_step("RNN", torch.ones(2, 3), (torch.zeros(2, 3),), torch.eye(3))
    >>> torch.equal(state[0], torch.tanh(torch.ones(2, 3)))
    True
    """
    check_name(kind, BLOCKS, "kind")
    h = state[0]
    if kind == "RNN":
        h = torch.tanh(from_input + h @ weight_hh)
        return (h,), h
    if kind == "LSTM":
        # (..., B, 4 H) -> four times (..., B, H)
        i, f, g, o = (from_input + h @ weight_hh).chunk(4, dim=-1)
        i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
        c = f * state[1] + i * g
        return (o * torch.tanh(c), c), torch.cat([i, f, g, o], dim=-1)
    n_hidden = h.shape[-1]
    from_state = h @ weight_hh
    gates = torch.sigmoid(from_input[..., : 2 * n_hidden] + from_state[..., : 2 * n_hidden])
    r, z = gates.chunk(2, dim=-1)
    inner = from_state[..., 2 * n_hidden :]
    inner = inner if bias_hn is None else inner + bias_hn
    n = torch.tanh(from_input[..., 2 * n_hidden :] + r * inner)
    return ((1 - z) * n + z * h,), torch.cat([gates, n], dim=-1)


def parameter_count(kind, *, n_inputs, n_hidden, n_outputs):
    """Count the parameters of one network of `ManyNetworks`.

    Parameters
    ----------
    kind : {"RNN", "LSTM", "GRU"}
    n_inputs, n_hidden, n_outputs : int

    Returns
    -------
    int

    Examples
    --------
    >>> parameter_count("LSTM", n_inputs=10, n_hidden=16, n_outputs=8)
    1864
    """
    check_name(kind, BLOCKS, "kind")
    cell = BLOCKS[kind] * n_hidden * (n_inputs + n_hidden + 1) + (n_hidden if kind == "GRU" else 0)
    return cell + n_outputs * (n_hidden + 1)
