"""The peers of `make bench`: other libraries train the network `hidden`, each in its own best way.

Each is a plain loop as its users write it: Adam, and a rate that rises and falls where the library
has one. Batch, epochs and rate are those that took each soonest to the target on 5,000 held-out
training images, as far as docs/speed.md says that they were tried.
"""

import time
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistlab import data, training

__all__ = ["PEERS", "USUAL", "learnt_from"]

Trained = tuple[float, Any]  # seconds, and the outputs for the test images
USUAL: dict[str, Any] = {"epochs": 5, "batch": 128, "rate": 0.005}  # what a careful user takes
BEST: dict[str, tuple[int, int, float]] = {  # epochs, batch, highest rate
    "sklearn": (10, 256, 0.003),
    "torch": (4, 512, 0.03),
    "jax": (4, 256, 0.015),
}


def with_sklearn(digits: data.Digits, seed: int) -> Trained:
    """scikit-learn's own class; its rate stays as it is."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    start = time.perf_counter()
    x, y = learnt_from(digits, seed)
    epochs, size, rate = BEST["sklearn"]
    options = {"batch_size": size, "learning_rate_init": rate, "max_iter": epochs}
    model = MLPClassifier((100,), random_state=seed, tol=0, **options)
    with warnings.catch_warnings():
        # So few epochs do not converge, which is meant.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, y)
    return time.perf_counter() - start, model.predict_proba(_flat(digits.x_test))


def with_torch(digits: data.Digits, seed: int) -> Trained:
    """A plain PyTorch loop with its fused Adam."""
    torch: Any = import_module("torch")
    _torch_imports(torch)
    start = time.perf_counter()
    torch.manual_seed(seed)
    x, y = (torch.from_numpy(part) for part in learnt_from(digits, seed))
    model = torch.nn.Sequential(
        torch.nn.Linear(784, 100), torch.nn.ReLU(), torch.nn.Linear(100, 10)
    )
    epochs, size, peak = BEST["torch"]
    steps = len(y) // size
    adam = torch.optim.Adam(model.parameters(), lr=peak, fused=True)
    rate = torch.optim.lr_scheduler.OneCycleLR(
        adam, peak, total_steps=epochs * steps, pct_start=0.1, cycle_momentum=False
    )
    for _ in range(epochs):
        order = torch.randperm(len(y))
        for step in range(steps):
            chosen = order[step * size : (step + 1) * size]
            loss = torch.nn.functional.cross_entropy(model(x[chosen]), y[chosen])
            adam.zero_grad()
            loss.backward()
            adam.step()
            rate.step()
    seconds = time.perf_counter() - start
    with torch.no_grad():
        return seconds, model(torch.from_numpy(_flat(digits.x_test))).numpy()


def _torch_imports(torch: Any) -> None:
    """A first step of Adam imports a part of PyTorch; imports are not counted."""
    number = torch.zeros(1, requires_grad=True)
    number.sum().backward()
    torch.optim.Adam([number], fused=True).step()


def with_jax(digits: data.Digits, seed: int) -> Trained:
    """One compiled scan over all steps, with Adam written out."""
    jax: Any = import_module("jax")
    jnp: Any = import_module("jax.numpy")
    start = time.perf_counter()
    x, y = (jnp.asarray(part) for part in learnt_from(digits, seed))
    epochs, size, peak = BEST["jax"]
    steps = len(y) // size
    total = epochs * steps
    keys = jax.random.split(jax.random.key(seed), 2 + epochs)
    uniform = jax.nn.initializers.glorot_uniform()
    weights = [
        (uniform(key, shape), jnp.zeros(shape[1]))
        for key, shape in zip(keys[:2], ((784, 100), (100, 10)), strict=True)
    ]
    zeros = jax.tree.map(jnp.zeros_like, weights)
    orders = [jax.random.permutation(key, len(y))[: steps * size] for key in keys[2:]]
    plan = (jnp.concatenate(orders).reshape(total, size), 1.0 + jnp.arange(total))

    def answers(weights: Any, images: Any) -> Any:
        (first, bias), (second, last) = weights
        return jax.nn.relu(images @ first + bias) @ second + last

    def loss(weights: Any, images: Any, labels: Any) -> Any:
        logs = jax.nn.log_softmax(answers(weights, images))
        return -jnp.take_along_axis(logs, labels[:, None], axis=1).mean()

    def step(state: Any, what: Any, x: Any, y: Any) -> Any:
        weights, mean, square = state
        chosen, count = what
        slope = jax.grad(loss)(weights, x[chosen], y[chosen])
        share = count / total
        rate = peak * jnp.minimum(share / 0.1, (1 + jnp.cos(jnp.pi * (share - 0.1) / 0.9)) / 2)
        rate = rate * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, slope)
        square = jax.tree.map(lambda s, g: 0.999 * s + 0.001 * g * g, square, slope)
        moved = jax.tree.map(
            lambda w, m, s: w - rate * m / (jnp.sqrt(s) + 1e-7), weights, mean, square
        )
        return (moved, mean, square), None

    def scan(state: Any, x: Any, y: Any) -> Any:
        return jax.lax.scan(lambda state, what: step(state, what, x, y), state, plan)[0]

    # The images are an argument: as a constant they would take a second to compile.
    weights = jax.block_until_ready(jax.jit(scan)((weights, zeros, zeros), x, y))[0]
    return time.perf_counter() - start, np.asarray(answers(weights, _flat(digits.x_test)))


def learnt_from(digits: data.Digits, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The images that ours learns from as well, in the form that libraries like."""
    learn, _ = training.split(digits, 5000, seed)
    return _flat(digits.x_train[learn]), digits.y_train[learn].astype(np.int64)


def _flat(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.divide(images.reshape(-1, 784), 255, dtype=np.float32)


PEERS: dict[str, Callable[[data.Digits, int], Trained]] = {
    "sklearn": with_sklearn,
    "torch": with_torch,
    "jax": with_jax,
}
