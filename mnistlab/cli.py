"""`mnistlab`, the command line: the course's functions for people who want no notebook.

Results go to standard output (as JSON with --json), progress to standard error. An error is one
sentence on standard error and exit status 2. Heavy imports wait until a command needs them, so
that --help answers at once.
"""

import argparse
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mnistlab import __version__

__all__ = ["main"]

# As `models.NAMES` has them: asking it would import Keras before --help can answer.
NETWORKS = (
    "no-hidden",
    "hidden",
    "sigmoid-pair",
    "deep-dropout",
    "cnn",
    "cnn-fast",
    "rows-columns",
)
DEFAULT_MODEL = "hidden.keras"
FORMS = {  # what `export` writes, and the end of its name
    "web": ".html",
    "keras": ".keras",
    "savedmodel": "",
    "litert": ".tflite",
    "onnx": ".onnx",
    "pickle": ".pkl",
    "weights": ".npz",
}
BAR_LENGTH = 30
PROGRAM = sys.argv[0] if sys.argv[0].endswith("mnistlab") else "python -m mnistlab"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a bar or an arrow that it cannot write is a "?"
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], tuple[dict[str, Any], str]] = options.command
    try:
        facts, text = command(options)
        print(json.dumps(facts, indent=2) if options.json else text, flush=True)
    except BrokenPipeError:  # whoever reads has read enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  # what is left goes there at exit
        return 0
    except (ValueError, RuntimeError, OSError) as error:
        print(f"mnistlab: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        print(f"mnistlab: {str(stop) or 'stopped.'}", file=sys.stderr)
        return 130
    return 0 if facts.get("ok", True) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mnistlab", description="Neural networks taken apart, on handwritten digits."
    )
    parser.add_argument("--version", action="version", version=f"mnistlab {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(name: str, command: Callable[..., Any], summary: str) -> argparse.ArgumentParser:
        part = commands.add_parser(name, help=summary, description=summary)
        part.add_argument("--json", action="store_true", help="print JSON")
        part.set_defaults(command=command)
        return part

    _train_options(add("train", _train, "Train a network, evaluate it, save it."))
    evaluate = add("evaluate", _evaluate, "Evaluate a saved model on the test images.")
    evaluate.add_argument("model", help="a file that mnistlab saved")
    _data_option(evaluate)
    predict = add("predict", _predict, "Read the digit in each picture.")
    predict.add_argument("pictures", nargs="+", help="picture files, one digit in each")
    predict.add_argument("--model", default=DEFAULT_MODEL, help=f"default: {DEFAULT_MODEL}")
    export = add("export", _export, "Write a saved model in another form, or as a web page.")
    export.add_argument("model", help="a file that mnistlab saved")
    export.add_argument("--to", default="web", help=f"{', '.join(FORMS)}; default: web")
    export.add_argument("--save", metavar="FILE", help="default: the model's name, in this folder")
    _sweep_options(add("sweep", _sweep, "Tune a network's settings, and go on where it stopped."))
    data = add("data", _data, "Say where the digits are; --download fetches MNIST.")
    data.add_argument("--download", action="store_true", help="fetch MNIST if it is not here")
    add("doctor", _doctor, "Check this machine: Python, packages, Jupyter, data, memory.")
    return parser


def _train_options(train: argparse.ArgumentParser) -> None:
    train.add_argument("network", help=", ".join(NETWORKS))
    train.add_argument("--epochs", type=int, help="default: the recipe's own")
    train.add_argument("--recipe", default="fast", help="fast (default), original or long")
    train.add_argument("--output", default="softmax", help="softmax (default) or sigmoid")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--augment", action="store_true", help="vary how the digits are written")
    train.add_argument("--rate", type=float, help="highest learning rate")
    train.add_argument("--batch", type=int, help="images per step")
    train.add_argument("--limit", type=int, help="learn from so many images only")
    train.add_argument("--save", metavar="FILE", help="default: NETWORK.keras in this folder")
    _data_option(train)


def _sweep_options(sweep: argparse.ArgumentParser) -> None:
    sweep.add_argument("network", help=", ".join(NETWORKS))
    sweep.add_argument("--trials", type=int, default=40, help="finished ones in all; default: 40")
    where = sweep.add_mutually_exclusive_group()
    where.add_argument("--jobs", type=int, default=1, help="processes on this machine; default: 1")
    where.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster: tcp://…")
    sweep.add_argument("--study", metavar="FILE", help="the journal; default: NETWORK.sweep.log")
    sweep.add_argument("--epochs", type=int, help="of each trial; default: 4")
    sweep.add_argument("--seed", type=int, default=0)
    sweep.add_argument("--limit", type=int, help="learn from so many images only")
    sweep.add_argument("--seeds", type=int, default=5, help="of the test; 0 leaves it out")
    _data_option(sweep)


def _data_option(part: argparse.ArgumentParser) -> None:
    part.add_argument(
        "--data", choices=("mnist", "offline"), help="default: MNIST, offline where it is not had"
    )


def _train(options: argparse.Namespace) -> tuple[dict[str, Any], str]:
    from mnistlab import data, evaluation, models, saving, training

    path = saving.check_path(options.save or f"{options.network}.keras")
    model = models.build(options.network, options.seed, options.output)
    digits = data.load(options.data)
    run = training.train(
        model,
        digits,
        options.epochs,
        options.seed,
        options.recipe,
        options.augment,
        rate=options.rate,
        batch=options.batch,
        limit=options.limit,
    )
    if run.interrupted and not run.history:
        raise KeyboardInterrupt  # a network that has learnt nothing replaces no file
    # Saved before it is evaluated: whatever goes wrong then, the training is kept.
    saving.save(run, path)
    report = evaluation.evaluate(model, digits.x_test, digits.y_test, groups=digits.test_groups)
    facts = {"run": run.as_dict(), "file": str(path), "test": report.as_dict()}
    return facts, f"{run}\nsaved as {path}\n\nOn the {digits.source} test images:\n{report}"


def _evaluate(options: argparse.Namespace) -> tuple[dict[str, Any], str]:
    from mnistlab import data, evaluation, saving

    model = saving.load(options.model)
    digits = data.load(options.data)
    report = evaluation.evaluate(model, digits.x_test, digits.y_test, groups=digits.test_groups)
    facts = {"file": options.model, "digits": digits.source, "test": report.as_dict()}
    return facts, f"{options.model} on the {digits.source} test images:\n{report}"


def _predict(options: argparse.Namespace) -> tuple[dict[str, Any], str]:
    from mnistlab import images, saving

    if options.model == DEFAULT_MODEL and not Path(options.model).exists():
        raise ValueError(
            f"There is no {DEFAULT_MODEL} in this folder. Make it with '{PROGRAM} train hidden', "
            "or name a saved model with --model."
        )
    prepared = {name: images.prepare(name).image for name in options.pictures}
    model = saving.load(options.model)
    if model.input_shape[1:] != (28, 28):
        raise ValueError(f"{options.model} takes {model.input_shape[1:]}, not images of 28×28.")
    facts: dict[str, dict[str, Any]] = {}
    for name, image in prepared.items():
        outputs = model.predict_on_batch(image[None])[0][:10]
        facts[name] = {"digit": int(outputs.argmax()), "outputs": outputs.tolist()}
    lines = [f"{name}: {each['digit']}\n{_bars(**each)}" for name, each in facts.items()]
    return {"model": options.model, "pictures": facts}, "\n\n".join(lines)


def _bars(digit: int, outputs: list[float]) -> str:
    return "\n".join(
        f"  {place} {value:6.3f} {'█' * round(value * BAR_LENGTH)}{' ◀' if place == digit else ''}"
        for place, value in enumerate(outputs)
    )


def _export(options: argparse.Namespace) -> tuple[dict[str, Any], str]:
    from mnistlab import saving

    if options.to not in FORMS:
        raise ValueError(f"There is no form {options.to!r}. Choose one of: {', '.join(FORMS)}.")
    name = options.save or Path(options.model).stem + FORMS[options.to]
    path = saving.export(saving.load(options.model), name)
    written = path.rglob("*") if path.is_dir() else [path]
    size = sum(file.stat().st_size for file in written)
    facts = {"model": options.model, "file": str(path), "bytes": size}
    then = "\nOpen it in a browser, or put it on any web server." if options.to == "web" else ""
    return facts, f"{options.model} written as {path}, {size / 1000:,.0f} KB.{then}"


def _sweep(options: argparse.Namespace) -> tuple[dict[str, Any], str]:
    from mnistlab import data, study_report, tuning

    tuning.at_least_one(trials=options.trials, jobs=options.jobs, seeds=options.seeds or 1)
    digits = data.load(options.data)
    file = options.study or f"{options.network}.sweep.log"
    plan = {"epochs": options.epochs, "limit": options.limit, "seed": options.seed}
    with tuning.engine(digits, options.jobs, options.scheduler) as engine:
        sweep = tuning.Sweep(options.network, digits, file, **plan)
        try:
            sweep.run(options.trials, engine)
            exam = sweep.confirm(options.seeds, engine) if options.seeds else None
        except KeyboardInterrupt as stop:
            done = f"stopped after {len(sweep.finished)} of {options.trials} trials"
            raise KeyboardInterrupt(f"{done}; the same command goes on from there.") from stop
    facts, text = study_report.as_dict(sweep), study_report.report(sweep)
    if exam is not None:
        facts["test"] = exam.as_dict()
        text += f"\n\nOn the {digits.source} test images:\n{exam}"
    return facts, f"{text}\n\n{study_report.onward(sweep)}"


def _data(options: argparse.Namespace) -> tuple[dict[str, Any], str]:
    from mnistlab import data

    if options.download:
        data.load("mnist")
    facts = data.find()
    return facts, "\n".join(f"{name:10} {value}" for name, value in facts.items())


def _doctor(options: argparse.Namespace) -> tuple[dict[str, Any], str]:
    from mnistlab import doctor

    checks = doctor.examine()
    facts = {"ok": all(check.ok for check in checks), "checks": [vars(check) for check in checks]}
    return facts, "\n".join(str(check) for check in checks)
