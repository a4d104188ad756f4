"""The fast way to train: one compiled function takes many steps before Python is asked again.

Images stay raw bytes in memory, and each batch is scaled when its turn comes. docs/speed.md shows
what each part saves.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from mnistlab.augmentation import varied, warped

__all__ = ["Loop", "orthogonal"]

Told = Callable[[int], None]
AT_ONCE = 25  # steps; Ctrl-C waits for them


class Loop:
    """Trains `model` on the images that `learn` names, in batches of `size`.

    `rates` holds the learning rates of each step: Adam's, and in a second column, where there is
    one, Muon's for the weight matrices of the hidden layers. `learn`'s order changes with each
    epoch, by `seed`; a remainder that fills no batch waits for the next epoch's order. `augment`
    names what is done to each batch's images: "varied", "warped" or nothing.
    """

    def __init__(
        self,
        model: keras.Model,
        images: NDArray[Any],
        labels: NDArray[Any],
        learn: NDArray[np.intp],
        *,
        size: int,
        rates: NDArray[np.float32],
        seed: int = 0,
        augment: str = "",
    ) -> None:
        self.model, self.size, self.augment = model, size, augment
        self.rates = tf.constant(rates, tf.float32)
        self.steps = len(learn) // size
        self.whole = 255 if images.dtype == np.uint8 else 1
        self.images, self.labels = tf.constant(images), tf.constant(labels)
        self.learn, self.seed = tf.constant(learn), seed
        bare = getattr(model.layers[-1], "activation", None) is keras.activations.linear
        self.loss = keras.losses.SparseCategoricalCrossentropy(from_logits=bare)
        self.weights = [weight.value for weight in model.trainable_variables]
        self.means = [tf.Variable(tf.zeros_like(weight)) for weight in self.weights]
        self.squares = [tf.Variable(tf.zeros_like(weight)) for weight in self.weights]
        self.hidden = _hidden_matrices(model)
        self._take = tf.function(self._steps, autograph=False)
        self._read = tf.function(self._measure, autograph=False, reduce_retracing=True)

    def trace(self) -> None:
        """Writes the compiled function now; else the first step does, and is late."""
        number = tf.constant(0)
        self._take.get_concrete_function(self.learn, number, number, number)

    def epoch(self, epoch: int, told: Told = lambda steps: None) -> dict[str, float]:
        """Goes once over the images; `told` hears now and then how many more steps are done."""
        order = tf.random.experimental.stateless_shuffle(self.learn, seed=[self.seed, epoch])
        begun, sums = tf.constant(epoch * self.steps), np.zeros(2)
        for first in range(0, self.steps, AT_ONCE):
            last = min(first + AT_ONCE, self.steps)
            sums += self._take(order, begun, tf.constant(first), tf.constant(last)).numpy()
            told(last - first)
        return dict(zip(("loss", "accuracy"), (sums / self.steps).tolist(), strict=True))

    def measure(self, images: NDArray[Any], labels: NDArray[Any]) -> dict[str, float]:
        """Loss and accuracy on other images, with nothing dropped and nothing learnt."""
        parts = range(0, len(labels), 1000)
        sums = sum(
            self._read(tf.constant(images[i : i + 1000]), tf.constant(labels[i : i + 1000]))
            for i in parts
        )
        return dict(zip(("loss", "accuracy"), (sums / len(labels)).numpy().tolist(), strict=True))

    def _steps(
        self, order: tf.Tensor, begun: tf.Tensor, first: tf.Tensor, last: tf.Tensor
    ) -> tf.Tensor:
        def one(step: tf.Tensor, sums: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            chosen = order[step * self.size : (step + 1) * self.size]
            return step + 1, sums + self._step(chosen, begun + step)

        return tf.while_loop(lambda step, _: step < last, one, (first, tf.zeros(2)))[1]

    def _step(self, chosen: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        images = self._scaled(tf.gather(self.images, chosen))
        labels = tf.gather(self.labels, chosen)
        if self.augment:
            seed = tf.stack([tf.constant(self.seed, tf.int64), tf.cast(step, tf.int64)])
            warp = self.augment == "warped"
            images = warped(images, seed) if warp else varied(images, labels, seed)
        with tf.GradientTape() as tape:
            outputs = self.model(images, training=True)
            loss = self.loss(labels, outputs) + sum(self.model.losses)
        slopes = tape.gradient(loss, self.weights, unconnected_gradients="zero")
        self._update(slopes, step)
        return tf.stack([loss, tf.reduce_mean(_right(labels, outputs))])

    def _update(self, gradients: list[tf.Tensor], step: tf.Tensor) -> None:
        count = tf.cast(step + 1, tf.float32)
        rate = self.rates[step]
        slots = zip(self.weights, gradients, self.means, self.squares, self.hidden, strict=True)
        for weight, gradient, mean, square, hidden in slots:
            if hidden and self.rates.shape[1] == 2:
                mean.assign(0.9 * mean + gradient)
                weight.assign_sub(rate[1] * orthogonal(gradient + 0.9 * mean))
            else:
                # One fused operation, where Keras' Adam runs about ten over the same numbers.
                tf.raw_ops.ResourceApplyAdam(
                    var=weight.handle,
                    m=mean.handle,
                    v=square.handle,
                    beta1_power=0.9**count,
                    beta2_power=0.999**count,
                    lr=rate[0],
                    beta1=0.9,
                    beta2=0.999,
                    epsilon=1e-7,
                    grad=gradient,
                )

    def _measure(self, images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        outputs = self.model(self._scaled(images), training=False)
        count = tf.cast(tf.size(labels), tf.float32)
        loss = self.loss(labels, outputs) + sum(self.model.losses)
        return tf.stack([loss, tf.reduce_mean(_right(labels, outputs))]) * count

    def _scaled(self, images: tf.Tensor) -> tf.Tensor:
        return tf.cast(images, tf.float32) / self.whole


def orthogonal(update: tf.Tensor) -> tf.Tensor:
    """A matrix of the same directions that all weigh about the same: Muon's update.

    A gradient pulls hard in a few directions and hardly in most. Here each counts alike, so that
    few steps do what takes Adam many. A convolution's kernel counts as the matrix (all else,
    filters). Newton's and Schulz's rounds get there with products alone, of the small square;
    three of them come near enough.
    """
    columns = update.shape[-1]
    matrix = tf.reshape(update, (-1, columns))
    matrix /= tf.norm(matrix) + 1e-7
    tall = matrix.shape[0] > columns
    square = tf.matmul(matrix, matrix, transpose_a=tall, transpose_b=not tall)  # the smaller one
    whole = one = tf.eye(square.shape[0])
    for _ in range(3):
        factor = 3.4445 * one - 4.775 * square + 2.0315 * square @ square
        square = factor @ square @ factor
        whole = factor @ whole
    even = matrix @ whole if tall else whole @ matrix
    return max(1.0, columns / matrix.shape[0]) ** 0.5 * tf.reshape(even, update.shape)


def _hidden_matrices(model: keras.Model) -> list[bool]:
    """For each trainable weight: is it the kernel of a Dense or Conv2D layer before the last?"""
    learning = [layer for layer in model.layers if layer.trainable_variables]
    kinds = (keras.layers.Dense, keras.layers.Conv2D)
    kernels = {id(layer.kernel) for layer in learning[:-1] if type(layer) in kinds}
    return [id(weight) in kernels for weight in model.trainable_variables]


def _right(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.argmax(outputs, axis=1) == tf.cast(labels, tf.int64), tf.float32)
