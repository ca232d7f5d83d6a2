"""What several tests of metric_learning are given."""

import torch


def batch(seed, n=24, n_classes=5, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(n, 6, generator=generator, dtype=dtype)
    return embeddings, torch.randint(n_classes, (n,), generator=generator)
