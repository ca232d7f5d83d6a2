import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from utils.plotting import image_grid, plot_confusion, plot_history, plot_numbers, plot_scores
from utils.training.loop import History


@pytest.fixture(autouse=True)
def closed_figures():
    before = dict(plt.rcParams)
    yield
    assert dict(plt.rcParams) == before, "a plot function changed rcParams"
    plt.close("all")


def test_the_grid_shows_each_image_once_on_one_scale():
    images = np.arange(5 * 4 * 3, dtype=float).reshape(5, 4, 3)
    axes = image_grid(images, n_columns=2, titles=list("abcde"))
    assert axes.shape == (3, 2)
    for index in range(5):
        shown = axes.flat[index].images[0]
        assert np.array_equal(shown.get_array(), images[index])
        assert shown.get_clim() == (0, 59)
        assert axes.flat[index].get_title() == "abcde"[index]
    assert not axes.flat[5].images


@pytest.mark.parametrize("shape", [(2, 1, 4, 5), (2, 3, 4, 5), (2, 4, 5, 3), (2, 4, 5)])
def test_the_grid_takes_every_layout(shape):
    images = torch.rand(shape)
    shown = image_grid(images).flat[1].images[0].get_array()
    expected = {(2, 1, 4, 5): images.squeeze(1), (2, 3, 4, 5): images.transpose(1, -1).transpose(1, 2)}.get(
        shape, images
    )
    assert np.array_equal(shown, expected[1].numpy())


@pytest.mark.parametrize(
    ("images", "titles", "message"),
    [
        (np.zeros((2, 2)), None, "images have shape \\(2, 2\\); expected \\(N, H, W\\)"),
        (np.zeros((0, 2, 2)), None, "no image to show"),
        (np.full((1, 2, 2), np.nan), None, "NaN"),
        (np.zeros((2, 2, 2)), ["one"], "1 titles for 2 images"),
    ],
)
def test_the_grid_refuses_what_it_cannot_show(images, titles, message):
    with pytest.raises(ValueError, match=message):
        image_grid(images, titles=titles)


def test_history_is_drawn_as_it_happened():
    history = History([3.0, 2.0], [0.1, 0.2], [2.5, 1.5], [0.3, 0.4])
    lines = plot_history({"LeNet": history}, metric="accuracy").lines
    assert [list(line.get_ydata()) for line in lines] == [[0.1, 0.2], [0.3, 0.4]]
    assert [line.get_label() for line in lines] == ["LeNet training", "LeNet validation"]
    assert list(lines[0].get_xdata()) == [1, 2]
    assert lines[0].get_linestyle() != lines[1].get_linestyle()


def test_history_without_accuracy_draws_only_what_is_there():
    assert plot_history(History([1.0], [None]), metric="accuracy").lines[:] == []
    with pytest.raises(ValueError, match="unknown metric 'f1'"):
        plot_history(History([1.0]), metric="f1")


def test_confusion_counts_like_scikit_learn():
    from sklearn.metrics import confusion_matrix

    rng = np.random.default_rng(0)
    labels, predictions = rng.integers(0, 3, 50), rng.integers(0, 3, 50)
    ax = plot_confusion(labels, predictions, ["a", "b", "c"])
    counts = confusion_matrix(labels, predictions)
    texts = {tuple(map(int, text.get_position()[::-1])): int(text.get_text()) for text in ax.texts}
    assert texts == {place: count for place, count in np.ndenumerate(counts) if count}
    assert np.allclose(ax.images[0].get_array(), counts / counts.sum(axis=1, keepdims=True))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")


def test_confusion_refuses_lengths_that_differ():
    with pytest.raises(ValueError, match="shapes must agree"):
        plot_confusion([0, 1], [0], ["a", "b"])


def test_scores_are_marked_by_more_than_colour():
    ax = plot_scores(torch.tensor([0.2, 0.8]), ["cat", "dog"], highlight=1)
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([0.2, 0.8])
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["cat", "dog ★"]
    with pytest.raises(ValueError, match="there are 3 classes"):
        plot_scores([0.1], ["a", "b", "c"])


def test_numbers_are_written_where_they_stand():
    ax = plot_numbers(torch.tensor([[1.0, 2.5], [30, -4]]), title="t", box=(1, 0, 1), n_rows=4)
    written = {(text.get_position(), text.get_text()) for text in ax.texts}
    assert written == {((0, 0), "1"), ((1, 0), "2.5"), ((0, 1), "30"), ((1, 1), "-4")}
    marked = ax.patches[-1]
    assert marked.get_bbox().min == pytest.approx((-0.44, 0.56))
    assert marked.get_bbox().max == pytest.approx((0.44, 1.44))
    assert ax.get_ylim() == (3.5, -0.5)
    assert ax.images[0].get_clim()[1] == 30


@pytest.mark.parametrize("shape", [(0, 2), (3,), (1, 2, 3)])
def test_numbers_need_a_table(shape):
    with pytest.raises(ValueError, match="expected \\(H, W\\) with at least one number"):
        plot_numbers(np.zeros(shape))
