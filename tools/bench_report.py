"""What `make bench` says of its measurements: tables, and a verdict for each aim."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

from mnistlab import results

NETWORKS = ("no-hidden", "hidden", "sigmoid-pair", "deep-dropout", "cnn")
PEERS = {"sklearn": "scikit-learn's MLPClassifier", "torch": "a PyTorch loop", "jax": "a JAX scan"}
WAY = {
    "float32": "float32 pixels, no bar, 5,000 images held out",
    "calls": "100 steps for each call",
    "batches": "batches of 128, a rate that rises and falls",
    "loop": "one compiled loop, fused Adam",
}
TOGETHER = "the five together: ten times as fast"
Found = dict[str, Any]


@dataclass
class Line:
    """One aim: what was measured, and whether it is reached; None where it was not measured."""

    aim: str
    measured: str
    short_by: str | None  # "" when reached

    @property
    def verdict(self) -> str:
        """In words."""
        if self.short_by is None:
            return "not measured"
        return f"falls short by {self.short_by}" if self.short_by else "reached"


def report(found: Found) -> str:
    """The whole report as Markdown."""
    verdicts = [(line.aim, line.measured, line.verdict) for line in aims(found)]
    parts = [_machine(found), table(("aim", "measured", "verdict"), verdicts)]
    for title, rows in (
        ("The first projects and ours", _networks(found)),
        ("The network `hidden` elsewhere, to the same accuracy", _peers(found)),
        ("The way of `hidden`", _way(found)),
        ("Ten times as many images", _growth(found)),
    ):
        parts += [f"### {title}", rows]
    parts.append(
        "Ratios are taken within a round: their median, and from the least to the most. Accuracies "
        "are means over the rounds, each with a seed of its own."
    )
    return "\n\n".join(parts)


def quoted(found: Found) -> str:
    """The README's sentences."""
    lines = {line.aim: line for line in aims(found)}
    together = lines[TOGETHER].measured
    return (
        f"{_machine(found)}\n\n{_networks(found)}\n\n"
        f"*First* is each project's network as it was written; all five together learn {together} "
        "as fast with ours. The limit is an estimate, from the speed of the machine's matrix "
        "products and of its memory."
    )


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def aims(found: Found) -> list[Line]:
    """Every aim with its verdict."""
    lines = [_sum(found), *(_network(found, network) for network in NETWORKS)]
    lines += [_peer(found, name) for name in PEERS]
    return [*lines, *_record(found), *_best(), _memory(found), *_upper(found)]


def ratios(found: Found, above: list[str], below: list[str], key: str = "seconds") -> list[float]:
    """In each round the sum of the ones over the sum of the others; none where one is missing."""
    columns = [[_by_seed(found, name, key) for name in names] for names in (above, below)]
    shared = set.intersection(*(set(column) for names in columns for column in names))
    return [
        sum(column[seed] for column in columns[0]) / sum(column[seed] for column in columns[1])
        for seed in sorted(shared)
    ]


def _by_seed(found: Found, name: str, key: str) -> dict[int, float]:
    return {each["seed"]: each[key] for each in found["entrants"].get(name, []) if key in each}


def spread(values: list[float], form: str = "{:.1f}") -> str:
    """Median, least and most."""
    if not values:
        return "not measured"
    middle, least, most = (form.format(f(values)) for f in (median, min, max))
    return middle if len(values) == 1 else f"{middle} ({least} to {most})"


def values_of(found: Found, name: str, key: str = "seconds") -> list[float]:
    """What was measured of an entrant, round by round."""
    return [each[key] for each in found["entrants"].get(name, []) if key in each]


def _at_least(aim: str, values: list[float], least: float, also: str = "") -> Line:
    if not values:
        return Line(aim, "not measured", None)
    short = least / median(values)
    missed = f"a factor of {short:.2f}" if short > 1 else ""
    return Line(aim, f"{spread(values)} times{also}", missed)


def _sum(found: Found) -> Line:
    above, below = ([f"{kind}:{name}" for name in NETWORKS] for kind in ("first", "ours"))
    line = _at_least(TOGETHER, ratios(found, above, below), 10)
    return _as_good(line, max((_missing_points(found, name) for name in NETWORKS), default=0.0))


def _network(found: Found, network: str) -> Line:
    reach = results.published()[network]["reach"]
    aim = f"`{network}`: five times as fast, {100 * reach:.2f} %"
    accuracies = values_of(found, f"ours:{network}", "accuracy")
    times = ratios(found, [f"first:{network}"], [f"ours:{network}"])
    also = f", {100 * mean(accuracies):.2f} %" if accuracies else ""
    return _as_good(_at_least(aim, times, 5, also), _missing_points(found, network))


def _peer(found: Found, name: str) -> Line:
    times = ratios(found, [f"peer:{name}"], ["ours:hidden"])
    read = values_of(found, f"peer:{name}", "accuracy")
    also = f", at {100 * mean(read):.2f} %" if read else ""
    line = _at_least(f"`hidden` faster than {PEERS[name]}", times, 1, also)
    return _as_good(line, _missing_points(found, "hidden"))


def _missing_points(found: Found, network: str) -> float:
    """By how many percent our mean accuracy misses what was published."""
    accuracies = values_of(found, f"ours:{network}", "accuracy")
    reach = results.published()[network]["reach"]
    return 100 * (reach - mean(accuracies)) if accuracies else 0.0


def _as_good(line: Line, points: float) -> Line:
    if line.short_by is not None and points > 1e-9:
        line.short_by = f"{points:.2f} points"
    return line


def _record(found: Found) -> list[Line]:
    accuracies = values_of(found, "record:", "accuracy")
    # From the file on the disk to the trained network.
    parts = (values_of(found, "record:", key) for key in ("loading", "seconds"))
    seconds = [sum(each) for each in zip(*parts, strict=True)]
    if not seconds:
        return [Line("99 % in ten seconds", "not measured", None)]
    made = sum(accuracy >= 0.99 for accuracy in accuracies)
    imports = spread(values_of(found, "memory:bare", "whole"))
    apart = f"apart: tracing {spread(values_of(found, 'record:', 'tracing'))} s"
    apart += f", importing TensorFlow {imports} s"
    accuracy = (
        f"mean {100 * mean(accuracies):.2f} % of {len(seconds)} seeds, of which {made} make it"
    )
    short = 100 * (0.99 - mean(accuracies))
    late = mean(seconds) - 10
    return [
        Line("99 % with a small CNN", accuracy, f"{short:.2f} points" if short > 0 else ""),
        Line(
            "in ten seconds",
            f"{spread(seconds)} s, loading in; {apart}",
            f"{late:.1f} s" if late > 0 else "",
        ),
    ]


def _best() -> list[Line]:
    """From the results table: `make results` trains these, five seeds each."""
    lines = []
    for best in results.summary()["mnist"].get("best", []):
        accuracy, seconds = mean(best["accuracies"]), max(best["seconds"])
        short = [f"{100 * (best['aim'] - accuracy):.2f} points"] * (accuracy < best["aim"])
        short += [f"{seconds - 300:.0f} s"] * (seconds > 300)
        name = f"`{best['network']}`{', augmented' * bool(best['augment'])}"
        lines.append(
            Line(
                f"{name}: {100 * best['aim']:.1f} % in five minutes",
                f"{100 * accuracy:.2f} %, the longest of {len(best['seconds'])} {seconds:.0f} s",
                " and ".join(short),
            )
        )
    return lines


def _memory(found: Found) -> Line:
    aim = "memory of `mnistlab train hidden` above TensorFlow's: a fifth of the script's"
    bare, train, script = (
        values_of(found, name, "memory") for name in ("memory:bare", "memory:train", "first:hidden")
    )
    if not (bare and train and script):
        return Line(aim, "not measured", None)
    above, whole = median(train) - median(bare), median(script)
    said = f"{above / 2**20:.0f} MiB of {whole / 2**20:.0f} MiB: 1 / {whole / above:.1f}"
    return Line(aim, said, f"{(above - whole / 5) / 2**20:.0f} MiB" if above > whole / 5 else "")


def _upper(found: Found) -> list[Line]:
    lines = []
    for aim, name, key, most in (
        ("10,000 images evaluated in 0.3 s", "evaluate:1", "seconds", 0.3),
        ("lessons under nbval in six minutes", "lessons:", "whole", 360),
    ):
        values = values_of(found, name, key)
        late = median(values) - most if values else 0
        short = (f"{late:.2f} s" if late > 0 else "") if values else None
        lines.append(Line(aim, spread(values, "{:.2f}") + (" s" if values else ""), short))
    return lines


def _machine(found: Found) -> str:
    facts, limit = found["machine"], found["entrants"].get("limit:", [])
    text = f"Measured on {facts['day']}: {facts['system']}, {facts['cores']} cores"
    if limit:
        products = spread([each["operations"] / 1e9 for each in limit], "{:.0f}")
        moved = spread([each["bytes"] / 1e9 for each in limit], "{:.0f}")
        text += f"; matrix products at {products} GFLOP/s, memory at {moved} GB/s"
    return f"{text}; rounds: {found['rounds']}."


def limits(found: Found, network: str) -> list[float]:
    """An estimate, round by round, of the seconds that the machine would need at its best.

    The network's products at the speed of large ones, or Adam's traffic at the speed of memory:
    whichever takes longer, for they can go on side by side.
    """
    best, ours = found["entrants"].get("limit:", []), found["entrants"].get(f"ours:{network}", [])
    return [
        max(one["operations"] / most["operations"], one["traffic"] / most["bytes"])
        for most, one in zip(best, ours, strict=False)
        if "operations" in one and "operations" in most
    ]


def _networks(found: Found) -> str:
    rows = []
    for network in NETWORKS:
        first, ours = (values_of(found, f"{kind}:{network}") for kind in ("first", "ours"))
        read = [values_of(found, f"{kind}:{network}", "accuracy") for kind in ("first", "ours")]
        rows.append(
            (
                f"`{network}`",
                spread(first),
                spread(ours),
                spread(limits(found, network), "{:.2f}"),
                spread(ratios(found, [f"first:{network}"], [f"ours:{network}"])),
                *(f"{100 * mean(each):.2f}" if each else "not measured" for each in read),
            )
        )
    head = ("network", "first, s", "ours, s", "limit, s", "times", "first, %", "ours, %")
    return table(head, rows)


def _peers(found: Found) -> str:
    rows = []
    for name, who in {"": "ours", **PEERS}.items():
        entrant = f"peer:{name}" if name else "ours:hidden"
        missing = [
            each["missing"] for each in found["entrants"].get(entrant, []) if "missing" in each
        ]
        read = values_of(found, entrant, "accuracy")
        rows.append(
            (
                who,
                f"not measured: {missing[0]}" if missing else spread(values_of(found, entrant)),
                f"{100 * mean(read):.2f}" if read else "",
                spread(ratios(found, [entrant], ["ours:hidden"]), "{:.2f}"),
            )
        )
    return table(("who", "seconds", "accuracy, %", "times ours"), rows)


def way(found: Found) -> dict[str, list[float]]:
    """Seconds of each step from the original to ours, by what it does."""
    names = {"as it was written": "first:hidden"}
    names |= {said: f"way:{name}" for name, said in WAY.items()}
    names |= {"Muon for the hidden layer, larger batches": "ours:hidden"}
    return {said: values_of(found, name) for said, name in names.items()}


def _way(found: Found) -> str:
    entrants = ["first:hidden", *(f"way:{name}" for name in WAY), "ours:hidden"]
    rows = []
    for (said, seconds), entrant in zip(way(found).items(), entrants, strict=True):
        read = values_of(found, entrant, "accuracy")
        times = spread(ratios(found, ["first:hidden"], [entrant]))
        rows.append((said, spread(seconds), f"{100 * mean(read):.2f}" if read else "", times))
    return table(("step", "seconds", "accuracy, %", "times as fast"), rows)


def _growth(found: Found) -> str:
    rows = []
    for what, kind, key, unit, form in (
        ("an epoch of `hidden`", "grown", "seconds", "s", "{:.2f}"),
        ("its peak memory", "grown", "memory", "MiB", "{:.0f}"),
        ("a report", "evaluate", "seconds", "s", "{:.2f}"),
        ("its peak memory", "evaluate", "memory", "MiB", "{:.0f}"),
    ):
        scale: Callable[[float], float] = (lambda v: v / 2**20) if unit == "MiB" else (lambda v: v)
        once, often = (
            [scale(v) for v in values_of(found, f"{kind}:{times}", key)] for times in (1, 10)
        )
        times = ratios(found, [f"{kind}:10"], [f"{kind}:1"], key)
        rows.append((f"{what}, {unit}", spread(once, form), spread(often, form), spread(times)))
    return table(("what", "all images", "ten times as many", "times"), rows)
