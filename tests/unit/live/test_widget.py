"""What a demo exports, what its widget answers, and how it refuses."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnxruntime
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from utils.live import computation as live_computation
from utils.live import publishing
from utils.live import widget as widgets
from utils.live.exporting import to_onnx

CLASSES = ["zero", "one"]


class Tiny(nn.Module):
    """Scores and maps; batch norm and dropout differ between training and evaluation."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3)
        self.norm = nn.BatchNorm2d(3)
        self.dense = nn.Linear(3 * 6 * 6, 2)

    def forward(self, images):
        maps = F.relu(self.norm(self.conv(images)))
        return self.dense(F.dropout(maps, 0.5, self.training).flatten(1)), maps


@pytest.fixture
def model():
    torch.manual_seed(0)
    return Tiny()


@pytest.fixture
def image():
    return torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DLIA_PUBLISH_DIR", str(tmp_path / "live"))
    monkeypatch.setattr(publishing, "_published", {})
    return tmp_path / "live"


@pytest.fixture
def shown(monkeypatch):
    """Everything that was displayed."""
    outputs = []
    monkeypatch.setattr(widgets, "display", lambda output, raw=False: outputs.append(output))
    return outputs


@pytest.fixture
def in_kernel(monkeypatch):
    monkeypatch.delenv("DLIA_PUBLISH_DIR", raising=False)


def settings(**others):
    gallery = np.arange(64, dtype=np.uint8).reshape(1, 8, 8)
    return {"classes": CLASSES, "source": "pick", "gallery": gallery, **others}


def show(model, image, *, id="maps", output_names=("logits", "conv"), **others):
    widgets.demo(
        "feature_maps", id=id, alt='A "demo" & <more>.', model=model, example=image,
        input_names=["image"], output_names=output_names, **settings(**others),
    )  # fmt: skip


def export(model, image):
    computation = live_computation.Computation(model, image)
    return to_onnx(computation, computation.inputs, computation.outputs)


def configuration(folder, id="maps"):
    manifest = json.loads((folder / "manifest.json").read_text())
    return json.loads((folder / manifest[id]["config"]).read_text())


# ------------------------------------------------------------------------------------ on the website


def test_published_model_computes_what_pytorch_computes(model, image, folder, shown):
    show(model, image)
    config = configuration(folder)
    session = onnxruntime.InferenceSession(folder / config["models"][0]["file"])
    other = torch.rand(1, 1, 8, 8)
    logits, maps = session.run(["logits", "conv"], {"image": other.numpy()})
    with torch.no_grad():
        expected = model.eval()(other)
    np.testing.assert_allclose(logits, expected[0], atol=1e-5)
    np.testing.assert_allclose(maps, expected[1], atol=1e-5)


def test_published_reference_is_the_example_and_its_answer(model, image, folder, shown):
    show(model, image)
    config = configuration(folder)
    data = (folder / config["data"]).read_bytes()

    def array(spec):
        count = int(np.prod(spec["dims"]))
        return np.frombuffer(data, "<f4", count, spec["offset"]).reshape(spec["dims"])

    np.testing.assert_array_equal(array(config["inputs"][0]), image)
    with torch.no_grad():
        expected = model.eval()(image)
    assert [spec["name"] for spec in config["models"][0]["outputs"]] == ["logits", "conv"]
    for spec, answer in zip(config["models"][0]["outputs"], expected, strict=True):
        np.testing.assert_allclose(array(spec), answer, atol=1e-6)
    gallery = config["settings"]["gallery"]["array"]
    assert gallery["dims"] == [1, 8, 8]
    assert gallery["dtype"] == "uint8"
    assert list(data[gallery["offset"] : gallery["offset"] + 64]) == list(range(64))


def test_whole_numbers_stay_whole(folder, shown):
    tokens = torch.tensor([[2, 0, 1]])
    widgets.demo("feature_maps", id="words", alt="Words.", model=nn.Embedding(3, 4), example=tokens)
    config = configuration(folder, "words")
    assert config["inputs"][0]["dtype"] == "int64"
    data = (folder / config["data"]).read_bytes()
    assert list(np.frombuffer(data, "<i8", 3, config["inputs"][0]["offset"])) == [2, 0, 1]


def test_several_models_share_their_inputs_and_each_has_its_own_answers(model, image, folder, shown):
    other = Tiny()
    show({"first": model, "second": other}, image)
    config = configuration(folder)
    assert [entry["name"] for entry in config["models"]] == ["first", "second"]
    assert [spec["name"] for spec in config["inputs"]] == ["image"]
    data = (folder / config["data"]).read_bytes()
    for entry, network in zip(config["models"], (model, other), strict=True):
        session = onnxruntime.InferenceSession(folder / entry["file"])
        with torch.no_grad():
            expected = network.eval()(image)[0]
        np.testing.assert_allclose(session.run(["logits"], {"image": image.numpy()})[0], expected, atol=1e-5)
        kept = np.frombuffer(data, "<f4", 2, entry["outputs"][0]["offset"])
        np.testing.assert_allclose(kept, expected[0], atol=1e-6)


def test_the_page_gets_a_root_that_names_the_configuration(model, image, folder, shown):
    show(model, image)
    page = shown[0]["text/html"]
    config = json.loads((folder / "manifest.json").read_text())["maps"]["config"]
    assert f'data-config="../_static/live/{config}"' in page
    assert 'id="demo-maps"' in page
    assert 'data-state="idle"' in page
    assert page.count("A &quot;demo&quot; &amp; &lt;more&gt;.") == 2  # the label and the fallback
    assert len(page) < 1000  # arrays and models are elsewhere


def test_manifest_lists_every_demo(model, image, folder, shown):
    show(model, image)
    show(model, image, id="second", compact=True)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert sorted(manifest) == ["maps", "second"]
    assert manifest["second"]["demo"] == "feature_maps"
    assert manifest["maps"]["config"] != manifest["second"]["config"]


def test_the_same_content_has_the_same_names(model, image, folder, shown):
    show(model, image)
    first = {path.name for path in folder.iterdir()}
    show(model, image)
    assert {path.name for path in folder.iterdir()} == first


def test_no_path_or_source_line_is_exported(model, image):
    exported = export(model, image)
    assert str(Path(widgets.__file__).parent).encode() not in exported
    assert b"stack_trace" not in exported


def test_exporting_prints_nothing(model, image, capfd):
    export(model, image)
    assert capfd.readouterr() == ("", "")


def test_one_id_twice_with_different_content_is_refused(model, image, folder, shown):
    show(model, image)
    with pytest.raises(ValueError, match="id 'maps' was already used for another demo"):
        show(model, image, compact=True)


def test_a_full_disk_is_told_with_the_remedy(model, image, folder, monkeypatch, shown):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(publishing, "write_whole", full)
    with pytest.raises(OSError, match="No space left.*set DLIA_PUBLISH_DIR to a folder that can be written"):
        show(model, image)
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(model, image, tmp_path, monkeypatch, shown):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("DLIA_PUBLISH_DIR", str(tmp_path / "file" / "live"))
    with pytest.raises(OSError, match="file/live, which cannot be made"):
        show(model, image)


# ---------------------------------------------------------------------------------- in a live kernel


def ask(widget, monkeypatch, content, buffers):
    """Send the widget a message as its front end would; return its answer."""
    sent = []
    monkeypatch.setattr(widget, "send", lambda content, buffers=None: sent.append((content, buffers)))
    widget._handle_custom_msg(content, buffers)
    assert len(sent) == 1
    return sent[0]


@pytest.fixture
def widget(model, image, in_kernel, shown):
    show(model, image)
    return shown[0]


def test_the_kernel_answers_what_the_model_computes(widget, model, monkeypatch):
    other = torch.rand(1, 1, 8, 8)
    content = {"kind": "infer", "id": "a-1", "inputs": [{"name": "image", "dims": [1, 1, 8, 8]}]}
    answer, buffers = ask(widget, monkeypatch, content, [memoryview(other.numpy().tobytes())])
    assert answer == {
        "kind": "result",
        "id": "a-1",
        "outputs": [{"name": "logits", "dims": [1, 2]}, {"name": "conv", "dims": [1, 3, 6, 6]}],
    }
    with torch.no_grad():
        logits, maps = model.eval()(other)
    np.testing.assert_allclose(np.frombuffer(buffers[0], "<f4"), logits.ravel(), atol=1e-6)
    np.testing.assert_allclose(np.frombuffer(buffers[1], "<f4"), maps.ravel(), atol=1e-6)


@pytest.mark.parametrize(("chosen", "network"), [("second", 1), ("first", 0), (None, 0)])
def test_the_kernel_answers_with_the_model_that_was_asked_for(chosen, network, image, in_kernel, shown, monkeypatch):
    networks = [Tiny().eval(), Tiny().eval()]
    show({"first": networks[0], "second": networks[1]}, image)
    assert shown[0].get_state()["models"] == [{"name": "first"}, {"name": "second"}]
    content = {"kind": "infer", "id": "a-3", "model": chosen, "inputs": [{"name": "image", "dims": [1, 1, 8, 8]}]}
    _, buffers = ask(shown[0], monkeypatch, content, [image.numpy().tobytes()])
    with torch.no_grad():
        expected = networks[network](image)[0]
    np.testing.assert_allclose(np.frombuffer(buffers[0], "<f4"), expected.ravel(), atol=1e-6)


def test_the_kernel_names_the_models_it_has(widget, image, monkeypatch):
    content = {"kind": "infer", "id": "a-4", "model": "third", "inputs": [{"name": "image", "dims": [1, 1, 8, 8]}]}
    answer, _ = ask(widget, monkeypatch, content, [image.numpy().tobytes()])
    assert answer["kind"] == "error"
    assert "unknown model of this demo 'third'" in answer["message"]


@pytest.mark.parametrize("kind", ["infer", "clock"])
@pytest.mark.parametrize(
    ("name", "dims", "message"),
    [
        ("picture", [1, 1, 8, 8], "input 'image' is missing; came: picture"),
        ("image", [1, 1, 4, 16], r"shape (1, 1, 4, 16), but the model was set up with (1, 1, 8, 8)"),
    ],
)
def test_the_kernel_says_what_was_wrong(widget, monkeypatch, name, dims, message, kind):
    content = {"kind": kind, "id": "a-2", "runs": 2, "inputs": [{"name": name, "dims": dims}]}
    answer, _ = ask(widget, monkeypatch, content, [np.zeros(64, "<f4").tobytes()])
    assert answer["kind"] == "error"
    assert answer["id"] == "a-2"
    assert message in answer["message"]


class Takes(nn.Module):
    """Moves a clock on by so many seconds with each call."""

    def __init__(self, seconds):
        super().__init__()
        self.seconds, self.now, self.means = seconds, 0, []

    def __deepcopy__(self, memo):
        return self  # so that the clock is the one that the test reads

    def forward(self, images):
        self.now += self.seconds[len(self.means) % len(self.seconds)]
        self.means.append(images.mean().item())
        return images.mean()


def test_the_kernel_times_each_run_but_the_first(in_kernel, shown, image, monkeypatch):
    networks = {"quick": Takes([1, 9, 0.002, 0.003, 0.001]), "slow": Takes([1, 9, 0.2, 0.3, 0.1])}
    clock = SimpleNamespace(perf_counter=lambda: sum(network.now for network in networks.values()))
    monkeypatch.setattr(live_computation, "time", clock)
    show(networks, image, output_names=["mean"])
    content = {
        "kind": "clock",
        "id": "a-5",
        "model": "slow",
        "runs": 3,
        "inputs": [{"name": "image", "dims": [1, 1, 8, 8]}],
    }
    answer, buffers = ask(shown[0], monkeypatch, content, [(2 * image).numpy().tobytes()])
    assert answer == {"kind": "times", "id": "a-5", "milliseconds": pytest.approx([200, 300, 100])}
    assert buffers == []
    given = image.mean().item()
    assert networks["slow"].means == pytest.approx([given, *[2 * given] * 4])
    assert networks["quick"].means == pytest.approx([given])


def test_the_kernel_answers_no_other_kind_of_message(widget, monkeypatch):
    monkeypatch.setattr(widget, "send", lambda *message, **_: pytest.fail(f"it answered {message}"))
    widget._handle_custom_msg({"kind": "forget", "id": "a-6"}, [])


def test_settings_reach_the_widget(widget):
    state = widget.get_state()
    assert state["classes"] == CLASSES
    assert state["inputs"] == [{"name": "image", "dims": [1, 1, 8, 8]}]
    assert state["gallery"]["array"]["data"] == bytes(range(64))


# ------------------------------------------------------------------------------------ either home


@pytest.mark.parametrize("training", [True, False])
def test_the_model_is_left_as_found(model, image, folder, shown, training):
    model.train(training)
    model.norm.eval()  # a frozen layer stays frozen
    before = {name: value.clone() for name, value in model.state_dict().items()}
    show(model, image)
    assert model.training is training
    assert model.norm.training is False
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_the_demo_keeps_the_model_of_its_time(widget, model, image):
    with torch.no_grad():
        expected = model.eval()(image)[0].numpy()
        model.dense.bias += 1
    answer = widget._computations["model"].infer({"image": image.numpy()})["logits"]
    np.testing.assert_allclose(answer, expected, atol=1e-6)


def test_a_wrong_name_lists_the_known_ones_closest_first():
    with pytest.raises(ValueError, match="unknown demo 'kernel_explorr'; did you mean 'kernel_explorer'"):
        widgets.demo("kernel_explorr", id="x", alt="X.")


class Returns(nn.Module):
    def __init__(self, value):
        super().__init__()
        self.value = value

    def forward(self, images):
        return self.value


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"example": None}, ValueError, "example is NoneType; expected a tuple with one tensor"),
        ({"model": None}, ValueError, "example came without a model"),
        ({"example": torch.rand(1, 2, 8, 8)}, ValueError, r"not accept the example of shape \(1, 2, 8, 8\)"),
        ({"example": torch.rand(1, 1, 8, 8).double()}, ValueError, "holds torch.float64; expected float32"),
        ({"model": Returns({"logits": 1})}, TypeError, "the model returns dict; a demo needs a tensor"),
        ({"model": Returns(torch.tensor([float("nan")]))}, ValueError, "'output' .* holds NaN"),
        ({"output_names": ["one"]}, ValueError, r"output_names is \['one'\]; expected 2"),
        ({"output_names": ["one", "one"]}, ValueError, "expected 2 different name"),
        ({"colour": {1, 2}}, TypeError, "setting 'colour' holds a set; expected numbers"),
        ({"rate": float("inf")}, TypeError, "setting 'rate' holds inf"),
        ({"words": np.array(["a"])}, TypeError, "setting 'words' holds an array of <U1"),
        ({"big": np.zeros((5, 2**20), np.uint8)}, ValueError, "the settings hold 5.0 MiB of arrays"),
        ({"inputs": 1}, ValueError, "setting 'inputs' is a name the demo needs"),
        ({"layout": 1}, ValueError, "setting 'layout' is a name the demo needs"),
        ({"id": "two words"}, ValueError, "id is 'two words'"),
        ({"alt": " "}, ValueError, "has no alt"),
    ],
)
@pytest.mark.parametrize("home", ["folder", "in_kernel"])
def test_errors_say_what_came_and_what_to_do(home, change, error, message, model, image, request, shown):
    request.getfixturevalue(home)
    arguments = {"id": "maps", "alt": "Maps.", "model": model, "example": image, **change}
    with pytest.raises(error, match=message):
        widgets.demo("feature_maps", **arguments)
    assert shown == []
