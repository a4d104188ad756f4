"""Measures our recipes, the first projects and the peers, in turn, and says what is reached.

    make bench                      all of it, about half an hour on two cores
    make bench ROUNDS=1             once each: quicker, and without a spread
    make bench ONLY=hidden          only entrants with that word in their name, for a look
    make bench PUBLISH=1            and write it into docs/speed.md and the README

Every entrant runs in a process of its own, and the rounds go through all of them in turn, so that
a slow minute of the machine meets everyone. Ratios are taken within a round. Writes what was
measured to build/bench/, and report.md and report.png from that. It measures and never fails:
what a machine takes is no test.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import bench_picture
import bench_report
import marks

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "build" / "bench"
ENTRANTS = [sys.executable, str(ROOT / "tools" / "entrants.py")]
LESSONS = (ROOT / "notebooks").glob("0[0-5]_*.ipynb")
RECORD_SEEDS = 10
PICTURE = (
    '<img src="speed.png" width="900" alt="Two charts. Left: the seconds that each of the five '
    "networks takes as it was written and as we train it, on an axis of powers of ten, with a mark "
    "for what the machine allows. Right: bars for the steps by which the network with one hidden "
    'layer becomes faster.">'
)
UNIT = 1 if sys.platform == "darwin" else 1024  # bytes, in which a process's memory is told

EACH_ROUND = (
    "limit:",
    *(f"{kind}:{network}" for network in bench_report.NETWORKS for kind in ("first", "ours")),
    *(f"way:{step}" for step in bench_report.WAY),
    *(f"peer:{name}" for name in bench_report.PEERS),
    *(f"{kind}:{times}" for kind in ("grown", "evaluate") for times in (1, 10)),
)
BARE = (sys.executable, "-c", "import tensorflow")


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="a word that the entrants' names hold")
    parser.add_argument("--publish", action="store_true", help="into docs/speed.md and the README")
    options = parser.parse_args()
    if sys.platform == "win32":
        parser.error("Windows does not tell the peak memory of a process: use Linux or macOS.")
    if options.only and options.publish:
        parser.error("only a whole measurement is published: leave out ONLY or PUBLISH.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = measured(options.rounds, options.only)
    text = bench_report.report(found)
    (FOLDER / "report.md").write_text(text + "\n", encoding="utf-8")
    bench_picture.picture(found).savefig(FOLDER / "report.png", dpi=150, bbox_inches="tight")
    print(text)
    if options.publish:
        shutil.copy(FOLDER / "report.png", ROOT / "docs" / "speed.png")
        marks.fill_in(ROOT / "docs" / "speed.md", "bench", f"{PICTURE}\n\n{text}")
        marks.fill_in(ROOT / "README.md", "bench", bench_report.quoted(found))


def measured(rounds: int, only: str) -> dict[str, Any]:
    """By entrant: one measurement for each round, and each seed of the record."""
    found: dict[str, Any] = {"machine": machine(), "rounds": rounds, "entrants": {}}
    started = time.perf_counter()

    def note(name: str, command: list[str], seed: int) -> None:
        if only in name:
            result = run(command) | {"seed": seed}
            found["entrants"].setdefault(name, []).append(result)
            minutes = (time.perf_counter() - started) / 60
            (FOLDER / "measured.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
            print(f"{minutes:5.1f} min  {name:20} {said(result)}", flush=True)

    for seed in range(rounds):
        for name in EACH_ROUND:
            note(name, [*ENTRANTS, name, str(seed)], seed)
        for other in range(seed, RECORD_SEEDS, rounds):
            note("record:", [*ENTRANTS, "record:", str(other)], other)
        note("memory:bare", [*BARE], seed)
        with tempfile.TemporaryDirectory() as folder:
            saved = str(Path(folder) / "hidden.keras")
            train = [sys.executable, "-m", "mnistlab", "train", "hidden", "--save", saved, "--json"]
            note("memory:train", train, seed)
    lessons = " ".join(f"notebooks/{path.name}" for path in sorted(LESSONS))
    note("lessons:", ["make", "-C", str(ROOT), "lessons", f"NOTEBOOKS={lessons}"], 0)
    return found


def run(command: list[str]) -> dict[str, Any]:
    """What one process printed as its last line of JSON, its whole seconds, its peak memory."""
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
        whole = {"whole": time.perf_counter() - started, "memory": usage.ru_maxrss * UNIT}
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        printed, complained = out.read().strip(), err.read().strip()
    last = (printed or complained or "nothing was printed").splitlines()[-1]
    if process.returncode:
        return {"missing": (complained or last).splitlines()[-1]}
    return whole | (json.loads(last) if last.startswith("{") else {})


def said(result: dict[str, Any]) -> str:
    """One measurement for the log."""
    if "missing" in result:
        return f"not measured: {result['missing']}"
    numbers = {name: value for name, value in result.items() if name != "seed"}
    return "  ".join(f"{name} {value:.4g}" for name, value in numbers.items())


def machine() -> dict[str, Any]:
    """What the figures belong to."""
    return {
        "system": f"{platform.system()} on {platform.machine()}",
        "python": platform.python_version(),
        "day": time.strftime("%Y-%m-%d"),
        "cores": os.cpu_count(),
    }


if __name__ == "__main__":
    main()
