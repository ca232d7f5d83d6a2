"""Training counted in steps: for networks that draw their own batches, alone or side by side."""

import torch


def fit_steps(loss_of_step, parameters, *, n_steps, lr, optimizer=torch.optim.Adam, cosine=True, **options):
    """Take training steps: a loss, the way downhill, a small step; again.

    Parameters
    ----------
    loss_of_step : callable
        ``loss_of_step(step)``, with `step` from 0 to ``n_steps - 1``, draws a batch and returns its loss: a single
        number, or one for each of several networks that learn side by side, of shape (n_networks,).
    parameters : iterable of Tensor
        What may change; they are changed in place.
    n_steps : int
    lr : float
        Learning rate of the first step.
    optimizer : type
        A class of ``torch.optim``.
    cosine : bool
        Let the learning rate fall to zero along half a cosine; else it stays.
    **options
        For the optimizer, such as ``weight_decay`` or ``fused``.

    Returns
    -------
    Tensor of shape (n_steps,) or (n_steps, n_networks)
        The loss at each step.

    Raises
    ------
    ValueError
        If `n_steps` is below one, or the loss has more than one dimension.
    FloatingPointError
        If a loss is not finite; the step that it would have caused is not taken.

    Examples
    --------
    >>> place = torch.tensor([3.0], requires_grad=True)
    >>> losses = fit_steps(lambda step: place.square().sum(), [place], n_steps=200, lr=0.1)
    >>> losses[0].item(), round(losses[-1].item(), 3)
    (9.0, 0.0)
    """
    if n_steps < 1:
        raise ValueError(f"n_steps is {n_steps}; expected at least 1")
    learner = optimizer(parameters, lr=lr, **options)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(learner, n_steps) if cosine else None
    losses = []
    for step in range(n_steps):
        loss = loss_of_step(step)
        if loss.ndim > 1:
            raise ValueError(f"the loss has shape {tuple(loss.shape)}; expected one number, or one for each network")
        if not loss.isfinite().all():
            raise FloatingPointError(f"the loss of step {step + 1} is {loss.tolist()}; try a smaller learning rate")
        learner.zero_grad()
        loss.sum().backward()  # networks side by side share nothing: each gets its own gradient
        learner.step()
        if scheduler is not None:
            scheduler.step()
        losses.append(loss.detach())
    return torch.stack(losses)
