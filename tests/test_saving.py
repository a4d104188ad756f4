import errno
import io
import json
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import warnings
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers

from mnistlab import guards, models, saving
from mnistlab.saving import SavingError

IMAGES = np.random.default_rng(0).random((1000, 28, 28), dtype=np.float32)
LABELS = np.arange(1000) % 10
per_example = settings(
    max_examples=20,
    deadline=None,  # the first load of a process is slow
    # One cache and one folder serve all examples: none depends on what an earlier one left.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@dataclass
class Run:
    """Looks like training.Run."""

    model: keras.Model
    recipe: str = "fast"
    seed: int = 7
    seconds: float = 1.5
    source: str = "offline"
    history: dict = field(default_factory=lambda: {"loss": [0.5, np.float32(0.25)], "extra": []})

    def as_dict(self):
        return {name: value for name, value in vars(self).items() if name != "model"}


def compiled(*inner, **compile_with):
    model = keras.Sequential([keras.Input((28, 28)), *inner, layers.Dense(10, "softmax")])
    model.compile(**{"optimizer": "adam", "loss": "sparse_categorical_crossentropy"} | compile_with)
    return model


@pytest.fixture(scope="module")
def network():
    model = compiled(
        layers.Reshape((28, 28, 1)),
        layers.Conv2D(2, 5, activation="relu"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(4),
        layers.Dropout(0.2),
        layers.Flatten(),
    )
    model.fit(IMAGES[:64], LABELS[:64], verbose=0)
    return model


@pytest.fixture(scope="module")
def content(network, tmp_path_factory):
    """A small `.keras` file that Keras, not mnistlab, wrote: so it is checked in full."""
    file = tmp_path_factory.mktemp("foreign") / "small.keras"
    network.save(file)
    return file.read_bytes()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("MNISTLAB_CACHE", str(folder))
    return folder


def put(folder, content, name="foreign.keras"):
    file = folder / name
    file.write_bytes(content)
    return file


def members(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts, how=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return buffer.getvalue()


def with_config(content, change):
    parts = members(content)
    config = json.loads(parts["config.json"])
    change(config)
    return zipped(parts | {"config.json": json.dumps(config).encode()})


def with_weights(content, change, folder):
    """The same file after `change(h5py.File)`; a file on disk, for links to others."""
    file = put(folder, members(content)["model.weights.h5"], "weights.h5")
    with h5py.File(file, "a") as weights:
        change(weights)
    return zipped(members(content) | {"model.weights.h5": file.read_bytes()})


def same_weights(one, other):
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


# There and back


@pytest.mark.parametrize("suffix", [".keras", ".pkl"])
def test_a_loaded_network_predicts_bit_for_bit_as_the_saved_one(network, tmp_path, suffix):
    file = saving.save(network, tmp_path / f"small{suffix}")
    loaded = saving.load(file)
    before, after = (model.predict(IMAGES, verbose=0) for model in (network, loaded))
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("suffix", [".keras", ".pkl"])
def test_the_optimizer_goes_on_where_it_stopped(network, tmp_path, suffix):
    loaded = saving.load(saving.save(network, tmp_path / f"small{suffix}"))
    before, after = network.optimizer.variables, loaded.optimizer.variables
    assert int(after[0].numpy()) == 2  # batches seen
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", models.NAMES)
def test_each_network_of_the_course_loads_on_another_machine(name, tmp_path, monkeypatch):
    model = models.build(name)
    file = saving.save(model, str(tmp_path / f"{name}.keras"))
    monkeypatch.setenv("MNISTLAB_CACHE", str(tmp_path / "another"))
    assert same_weights(model, saving.load(str(file)))


def test_a_foreign_network_with_schedule_loss_function_and_regularizer_loads(tmp_path):
    model = compiled(
        layers.Flatten(),
        layers.Dense(4, kernel_regularizer=keras.regularizers.L2(0.01)),
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.01, 10)),
        loss=keras.losses.sparse_categorical_crossentropy,
        metrics=[keras.metrics.SparseCategoricalAccuracy()],
    )
    file = tmp_path / "m.keras"
    model.save(file)
    loaded = saving.load(file)
    assert same_weights(model, loaded)
    assert isinstance(loaded.layers[1].kernel_regularizer, keras.regularizers.L2)
    assert loaded.get_compile_config() == model.get_compile_config()


def test_a_foreign_functional_model_loads(tmp_path):
    inputs = keras.Input((28, 28))
    flat = layers.Flatten()(inputs)
    joined = layers.Concatenate()([layers.Dense(3)(flat), layers.Dense(4)(flat)])
    model = keras.Model(inputs, layers.Dense(10)(joined))
    file = tmp_path / "m.keras"
    model.save(file)
    assert same_weights(model, saving.load(file))


def test_a_network_saved_here_may_hold_any_layer_that_needs_no_foreign_code(tmp_path):
    model = compiled(layers.GlobalAveragePooling1D())
    own = saving.save(model, tmp_path / "own.keras")
    assert same_weights(model, saving.load(own))
    foreign = put(tmp_path, zipped(members(own.read_bytes()) | {"metadata.json": b"{}"}))
    with pytest.raises(SavingError, match=r"'GlobalAveragePooling1D'.*trust=True"):
        saving.load(foreign)
    assert same_weights(model, saving.load(foreign, trust=True))


def test_the_end_of_the_name_may_be_in_capitals(network, tmp_path):
    assert same_weights(network, saving.load(saving.save(network, tmp_path / "SMALL.KERAS")))


def test_an_unknown_end_of_the_name_lists_what_is_possible(network, tmp_path):
    for name in ("model.h5", "model", "model.keras.gz"):
        for attempt in (lambda file: saving.save(network, file), saving.load):
            with pytest.raises(SavingError, match=r"\.keras and \.pkl"):
                attempt(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_what_is_no_network_or_has_no_weights_is_not_saved(tmp_path):
    with pytest.raises(TypeError, match="a network or a Run"):
        saving.save("hidden", tmp_path / "m.keras")
    with pytest.raises(SavingError, match="no weights yet"):
        saving.save(keras.Sequential([layers.Dense(2)]), tmp_path / "m.keras")
    assert not list(tmp_path.iterdir())


def test_a_network_too_large_to_load_is_not_saved(network, tmp_path, monkeypatch):
    monkeypatch.setattr(guards, "MAX_BYTES", 1000)
    with pytest.raises(SavingError, match="more than load would read"):
        saving.save(network, tmp_path / "m.keras")
    assert not list(tmp_path.iterdir())


# The manifest


def test_the_manifest_tells_how_and_from_which_run_a_file_came(network, tmp_path, cache):
    file = saving.save(Run(network), tmp_path / "m.keras")
    manifest = saving.describe(file)
    assert manifest["size"] == file.stat().st_size
    assert manifest["versions"]["keras"] == keras.__version__
    assert manifest["versions"]["python"] == sys.version.split()[0]
    facts = {"recipe": "fast", "seed": 7, "seconds": 1.5, "source": "offline"}
    assert manifest["run"] == facts | {"last": {"loss": 0.25}}
    assert [kept.name for kept in cache.rglob("*.json")] == [f"{manifest['sha256']}.json"]
    assert {entry.name for entry in tmp_path.iterdir()} == {"m.keras", "cache"}


def test_a_network_without_a_run_has_a_manifest_without_one(network, tmp_path):
    assert saving.describe(saving.save(network, tmp_path / "m.pkl"))["run"] is None


def test_a_file_from_elsewhere_has_no_manifest(content, tmp_path):
    with pytest.raises(SavingError, match="did not write it on this machine"):
        saving.describe(put(tmp_path, content))
    with pytest.raises(SavingError, match=r"cannot be described: there is no such file"):
        saving.describe(tmp_path / "nothing.keras")


def test_a_copy_under_another_name_is_known_and_a_changed_file_is_not(network, tmp_path):
    file = saving.save(network, tmp_path / "m.pkl")
    copy = put(tmp_path, file.read_bytes(), "copy.pkl")
    assert saving.describe(copy) == saving.describe(file)
    assert same_weights(network, saving.load(copy))
    copy.write_bytes(file.read_bytes() + b"\0")
    with pytest.raises(SavingError, match="has changed since"):
        saving.load(copy)


MALFORMED = {
    "empty": lambda kept: "",
    "no JSON": lambda kept: "{",
    "not UTF-8": lambda kept: "\udcff",
    "a list": lambda kept: "[]",
    "a string": lambda kept: json.dumps(kept["sha256"]),
    "nested too deep": lambda kept: "[" * 100_000,
    "of another file": lambda kept: json.dumps(kept | {"sha256": "0" * 64}),
    "of another size": lambda kept: json.dumps(kept | {"size": kept["size"] + 1}),
    "without a hash": lambda kept: json.dumps({"size": kept["size"]}),
}


@pytest.mark.parametrize("how", MALFORMED)
def test_a_malformed_manifest_vouches_for_nothing(network, tmp_path, cache, how):
    file = saving.save(network, tmp_path / "m.pkl")
    (manifest,) = cache.rglob("*.json")
    text = MALFORMED[how](json.loads(manifest.read_text()))
    manifest.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(SavingError, match="loading a pickle runs code"):
        saving.load(file)
    with pytest.raises(SavingError, match="has no manifest here"):
        saving.describe(file)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="Windows has no user numbers")
def test_in_a_shared_cache_another_user_cannot_vouch_for_a_pickle(network, tmp_path, monkeypatch):
    file = saving.save(network, tmp_path / "m.pkl")
    monkeypatch.setattr(os, "getuid", lambda: 123_456)
    with pytest.raises(SavingError, match="loading a pickle runs code"):
        saving.load(file)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_others_may_read_the_network_but_not_touch_the_manifest(network, tmp_path, cache):
    umask = os.umask(0o022)
    try:
        file = saving.save(network, tmp_path / "m.keras")
    finally:
        os.umask(umask)
    (manifest,) = cache.rglob("*.json")
    assert file.stat().st_mode & 0o777 == 0o644
    assert manifest.stat().st_mode & 0o777 == 0o600


def test_without_a_cache_the_network_is_saved_and_the_notice_says_what_is_lost(
    network, tmp_path, monkeypatch
):
    monkeypatch.setenv("MNISTLAB_CACHE", str(put(tmp_path, b"", "a file")))
    with pytest.warns(UserWarning, match=r"was saved, but its manifest.*MNISTLAB_CACHE"):
        file = saving.save(network, tmp_path / "m.pkl")
    with pytest.raises(SavingError, match="trust=True"):
        saving.load(file)
    assert same_weights(network, saving.load(file, trust=True))


# Files that attack


class Attack:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return (Path.touch, (self.target,))


def test_a_foreign_pickle_is_refused_and_runs_nothing(tmp_path):
    target = tmp_path / "harm"
    file = put(tmp_path, pickle.dumps(Attack(target)), "attack.pkl")
    with pytest.raises(SavingError, match=r"loading a pickle runs code.*trust=True"):
        saving.load(file)
    assert not target.exists()
    with pytest.raises(SavingError, match="no Keras model but a NoneType"):
        saving.load(file, trust=True)
    assert target.exists()  # so the attack was real


def test_a_pickle_in_a_keras_file_runs_nothing(tmp_path):
    target = tmp_path / "harm"
    with pytest.raises(SavingError, match=r"does not begin as a .keras file does"):
        saving.load(put(tmp_path, pickle.dumps(Attack(target))))
    assert not target.exists()


def test_a_trusted_pickle_that_is_damaged_gets_a_clear_error(network, tmp_path):
    damaged = pickle.dumps(network)[:-1000]
    with pytest.raises(SavingError, match="it is damaged, cut short"):
        saving.load(put(tmp_path, damaged, "m.pkl"), trust=True)


@pytest.mark.parametrize("unsafe_allowed", [False, True])
def test_a_lambda_layer_is_refused_and_runs_nothing(tmp_path, monkeypatch, unsafe_allowed):
    target = tmp_path / "harm"
    path = str(target)
    harm = layers.Lambda(lambda x: (open(path, "w").close(), x)[1], output_shape=(28, 28))
    model = keras.Sequential([keras.Input((28, 28)), harm, layers.Flatten(), layers.Dense(2)])
    target.unlink(missing_ok=True)
    model.save(tmp_path / "m.keras")
    target.unlink(missing_ok=True)
    if unsafe_allowed:  # some notebook's first cell may have said so, for another file
        monkeypatch.setattr("keras.src.saving.serialization_lib.in_safe_mode", lambda: False)
    with pytest.raises(SavingError, match=r"asks for .*(Lambda|function|__lambda__).*trust=True"):
        saving.load(tmp_path / "m.keras")
    assert not target.exists()


def test_trust_lets_a_file_run_its_code(tmp_path):
    model = keras.Sequential([keras.Input((28, 28)), layers.Lambda(lambda x: x + 1)])
    model.save(tmp_path / "m.keras")
    loaded = saving.load(tmp_path / "m.keras", trust=True)
    np.testing.assert_array_equal(loaded(IMAGES[:2]), IMAGES[:2] + 1)


def layer(config, index=-1):
    return config["config"]["layers"][index]


CONFIGS = {
    "a foreign module": lambda c: layer(c).update(module="os", class_name="system"),
    "a class outside the list": lambda c: layer(c).update(class_name="TFSMLayer"),
    "a lookup that reads a file": lambda c: layer(c).update(
        class_name="StringLookup", config={"vocabulary": "/etc/passwd"}
    ),
    "a registered class": lambda c: layer(c).update(registered_name="evil>Dense"),
    "a layer of the old format": lambda c: layer(c).pop("module"),
    "a function that downloads": lambda c: layer(c)["config"].update(
        activation={
            "module": "keras.utils",
            "class_name": "function",
            "config": "get_file",
            "registered_name": "function",
        }
    ),
    "a built-in function": lambda c: layer(c)["config"].update(
        activation={"module": "builtins", "class_name": "function", "config": "eval"}
    ),
    "a lambda deep inside": lambda c: layer(c)["config"].update(
        kernel_initializer={"a": [{"class_name": "__lambda__", "config": {"value": "x"}}]}
    ),
    "a table of any size": lambda c: c["compile_config"].update(
        metrics=[
            {"module": "keras.metrics", "class_name": "MeanIoU", "config": {"num_classes": 10**6}}
        ]
    ),
    "a class name that is no name": lambda c: layer(c).update(class_name=["Dense"]),
}


@pytest.mark.parametrize("what", CONFIGS)
def test_a_config_that_asks_for_more_than_an_image_network_is_refused(content, tmp_path, what):
    with pytest.raises(SavingError, match="not a part of a plain image network"):
        saving.load(put(tmp_path, with_config(content, CONFIGS[what])))


HUGE = {
    "a Dense layer": lambda c: layer(c)["config"].update(units=10**9),
    "a convolution": lambda c: layer(c, 2)["config"].update(filters=10**9),
    "its build config": lambda c: layer(c)["build_config"].update(input_shape=[None, 10**9]),
}


@pytest.mark.parametrize("what", HUGE)
def test_a_network_that_asks_for_more_weights_than_the_file_holds_is_not_built(
    content, tmp_path, monkeypatch, what
):
    original = layers.Layer.add_weight

    def add_weight(self, *, shape, **how):
        assert np.prod(shape) < 10_000  # else this machine's memory would be gone
        return original(self, shape=shape, **how)

    monkeypatch.setattr(layers.Layer, "add_weight", add_weight)
    with pytest.raises(SavingError, match="more weights than the file holds"):
        saving.load(put(tmp_path, with_config(content, HUGE[what])))
    assert layers.Layer.add_weight is add_weight


def test_the_weight_budget_says_so_and_leaves_other_threads_alone():
    def build(units):
        layers.Dense(units).build((None, 9))

    with guards.weight_budget(100):
        other = threading.Thread(target=build, args=(1000,))
        other.start()
        other.join()
        build(9)  # 90 weights
        with pytest.raises(SavingError, match="more weights than the file holds"):
            build(2)  # 20 more
    build(1000)


def test_a_config_of_too_many_parts_or_too_long_is_refused(content, tmp_path):
    def many_layers(config):
        config["config"]["layers"][3:3] = [layer(config, 4)] * 100

    def many_objects(config):
        config["x"] = [layer(config, 4)["config"]["dtype"]] * 2500

    for change in (many_layers, many_objects):
        with pytest.raises(SavingError, match="too many parts"):
            saving.load(put(tmp_path, with_config(content, change)))
    with pytest.raises(SavingError, match="far too long"):
        saving.load(put(tmp_path, with_config(content, lambda c: c.update(x="x" * 2**20))))


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[" * 200_000, b"9" * 5000, b"\xff", b"null", b"[]", b"{}", b'"Dense"']
)
def test_a_config_that_describes_no_network_is_refused(content, tmp_path, text):
    with pytest.raises(SavingError, match="was not loaded"):
        saving.load(put(tmp_path, zipped(members(content) | {"config.json": text})))


def test_a_file_that_holds_a_layer_but_no_network_is_refused(content, tmp_path):
    dense = json.loads(members(content)["config.json"])["config"]["layers"][-1]
    file = put(tmp_path, zipped(members(content) | {"config.json": json.dumps(dense).encode()}))
    with pytest.raises(SavingError, match="was not loaded"):
        saving.load(file)


def test_a_zip_bomb_is_refused_before_it_unfolds(content, tmp_path):
    zeros = bytes(50 * 2**20)
    bomb = zipped(members(content) | {"model.weights.h5": zeros}, zipfile.ZIP_DEFLATED)
    nested = zipped(members(content) | {"config.json": zipped({"x": bomb}, zipfile.ZIP_DEFLATED)})
    lzma = zipped(members(content), zipfile.ZIP_LZMA)
    assert len(bomb) < 100_000
    with pytest.raises(SavingError, match="zip bomb"):
        saving.load(put(tmp_path, bomb))
    with pytest.raises(SavingError, match="zip bomb"):
        saving.load(put(tmp_path, lzma))
    with pytest.raises(SavingError, match="damaged"):
        saving.load(put(tmp_path, nested))


@pytest.mark.parametrize(
    "name", ["../harm", "/tmp/harm", "..\\harm", "assets/x", "model.weights.npz", "config.json/"]
)
def test_a_member_that_does_not_belong_is_refused(content, tmp_path, name):
    with pytest.raises(SavingError, match=r"holds exactly config.json"):
        saving.load(put(tmp_path, zipped(members(content) | {name: b"harm"})))


def test_a_member_that_is_there_twice_or_missing_is_refused(content, tmp_path):
    parts = members(content)
    with io.BytesIO() as buffer, zipfile.ZipFile(buffer, "w") as archive:
        for name in [*parts, "config.json"]:
            with warnings.catch_warnings(action="ignore"):  # zipfile warns of what is meant here
                archive.writestr(name, parts[name])
        archive.close()
        twice = buffer.getvalue()
    del parts["metadata.json"]
    for bad in (twice, zipped(parts)):
        with pytest.raises(SavingError, match=r"holds exactly config.json"):
            saving.load(put(tmp_path, bad))


def test_an_archive_of_very_many_members_is_refused_unlisted(content, tmp_path, monkeypatch):
    parts = members(content) | {str(number): b"" for number in range(200)}
    file = put(tmp_path, zipped(parts))
    monkeypatch.delattr(zipfile, "ZipFile")
    with pytest.raises(SavingError, match="far too many parts"):
        saving.load(file)


def replaced(weights, **how):
    del weights["vars"]
    weights.create_dataset("vars", **how)


def ring(weights):
    weights["layers/ring"] = weights["layers"]


def many(weights):
    group = weights.create_group("many")
    for index in range(guards.MAX_HDF5_ITEMS + 1):
        group[str(index)] = weights["vars"]


def external(weights):
    del weights["vars"]
    weights.create_dataset("vars", (4,), "u1", external=[("/etc/passwd", 0, 4)])


def virtual(weights):
    del weights["vars"]
    layout = h5py.VirtualLayout((4,), "u1")
    layout[:] = h5py.VirtualSource("other.h5", "vars", (4,))
    weights.create_virtual_dataset("vars", layout)


def counted_twice(weights):
    weights["again"] = h5py.SoftLink("/layers")


def shared(weights):
    big = weights.create_dataset("big", data=np.zeros(10_000, "f4"))
    for index in range(50):
        weights[f"copy{index}"] = big


def attribute(weights):
    weights["optimizer/vars/0"].attrs["dtype"] = "bfloat16"


WEIGHTS = {
    "compressed zeros": (
        lambda w: replaced(w, shape=(10**9,), dtype="f4", chunks=(10**6,), compression="gzip"),
        "not stored as Keras stores",
    ),
    "missing chunks": (
        lambda w: replaced(w, shape=(10**12,), dtype="f4", chunks=True),
        "not stored as Keras stores",
    ),
    "a block that is not there": (
        lambda w: replaced(w, shape=(10**9,), dtype="f4"),
        "HDF5 bomb",
    ),
    "a count that overflows": (
        lambda w: replaced(w, shape=(2**32, 2**32), dtype="f4", chunks=(1, 1)),
        "not stored as Keras stores",
    ),
    "one block under many names": (shared, "HDF5 bomb"),
    "text": (lambda w: replaced(w, data=["a"]), "not stored as Keras stores"),
    "nothing": (lambda w: replaced(w, dtype="f4", shape=None), "not stored as Keras stores"),
    "a number type by name": (
        lambda w: w.__setitem__("type", np.dtype("f4")),
        "not stored as Keras stores",
    ),
    "an attribute": (attribute, "not stored as Keras stores"),
    "data in another file": (external, "not stored as Keras stores"),
    "a view of another file": (virtual, "not stored as Keras stores"),
    "a link to another file": (
        lambda w: w.__setitem__("link", h5py.ExternalLink("/etc/passwd", "/x")),
        "other places or files",
    ),
    "a link within the file": (counted_twice, "other places or files"),
    "a group that contains itself": (ring, "too many pieces|HDF5 bomb"),
    "a million names": (many, "too many pieces"),
}


@pytest.mark.parametrize("what", WEIGHTS)
def test_weights_that_are_not_plain_numbers_in_the_file_are_refused(content, tmp_path, what):
    change, message = WEIGHTS[what]
    with pytest.raises(SavingError, match=message):
        saving.load(put(tmp_path, with_weights(content, change, tmp_path)))


def test_weights_of_another_network_are_refused(content, tmp_path):
    def change(weights):
        bias = weights["layers/dense/vars/1"][:]
        del weights["layers/dense/vars/1"]
        weights["layers/dense/vars/1"] = np.append(bias, 0)

    with pytest.raises(SavingError, match="damaged"):
        saving.load(put(tmp_path, with_weights(content, change, tmp_path)))


def test_what_is_loaded_is_what_was_checked(content, network, tmp_path, monkeypatch):
    file, check = put(tmp_path, content), guards.check_archive

    def check_then_swap(checked):
        budget = check(checked)
        file.write_bytes(b"something else")
        return budget

    monkeypatch.setattr(guards, "check_archive", check_then_swap)
    assert same_weights(network, saving.load(file))


# Damaged files


@pytest.mark.parametrize("tenths", range(10))
@pytest.mark.parametrize("suffix", [".keras", ".pkl"])
def test_a_truncated_file_is_refused(content, network, tmp_path, tenths, suffix):
    whole = content if suffix == ".keras" else pickle.dumps(network)
    file = put(tmp_path, whole[: len(whole) * tenths // 10], f"m{suffix}")
    with pytest.raises(SavingError, match="empty" if tenths == 0 else "damaged|runs code"):
        saving.load(file)


@per_example
@given(places=st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 255)), min_size=1))
def test_flipped_bytes_give_an_error_or_the_right_network(content, network, tmp_path, places):
    damaged = bytearray(content)
    for place, flip in places:
        damaged[place % len(damaged)] ^= flip
    file = put(tmp_path, bytes(damaged))
    try:
        loaded = saving.load(file)
    except SavingError:
        return
    assert same_weights(network, loaded)


@per_example
@given(
    name=st.sampled_from(sorted(guards.MEMBERS)),
    places=st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 255)), min_size=1, max_size=4),
)
def test_flipped_bytes_behind_a_right_checksum_give_an_error_or_a_network(
    content, tmp_path, name, places
):
    parts = members(content)
    damaged = bytearray(parts[name])
    for place, flip in places:
        damaged[place % len(damaged)] ^= flip
    file = put(tmp_path, zipped(parts | {name: bytes(damaged)}))
    try:
        loaded = saving.load(file)
    except SavingError:
        return
    assert isinstance(loaded, keras.Model)


@per_example
@given(noise=st.binary(), start=st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06", b"\x89HDF"]))
def test_random_bytes_are_refused(tmp_path, noise, start):
    for name in ("m.keras", "m.pkl"):
        with pytest.raises(SavingError, match="was not loaded"):
            saving.load(put(tmp_path, start + noise, name))


def test_a_huge_file_is_refused_unread(tmp_path):
    for name in ("m.keras", "m.pkl"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(2**40)  # a hole: it takes no room on the disk
        for trust in (False, True):
            with pytest.raises(SavingError, match=r"1048576 MB.*is not read"):
                saving.load(tmp_path / name, trust=trust)


def test_a_file_that_grows_while_it_is_read_is_refused(content, tmp_path, monkeypatch):
    monkeypatch.setattr(guards, "MAX_BYTES", len(content) - 1)
    file, status = put(tmp_path, content), put(tmp_path, b"small", "small").stat()
    monkeypatch.setattr(Path, "stat", lambda path, **_: status)
    with pytest.raises(SavingError, match="is not read"):
        guards.read(file)


def test_what_is_no_file_is_refused(tmp_path):
    (tmp_path / "folder.keras").mkdir()
    for name, message in {
        "folder.keras": "a folder or a device",
        "missing.keras": "no such file",
        "zero\0.keras": "cannot be read",
        "x" * 300 + ".keras": "cannot be read",
    }.items():
        with pytest.raises(SavingError, match=message):
            saving.load(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_a_pipe_that_nobody_fills_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.keras")
    with pytest.raises(SavingError, match="a folder or a device"):
        saving.load(tmp_path / "pipe.keras")


# Writing


@pytest.fixture
def older(tmp_path):
    return put(tmp_path, b"older", "m.keras")


def assert_untouched(older):
    assert older.read_bytes() == b"older"
    assert {entry.name for entry in older.parent.iterdir()} <= {"m.keras", "cache"}


def test_a_file_that_cannot_be_written_to_its_end_leaves_the_older_one(network, older, monkeypatch):
    resource = pytest.importorskip("resource", reason="Windows has no file size limits")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    content = saving.FORMATS[".keras"].pack(network)
    monkeypatch.setitem(
        saving.FORMATS, ".keras", saving.FORMATS[".keras"]._replace(pack=lambda model: content)
    )
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(content) // 2, hard))
    try:
        with pytest.raises(SavingError, match=r"disk is full.*older file"):
            saving.save(network, older)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_untouched(older)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EACCES, "may not write"),
        (errno.EROFS, "may not write"),
        (errno.EIO, "older file of that name is as it was"),
    ],
)
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failing_disk_leaves_the_older_file(network, older, monkeypatch, step, code, message):
    def fail(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(saving, "_remember", lambda *_: None)
    monkeypatch.setattr(os, step, fail)
    with pytest.raises(SavingError, match=message):
        saving.save(network, older)
    assert_untouched(older)


def test_ctrl_c_while_writing_leaves_the_older_file_and_no_other(network, older, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        saving.save(network, older)
    assert_untouched(older)


def test_a_read_only_folder_gets_a_clear_error(network, older):
    older.parent.chmod(0o555)
    try:
        if os.access(older.parent, os.W_OK):
            pytest.skip("this user (root?) may write to read-only folders")
        with pytest.raises(SavingError, match="may not write"):
            saving.save(network, older)
    finally:
        older.parent.chmod(0o755)
    assert_untouched(older)


def test_a_path_that_cannot_be_written_gets_a_clear_error(network, tmp_path):
    (tmp_path / "folder.keras").mkdir()
    put(tmp_path, b"", "file")
    for name, message in {
        "missing/m.keras": "no folder .*missing",
        "file/m.keras": "no folder .*file",
        "folder.keras": "a folder has that name",
        "zero\0.keras": "was not saved",
        "x" * 300 + ".keras": "was not saved",
    }.items():
        with pytest.raises(SavingError, match=message):
            saving.save(network, tmp_path / name)
    left = {entry.name for entry in tmp_path.iterdir()}
    assert left == {"folder.keras", "file", "cache"}


def test_saving_to_a_link_replaces_the_file_that_it_points_to(network, older):
    link = older.with_name("link.keras")
    link.symlink_to(older)
    saving.save(network, link)
    assert link.is_symlink()
    assert same_weights(network, saving.load(older))


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_process_killed_while_it_saves_leaves_the_older_file(network, older, cache):
    saves_and_hangs = """
        import os, sys, time, keras
        from mnistlab import saving
        def hang(descriptor):
            if os.fstat(descriptor).st_size > 2000:  # not the manifest
                print("written", flush=True)
                time.sleep(600)
        os.fsync = hang
        model = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten()])
        model.add(keras.layers.Dense(10))
        saving.save(model, sys.argv[1])
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(saves_and_hangs), str(older)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(saving.__file__).parents[1],
    )
    with process:
        assert process.stdout.readline() == "written\n"
        process.send_signal(signal.SIGKILL)
    assert older.read_bytes() == b"older"
    assert same_weights(network, saving.load(saving.save(network, older)))
