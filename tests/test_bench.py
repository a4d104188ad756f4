"""The verdicts of `make bench`, from measurements made up here."""

import sys

import bench
import bench_picture
import bench_report
import marks
import pytest

from mnistlab import results

RECORD = {"loading": 0.5, "seconds": 9.0, "tracing": 1.0, "accuracy": 1.0}


def measured(**changed):
    """Two rounds in which everything is reached."""
    entrants = {"limit:": [{"operations": 1e11, "bytes": 1e10}] * 2}
    for network in bench_report.NETWORKS:
        reach = results.published()[network]["reach"]
        entrants[f"first:{network}"] = [{"seconds": 50.0, "accuracy": 0.9, "memory": 16e8}] * 2
        entrants[f"ours:{network}"] = [
            {"seconds": s, "accuracy": reach, "operations": 1e11, "traffic": 1e10}
            for s in (4.0, 2.0)
        ]
    for name in [f"way:{step}" for step in bench_report.WAY] + ["peer:torch", "peer:sklearn"]:
        entrants[name] = [{"seconds": 8.0, "accuracy": 0.975}] * 2
    entrants["peer:jax"] = [{"missing": "No module named 'jax'"}] * 2
    entrants["record:"] = [RECORD | {"accuracy": accuracy} for accuracy in (0.989, 0.992)]
    entrants["memory:bare"], entrants["memory:train"] = [{"memory": 6e8}], [{"memory": 9e8}]
    for times in (1, 10):
        for kind in ("grown", "evaluate"):
            entrants[f"{kind}:{times}"] = [{"seconds": 0.2 * times, "memory": 5e8 * times}] * 2
    entrants["lessons:"] = [{"whole": 300.0}]
    entrants |= changed
    for measurements in entrants.values():
        measurements[:] = [{"seed": seed} | each for seed, each in enumerate(measurements)]
    machine = {"system": "Linux on x86_64", "cores": 2, "python": "3.11", "day": "2026-11-20"}
    return {"machine": machine, "rounds": 2, "entrants": entrants}


def verdicts(found):
    return {line.aim: line for line in bench_report.aims(found)}


def own(found):
    """All but what the results table says."""
    return [line for line in bench_report.aims(found) if "five minutes" not in line.aim]


def test_what_is_reached_is_said_so_and_what_is_missing_too():
    lines = own(measured())
    assert {line.verdict for line in lines} == {"reached", "not measured"}
    assert [line.aim for line in lines if line.verdict == "not measured"] == [
        "`hidden` faster than a JAX scan"
    ]
    assert "not measured: No module named 'jax'" in bench_report.report(measured())


def test_ratios_are_taken_within_a_round():
    found = measured()
    assert bench_report.ratios(found, ["first:hidden"], ["ours:hidden"]) == [12.5, 25.0]
    found["entrants"]["ours:hidden"][0] = {"seed": 0, "missing": "it broke"}
    assert bench_report.ratios(found, ["first:hidden"], ["ours:hidden"]) == [25.0]
    found = measured()
    assert bench_report.spread([12.5, 25.0]) == "18.8 (12.5 to 25.0)"
    assert verdicts(found)[bench_report.TOGETHER].measured == "18.8 (12.5 to 25.0) times"


@pytest.mark.parametrize(
    ("entrant", "value", "aim", "short"),
    [
        ("ours:cnn", {"seconds": 20.0, "accuracy": 0.99}, "`cnn`: five", "a factor of 2.00"),
        ("ours:hidden", {"seconds": 2.0, "accuracy": 0.97}, "`hidden`: five", "0.41 points"),
        ("peer:torch", {"seconds": 1.5}, "`hidden` faster than a PyTorch", "a factor of 1.78"),
        ("record:", RECORD | {"seconds": 11.0}, "in ten seconds", "1.5 s"),
        ("record:", RECORD | {"accuracy": 0.98}, "99 % with", "1.00 points"),
        ("memory:train", {"memory": 6e8 + 16e8 / 5 + 2**20}, "memory of", "1 MiB"),
        ("evaluate:1", {"seconds": 0.5, "memory": 1}, "10,000 images", "0.20 s"),
        ("lessons:", {"whole": 400.0}, "lessons under", "40.00 s"),
    ],
)
def test_what_falls_short_says_by_how_much(entrant, value, aim, short):
    found = measured(**{entrant: [value] * 2})
    (line,) = [line for line in bench_report.aims(found) if line.aim.startswith(aim)]
    assert line.verdict == f"falls short by {short}"


def test_the_limit_is_what_takes_longer_products_or_memory():
    assert bench_report.limits(measured(), "cnn") == [1.0, 1.0]
    slow = measured(**{"limit:": [{"operations": 1e11, "bytes": 1e9}] * 2})
    assert bench_report.limits(slow, "cnn") == [10.0, 10.0]


def test_speed_below_the_published_accuracy_reaches_nothing():
    found = measured(**{"ours:hidden": [{"seconds": 1.0, "accuracy": 0.97}] * 2})
    short = {line.aim for line in own(found) if line.verdict == "falls short by 0.41 points"}
    assert bench_report.TOGETHER in short
    assert "`hidden` faster than a PyTorch loop" in short


def test_the_best_networks_come_from_the_stored_results(monkeypatch):
    best = {"network": "rows-columns", "augment": "warped", "aim": 0.992}
    stored = [best | {"accuracies": [0.99, 0.992], "seconds": [200.0, 310.0]}]
    monkeypatch.setattr(results, "summary", lambda: {"mnist": {"best": stored}})
    (line,) = [line for line in bench_report.aims(measured()) if "five minutes" in line.aim]
    assert line.aim == "`rows-columns`, augmented: 99.2 % in five minutes"
    assert line.verdict == "falls short by 0.10 points and 10 s"


def test_the_report_and_its_picture_are_made_of_whatever_was_measured(tmp_path):
    for found in (measured(), {**measured(), "entrants": {}}):
        assert bench_report.report(found).startswith("Measured on 2026-11-20")
        bench_picture.picture(found).savefig(tmp_path / "report.png")
    assert "18.8 (12.5 to 25.0) times" in bench_report.quoted(measured())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell a process's peak memory")
def test_a_process_is_measured_and_its_failure_is_told():
    found = bench.run([sys.executable, "-c", "print('hello'); print('{\"seconds\": 2}')"])
    assert found["seconds"] == 2
    assert found["whole"] > 0
    assert found["memory"] > 2**20
    failed = bench.run([sys.executable, "-c", "raise SystemExit('no torch here')"])
    assert failed == {"missing": "no torch here"}


def test_a_page_gets_what_belongs_between_its_marks(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- bench: written by make bench -->\nold\n<!-- end of bench -->\n")
    marks.fill_in(page, "bench", "new")
    marks.fill_in(page, "bench", "newer")
    expected = "before\n<!-- bench: written by make bench -->\nnewer\n<!-- end of bench -->\n"
    assert page.read_text() == expected


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell a process's peak memory")
def test_an_entrant_prints_what_it_found():
    found = bench.run([*bench.ENTRANTS, "limit:", "0"])
    assert found["operations"] > 1e9
    assert found["bytes"] > 1e8
