"""What several tests of sequences are given."""

import torch

from utils.sequences.many import ManyNetworks


def some(kind, n_networks=3, **options):
    generator = torch.Generator().manual_seed(0)
    return ManyNetworks(
        kind, n_networks=n_networks, n_inputs=4, n_hidden=5, n_outputs=2, generator=generator, **options
    )


def shaken(networks):
    """Biases that are not zero, so that a forgotten one shows."""
    with torch.no_grad():
        for parameter in networks.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
    return networks
