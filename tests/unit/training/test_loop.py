import math

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.nn import functional as F

from utils.training import evaluate, fit
from utils.training.loop import batches, count_parameters


def blobs(n=60, seed=0):
    """Two separable clouds in the plane."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 2
    return torch.randn(n, 2, generator=generator) + 3.0 * labels[:, None], labels


def linear(seed=0):
    torch.manual_seed(seed)
    return nn.Linear(2, 2)


def test_batches_hold_every_image_once_in_a_new_order_each_pass():
    images = torch.arange(10.0)[:, None]
    loader = batches(images, torch.arange(10), batch_size=3, shuffle=True, generator=torch.Generator().manual_seed(0))
    passes = [torch.cat([labels for _, labels in loader]).tolist() for _ in range(2)]
    assert [sorted(order) for order in passes] == [list(range(10))] * 2
    assert passes[0] != passes[1]
    assert len(loader) == 4
    for inputs, labels in loader:
        assert torch.equal(inputs[:, 0].long(), labels)


def test_the_generator_decides_the_order():
    images, labels = torch.zeros(20, 1), torch.arange(20)

    def order(seed):
        loader = batches(images, labels, shuffle=True, generator=torch.Generator().manual_seed(seed))
        return torch.cat([labels for _, labels in loader]).tolist()

    assert order(1) == order(1) != order(2)


@pytest.mark.parametrize(
    ("n_images", "n_labels", "batch_size", "message"),
    [(3, 2, 1, "3 images but 2 labels"), (0, 0, 1, "no images"), (2, 2, 0, "batch_size is 0")],
)
def test_batches_refuse_what_cannot_be_cut(n_images, n_labels, batch_size, message):
    with pytest.raises(ValueError, match=message):
        batches(torch.zeros(n_images, 1), torch.zeros(n_labels), batch_size=batch_size)


def test_one_epoch_equals_the_loop_written_out():
    images, labels = blobs()
    model, same = linear(), linear()
    history = fit(
        model,
        batches(images, labels, batch_size=7),
        F.cross_entropy,
        torch.optim.SGD(model.parameters(), 0.1),
        n_epochs=1,
    )
    optimizer = torch.optim.SGD(same.parameters(), 0.1)
    losses, right = [], 0
    for start in range(0, 60, 7):
        inputs, targets = images[start : start + 7], labels[start : start + 7]
        outputs = same(inputs)
        loss = F.cross_entropy(outputs, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses += [loss.item()] * len(inputs)
        right += (outputs.argmax(1) == targets).sum().item()
    assert torch.equal(model.weight, same.weight)
    assert history.train_loss == pytest.approx([sum(losses) / 60], rel=1e-5)
    assert history.train_accuracy == pytest.approx([right / 60])


def test_training_reaches_what_logistic_regression_reaches():
    images, labels = blobs(200)
    model = linear()
    optimizer = torch.optim.Adam(model.parameters(), 0.1)
    held_out = blobs(200, seed=1)
    history = fit(
        model, batches(images, labels), F.cross_entropy, optimizer, n_epochs=30, validation=batches(*held_out)
    )
    theirs = LogisticRegression().fit(images.numpy(), labels.numpy()).score(held_out[0].numpy(), held_out[1].numpy())
    assert history.val_accuracy[-1] >= theirs - 0.02
    assert history.val_loss[-1] < history.val_loss[0] / 2
    assert len(history.train_loss) == len(history.val_loss) == 30
    assert history.seconds > 0


def test_a_learning_rate_of_zero_changes_nothing():
    images, labels = blobs()
    model = linear()
    before = model.weight.clone()
    fit(model, batches(images, labels), F.cross_entropy, torch.optim.SGD(model.parameters(), 0.0), n_epochs=2)
    assert torch.equal(model.weight, before)


def test_the_mode_of_the_model_is_restored():
    images, labels = blobs()
    model = linear().eval()
    fit(model, batches(images, labels), F.cross_entropy, torch.optim.SGD(model.parameters(), 0.1), n_epochs=1)
    assert not model.training
    model.train()
    loader = batches(images, labels)
    fit(model, loader, F.cross_entropy, torch.optim.SGD(model.parameters(), 0.1), n_epochs=1, validation=loader)
    assert model.training
    evaluate(model, batches(images, labels))
    assert model.training


def frozen_in_part():
    """A model in train mode whose batch normalisation is to keep its statistics."""
    model = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 2)).train()
    model[0].eval()
    return model


def test_each_part_of_a_model_keeps_its_own_mode():
    images, labels = blobs()
    model, loader = frozen_in_part(), batches(images + 5, labels)
    evaluate(model, loader)
    assert [part.training for part in model.modules()] == [True, False, True]
    fit(
        model, loader, F.cross_entropy, torch.optim.SGD(model.parameters(), 0.1), n_epochs=2, validation=loader
    )  # fmt: skip
    assert [part.training for part in model.modules()] == [True, False, True]
    assert model[0].running_mean.tolist() == [0, 0], "a frozen part learned statistics"


def test_a_model_in_eval_mode_is_trained_whole():
    images, labels = blobs()
    model = frozen_in_part().eval()
    fit(model, batches(images + 5, labels), F.cross_entropy, torch.optim.SGD(model.parameters(), 0.1), n_epochs=1)
    assert not any(part.training for part in model.modules())
    assert model[0].running_mean.min() > 0


def test_a_schedule_that_watches_gets_the_validation_loss():
    images, labels = blobs()
    model, loader = linear(), batches(images, labels)
    optimizer = torch.optim.SGD(model.parameters(), 0.0)  # no loss falls
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.1)
    optimizer.param_groups[0]["lr"] = 1e-9
    fit(model, loader, F.cross_entropy, optimizer, n_epochs=3, scheduler=plateau, validation=loader)
    assert plateau.best == pytest.approx(evaluate(model, loader).loss, rel=1e-4)
    before = model.weight.clone()
    with pytest.raises(ValueError, match="ReduceLROnPlateau .* pass validation"):
        fit(model, loader, F.cross_entropy, torch.optim.SGD(model.parameters(), 1.0), n_epochs=1, scheduler=plateau)
    assert torch.equal(model.weight, before), "refused before the first batch"


def test_a_loss_with_weights_is_computed_where_the_model_is():
    class Watched(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(2))
            self.seen = set()

        def forward(self, outputs, targets):
            self.seen |= {outputs.device.type, targets.device.type, self.weight.device.type}
            return torch.tensor(0.0)

    loss_fn = Watched()
    inputs = torch.zeros(4, 2)
    with pytest.raises(NotImplementedError, match="no data"):  # a stand-in for another device, which holds no numbers
        evaluate(nn.Linear(2, 2, device="meta"), batches(inputs, inputs), loss_fn)
    assert loss_fn.seen == {"meta"}


def test_dropout_is_off_while_evaluating():
    images, labels = blobs()
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.9)).train()
    first, second = (evaluate(model, batches(images, labels)).logits for _ in range(2))
    assert torch.equal(first, second)


def test_evaluation_counts_as_a_slow_loop_does():
    images, labels = blobs()
    model = linear(seed=3)
    result = evaluate(model, batches(images, labels, batch_size=13))
    right = sum(int(model(image[None]).argmax()) == int(label) for image, label in zip(images, labels, strict=True))
    assert result.accuracy == pytest.approx(right / 60)
    assert result.loss == pytest.approx(F.cross_entropy(model(images), labels).item(), rel=1e-5)
    assert torch.equal(result.labels, labels)
    assert (result.predictions == labels).float().mean().item() == pytest.approx(right / 60)


def test_a_regression_has_losses_but_no_accuracy():
    inputs = torch.randn(20, 2)
    model = nn.Linear(2, 2)
    history = fit(
        model, batches(inputs, 2 * inputs), F.mse_loss, torch.optim.SGD(model.parameters(), 0.1), n_epochs=2,
        validation=batches(inputs, 2 * inputs),
    )  # fmt: skip
    assert history.train_accuracy == history.val_accuracy == [None, None]
    assert history.train_loss[1] < history.train_loss[0]


def test_a_schedule_is_stepped_once_an_epoch():
    images, labels = blobs()
    model = linear()
    optimizer = torch.optim.SGD(model.parameters(), 1.0)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    fit(model, batches(images, labels), F.cross_entropy, optimizer, n_epochs=3, scheduler=scheduler)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.125)


def test_a_loss_that_is_not_finite_stops_with_advice():
    images, labels = blobs()
    model = linear()
    with pytest.raises(FloatingPointError, match="loss of epoch 1 is .*smaller learning rate"):
        fit(
            model,
            batches(images * math.inf, labels),
            F.cross_entropy,
            torch.optim.SGD(model.parameters(), 0.1),
            n_epochs=3,
        )


def test_empty_loaders_and_no_epochs_are_refused():
    model = linear()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with pytest.raises(ValueError, match="nothing to train on"):
        fit(model, [], F.cross_entropy, optimizer, n_epochs=1)
    with pytest.raises(ValueError, match="n_epochs is 0"):
        fit(model, [], F.cross_entropy, optimizer, n_epochs=0)
    with pytest.raises(ValueError, match="nothing to evaluate"):
        evaluate(model, [])


def test_the_progress_bar_is_quiet_when_publishing(monkeypatch, capsys):
    images, labels = blobs()
    monkeypatch.setenv("DLIA_PUBLISH_DIR", "/somewhere")
    model = linear()
    fit(model, batches(images, labels), F.cross_entropy, torch.optim.SGD(model.parameters(), 0.1), n_epochs=1)
    assert capsys.readouterr() == ("", "")


def test_frozen_parameters_do_not_count():
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    assert count_parameters(model) == 3 * 4 + 4 + 4 * 2 + 2
    model[0].requires_grad_(False)
    assert count_parameters(model) == 4 * 2 + 2
