"""Answers to assignment 1: right ones that differ from the solution, and wrong ones.

What a wrong one gets for its task, and what has to be said to it, stands beside it.
"""

from coursework_class import Wrong

RIGHT = {
    "in loops": {
        "counts": "counts = [sum(1 for label in labels if label == digit) for digit in range(10)]\n"
        "rare = float(counts.index(min(counts)))",
        "rows": "rows = np.array([[value / 255 for value in image.ravel()] for image in images], "
        "np.float32)",
        "means": "means = np.zeros((10, 784))\n"
        "for row, label in zip(rows, labels):\n    means[label] += row\n"
        "means /= np.bincount(labels)[:, None]",
        "confusion": "confusion = [[int(((mine.practice_labels == t) & (predicted == p)).sum())\n"
        "              for p in range(10)] for t in range(10)]\n"
        "pair = max(((t, p) for t in range(10) for p in range(10) if t != p),\n"
        "           key=lambda tp: confusion[tp[0]][tp[1]])\n"
        "confusion = np.array(confusion)",
    },
    "wrong labels left out of the means": {
        "means": "means = np.stack([rows[labels == digit].mean(axis=0) for digit in range(10)])\n"
        "far = np.stack([((rows - mean) ** 2).sum(axis=1) for mean in means], axis=1)\n"
        "own = far[np.arange(len(labels)), labels]\n"
        "sound = np.ones(len(labels), bool)\n"
        "sound[np.argsort(far.min(axis=1) - own)[:11]] = False\n"
        "means = np.stack([rows[sound & (labels == d)].mean(axis=0) for d in range(10)])",
        "doubtful": "doubtful = list(np.flatnonzero(~sound))",
    },
    "means as a start, and float64": {
        "rows": "rows = images.reshape(2000, 784).astype(float) / 255",
        "better": "better_weights, better_biases = 0.2 * weights, 0.2 * biases\n"
        "target = (labels[:, None] == np.arange(10)).astype(float)\n"
        "for step in range(250):\n"
        "    z = rows @ better_weights + better_biases\n"
        "    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)\n"
        "    better_weights = better_weights - 0.4 * rows.T @ (p - target) / 2000\n"
        "    better_biases = better_biases - 0.4 * (p - target).mean(axis=0)",
    },
}

STEPS = (
    "better_weights, better_biases = np.zeros((784, 10)), np.zeros(10)\n"
    "target = np.eye(10)[labels]\n"
    "for _ in range({steps}):\n"
    "    p = np.exp(rows @ better_weights + better_biases)\n"
    "    p /= p.sum(axis=1, keepdims=True)\n"
    "    better_weights {sign}= 0.5 * rows.T @ (p - target) / 2000\n"
    "    better_biases {sign}= 0.5 * (p - target).mean(axis=0)"
)
MEANS = "means = np.stack([rows[labels == d].mean(axis=0) for d in range(10)])"
SUSPECTS = (
    "distances = np.stack([((rows - mean) ** 2).sum(axis=1) for mean in means], axis=1)\n"
    "suspicion = distances[np.arange(2000), labels] - distances.min(axis=1)\n"
)

WRONG = {
    "practice counted": Wrong(
        "counts",
        "counts = np.bincount(mine.practice_labels, minlength=10)\n"
        "rare = np.bincount(labels).argmin()",
        1,
        "counts of the practice images",
    ),
    "how many instead of which": Wrong(
        "counts",
        "counts = np.bincount(labels, minlength=10)\nrare = counts.min()",
        1,
        "name the digit itself",
    ),
    "counts sorted": Wrong(
        "counts",
        "counts = np.bincount(labels, minlength=10)\nrare = counts.argmin()\ncounts.sort()",
        1,
        "in another order",
    ),
    "nine counts": Wrong(
        "counts",
        "counts = np.bincount(labels, minlength=10)[1:]\nrare = counts.argmin()",
        0,
        "counts should be an array of the shape (10,), and yours is an array of the shape (9,)",
    ),
    "not scaled": Wrong(
        "rows",
        "rows = images.reshape(2000, 784).astype(np.float32)",
        1,
        "divide by 255",
        also={"means": "rows /= 255\n" + MEANS},
    ),
    "on their side": Wrong(
        "rows",
        "rows = images.transpose(0, 2, 1).reshape(2000, 784) / np.float32(255)",
        1,
        "it lies on its side",
        also={"means": "rows = images.reshape(2000, 784) / np.float32(255)\n" + MEANS},
    ),
    "sums": Wrong(
        "means",
        "means = np.stack([rows[labels == d].sum(axis=0) for d in range(10)])",
        0,
        "These are sums of ink",
        also={"doubtful": MEANS + "\n" + SUSPECTS + "doubtful = np.argsort(-suspicion)[:11]"},
    ),
    "one mean for all": Wrong(
        "means",
        "means = np.stack([rows.mean(axis=0)] * 10)",
        1,
        "mean of all images",
        also={"doubtful": MEANS + "\n" + SUSPECTS + "doubtful = np.argsort(-suspicion)[:11]"},
    ),
    "labels instead of places": Wrong(
        "doubtful",
        SUSPECTS + "doubtful = labels[np.argsort(-suspicion)[:8]]",
        0,
        "look like digits",
    ),
    "places from 1": Wrong(
        "doubtful", SUSPECTS + "doubtful = np.argsort(-suspicion)[:11] + 1", 0, "one too high"
    ),
    "everyone accused": Wrong(
        "doubtful", SUSPECTS + "doubtful = np.flatnonzero(suspicion > 0)", 0, "16 is the most"
    ),
    "half of them": Wrong(
        "doubtful", SUSPECTS + "doubtful = np.argsort(-suspicion)[:4]", 3, "of the 8 wrong labels"
    ),
    "nobody asked": Wrong("doubtful", "", 0, "doubtful was not handed in"),
    "no biases": Wrong(
        "reader",
        "weights, biases = means.T, np.zeros(10)\n"
        "predicted = (practice @ weights).argmax(axis=1)\n"
        "accuracy = (predicted == mine.practice_labels).mean()",
        3,
        "much ink always wins",
    ),
    "transposed weights": Wrong(
        "reader",
        "weights, biases = means, -(means**2).sum(axis=1) / 2\n"
        "predicted = (practice @ weights.T + biases).argmax(axis=1)\n"
        "accuracy = (predicted == mine.practice_labels).mean()",
        2,
        "weights should be an array of the shape (784, 10), and yours is",
    ),
    "smallest score": Wrong(
        "reader",
        "weights, biases = means.T, -(means**2).sum(axis=1) / 2\n"
        "predicted = (practice @ weights + biases).argmin(axis=1)\n"
        "accuracy = (predicted == mine.practice_labels).mean()",
        3,
        "You took the smallest score",
    ),
    "in percent": Wrong(
        "reader",
        "weights, biases = means.T, -(means**2).sum(axis=1) / 2\n"
        "predicted = (practice @ weights + biases).argmax(axis=1)\n"
        "accuracy = 100 * (predicted == mine.practice_labels).mean()",
        3,
        "This is in percent",
    ),
    "labels handed in": Wrong(
        "reader",
        "weights, biases = means.T, -(means**2).sum(axis=1) / 2\n"
        "predicted = mine.practice_labels\naccuracy = 1.0",
        3,
        "labels of the practice images",
        more={"confusion": 1},
    ),
    "rows and columns swapped": Wrong(
        "confusion",
        "confusion = np.zeros((10, 10), int)\n"
        "np.add.at(confusion, (predicted, mine.practice_labels), 1)\n"
        "off = confusion.T - np.diag(np.diag(confusion))\n"
        "pair = np.unravel_index(off.argmax(), (10, 10))",
        1,
        "Rows and columns are swapped",
    ),
    "the diagonal as a mistake": Wrong(
        "confusion",
        "confusion = np.zeros((10, 10), int)\n"
        "np.add.at(confusion, (mine.practice_labels, predicted), 1)\n"
        "pair = np.unravel_index(confusion.argmax(), (10, 10))",
        1,
        "leave the diagonal out",
    ),
    "uphill": Wrong(
        "better", STEPS.format(steps=10, sign="+"), 0, "Is the sign of the step right?"
    ),
    "two steps": Wrong("better", STEPS.format(steps=2, sign="-"), 0, "take more steps"),
    "grown to NaN": Wrong(
        "better",
        "better_weights, better_biases = np.full((784, 10), np.nan), np.zeros(10)",
        0,
        "contains NaN or infinity",
    ),
    "another's kernel": Wrong("better", "better_weights = 'the best'", 0, "should be numbers"),
}
