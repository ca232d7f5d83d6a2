"""Weights that were trained beforehand, with their recipes, in one file that is no pickle."""

import io
import json
from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True)
class StoredWeights:
    """One network's weights as they were stored.

    Attributes
    ----------
    state : dict of str to Tensor
        float32; what counts, such as a normalisation's number of batches, is left out.
    recipe : dict
        All that decided the training, and what was measured on the way.
    losses : Tensor of shape (n, ...)
    """

    state: dict
    recipe: dict
    losses: torch.Tensor

    @classmethod
    def of(cls, model, recipe, losses):
        """Take the weights of a trained network.

        Parameters
        ----------
        model : nn.Module
        recipe : dict
            Plain values.
        losses : Tensor of shape (n, ...)

        Returns
        -------
        StoredWeights
        """
        state = {key: value for key, value in model.state_dict().items() if value.is_floating_point()}
        return cls(state, recipe, losses)

    def into(self, model):
        """Copy the weights into a network of the same shapes and return it, in eval mode and without gradients.

        Parameters
        ----------
        model : nn.Module

        Returns
        -------
        nn.Module

        Raises
        ------
        RuntimeError
            If a weight is missing, has another shape or has no place.
        """
        counts = {key: value for key, value in model.state_dict().items() if not value.is_floating_point()}
        model.load_state_dict(self.state | counts)
        return model.eval().requires_grad_(False)


def pack_weights(trained):
    """Lay trained networks out for one file.

    Parameters
    ----------
    trained : dict of str to StoredWeights

    Returns
    -------
    bytes
        An .npz of float16 arrays, and the recipes as JSON.
    """
    arrays = {"recipes": np.array(json.dumps({name: weights.recipe for name, weights in trained.items()}))}
    for name, weights in trained.items():
        tensors = weights.state | {"losses": weights.losses}
        arrays |= {f"{name}/{key}": value.cpu().numpy().astype(np.float16) for key, value in tensors.items()}
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def unpack_weights(content):
    """Read what `pack_weights` made.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    dict of str to StoredWeights
    """
    stored = {}
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        for name, recipe in json.loads(str(arrays["recipes"])).items():
            keys = [key for key in arrays.files if key.startswith(f"{name}/")]
            state = {key.removeprefix(f"{name}/"): torch.from_numpy(arrays[key].astype(np.float32)) for key in keys}
            losses = state.pop("losses")
            stored[name] = StoredWeights(state, recipe, losses)
    return stored
