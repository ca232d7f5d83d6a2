"""Weights on disk: what goes in comes out, in half precision, and nothing is a pickle."""

import pytest
import torch
from torch import nn

from tools import shipping, train
from utils.data.weights import StoredWeights, pack_weights, unpack_weights


def network(seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


def test_weights_survive_packing_and_are_no_pickle():
    models = {"one": network(1), "one more": network(2)}
    losses = torch.rand(5, 2)
    stored = {name: StoredWeights.of(model, {"seed": name}, losses) for name, model in models.items()}
    content = pack_weights(stored)
    for name, weights in unpack_weights(content).items():
        x = torch.randn(6, 3)
        model = weights.into(network(3))
        torch.testing.assert_close(model(x), models[name].eval()(x), atol=5e-3, rtol=0)
        torch.testing.assert_close(weights.losses, losses, atol=1e-3, rtol=0)
        assert weights.recipe == {"seed": name}
        assert not model.training
        assert not any(value.requires_grad for value in model.parameters())
    assert b"pickle" not in content


def test_weights_for_another_network_are_refused():
    (weights,) = unpack_weights(pack_weights({"a": StoredWeights.of(network(0), {}, torch.zeros(1))})).values()
    with pytest.raises(RuntimeError, match="size mismatch"):
        weights.into(nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Linear(5, 2)))
    with pytest.raises(RuntimeError, match="Unexpected key"):
        weights.into(nn.Sequential(nn.Linear(3, 4)))


def test_training_is_asked_by_name_and_not_done_twice(monkeypatch, tmp_path):
    """A trainer of two networks: each is trained once, and again only where its recipe has changed."""

    class Trainer:
        NAMES = ("a", "b")
        steps, trained = 1, []

        def recipe_of(self, name):
            return {"name": name, "steps": self.steps if name == "b" else 1}

        def train(self, name):
            self.trained.append(name)
            return StoredWeights.of(network(0), self.recipe_of(name) | {"seconds": 1}, torch.zeros(1))

    trainer = Trainer()
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "toy.toml").write_text('made_by = "make train NAME=toy"\n[files]\n')
    monkeypatch.setattr(train, "BUILD", tmp_path / "build")
    monkeypatch.setattr(shipping, "ASSETS", tmp_path)
    monkeypatch.setattr(train, "trainer_names", lambda: ["toy"])
    monkeypatch.setattr(train, "import_module", lambda name: trainer)
    monkeypatch.setattr(torch, "set_num_threads", lambda n: None)
    for steps, done in ((1, ["a", "b"]), (1, []), (2, ["b"])):
        trainer.steps, trainer.trained = steps, []
        train.train("toy")
        assert trainer.trained == done
    shipped = unpack_weights((tmp_path / "weights" / "toy.npz").read_bytes())
    assert [weights.recipe["steps"] for weights in shipped.values()] == [1, 2]


def test_an_unknown_trainer_is_told_with_the_known_ones():
    assert train.trainer_names() == ["gans", "garments", "segmenters"]
    with pytest.raises(ValueError, match="gans"):
        train.train("gan")
