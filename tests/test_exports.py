"""Each exported form is loaded again by another program's means and answers as Keras does."""

import re
import sys

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from keras import layers

from mnistlab import by_hand, cli, models, saving, training, web
from mnistlab.saving import SavingError, export

COUNT = 1000


@pytest.fixture(scope="module", params=["hidden", "cnn-fast", "rows-columns"])
def model(request, few_digits):
    """A network that has learnt something, batch normalisation's means too."""
    model = models.build(request.param)
    training.train(model, few_digits, epochs=3, validation=50, progress=False)
    return model


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((COUNT, 28, 28), np.float32)


def same(model, images, answers):
    np.testing.assert_allclose(answers, model.predict(images, verbose=0), atol=1e-5)


def test_a_saved_model_answers_the_same(model, images, tmp_path):
    folder = export(model, tmp_path / "network")
    loaded = tf.saved_model.load(folder)
    same(model, images, loaded.serve(images).numpy())


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")  # its file stays the same
def test_litert_answers_the_same(model, images, tmp_path):
    file = export(model, tmp_path / "network.tflite")
    interpreter = tf.lite.Interpreter(str(file))
    (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.resize_tensor_input(taken["index"], images.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(taken["index"], images)
    interpreter.invoke()
    same(model, images, interpreter.get_tensor(given["index"]))


def test_onnx_answers_the_same_in_another_program(model, images, tmp_path):
    file = export(model, tmp_path / "network.onnx")
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (answers,) = session.run(None, {"images": images})
    same(model, images, answers)


def test_without_its_package_onnx_says_so(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(SavingError, match="pip install onnx"):
        export(models.build("no-hidden"), tmp_path / "network.onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["network.keras", "network.pkl"])
def test_what_save_writes_export_writes_too(model, images, tmp_path, name):
    same(model, images, saving.load(export(model, tmp_path / name)).predict(images, verbose=0))


def test_weights_are_arrays_that_numpy_alone_can_use(few_digits, images, tmp_path):
    model = models.build("hidden")
    run = training.train(model, few_digits, epochs=3, validation=50, progress=False)
    with np.load(export(run, tmp_path / "weights.npz"), allow_pickle=False) as arrays:
        names = ["1.Dense.kernel", "1.Dense.bias", "2.Dense.kernel", "2.Dense.bias"]
        assert list(arrays) == names
        kernel, bias, last, shift = (arrays[name] for name in names)
    hidden = np.maximum(images.reshape(-1, 784) @ kernel + bias, 0)
    same(model, images, by_hand.softmax(hidden @ last + shift))


def test_the_weights_of_a_convolution_are_all_there(tmp_path):
    model = models.build("cnn-fast")
    with np.load(export(model, tmp_path / "weights.npz")) as arrays:
        assert sum(array.size for array in arrays.values()) == model.count_params()
        assert arrays["2.BatchNormalization.moving_mean"].shape == (24,)


def test_a_saved_model_is_replaced_and_nothing_else_is(tmp_path):
    folder = export(models.build("no-hidden", seed=0), tmp_path / "network")
    other = models.build("no-hidden", seed=1)
    export(other, folder)
    ones = np.ones((1, 28, 28), np.float32)
    loaded = tf.saved_model.load(folder)
    same(other, ones, loaded.serve(ones).numpy())
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "diary.txt").write_text("dear diary")
    with pytest.raises(SavingError, match="mine was not written"):
        export(other, mine)
    assert (mine / "diary.txt").read_text() == "dear diary"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "network"]


@pytest.mark.parametrize("name", ["network.h5", "network.exe", "network.keras.zip"])
def test_an_unknown_form_is_refused_with_those_that_are_known(tmp_path, name):
    with pytest.raises(SavingError, match=r"\.keras, \.pkl, \.tflite, \.onnx, \.npz, \.html"):
        export(models.build("no-hidden"), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(SavingError, match="there is no folder"):
        export(models.build("no-hidden"), tmp_path / "nowhere" / "page.html")


@pytest.mark.parametrize("name", models.NAMES)
def test_every_network_fits_into_a_page(name):
    text = web.page(models.build(name))
    assert f"<b>{name}</b>" in text
    assert "{{" not in text


def test_a_page_is_one_small_file_that_asks_nobody_for_anything():
    text = web.page(models.build("hidden"))
    assert len(text.encode()) < 400_000
    assert "default-src 'none'" in text
    assert (
        re.findall(r"https?:|//[a-z]+\.|\bfetch\b|XMLHttp|import\s*\(|<link(?! rel=\"icon)", text)
        == []
    )


def test_the_numbers_in_a_page_are_right_to_the_fourth_digit():
    numbers = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    held = np.frombuffer(web._three_bytes(numbers), np.uint8).reshape(-1, 3)
    bits = np.ones((1000, 4), np.uint8)
    bits[:, 1:] = held
    np.testing.assert_allclose(bits.view("<f4")[:, 0], numbers, rtol=2e-5)


def relu(x):
    """A learner's own, which only has the name of Keras'."""
    return keras.ops.minimum(keras.ops.maximum(x, 0), 1)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (
            layers.Lambda(lambda x: x, output_shape=(28, 28)),
            "page.html was not written: it cannot do a Lambda layer",
        ),
        (layers.Dense(10, activation="gelu"), "cannot do the activation 'gelu'"),
        (layers.Permute((1, 2)), r"dims=\(1, 2\), only dims=\(2, 1\)"),
        (layers.ReLU(max_value=1), "max_value=1.*, only max_value=None"),
        (layers.ReLU(negative_slope=0.3), "negative_slope=0.3, only"),
        (layers.ReLU(threshold=0.5), "threshold=0.5, only"),
        (layers.Softmax(axis=1), "another axis than the last"),
        (layers.BatchNormalization(axis=1), "another axis than the last"),
        (layers.Flatten(data_format="channels_first"), "data_format='channels_first', only"),
        (layers.Dense(10, activation=layers.ReLU(max_value=1)), "cannot do the activation <ReLU"),
        (layers.Dense(10, activation=lambda x: -x), "cannot do the activation"),
        (layers.Activation(relu), "cannot do the activation .*, only Keras' own linear, relu"),
        (layers.Dense(10, activation="softmax"), "a softmax of each row"),
    ],
)
def test_what_a_page_cannot_do_is_named(layer, said, tmp_path):
    model = keras.Sequential([keras.Input((28, 28)), layer, layers.Flatten(), layers.Dense(10)])
    with pytest.raises(SavingError, match=said):
        export(model, tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_the_last_axis_may_be_named_by_its_number():
    middle = [layers.BatchNormalization(axis=2), layers.Flatten(), layers.Dense(10)]
    model = keras.Sequential([keras.Input((28, 28)), *middle, layers.Softmax(axis=1)])
    assert web.described(model)[0]["kind"] == "scale"


def test_a_network_whose_weights_were_made_whole_numbers_gets_no_page():
    model = models.build("no-hidden")
    model.layers[-1].quantize("int8")
    with pytest.raises(SavingError, match="quantization_mode='int8', only"):
        web.page(model)


def test_a_network_whose_layers_are_no_single_row_gets_no_page():
    images = keras.Input((28, 28))
    flat = layers.Flatten()(images)
    twice, last = layers.Dense(784), layers.Dense(10)
    row = keras.Model(images, last(twice(flat)))
    assert len(web.described(row)) == 3
    again = keras.Model(images, layers.Dense(10)(twice(twice(flat))))
    branching = keras.Model(images, [twice(flat), layers.Dense(10)(flat)])
    for model in (again, branching, _Subclassed()):
        with pytest.raises(SavingError, match="one after the other"):
            web.page(model)


class _Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.head = layers.Dense(10)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (layers.Conv2D(2, 3, padding="same"), "padding='same', only padding='valid'"),
        (layers.MaxPooling2D(2, padding="same"), "padding='same', only"),
        (layers.Conv2D(2, 3, dilation_rate=2), r"dilation_rate=\(2, 2\), only"),
        (layers.Conv2D(2, (3, 1), data_format="channels_first"), "data_format='channels_first'"),
        (layers.MaxPooling2D((2, 1), data_format="channels_first"), "data_format='channels_first'"),
    ],
)
def test_a_convolution_that_a_page_cannot_do_is_named(layer, said):
    inner = [layers.Reshape((28, 28, 1)), layer, layers.Flatten(), layers.Dense(10)]
    with pytest.raises(SavingError, match=said):
        web.page(keras.Sequential([keras.Input((28, 28)), *inner]))


def test_a_convolution_in_groups_gets_no_page():
    inner = [layers.Reshape((28, 14, 2)), layers.Conv2D(2, 3, groups=2), layers.Flatten()]
    with pytest.raises(SavingError, match="groups=2, only groups=1"):
        web.page(keras.Sequential([keras.Input((28, 28)), *inner, layers.Dense(10)]))


def test_a_network_for_other_images_gets_no_page():
    model = keras.Sequential([keras.Input((32, 32)), layers.Flatten(), layers.Dense(10)])
    with pytest.raises(SavingError, match=r"28×28, not \(32, 32\)"):
        web.page(model)


@pytest.mark.parametrize("form", cli.FORMS)
def test_the_command_writes_each_form(form, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    saving.save(models.build("no-hidden"), "mine.keras")
    assert cli.main(["export", "mine.keras", "--to", form]) == 0
    assert (tmp_path / f"mine{cli.FORMS[form]}").exists()
    out = capsys.readouterr().out
    assert f"written as mine{cli.FORMS[form]}" in out
    assert ("Open it in a browser" in out) == (form == "web")


def test_the_command_knows_the_forms_that_there_are(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["export", "mine.keras", "--to", "stone"]) == 2
    assert "Choose one of: web, keras" in capsys.readouterr().err
    assert cli.main(["export", "mine.keras"]) == 2
    assert "mine.keras" in capsys.readouterr().err
