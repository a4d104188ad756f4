"""Answers to assignment 2: right ones that differ from the solution, and wrong ones.

What a wrong one gets for its task, and what has to be said to it, stands beside it.
"""

from coursework_class import Wrong

# In NumPy, with the notebook's own `step`: no second is lost on TensorFlow where a submission
# is not about it.
TRAINED = (
    "x, y = np.delete(rows, held_out, axis=0), np.delete(labels, held_out)\n"
    "wanted = np.eye(10, dtype=np.float32)[y]\n\n\n"
    "def trained(seed, epochs, units=40):\n"
    "    random = np.random.default_rng(seed)\n"
    "    weights = [random.normal(0, 0.05, (784, units)), np.zeros(units),\n"
    "               random.normal(0, 0.2, (units, 10)), np.zeros(10)]\n"
    "    weights = [array.astype(np.float32) for array in weights]\n"
    "    for _ in range(epochs):\n"
    "        for batch in np.array_split(random.permutation(len(x)), len(x) // 16):\n"
    "            moved = np.roll(x[batch], random.choice([-28, -1, 0, 1, 28]), axis=1)\n"
    "            weights = step(weights, moved, wanted[batch], 0.1)\n"
    "    return weights\n\n\n"
)
CHOSEN = (
    "candidates = [measured(one, rows[held_out], labels[held_out])[1] for one in networks]\n"
    "chosen = int(np.argmax(candidates))\n"
    "best = networks[chosen]"
)
QUICK = TRAINED + "networks = [trained(seed, 16) for seed in range(3)]\n" + CHOSEN
ADAM = (
    "wanted = np.eye(10)[np.delete(labels, held_out)]\n"
    "x = np.delete(rows, held_out, axis=0)\n\n\n"
    "def trained(keep, epochs):\n"
    "    random = np.random.default_rng(1)\n"
    "    weights = [random.normal(0, 0.05, (784, 38)), np.zeros(38),\n"
    "               random.normal(0, 0.2, (38, 10)), np.zeros(10)]\n"
    "    mean, square = ([np.zeros_like(one) for one in weights] for _ in range(2))\n"
    "    for t in range(1, epochs * 75 + 1):\n"
    "        batch = random.integers(len(x), size=32)\n"
    "        inked = x[batch] * (random.random((32, 784)) < keep) / keep\n"
    "        new = step(weights, inked, wanted[batch], 1)\n"
    "        for i, (old, one) in enumerate(zip(weights, new)):\n"
    "            slope = old - one\n"
    "            mean[i] = 0.9 * mean[i] + 0.1 * slope\n"
    "            square[i] = 0.999 * square[i] + 0.001 * slope**2\n"
    "            size = 0.003 * (1 - 0.999**t) ** 0.5 / (1 - 0.9**t)\n"
    "            weights[i] = old - size * mean[i] / (np.sqrt(square[i]) + 1e-7)\n"
    "    return weights\n\n\n"
    "networks = [trained(0.8, 4), trained(0.8, 12), trained(0.6, 16)]\n" + CHOSEN
)
DEEP = (
    "import keras\n"
    "keras.utils.set_random_seed(3)\n"
    "x, y = np.delete(rows, held_out, axis=0), np.delete(labels, held_out)\n"
    "validation = rows[held_out], labels[held_out]\n"
    "networks = []\n"
    "for units in (10, 20, 38):\n"
    "    model = keras.Sequential([keras.Input((784,)), keras.layers.Dropout(0.2),\n"
    "        keras.layers.Dense(units, activation='relu'),\n"
    "        keras.layers.Dense(30, activation='relu'), keras.layers.Dense(10)])\n"
    "    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)\n"
    "    model.compile(keras.optimizers.RMSprop(0.002), loss, metrics=['accuracy'],\n"
    "        steps_per_execution=10)\n"
    "    stop = keras.callbacks.EarlyStopping('val_accuracy', patience=3,\n"
    "        restore_best_weights=True)\n"
    "    model.fit(x, y, batch_size=64, epochs=16, verbose=0, callbacks=[stop],\n"
    "              validation_data=validation)\n"
    "    networks.append(model)\n"
    "candidates = [(np.asarray(model(validation[0])).argmax(1) == validation[1]).mean()\n"
    "              for model in networks]\n"
    "chosen = np.argmax(candidates)\n"
    "best = networks[chosen].get_weights()"
)
DIAGNOSED = (
    "validation = [set(map(bytes, training(n).val_images)) for n in range(6)]\n"
    "copies = [sum(bytes(image) in validation[n] for image in training(n).images)\n"
    "          for n in range(6)]\n"
    "diagnoses = []\n"
    "for n in range(1, 6):\n"
    "    one, ends = training(n), runs[n][1]\n"
    "    if one.rate != training(0).rate:\n"
    "        diagnoses.append('FAST' if one.rate > 0.2 else ' Slow ')\n"
    "    elif one.scale != 255:\n        diagnoses.append('pixels')\n"
    "    elif np.ptp(one.kernel_1, axis=1).max() == 0:\n        diagnoses.append('equal')\n"
    "    elif len(set(one.labels[:20])) == 1:\n        diagnoses.append('order')\n"
    "    elif copies[n] > 50:\n        diagnoses.append('leak')\n"
    "    else:\n"
    "        diagnoses.append('unlike' if ends['accuracy'][-1] > 0.6 else 'labels')"
)
CURED = (
    "for n, name in enumerate(diagnoses, 1):\n"
    "    one = training(n)\n"
    "    one.rate, one.scale, one.epochs = 0.1, 255, 25\n"
    "    one.kernel_1 = np.random.default_rng(n).normal(0, 0.04, (784, 20))\n"
    "    one.kernel_2 = np.random.default_rng(n).normal(0, 0.3, (20, 10))\n"
    "    if name == 'order':\n"
    "        one.images = np.concatenate([one.images[i::80] for i in range(80)])\n"
    "        one.labels = np.concatenate([one.labels[i::80] for i in range(80)])\n"
    "    if name == 'unlike':\n"
    "        tries = []\n"
    "        for turn in (np.fliplr, np.flipud, np.transpose):\n"
    "            one.images = np.stack([turn(image) for image in training(n).images])\n"
    "            tries.append(train(one))\n"
    "        cured[n] = max(tries, key=lambda run: run[1]['val_accuracy'][-1])[0]\n"
    "    elif name not in ('labels', 'leak'):\n"
    "        cured[n] = train(one)[0]\n"
)

RIGHT = {
    "Adam by hand, and ink that is dropped": {
        "diagnose": DIAGNOSED,
        "labels": "n = 1 + [word.strip().lower() for word in diagnoses].index('labels')\n"
        "healthy_ink = training(0).images.reshape(800, 784) / 255\n"
        "ink, given = training(n).images.reshape(800, 784) / 255, training(n).labels\n"
        "means = [healthy_ink[training(0).labels == d].mean(axis=0) for d in range(10)]\n"
        "read = np.stack([((ink - m) ** 2).sum(axis=1) for m in means]).argmin(axis=0)\n"
        "fit = [(np.roll(given, -k) == read).mean() for k in range(800)]\n"
        "slipped = float(np.argmax(fit))\n"
        "mended = list(given[int(slipped):]) + list(given[:int(slipped)])",
        "leak": "diagnoses = [word.strip().lower() for word in diagnoses]\n"
        "one = training(1 + diagnoses.index('leak'))\n"
        "leaked = [i for i in range(800) if (one.val_images == one.images[i]).all((1, 2)).any()]",
        "choose": ADAM,
        "budget": "weights_counted = 784 * 38 + 38 + 380 + 10",
    },
    "deeper, stopped early": {
        "split": "held_out = np.arange(2, 3000, 6)",
        "choose": DEEP,
        "budget": "weights_counted = sum(array.size for array in best)",
    },
    "images that are moved, and one diagnosis at a time": {
        "cure": CURED,
        "split": "random = np.random.default_rng(5)\n"
        "held_out = np.concatenate([random.choice(np.flatnonzero(labels == d), 40, False)\n"
        "                           for d in range(10)])",
        "choose": QUICK,
        "budget": "weights_counted = 785 * 40 + 41 * 10",
    },
}


# Lines of a wrong answer, and of others that go on from there.
LEAK = (
    "one = training(1 + diagnoses.index('leak'))\n"
    "known = {image.tobytes() for image in one.val_images}\n"
    "leaked = np.flatnonzero([image.tobytes() in known for image in one.images])\n"
)
LABELS = (
    "one = training(1 + diagnoses.index('labels'))\n"
    "ink = one.images.reshape(-1, 784) / 255\n"
    "far = [np.var([ink[np.roll(one.labels, -k) == d].mean(axis=0) for d in range(10)], axis=0)\n"
    "       .sum() for k in range(40)]\n"
    "slipped = int(np.argmax(far))\n"
)
MENDED = LABELS + "mended = np.roll(one.labels, -slipped)"
FIXED = "\ndiagnoses = [word.strip().lower() for word in diagnoses]\ntruth = list(diagnoses)\n"
ON = {"labels": "diagnoses = truth\n" + MENDED}
HEALTHY = (
    "for n in range(1, 6):\n"
    "    one = training(0)\n"
    "    one.kernel_1 = np.random.default_rng(n).normal(0, 0.05, (784, 20))\n"
    "    cured[n] = train(one)[0]\n"
)
ALL = QUICK.replace(
    "np.delete(rows, held_out, axis=0), np.delete(labels, held_out)", "rows, labels"
)
EPOCHS = TRAINED + "networks = [trained(0, epochs) for epochs in (1, 16, 4)]\n" + CHOSEN
LINEAR = (
    "x, wanted = np.delete(rows, held_out, axis=0), np.eye(10)[np.delete(labels, held_out)]\n"
    "networks, weights = [], [np.zeros((784, 10)), np.zeros(10)]\n"
    "for i in range(120):\n"
    "    z = x[i % 40 :: 40] @ weights[0] + weights[1]\n"
    "    error = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True) - wanted[i % 40 :: 40]\n"
    "    weights = [weights[0] - 0.1 * x[i % 40 :: 40].T @ error / len(error),\n"
    "               weights[1] - 0.1 * error.mean(axis=0)]\n"
    "    if i % 40 == 39:\n"
    "        networks.append(weights)\n"
    "candidates = [((rows[held_out] @ kernel + bias).argmax(axis=1) == labels[held_out]).mean()\n"
    "              for kernel, bias in networks]\n"
    "chosen = int(np.argmax(candidates))\n"
    "best = networks[chosen]"
)
TANH = (
    "\ncandidates = [((np.tanh(rows[held_out] @ one[0] + one[1]) @ one[2] + one[3])\n"
    "               .argmax(axis=1) == labels[held_out]).mean() for one in networks]\n"
    "chosen = int(np.argmax(candidates))\n"
    "best = networks[chosen]"
)


def wrong(task, code, points, said, *, also=None, more=None):
    """A wrong submission that trains without Keras, unless its own answer is about that."""
    quick = {} if task == "choose" else {"choose": QUICK}
    return Wrong(task, code, points, said, quick | (also or {}), more or {})


WRONG = {
    "two diagnoses swapped": wrong(
        "diagnose",
        DIAGNOSED + FIXED + "diagnoses[0], diagnoses[1] = diagnoses[1], diagnoses[0]",
        3,
        "Your five words are the right ones",
        also=ON,
    ),
    "one diagnosis for all": wrong(
        "diagnose",
        DIAGNOSED + FIXED + "diagnoses = ['labels'] * 5",
        0,
        "You named labels for several trainings",
        also=ON,
    ),
    "the healthy one counted": wrong(
        "diagnose",
        DIAGNOSED + FIXED + "diagnoses = ['healthy', *diagnoses]",
        0,
        "diagnoses should be an array of the shape (5,)",
        also=ON,
    ),
    "other words": wrong(
        "diagnose",
        DIAGNOSED + FIXED + "diagnoses = ['bad ' + word for word in diagnoses]",
        0,
        "is no word of the table",
        also=ON,
    ),
    "labels moved on": wrong(
        "labels", LABELS + "mended = np.roll(one.labels, slipped)", 1, "off by twice as much"
    ),
    "a number with the other sign": wrong(
        "labels",
        LABELS + "slipped = -slipped\nmended = np.roll(one.labels, slipped)",
        1,
        "its sign is not",
    ),
    "labels that fell off": wrong(
        "labels",
        MENDED + "\nmended[-slipped:] = 10",
        1,
        "Those that fell off at one end belong to the other",
    ),
    "places of the originals": wrong(
        "leak",
        LEAK + "copies = {image.tobytes() for image in one.images}\n"
        "leaked = np.flatnonzero([image.tobytes() in copies for image in one.val_images])",
        0,
        "These are places among the validation images",
    ),
    "places from 1": wrong("leak", LEAK + "leaked = leaked + 1", 0, "one too high"),
    "everyone accused": wrong(
        "leak", "leaked = np.arange(800)", 0, "so are even more that are no copies"
    ),
    "nothing repaired": wrong(
        "cure",
        "cured = {n: runs[n][0] for n in range(1, 6)}",
        0,
        "of the hidden digits, the means read",
    ),
    "the healthy one three times": wrong(
        "cure",
        "cured = {n: runs[0][0] for n in range(1, 6)}",
        0,
        "has the same weights as training",
    ),
    "for ink up to 255": wrong(
        "cure",
        CURED + "for weights in cured.values():\n    weights[0] = weights[0] / 255",
        0,
        "only if their ink goes up to 255",
    ),
    "one repaired": wrong(
        "cure", CURED + "cured = {n: cured[n] for n in [max(cured)]}", 1, "was not handed in"
    ),
    "the last ones held out": wrong(
        "split",
        "held_out = np.arange(2400, 3000)",
        1,
        "your digits are sorted",
        also={"choose": ""},
        more={"choose": 0, "budget": 0},
    ),
    "some held out twice": wrong(
        "split",
        "held_out = np.arange(0, 3000, 5)\nheld_out = np.append(held_out, held_out[:2])",
        1,
        "held out twice",
    ),
    "those to learn from": wrong(
        "split",
        "held_out = np.flatnonzero(np.arange(3000) % 5 > 0)",
        1,
        "are these the ones to learn from?",
        also={"choose": ""},
        more={"choose": 0, "budget": 0},
    ),
    "accuracy of the training images": wrong(
        "choose",
        QUICK + "\ncandidates = [measured(one, x, y)[1] for one in networks]\n"
        "chosen = int(np.argmax(candidates))\nbest = networks[chosen]",
        1,
        "on the images that it learnt from",
    ),
    "in percent": wrong(
        "choose", QUICK + "\ncandidates = 100 * np.array(candidates)", 1, "This is in percent"
    ),
    "candidates from 1": wrong("choose", EPOCHS + "\nchosen += 1", 0, "You counted from 1"),
    "no candidate but one": wrong(
        "choose",
        TRAINED + "networks = [trained(0, 16)]\n" + CHOSEN,
        1,
        "and three are wanted",
    ),
    "transposed kernels": wrong(
        "choose",
        QUICK + "\nbest = [array.T for array in best]",
        1,
        "weights_0 should be an array of the shape (784, n)",
        more={"budget": 0},
    ),
    "another bend": wrong("choose", QUICK + TANH, 1, "what it reads with tanh between its layers"),
    "a hundred units": wrong(
        "budget",
        "weights_counted = 785 * 100 + 101 * 10",
        0,
        "79,510 weights and biases, and 32,000 is the most",
        also={"choose": TRAINED + "networks = [trained(0, n, 100) for n in (1, 2, 3)]\n" + CHOSEN},
    ),
    "biases not counted": wrong(
        "budget", "weights_counted = 784 * 40 + 40 * 10", 3, "each unit has a bias too"
    ),
    "no hidden layer": wrong(
        "budget",
        "weights_counted = 7850",
        2,
        "without a hidden layer it is",
        also={"choose": LINEAR},
    ),
    "never trained": wrong(
        "budget",
        "weights_counted = 31_810",
        1,
        "that is no better than guessing",
        also={"choose": TRAINED + "networks = [trained(n, 0) for n in range(3)]\n" + CHOSEN},
    ),
    "no copy found": wrong("leak", "leaked = []", 0, "there are copies"),
    "a healthy training in their place": wrong(
        "cure", HEALTHY, 0, "no better than others: train it on these"
    ),
    "those held out learnt too": wrong(
        "choose",
        ALL,
        1,
        "has it learnt from those held out too?",
        also={"split": "held_out = np.random.default_rng(0).permutation(3000)[:1000]"},
    ),
    "no candidates": wrong(
        "choose", QUICK + "\ncandidates = []", 0, "There are 0 candidates, and three are wanted"
    ),
    "numbers without a network": wrong(
        "choose",
        "candidates, chosen = [0.7, 0.8, 0.9], 2",
        0,
        "The chosen network itself was not handed in",
        more={"budget": 0},
    ),
}
