"""Recurrent cells against PyTorch's and the equations."""

import pytest
import torch
from torch.testing import assert_close

from tests.unit.sequences.given import shaken, some
from utils.sequences.cells import BLOCKS, cell_step, parameter_count

KINDS = tuple(BLOCKS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_cell_passes_gradcheck(kind):
    width = BLOCKS[kind] * 3
    generator = torch.Generator().manual_seed(2)
    from_input, h, c, W, bias = (
        torch.randn(*shape, dtype=torch.float64, generator=generator, requires_grad=True)
        for shape in ((2, width), (2, 3), (2, 3), (3, width), (1, 3))
    )

    def step(from_input, h, c, W, bias):
        state = (h, c) if kind == "LSTM" else (h,)
        state, gates = cell_step(kind, from_input, state, W, bias if kind == "GRU" else None)
        return (*state, gates)

    assert torch.autograd.gradcheck(step, (from_input, h, c, W, bias))


@pytest.mark.parametrize("kind", KINDS)
def test_gates_are_what_the_equations_say(kind):
    networks = shaken(some(kind, n_networks=1))
    state = tuple(torch.randn(1, 2, 5) for _ in range(2 if kind == "LSTM" else 1))
    x = torch.randn(1, 2, 4)
    from_input = x @ networks.weight_ih + networks.bias
    (h, *rest), gates = cell_step(kind, from_input, state, networks.weight_hh, networks.bias_hn)
    parts = gates.chunk(BLOCKS[kind], dim=-1)
    if kind == "RNN":
        assert_close(parts[0], h)
    elif kind == "LSTM":
        i, f, g, o = parts
        assert_close(rest[0], f * state[1] + i * g)
        assert_close(h, o * torch.tanh(rest[0]))
    else:
        r, z, n = parts
        assert_close(h, (1 - z) * n + z * state[0])
        inner = state[0] @ networks.weight_hh[..., 10:] + networks.bias_hn
        assert_close(n, torch.tanh(from_input[..., 10:] + r * inner))


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="unknown kind 'Lstm'.*known: RNN, LSTM, GRU"):
        parameter_count("Lstm", n_inputs=1, n_hidden=1, n_outputs=1)


@pytest.mark.parametrize("kind", KINDS)
def test_parameters_are_counted(kind):
    networks = some(kind, n_networks=1)
    counted = sum(parameter.numel() for parameter in networks.parameters())
    assert parameter_count(kind, n_inputs=4, n_hidden=5, n_outputs=2) == counted
