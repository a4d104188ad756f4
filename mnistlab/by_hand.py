"""A network of dense layers in plain NumPy: forward pass, backpropagation and Adam.

It does what lesson 3 does by hand, for any number of layers. Sliders use it where Keras would have
to compile first: it starts to learn at once and can stop between any two batches.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

__all__ = ["ACTIVATIONS", "Network", "cross_entropy", "epochs", "one_core", "scaled", "softmax"]

Numbers = NDArray[np.float32]

# For each activation: the function, and its slope as a function of its own output.
ACTIVATIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "relu": (lambda z: np.maximum(z, 0), lambda a: (a > 0).astype(np.float32)),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z.clip(-60, 60))), lambda a: a * (1 - a)),
    "tanh": (np.tanh, lambda a: 1 - a * a),
    "linear": (lambda z: z, np.ones_like),
}
DECAY, DECAY_OF_SQUARES, TINY = 0.9, 0.999, 1e-7  # as in Keras' Adam


class _OneCore:
    """A context in which products keep to one processor core.

    Those of small arrays are hardly quicker on several, and many times slower where another
    program, such as the browser, wants those too. Threads may overlap: the last one out restores.
    """

    def __init__(self) -> None:
        self._lock, self._inside, self._limits = threading.Lock(), 0, contextlib.ExitStack()

    @cached_property
    def _products(self) -> ThreadpoolController:
        return ThreadpoolController()  # looks through all libraries, once

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._limits.enter_context(self._products.limit(limits=1, user_api="blas"))

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._limits.close()


one_core = _OneCore()


def scaled(images: NDArray[np.uint8]) -> Numbers:
    """Raw pixels (n, 784) as the network takes them: float32 in 0..1."""
    return np.divide(images, 255, dtype=np.float32)


def softmax(logits: NDArray[Any]) -> NDArray[Any]:
    """Share out 1 among the classes: (n, classes) → (n, classes)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def cross_entropy(outputs: Numbers, labels: NDArray[np.integer]) -> float:
    """The mean loss: minus the logarithm of the output at each label's place."""
    right = outputs[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(right, 1e-7)).mean())


@dataclass
class Network:
    """784 pixels → hidden layers of these sizes → 10 classes; the arrays change as it learns."""

    sizes: Sequence[int]
    activation: str = "relu"
    dropout: float = 0.0
    seed: int = 0
    kernels: list[Numbers] = field(init=False)
    biases: list[Numbers] = field(init=False)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        widths = [784, *self.sizes, 10]
        self.kernels = [self._start(before, after) for before, after in pairwise(widths)]
        self.biases = [np.zeros(width, np.float32) for width in widths[1:]]
        moved = [*self.kernels, *self.biases]
        self._means = [np.zeros_like(one) for one in moved]
        self._squares = [np.zeros_like(one) for one in moved]
        self._steps = 0

    @classmethod
    def of(cls, network: Any) -> "Network":
        """The same network as one of Keras' that has dense layers, all with the same bend."""
        if isinstance(network, cls):
            return network
        dense = [layer for layer in network.layers if hasattr(layer, "units")]
        bends = {layer.activation.__name__ for layer in dense[:-1]} or {"relu"}
        arrays = network.get_weights()
        if len(arrays) != 2 * len(dense) or len(bends) > 1 or not bends <= ACTIVATIONS.keys():
            raise ValueError(
                "Only dense layers that all have the same activation between them, one of "
                f"{', '.join(ACTIVATIONS)}, can be done by hand; this network has other layers."
            )
        same = cls([layer.units for layer in dense[:-1]], bends.pop())
        same.kernels, same.biases = arrays[::2], arrays[1::2]
        return same

    def _start(self, fan_in: int, fan_out: int) -> Numbers:
        reach = np.sqrt(6 / (fan_in + fan_out))  # Glorot's rule, which Keras uses
        return self.random.uniform(-reach, reach, (fan_in, fan_out)).astype(np.float32)

    def masks(self, images: int) -> list[Numbers]:
        """For each hidden layer which units stay, (images, units): 0, or 1 / (1 - dropout)."""
        keep = np.float32(1 - self.dropout)
        stays = [self.random.random((images, n)) < keep for n in self.sizes]
        return [np.divide(one, keep, dtype=np.float32) for one in stays]

    def layers(self, x: Numbers, masks: Sequence[Numbers] | None = None) -> list[Numbers]:
        """What each layer puts out, the last one's being logits. x: (n, 784)."""
        bend, _ = ACTIVATIONS[self.activation]
        outputs = [x]
        for i, (kernel, bias) in enumerate(zip(self.kernels, self.biases, strict=True)):
            z = outputs[-1] @ kernel + bias  # (n, before) @ (before, after) → (n, after)
            last = i == len(self.sizes)
            outputs.append(z if last else bend(z) * (1 if masks is None else masks[i]))
        return outputs[1:]

    def logits(self, x: Numbers) -> Numbers:
        """(n, 784) → (n, 10), without dropout."""
        return self.layers(x)[-1]

    def step(self, x: Numbers, labels: NDArray[np.integer], rate: float) -> float:
        """One step of Adam on one batch; returns its loss."""
        masks = self.masks(len(x)) if self.dropout else None
        outputs = self.layers(x, masks)
        shares = softmax(outputs[-1])
        gradients = self._gradients([x, *outputs[:-1]], shares, labels, masks)
        self._adam(gradients, rate)
        return cross_entropy(shares, labels)

    def _gradients(
        self,
        inputs: list[Numbers],
        shares: Numbers,
        labels: NDArray[np.integer],
        masks: list[Numbers] | None,
    ) -> list[Numbers]:
        """The slope of the loss by every weight: first the kernels', then the biases'."""
        _, slope = ACTIVATIONS[self.activation]
        blame = shares.copy()
        blame[np.arange(len(labels)), labels] -= 1
        blame /= len(labels)
        kernels: list[Numbers] = []
        biases: list[Numbers] = []
        for i in reversed(range(len(self.kernels))):
            kernels.insert(0, inputs[i].T @ blame)  # (before, n) @ (n, after) → (before, after)
            biases.insert(0, blame.sum(axis=0))
            if i:
                mask = np.float32(1) if masks is None else masks[i - 1]
                output = np.divide(inputs[i], mask, where=mask > 0, out=np.zeros_like(inputs[i]))
                blame = blame @ self.kernels[i].T * slope(output) * mask
        return kernels + biases

    def _adam(self, gradients: list[Numbers], rate: float) -> None:
        self._steps += 1
        correction = np.sqrt(1 - DECAY_OF_SQUARES**self._steps) / (1 - DECAY**self._steps)
        arrays = zip(
            [*self.kernels, *self.biases], gradients, self._means, self._squares, strict=True
        )
        for values, gradient, mean, square in arrays:
            mean += (1 - DECAY) * (gradient - mean)
            square += (1 - DECAY_OF_SQUARES) * (gradient * gradient - square)
            values -= np.float32(rate * correction) * mean / (np.sqrt(square) + TINY)


def epochs(
    network: Network,
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    count: int,
    batch: int,
    rate: float,
) -> Iterator[tuple[float, float]]:
    """Train batch by batch; after each one yield (epochs done, the batch's loss).

    images: (n, 784) uint8; each batch is scaled when its turn comes, to save memory.
    """
    steps = max(1, len(images) // batch)
    for epoch in range(count):
        order = network.random.permutation(len(images))
        for step in range(steps):
            chosen = order[step * batch : (step + 1) * batch]
            loss = network.step(scaled(images[chosen]), labels[chosen], rate)
            yield epoch + (step + 1) / steps, loss
