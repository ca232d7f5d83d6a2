"""The training loop, its history, and evaluation: everything a lecture does not need to show twice."""

import math
import sys
import time
from dataclasses import dataclass, field

import torch
from torch.nn import functional as F
from torch.optim.lr_scheduler import ReduceLROnPlateau

from utils.runtime import modes_restored, publishing


@dataclass
class History:
    """What happened in each epoch of a training run.

    Attributes
    ----------
    train_loss, train_accuracy : list of float
        Means over the training images while the model was learning from them.
    val_loss, val_accuracy : list of float
        On the validation loader at the end of each epoch; empty without one.
    seconds : float
        Time spent training, validation left out.

    Notes
    -----
    Accuracies are in [0, 1], and None in an epoch whose targets are not class labels.
    """

    train_loss: list = field(default_factory=list)
    train_accuracy: list = field(default_factory=list)
    val_loss: list = field(default_factory=list)
    val_accuracy: list = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True)
class Evaluation:
    """A model's answers on a labelled set.

    Attributes
    ----------
    accuracy : float
        In [0, 1].
    loss : float
        Mean over the images.
    logits : Tensor of shape (N, K)
        On the CPU, in the order of the loader.
    labels : Tensor of shape (N,)
    """

    accuracy: float
    loss: float
    logits: torch.Tensor
    labels: torch.Tensor

    @property
    def predictions(self):
        """The class with the highest logit of each image, shape (N,)."""
        return self.logits.argmax(dim=1)


class TensorBatches:
    """Batches cut from tensors in memory; made by `batches`."""

    def __init__(self, inputs, targets, batch_size, shuffle, generator):
        self.inputs, self.targets = inputs, targets
        self.batch_size, self.shuffle, self.generator = batch_size, shuffle, generator

    def __len__(self):
        return -(-len(self.inputs) // self.batch_size)

    def __iter__(self):
        if not self.shuffle:
            yield from zip(self.inputs.split(self.batch_size), self.targets.split(self.batch_size), strict=True)
            return
        order = torch.randperm(len(self.inputs), generator=self.generator).to(self.inputs.device)
        for chosen in order.split(self.batch_size):
            yield self.inputs[chosen], self.targets[chosen]


def batches(images, labels, *, batch_size=64, shuffle=False, generator=None):
    """Cut tensors that are already in memory into batches.

    Parameters
    ----------
    images : Tensor of shape (N, ...)
    labels : Tensor of shape (N, ...)
    batch_size : int
        The last batch may be smaller.
    shuffle : bool
        Draw a new order at each pass.
    generator : torch.Generator, optional
        Source of that order (on the CPU); PyTorch's global one if None.

    Returns
    -------
    TensorBatches
        Can be iterated again and again; its length is the number of batches.

    Raises
    ------
    ValueError
        If the tensors are empty or differ in length, or the batch size is below one.

    Examples
    --------
    >>> loader = batches(torch.zeros(5, 1, 8, 8), torch.zeros(5, dtype=torch.long), batch_size=2)
    >>> [len(labels) for images, labels in loader]
    [2, 2, 1]
    """
    if len(images) != len(labels):
        raise ValueError(f"there are {len(images)} images but {len(labels)} labels; each image needs one")
    if len(images) == 0:
        raise ValueError("there are no images to cut into batches; the set is empty")
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; expected at least 1")
    return TensorBatches(images, labels, batch_size, shuffle, generator)


def fit(
    model,
    loader,
    loss_fn,
    optimizer,
    *,
    n_epochs,
    device=None,
    validation=None,
    scheduler=None,
    progress=None,
):
    """Train `model` in place.

    Parameters
    ----------
    model : torch.nn.Module
        Put into train mode, unless it is in it: then a part in eval mode, such as a batch normalisation whose
        statistics are to stay, is left so. Afterwards each part has its own mode again.
    loader : iterable of (inputs, targets)
        Such as `batches` or a ``DataLoader``; each batch is moved to the device.
    loss_fn : callable
        ``loss_fn(outputs, targets)`` returns the mean loss of the batch. A module, such as a weighted
        ``nn.CrossEntropyLoss``, is moved to the device.
    optimizer : torch.optim.Optimizer
    n_epochs : int
    device : torch.device, optional
        Where to train; where the model is if None.
    validation : iterable of (inputs, targets), optional
        Evaluated at the end of each epoch.
    scheduler : torch.optim.lr_scheduler.LRScheduler, optional
        Stepped once an epoch; a ``ReduceLROnPlateau`` with the validation loss.
    progress : bool, optional
        Show a progress bar; by default only where somebody watches (not when publishing).

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If the loader is empty, `n_epochs` is below one, or a ``ReduceLROnPlateau`` has no validation to watch.
    FloatingPointError
        If the loss of an epoch is not finite.
    """
    if n_epochs < 1:
        raise ValueError(f"n_epochs is {n_epochs}; expected at least 1")
    watches = isinstance(scheduler, ReduceLROnPlateau)
    if watches and validation is None:
        raise ValueError("ReduceLROnPlateau waits for a loss that no longer falls; pass validation=… for it to watch")
    device = device or next(model.parameters()).device
    model.to(device)
    loss_fn = _on(device, loss_fn)
    history = History()
    with modes_restored(model):
        if not model.training:
            model.train()
        for epoch in _epochs(n_epochs, progress):
            start = time.perf_counter()
            loss, accuracy = _train_epoch(model, loader, loss_fn, optimizer, device)
            history.seconds += time.perf_counter() - start
            history.train_loss.append(loss)
            history.train_accuracy.append(accuracy)
            if not math.isfinite(loss):
                raise FloatingPointError(f"the loss of epoch {epoch + 1} is {loss}; try a smaller learning rate")
            if validation is not None:
                result = evaluate(model, validation, loss_fn, device=device)
                history.val_loss.append(result.loss)
                history.val_accuracy.append(result.accuracy)
            if scheduler is not None:
                scheduler.step(*history.val_loss[-1:] if watches else ())
    return history


def evaluate(model, loader, loss_fn=None, *, device=None):
    """Run a classifier over a labelled set.

    Parameters
    ----------
    model : torch.nn.Module
        It runs in eval mode; afterwards each of its parts has its own mode again.
    loader : iterable of (inputs, labels)
    loss_fn : callable, optional
        Cross-entropy if None. A module is moved to the device, where the loss is computed.
    device : torch.device, optional
        Where the model is if None.

    Returns
    -------
    Evaluation

    Raises
    ------
    ValueError
        If the loader is empty.
    """
    device = device or next(model.parameters()).device
    loss_fn = _on(device, loss_fn or F.cross_entropy)
    logits, labels = [], []
    with modes_restored(model), torch.no_grad():
        model.eval()
        for inputs, targets in loader:
            logits.append(model(inputs.to(device)))
            labels.append(targets.to(device))
        if not logits:
            raise ValueError("the loader gave no batch; there is nothing to evaluate")
        logits, labels = torch.cat(logits), torch.cat(labels)
        loss = loss_fn(logits, labels).item()
    return Evaluation(_mean_accuracy(logits, labels), loss, logits.cpu(), labels.cpu())


def _on(device, loss_fn):
    """A loss that is a module, such as one with a weight for each class, moves with the model."""
    return loss_fn.to(device) if isinstance(loss_fn, torch.nn.Module) else loss_fn


def count_parameters(model):
    """Count the numbers that training may change.

    Parameters
    ----------
    model : torch.nn.Module

    Returns
    -------
    int

    Examples
    --------
    >>> count_parameters(torch.nn.Conv2d(1, 6, kernel_size=5))
    156
    """
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def _train_epoch(model, loader, loss_fn, optimizer, device):
    """Learn from each batch once; sums stay on the device, so that it is asked for a number only once."""
    n_images, loss_sum, n_right = 0, torch.zeros((), device=device), torch.zeros((), device=device)
    classifies = False
    for inputs, targets in loader:
        inputs, targets = inputs.to(device), targets.to(device)
        outputs = model(inputs)
        loss = loss_fn(outputs, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        n_images += len(inputs)
        loss_sum += loss.detach() * len(inputs)
        classifies = _is_classification(outputs, targets)
        if classifies:
            n_right += (outputs.detach().argmax(dim=1) == targets).sum()
    if n_images == 0:
        raise ValueError("the loader gave no batch; there is nothing to train on")
    return (loss_sum / n_images).item(), (n_right / n_images).item() if classifies else None


def _is_classification(outputs, targets):
    return outputs.ndim == 2 and targets.ndim == 1 and not targets.is_floating_point()


def _mean_accuracy(logits, labels):
    if not _is_classification(logits, labels):
        return None
    return (logits.argmax(dim=1) == labels).float().mean().item()


def _epochs(n_epochs, progress):
    if progress is None:
        progress = not publishing() and sys.stderr is not None and "ipykernel" in sys.modules
    if not progress:
        return range(n_epochs)
    from tqdm.auto import tqdm

    return tqdm(range(n_epochs), desc="epochs", leave=False)
