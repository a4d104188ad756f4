"""Answers to assignment 3: right ones that differ from the solution, and wrong ones.

What a wrong one gets for its task, and what has to be said to it, stands beside it.
"""

from coursework_class import Wrong

WITH_LESSON_5 = """
over = [r.confidence.mean() - r.accuracy > 2 * (r.accuracy * (1 - r.accuracy) / 1500) ** 0.5
        for r in (a, b)]
too_sure = "both" if all(over) else "A" if over[0] else "B" if over[1] else "neither"
calibration_errors = [a.reliability.ece, b.reliability.ece]
for step in range(99, -1, -1):
    if a.correct[a.confidence > step / 100].mean() >= 0.96:
        threshold = step / 100
"""
MOVED_ONE_BY_ONE = """
leaked = []
for place, image in enumerate(mine.test_images.astype(int)):
    around = [np.roll(image, s, x) for s, x in ((0, 0), (1, 0), (-1, 0), (1, 1), (-1, 1))]
    if any((mine.train_images == one).all(axis=(1, 2)).any() for one in around):
        leaked += [place]
left = [place for place in range(500) if place not in leaked]
clean_accuracy = (mine.test_read[left] == mine.test_labels[left]).mean()
"""
BLURRED = """
def blurred(images):
    x = np.pad(images / 255.0, ((0, 0), (1, 1), (1, 1)), mode="edge")
    x = sum(x[:, r : r + 28, c : c + 28] for r in range(3) for c in range(3)) / 9
    return x.reshape(len(x), -1)


def read_by(rows, kinds, new):
    near = np.argsort((rows**2).sum(axis=1) - 2 * new @ rows.T, axis=1)[:, :3]
    return np.array([np.bincount(three, minlength=10).argmax() for three in kinds[near]])


images = np.array([255 - image if np.median(image) > 127 else image for image in mine.unlabelled])
rows, kinds = blurred(mine.train_images), mine.train_labels
expected_accuracy = (read_by(rows[:1500], kinds[:1500], rows[1500:]) == kinds[1500:]).mean()
predictions = read_by(rows, kinds, blurred(images))
"""
BY_HAND = """
m, contradicted = mine.matrix, ""
a = np.trace(m) / m.sum()
for letter, text in zip("ABCDEFGH", mine.statements):
    words = str(text).replace(",", "").rstrip(".").split()
    n = [float(word) for word in words if word.replace(".", "").isdigit()]
    d = int(n[0]) if n[0] < 10 else 0
    if "test images rightly" in text:
        holds = f"{a:.4f}" in text
    elif "tested" in text:
        holds = n[0] == m.sum()
    elif "show a" in text:
        holds = f"{m[d, d] / m[d].sum():.3f}" in text
    elif "reads as" in text:
        holds = f"{m[d, d] / m[:, d].sum():.3f}" in text
    elif "commoner" in text:
        holds = m[d, int(n[1])] == max(m[t, r] for t in range(10) for r in range(10) if t != r)
    elif "hidden layer" in text:
        holds = n[2] == 784 * n[1] + n[1] + n[1] * 10 + 10
    elif "held out" in text:
        holds = n[0] - n[1] == n[2] * n[3]
    elif "standard errors" in text:
        holds = f"{2 * (a * (1 - a) / m.sum()) ** 0.5:.4f}" in text
    elif "seeds" in text:
        holds = n[1] < n[0] < n[2]
    else:
        holds = any(f"{hits / n[0]:.4f}" in text for hits in range(int(n[0])))
    contradicted += "" if holds else f"{letter.lower()}, "
"""

RIGHT = {
    "by the functions of lesson 5": {
        "share": "from mnistlab import evaluation\n"
        "a, b = (evaluation.score(np.log(o), labels) for o in (outputs_a, outputs_b))\n"
        "accuracies, interval = [a.accuracy, b.accuracy], list(a.interval)",
        "digits": "recall, precision = a.per_class['recall'], a.per_class['precision']",
        "sure": WITH_LESSON_5,
        "better": "both = evaluation.compare(a, b)\n"
        "only, p = [both.only_first, both.only_second], both.p\n"
        "better = 'not shown' if not both.significant else 'B' if both.difference > 0 else 'A'",
    },
    "in loops, with blurred neighbours": {
        "digits": "read = [int(max(range(10), key=lambda d: row[d])) for row in outputs_a]\n"
        "recall, precision = [], []\n"
        "for d in range(10):\n"
        "    both = sum(r == d and t == d for r, t in zip(read, labels))\n"
        "    recall.append(round(both / sum(t == d for t in labels), 2))\n"
        "    precision.append(round(both / read.count(d), 2))",
        "leak": MOVED_ONE_BY_ONE,
        "predict": BLURRED,
    },
    "another's formulas": {
        "better": "from math import comb\n"
        "right = [(o.argmax(axis=1) == labels).astype(int) for o in (outputs_a, outputs_b)]\n"
        "only = [int((right[0] > right[1]).sum()), int((right[0] < right[1]).sum())]\n"
        "p = 2 * sum(comb(sum(only), k) for k in range(min(only) + 1)) / 2 ** sum(only)\n"
        "better = ' Not shown' if p > 0.05 else 'a' if only[0] > only[1] else 'b'",
        "claims": BY_HAND,
    },
}

RIGHTS = "a, b = (o.argmax(axis=1) == labels for o in (outputs_a, outputs_b))\n"
ONLY = RIGHTS + "only = [(a & ~b).sum(), (b & ~a).sum()]\n"
EXACT = (
    "from math import comb\nn = int(sum(only))\n"
    "tail = sum(comb(n, k) for k in range(min(only) + 1)) / 2**n\n"
)
P = ONLY + EXACT + "p = 2 * tail\n"
ERRORS = """
sure, right = ([o.max(axis=1) for o in (outputs_a, outputs_b)],
               [o.argmax(axis=1) == labels for o in (outputs_a, outputs_b)])
place = [np.minimum((10 * s).astype(int), 9) for s in sure]
calibration_errors = [np.abs(np.bincount(p, s - r)).sum() / 1500
                      for p, s, r in zip(place, sure, right)]
over = [(s.mean() - r.mean()) / np.sqrt(r.mean() * (1 - r.mean()) / 1500)
        for s, r in zip(sure, right)]
word = lambda one, other: "both" if one and other else "A" if one else "B" if other else "neither"
too_sure = word(over[0] > 2, over[1] > 2)
steps = np.arange(100) / 100
share = [np.array([r[s >= t].mean() if (s >= t).any() else 0 for t in steps])
         for s, r in zip(sure, right)]
threshold = steps[share[0] >= 0.96].min()
"""
LEAK = """
known = {image.tobytes() for image in mine.train_images}
moved = {np.roll(image, s, x).tobytes() for image in mine.train_images
         for s in (-1, 1) for x in (0, 1)}
exact = [i for i, image in enumerate(mine.test_images) if image.tobytes() in known]
leaked = [i for i, image in enumerate(mine.test_images) if image.tobytes() in known | moved]
right = mine.test_read == mine.test_labels
clean_accuracy = np.delete(right, leaked).mean()
"""
READ = """
train = mine.train_images.reshape(2000, -1) / 255
new = mine.unlabelled.reshape(1500, -1) / 255
turned = new.mean(axis=1) > 0.5
upright = np.where(turned[:, None], 1 - new, new)
def nearest(rows, kinds, other):
    return kinds[((rows**2).sum(axis=1) - 2 * other @ rows.T).argmin(axis=1)]
kinds = mine.train_labels
predictions = nearest(train, kinds, upright)
expected_accuracy = (nearest(train[:1500], kinds[:1500], train[1500:]) == kinds[1500:]).mean()
"""
MEANS = """
means = np.stack([train[kinds == d].mean(axis=0) for d in range(10)])
predictions = nearest(means, np.arange(10), upright)
expected_accuracy = (nearest(means, np.arange(10), train) == kinds).mean()
"""

INTERVAL = (
    "e = {} * (a.mean() * (1 - a.mean()) / 1500) ** {}\ninterval = [a.mean() - e, a.mean() + e]"
)
BOTH = RIGHTS + "accuracies = [a.mean(), b.mean()]\n"
HITS = (
    "read = outputs_{}.argmax(axis=1)\nhits = np.bincount(labels[read == labels], minlength=10)\n"
)

WRONG = {
    # These three stand first: what is true of the networks depends on the student's name, here on
    # the number, and each of these slips is one only where another thing is true.
    "overlapping intervals": Wrong(
        "better", P + "better = 'not shown'", 2, "Their intervals overlap"
    ),
    "a large error for a large claim": Wrong(
        "sure",
        ERRORS + "too_sure = word(abs(over[0]) > 2, abs(over[1]) > 2)",
        2,
        "You named one that claims too little",
    ),
    "the leader is the winner": Wrong(
        "better", P + "better = 'A' if only[0] > only[1] else 'B'", 2, "fair coins would often"
    ),
    "accuracies swapped": Wrong(
        "share",
        RIGHTS + "accuracies = [b.mean(), a.mean()]\n" + INTERVAL.format(2, 0.5),
        1,
        "A's accuracy comes first",
    ),
    "one standard error": Wrong(
        "share",
        BOTH + INTERVAL.format(1, 0.5),
        1,
        "one standard error to either side: two are wanted",
    ),
    "without the root": Wrong(
        "share",
        BOTH + INTERVAL.format(2, 1),
        1,
        "did you take the root",
    ),
    "interval as one number": Wrong(
        "share",
        BOTH + "interval = 2 * (a.mean() * (1 - a.mean()) / 1500) ** 0.5",
        1,
        "interval should be an array of the shape (2,), and yours is a single value",
    ),
    "recall for precision": Wrong(
        "digits",
        HITS.format("a")
        + "precision = hits / np.bincount(labels)\nrecall = hits / np.bincount(read)",
        0,
        "This is precision: for recall, divide by how many images show the digit",
    ),
    "divided by all": Wrong(
        "digits",
        HITS.format("a") + "recall = hits / np.bincount(labels)\nprecision = hits / len(labels)",
        1,
        "You divided by all images",
    ),
    "of the other network": Wrong(
        "digits",
        HITS.format("b")
        + "recall = hits / np.bincount(labels)\nprecision = hits / np.bincount(read)",
        0,
        "This is the recall of B",
    ),
    "every bin the same": Wrong(
        "sure",
        ERRORS + "def gap(p, s, r):\n    return np.mean([abs(s[p == k].mean() - r[p == k].mean())"
        " for k in set(p)])\n"
        "calibration_errors = [gap(*one) for one in zip(place, sure, right)]",
        2,
        "one with twice as many answers should count twice",
    ),
    "empty bins": Wrong(
        "sure",
        ERRORS + "def gap(p, s, r):\n    return np.sum([(p == k).mean() * "
        "abs(s[p == k].mean() - r[p == k].mean()) for k in range(10)])\n"
        "calibration_errors = [gap(*one) for one in zip(place, sure, right)]",
        2,
        "calibration_errors contains NaN",
    ),
    "the most confident step": Wrong(
        "sure", ERRORS + "threshold = steps[share[0] >= 0.96].max()", 2, "Too high"
    ),
    "of every answer": Wrong("sure", ERRORS + "threshold = 0.4", 2, "Too low: from there on only"),
    "one side only": Wrong(
        "better",
        ONLY + EXACT + "p = tail\n"
        "better = 'not shown' if 2 * p >= 0.05 else 'A' if only[0] > only[1] else 'B'",
        2,
        "coins can fall as unevenly to the other side too",
    ),
    "all right answers": Wrong(
        "better",
        P + "better = 'not shown' if p >= 0.05 else 'A' if only[0] > only[1] else 'B'\n"
        "only = [a.sum(), b.sum()]",
        2,
        "leave out the images that both do",
    ),
    "everything doubted": Wrong("claims", "contradicted = 'ABCDEFGH'", 0, "You doubt 8 of 8"),
    "nothing doubted": Wrong("claims", "contradicted = ''", 0, "No letter is named"),
    "numbers for letters": Wrong("claims", "contradicted = '1, 3'", 0, "No letter is named"),
    "letters in a list": Wrong(
        "claims",
        "contradicted = ['A', 'B']",
        0,
        "contradicted should be a single value, and yours is an array of the shape (2,)",
    ),
    "two of them": Wrong(
        "claims", BY_HAND + "contradicted = contradicted[:4]", 2, " cannot be true: "
    ),
    "one too many": Wrong(
        "claims",
        BY_HAND + "sound = [letter for letter in 'abcdefgh' if letter not in contradicted]\n"
        "contradicted = contradicted[:-3] + sound[0]",
        1,
        "Nothing here contradicts",
    ),
    "exact copies only": Wrong(
        "leak",
        LEAK + "leaked = exact\nclean_accuracy = np.delete(right, exact).mean()",
        2,
        "images that were moved by a pixel is among them",
    ),
    "two directions only": Wrong(
        "leak",
        "images = mine.train_images\n"
        "known = {np.roll(image, s, 0).tobytes() for image in images for s in (-1, 0, 1)}\n"
        "leaked = [i for i, image in enumerate(mine.test_images) if image.tobytes() in known]\n"
        "clean_accuracy = np.delete(mine.test_read == mine.test_labels, leaked).mean()",
        2,
        "there are four directions",
    ),
    "yes or no": Wrong(
        "leak", LEAK + "leaked = np.isin(np.arange(500), leaked)", 0, "np.flatnonzero turns it"
    ),
    "places of the training images": Wrong(
        "leak",
        LEAK + "known = {image.tobytes() for image in mine.test_images}\n"
        "leaked = [i for i, image in enumerate(mine.train_images) if image.tobytes() in known]",
        0,
        "name those in the test set",
    ),
    "places from 1": Wrong("leak", LEAK + "leaked = np.array(leaked) + 1", 0, "one too high"),
    "the published accuracy": Wrong(
        "leak", LEAK + "clean_accuracy = right.mean()", 2, "some are to be left out"
    ),
    "divided by all 500": Wrong(
        "leak",
        LEAK + "clean_accuracy = np.delete(right, leaked).sum() / 500",
        2,
        "those that are left",
    ),
    "not looked at": Wrong(
        "predict",
        READ + "predictions = nearest(train, kinds, new)",
        1,
        "A look at twenty of them would have shown it",
    ),
    "on images that it knows": Wrong(
        "predict",
        READ + "expected_accuracy = (nearest(train, kinds, train) == kinds).mean()",
        3,
        "on images that the reader had learnt from",
    ),
    "nothing better than means": Wrong("predict", READ + MEANS, 3, "a third fewer is wanted"),
    "read by eye": Wrong(
        "predict",
        READ + "predictions = np.random.default_rng(0).permutation(predictions)",
        0,
        "other images stand under this name",
    ),
    "outputs for digits": Wrong(
        "predict",
        READ + "predictions = np.eye(10)[predictions]",
        0,
        "predictions should be an array of the shape (1500,), and yours is an array of the shape "
        "(1500, 10)",
    ),
    "mistakes expected": Wrong(
        "predict", READ + "expected_accuracy = 1 - expected_accuracy", 3, "turn it round"
    ),
    "no estimate": Wrong(
        "predict", READ + "expected_accuracy = ...", 3, "expected_accuracy was not handed in"
    ),
    "the middle and its reach": Wrong(
        "share",
        BOTH + "interval = [a.mean(), 2 * (a.mean() * (1 - a.mean()) / 1500) ** 0.5]",
        1,
        "hand in the two ends",
    ),
    "ends in percent": Wrong(
        "share",
        BOTH + INTERVAL.format(2, 0.5) + "\ninterval = 100 * np.array(interval)",
        1,
        "These are in percent",
    ),
    "another network's claim": Wrong(
        "sure",
        ERRORS + "too_sure = 'neither' if max(over) > 2 else 'A' if max(over) < -2 else 'both'",
        2,
        " in standard errors: ",
    ),
    "four letters by chance": Wrong(
        "claims",
        BY_HAND + "sound = [letter for letter in 'abcdefgh' if letter not in contradicted]\n"
        "contradicted = contradicted[:4] + sound[0] + sound[1]",
        0,
        "Half of the statements that you named may well be true",
    ),
    "every image leaked": Wrong(
        "leak", "leaked, clean_accuracy = np.arange(500), 0", 0, "leaves only 0 images over"
    ),
}
