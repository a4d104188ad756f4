"""A notebook that shows every widget of the course on data that costs nothing."""

EXPLORERS = {
    "pixels": "widgets.pixels(images[:20])",
    "votes": "widgets.votes(random.normal(size=(784, 10)), np.zeros(10), images[:20], labels[:20])",
    "saturation": "widgets.saturation(logits, labels[:500])",
    "thresholds": "widgets.thresholds({'a': logits, 'b': -logits}, images[:500], labels[:500])",
    "confusion": "widgets.confusion(images[:500], labels[:500], logits.argmax(axis=1))",
    "dropout": "widgets.dropout({'deep': models.build('deep-dropout')}, images[:20], labels[:20])",
    "distortions": "widgets.distortions({'one': Reader()}, images[:20], labels[:20])",
    "filters": "widgets.filters(images[:20], {'a': [[-1, 1], [-1, 1]], 'b': [[1, 0], [0, 0]]})",
    "feature_maps": "widgets.feature_maps(models.build('cnn-fast'), images[:20])",
    "budget": "widgets.budget(random.uniform(0.5, 0.9, 20))",
    "looks": "widgets.looks()",
    "ink": "widgets.ink(photograph(range(10), light=0.7, seed=2))",
    "preparation": "widgets.preparation(models.build('no-hidden', seed=0))",
    "cells": "widgets.cells({'a': 0.9, 'b': 0.97})",
}

CELLS = {
    "data": """
import numpy as np
from mnistlab import models, widgets
from mnistlab.data import Digits
from mnistlab.pad import Pad
from mnistlab.photograph import photograph
from mnistlab.playground import Playground

random = np.random.default_rng(0)
images = random.integers(0, 256, (6000, 28, 28), dtype=np.uint8)
labels = np.arange(6000, dtype=np.uint8) % 10
logits = random.normal(0, 3, (500, 10))
digits = Digits(images, labels, images[:100], labels[:100], "mnist", "made for a test")


class Reader:
    def predict_on_batch(self, x):
        outputs = x.reshape(-1, 28, 28)[:, 4:24, 4:24].reshape(-1, 10, 40).sum(axis=2) + 1
        return outputs**8 / (outputs**8).sum(axis=1, keepdims=True)
""",
    **EXPLORERS,
    "playground": "Playground(digits, epochs=100)",
    "pad": "Pad({'one': Reader(), 'two': Reader()}, 'mine.npz')",
    "interact": """
from ipywidgets import interact
from mnistlab import plots

interact(lambda place: plots.digits(images[place], titles=[place]), place=(0, 9));
""",
}
