"""Trains every network with five seeds on both sets of digits and stores what they answer.

Then trains the second project's network as that project did, and stores what each of its epochs
reaches, and our best networks for minutes each. Writes mnistlab/stored/ and the README's results
tables. A run that is stopped goes on where it was: each finished training waits under
build/results/.
"""

import functools
import hashlib
import json
from pathlib import Path
from typing import Any

import keras
import marks
import numpy as np

from mnistlab import augmentation, data, evaluation, loop, models, results, training

ROOT = Path(__file__).parents[1]
STORED = ROOT / "mnistlab" / "stored"
FINISHED = ROOT / "build" / "results"
SEEDS = 5
ORIGINAL_SEEDS = 3  # of the second project's network: each takes minutes
HELD_OUT = 5000  # validation images, of which the original recipe has none
# The best networks, the recipe, the augmentation, and the accuracy that each is to reach.
BEST = (
    ("rows-columns", "fast", "", 0.988),
    ("rows-columns", "long", "warped", 0.992),
    ("cnn-fast", "long", "warped", 0.995),
)


def main() -> None:
    """Train what is not trained yet, then write the files."""
    found: dict[str, Any] = {}
    saturation = {}
    for source in ("mnist", "offline"):
        digits = data.load(source)
        found[source] = {"fingerprint": results.fingerprint(digits), "networks": {}}
        answers = {}
        for network in models.NAMES:
            packed = [trained(digits, network, seed) for seed in range(SEEDS)]
            found[source]["networks"][network] = facts(digits, network, packed)
            answers[network] = np.stack(packed)
        np.savez_compressed(STORED / f"{source}.npz", **answers)  # type: ignore[arg-type]
        if source == "mnist":
            found[source]["best"] = [best(digits, *which) for which in BEST]
        saturation[source] = saturated(digits)
    write("results", found)
    write("saturation", saturation)
    marks.fill_in(ROOT / "README.md", "results", results.markdown())


def trained(digits: data.Digits, network: str, seed: int) -> np.ndarray:
    """The packed answers of one trained network to the test images: (n, 10) uint8."""
    path = FINISHED / f"{network}-{seed}-{made_from(digits)}.npy"
    if not path.exists():
        run = training.train(models.build(network, seed), digits, seed=seed, progress=False)
        print(run, flush=True)
        logits = models.logits(run.model, digits.x_test)
        FINISHED.mkdir(parents=True, exist_ok=True)
        # Ten of sigmoid-pair's hundred outputs ever get a label.
        np.save(path.with_suffix(".part.npy"), results.pack(logits)[:, :10])
        path.with_suffix(".part.npy").rename(path)
    answers: np.ndarray = np.load(path)
    return answers


@functools.cache
def made_from(digits: data.Digits) -> str:
    """Names all that a result depends on: the digits, and the code that trains on them."""
    digest = hashlib.sha256(results.fingerprint(digits).encode())
    digest.update(digits.x_train.tobytes() + digits.y_train.tobytes())
    for module in (models, augmentation, training, loop):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:16]


def facts(digits: data.Digits, network: str, packed: list[np.ndarray]) -> dict[str, Any]:
    """What the table says of one network."""
    right = [answers.argmin(axis=1) == digits.y_test for answers in packed]
    return {
        "weights": models.weight_count(models.build(network)),
        "recipe": vars(training.recipe_for(network)),
        "seeds": list(range(SEEDS)),
        "accuracies": [float(each.mean()) for each in right],
    }


def best(
    digits: data.Digits, network: str, recipe: str, augment: str, aim: float
) -> dict[str, Any]:
    """Five seeds: what they read rightly, and how many seconds each took."""
    found = [timed(digits, network, recipe, augment, seed) for seed in range(SEEDS)]
    return {
        "network": network,
        "name": recipe,
        "augment": augment or False,
        "aim": aim,
        "recipe": vars(training.recipe_for(network, recipe)),
        "accuracies": [each["accuracy"] for each in found],
        "seconds": [each["seconds"] for each in found],
    }


def timed(
    digits: data.Digits, network: str, recipe: str, augment: str, seed: int
) -> dict[str, float]:
    """One training: its test accuracy and its seconds."""
    name = f"{recipe}-{network}-{augment or 'plain'}-{seed}"
    path = FINISHED / f"{name}-{made_from(digits)}.json"
    if not path.exists():
        model = models.build(network, seed)
        run = training.train(model, digits, None, seed, recipe, augment or False, progress=False)
        print(run, flush=True)
        right = models.logits(model, digits.x_test).argmax(axis=1) == digits.y_test
        keep(path, {"accuracy": float(right.mean()), "seconds": run.seconds})
    found: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
    return found


def keep(path: Path, found: dict[str, Any]) -> None:
    """Write a finished training's facts, whole or not at all."""
    FINISHED.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".part").write_text(json.dumps(found), encoding="utf-8")
    path.with_suffix(".part").rename(path)


def saturated(digits: data.Digits) -> dict[str, Any]:
    """What lesson 4 shows of the second project's recipe, which takes too long to run in it."""
    recipe = training.recipe_for("deep-dropout", "original")
    return {
        "network": "deep-dropout",
        "recipe": vars(recipe) | {"validation": HELD_OUT},
        "runs": [read_both_ways(digits, seed) for seed in range(ORIGINAL_SEEDS)],
    }


def read_both_ways(digits: data.Digits, seed: int) -> dict[str, Any]:
    """One training with a sigmoid output: what its validation images get after each epoch.

    The same logits are read through the sigmoid and through a softmax.
    """
    path = FINISHED / f"saturation-{seed}-{made_from(digits)}.json"
    if not path.exists():
        epochs = _BothReadings(digits, seed)
        model = models.build("deep-dropout", seed, output="sigmoid")
        run = training.train(
            model,
            digits,
            seed=seed,
            recipe="original",
            validation=HELD_OUT,
            progress=False,
            callbacks=[epochs],
        )
        print(run, flush=True)
        keep(path, epochs.found)
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


class _BothReadings(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Notes what the held-out images get after each epoch, through either activation."""

    def __init__(self, digits: data.Digits, seed: int) -> None:
        super().__init__()
        _, hold = training.split(digits, HELD_OUT, seed)
        self.images, self.labels = digits.x_train[hold], digits.y_train[hold]
        self.found: dict[str, Any] = {"seed": seed}

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        logits = models.logits(self.model, self.images)
        softmax, sigmoid = (
            evaluation.score(logits, self.labels, name) for name in ("softmax", "sigmoid")
        )
        values = {
            "loss": softmax.loss,
            "softmax": softmax.accuracy,
            "sigmoid": sigmoid.accuracy,
            "ties": sigmoid.ties.count / len(self.labels),
        }
        for name, value in values.items():
            self.found.setdefault(name, []).append(round(value, 4))


def write(name: str, found: dict[str, Any]) -> None:
    """Store what was found as readable JSON."""
    (STORED / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
