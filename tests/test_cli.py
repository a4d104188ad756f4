"""The command line, called as a person calls it but within this process."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from PIL import Image

from mnistlab import __version__, cli, data, models, saving, training


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch, few_digits):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MNISTLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(data, "load", lambda source=None: few_digits)


@pytest.fixture
def saved(tmp_path):
    """An untrained model's file: its answers are arbitrary, but always the same."""
    saving.save(models.build("no-hidden"), "model.keras")
    return "model.keras"


def seven(path="seven.png"):
    picture = np.full((60, 60), 255, np.uint8)
    picture[10:15, 15:45] = 0
    for row in range(15, 50):
        picture[row, 42 - row // 2 : 47 - row // 2] = 0
    Image.fromarray(picture).save(path)
    return path


def call(capsys, *words):
    status = cli.main(words)
    out, err = capsys.readouterr()
    return status, out, err


def refused(capsys, *words):
    """The one sentence that a refused command ends with."""
    status, out, err = call(capsys, *words)
    assert (status, out) == (2, "")
    assert err.startswith("mnistlab: ")
    assert "Traceback" not in err
    return err


def test_train_trains_evaluates_saves_and_prints_a_table(capsys, tmp_path):
    status, out, err = call(capsys, "train", "no-hidden", "--epochs", "2", "--limit", "100")
    assert status == 2  # five thousand images cannot be held out of three hundred
    assert "hold out" in err
    words = ("train", "no-hidden", "--epochs", "2", "--recipe", "original")
    status, out, err = call(capsys, *words)
    assert status == 0
    assert "2 of 2 epochs" in out
    assert "accuracy" in out
    assert "100%" in err  # the progress bar
    assert saving.load(tmp_path / "no-hidden.keras").name == "no-hidden"


def test_train_prints_json_and_nothing_else_on_standard_output(capsys):
    words = ("train", "hidden", "--epochs", "1", "--recipe", "original", "--json", "--seed", "4")
    status, out, _ = call(capsys, *words)
    facts = json.loads(out)
    assert status == 0
    assert facts["run"]["seed"] == 4
    assert facts["file"] == "hidden.keras"
    assert 0 <= facts["test"]["accuracy"] <= 1


def test_evaluate_gives_the_accuracy_that_keras_gives(capsys, saved, few_digits):
    status, out, _ = call(capsys, "evaluate", saved, "--json")
    model = saving.load(saved)
    _, accuracy = model.evaluate(few_digits.x_test / 255, few_digits.y_test, verbose=0)
    assert status == 0
    assert json.loads(out)["test"]["accuracy"] == pytest.approx(accuracy)


def test_predict_names_the_digit_that_the_model_answers(capsys, saved):
    status, out, _ = call(capsys, "predict", seven(), "--model", saved, "--json")
    answer = json.loads(out)["pictures"]["seven.png"]
    assert status == 0
    assert answer["digit"] == int(np.argmax(answer["outputs"]))
    _, text, _ = call(capsys, "predict", "seven.png", seven("again.png"), "--model", saved)
    assert f"seven.png: {answer['digit']}" in text
    assert f"again.png: {answer['digit']}" in text
    assert "█" in text


def test_data_says_where_the_digits_are(capsys):
    status, out, _ = call(capsys, "data", "--json")
    assert status == 0
    assert json.loads(out)["source"] in ("mnist", "offline")


def test_doctor_has_a_line_for_each_check(capsys):
    status, out, _ = call(capsys, "doctor")
    lines = [line for line in out.splitlines() if line.startswith(("ok ", "BAD"))]
    assert [line.split()[1] for line in lines] == [
        "python", "packages", "kernel", "widgets", "digits", "memory",
    ]  # fmt: skip
    assert status == (1 if "BAD" in out else 0)


def test_version(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"mnistlab {__version__}\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["train", "resnet"], "no network 'resnet'"),
        (["train", "hidden", "--epochs", "0"], "epochs=0"),
        (["train", "hidden", "--rate", "nan"], "rate=nan"),
        (["train", "hidden", "--recipe", "slow"], "no recipe 'slow'"),
        (["evaluate", "missing.keras"], "missing.keras"),
        (["predict", "missing.png", "--model", "missing.keras"], "missing.png"),
        (["predict", "missing.png"], "train hidden'"),
    ],
)
def test_an_error_is_one_sentence_and_status_2(capsys, words, sentence):
    assert sentence in refused(capsys, *words)


def test_a_picture_without_a_digit_is_refused(capsys, saved):
    Image.new("L", (40, 40), 255).save("empty.png")
    assert refused(capsys, "predict", "empty.png", "--model", saved)


def test_a_file_that_is_no_model_is_refused(capsys, tmp_path):
    (tmp_path / "model.keras").write_bytes(b"no model")
    assert "model.keras" in refused(capsys, "evaluate", "model.keras")


def test_a_training_stopped_at_once_replaces_no_file(capsys, saved, tmp_path, monkeypatch):
    def stop(model, digits, *args, **kwargs):
        return training.Run(model, "hidden", "fast", 0, False, "mnist", 1, 5, interrupted=True)

    monkeypatch.setattr(training, "train", stop)
    before = (tmp_path / saved).read_bytes()
    status, _, err = call(capsys, "train", "hidden", "--save", saved)
    assert (status, err) == (130, "mnistlab: stopped.\n")
    assert (tmp_path / saved).read_bytes() == before


@pytest.mark.parametrize("name", ["hidden.txt", "missing/hidden.keras", "folder.keras"])
def test_a_name_that_cannot_be_saved_to_is_refused_before_the_training(
    capsys, monkeypatch, tmp_path, name
):
    (tmp_path / "folder.keras").mkdir()
    monkeypatch.setattr(training, "train", lambda *_, **__: pytest.fail("trained"))
    assert name in refused(capsys, "train", "hidden", "--save", name)


@pytest.mark.slow
def test_a_console_without_bars_and_arrows_shows_what_it_can(saved):
    line = [sys.executable, "-m", "mnistlab", "predict", seven(), "--model", saved]
    console = os.environ | {"PYTHONIOENCODING": "cp1252"}
    out = subprocess.run(line, env=console, capture_output=True, check=True)
    assert b"seven.png: " in out.stdout
    assert b"Traceback" not in out.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no head")
def test_a_reader_that_has_read_enough_is_no_error():
    line = f"{sys.executable} -m mnistlab data | head -c 1"
    out = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)
    assert out.stderr == ""


def test_predict_refuses_a_model_of_other_images(capsys):
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10)])
    saving.save(model, "flat.keras")
    assert "not images of 28×28" in refused(capsys, "predict", seven(), "--model", "flat.keras")


def test_predict_shows_the_ten_outputs_that_stand_for_digits(capsys):
    saving.save(models.build("sigmoid-pair"), "pair.keras")
    _, out, _ = call(capsys, "predict", seven(), "--model", "pair.keras", "--json")
    assert len(json.loads(out)["pictures"]["seven.png"]["outputs"]) == 10


def test_a_stopped_command_says_so(capsys, monkeypatch):
    def interrupt(name, seed, output):
        raise KeyboardInterrupt

    monkeypatch.setattr(models, "build", interrupt)
    status, _, err = call(capsys, "train", "hidden")
    assert (status, err) == (130, "mnistlab: stopped.\n")


def test_a_wrong_option_exits_with_2(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["train", "hidden", "--epochs", "many"])
    assert end.value.code == 2


def test_help_imports_neither_tensorflow_nor_numpy():
    code = (
        "import sys; from mnistlab import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: print([*{'tensorflow', 'keras', 'numpy'} & {*sys.modules}])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.endswith("[]\n")
