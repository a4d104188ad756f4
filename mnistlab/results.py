"""What trainings too long for a lesson reached: stored by `make results`, read by lessons 4 and 5.

For each network and five seeds the files hold the answers to all test images, and for the second
project's own recipe how each epoch did on the validation images.
"""

import hashlib
import json
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistlab.data import Digits

__all__ = ["fingerprint", "markdown", "outputs", "pack", "published", "saturation", "summary"]
__all__ += ["unpack"]

STEP = 1 / 16  # of a stored log-probability: a probability is within 14 % of the true one
FOLDER = files("mnistlab") / "stored"


def published() -> dict[str, Any]:
    """What the first projects published, by network; lessons 5 and 9."""
    text = (files("mnistlab") / "published.json").read_text(encoding="utf-8")
    networks: dict[str, Any] = json.loads(text)["networks"]
    return networks


def summary() -> dict[str, Any]:
    """By data source and network: the recipe, the seeds and their test accuracies.

    Of MNIST also the `best` networks, where they are stored: what each reaches in minutes, with or
    without augmentation.
    """
    facts: dict[str, Any] = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))
    return facts


def saturation(source: str) -> dict[str, Any]:
    """The second project's network, trained as it was, epoch by epoch; lesson 4.

    source: "mnist" or "offline". Its `recipe`, and `runs`, one for each seed: the validation
    images' `loss`, their accuracy as `softmax` and as `sigmoid` read the same weights, and the
    share of them whose largest sigmoid output several classes share, `ties`.
    """
    found = json.loads((FOLDER / "saturation.json").read_text(encoding="utf-8"))
    if source not in found:
        raise ValueError(f"No curves of {source!r} are stored, only of {[*found]}.")
    curves: dict[str, Any] = found[source]
    return curves


def outputs(network: str, digits: Digits) -> NDArray[np.float32]:
    """The softmax outputs of five trained networks for the test images: (seeds, n, 10).

    Trained with the fast recipe on the digits at hand. Taught in lesson 5.
    """
    facts = summary()[digits.source]
    if facts["fingerprint"] != fingerprint(digits):
        raise ValueError(
            "The stored answers belong to other test images than these. Load whole digits with "
            "data.load(), or make the answers anew with: make results"
        )
    if network not in facts["networks"]:
        raise ValueError(f"No answers of {network!r} are stored, only of {[*facts['networks']]}.")
    with (FOLDER / f"{digits.source}.npz").open("rb") as file, np.load(file) as stored:
        return unpack(stored[network])


def fingerprint(digits: Digits) -> str:
    """Names the test images and labels that stored answers belong to."""
    content = np.ascontiguousarray(digits.x_test).tobytes() + digits.y_test.tobytes()
    return hashlib.sha256(content).hexdigest()[:16]


def pack(logits: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Logits (n, classes) as one byte each: the negative log-probability in steps of `STEP`."""
    best = logits.argmax(axis=-1, keepdims=True)
    shifted = logits - np.take_along_axis(logits, best, axis=-1)
    negative = np.log(np.exp(shifted).sum(axis=-1, keepdims=True)) - shifted
    packed: NDArray[np.uint8] = np.minimum(np.rint(negative / STEP), 254).astype(np.uint8)
    # Rounding must not move the answer: whatever now equals the best one goes a step behind it.
    packed += packed == np.take_along_axis(packed, best, axis=-1)
    np.put_along_axis(packed, best, np.take_along_axis(packed, best, axis=-1) - 1, axis=-1)
    return packed


def unpack(packed: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Probabilities from what `pack` made; they sum to 1 again."""
    weights = np.exp(-STEP * packed.astype(np.float32))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True), np.float32)


def markdown() -> str:
    """The README's tables: test accuracy in percent, mean ± spread over the seeds."""
    found = summary()
    lines = [
        "| network | weights | published | MNIST | offline digits |",
        "|---|---:|---:|---:|---:|",
    ]
    for network in found["mnist"]["networks"]:
        first = published().get(network, {"accuracy": None})["accuracy"]
        cells = [
            _mean_and_spread(found[source]["networks"][network]["accuracies"])
            for source in ("mnist", "offline")
        ]
        weights = found["mnist"]["networks"][network]["weights"]
        shown = "none" if first is None else f"{100 * first:.2f}"
        lines.append(f"| `{network}` | {weights:,} | {shown} | {' | '.join(cells)} |")
    best = found["mnist"].get("best", [])
    return "\n".join([*lines, "", *_best(best)] if best else lines)


def _best(found: list[dict[str, Any]]) -> list[str]:
    """The second table: the best networks, and how long they take."""
    lines = [
        "| the best | recipe | augmented | epochs | MNIST | longest, in seconds |",
        "|---|---|---|---:|---:|---:|",
    ]
    for best in found:
        cells = [f"`{best['network']}`", best["name"], best["augment"] or "no"]
        cells += [str(best["recipe"]["epochs"]), _mean_and_spread(best["accuracies"])]
        lines.append(f"| {' | '.join(cells)} | {max(best['seconds']):.0f} |")
    return lines


def _mean_and_spread(accuracies: list[float]) -> str:
    percent = 100 * np.array(accuracies)
    return f"{percent.mean():.2f} ± {percent.std(ddof=1):.2f}"
