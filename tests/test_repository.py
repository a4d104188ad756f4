"""The repository holds together: dependencies in step, modules in line, commands that work."""

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
ALL_LOCK = (ROOT / "requirements-all.lock").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

# Data flows one way: a module imports only from those before it.
# fmt: off
LINE = [
    "quiet", "pictures", "surroundings", "photos", "sheet", "images", "photograph",
    "offline", "mnist", "download", "cache", "sources", "collection", "data", "coursework",
    "models", "habits", "augmentation", "loop", "training",
    "results", "chance", "report", "evaluation", "exercises", "guards", "web", "exports", "saving",
    "journal", "trials", "workers", "cluster", "exam", "tuning", "study_report",
    "figure",
    "image_plots", "curve_plots", "plots", "study_plots",
    "sketches", "by_hand", "explorers", "output_explorers", "filter_explorers",
    "audit_explorers", "study_explorers", "preparation_explorers",
    "distortions", "controls", "widgets", "playground", "pad",
    "server", "doctor", "cli", "__main__",
]
# fmt: on


def needs(*extras: str) -> list[Requirement]:
    added = [PROJECT["optional-dependencies"][extra] for extra in extras]
    return [Requirement(line) for line in sum(added, PROJECT["dependencies"])]


def pinned(lock: str) -> list[tuple[str, str]]:
    """The names and versions in a lock; a version may come with the systems that it is for."""
    return re.findall(r"^([\w.-]+)==([^\s\\]+)", lock, re.MULTILINE)


def versions(lock: str, need: Requirement) -> list[str]:
    name = re.sub("[-_.]+", "-", need.name).lower()
    return [version for pinned_name, version in pinned(lock) if pinned_name == name]


@pytest.mark.parametrize("need", needs("test"), ids=lambda need: need.name)
def test_the_lock_holds_a_fitting_version_of_each_dependency(need):
    assert versions(LOCK, need), f"{need.name} is not in requirements.lock: run make lock"
    assert all(need.specifier.contains(version) for version in versions(LOCK, need))


def test_the_other_lock_adds_the_extras_and_changes_nothing_else():
    extras = needs(*PROJECT["optional-dependencies"])
    assert all(versions(ALL_LOCK, need) for need in extras), "run make lock"
    assert set(pinned(LOCK)) < set(pinned(ALL_LOCK))
    names = {name for name, _ in pinned(LOCK)}
    added = set(pinned(ALL_LOCK)) - set(pinned(LOCK))
    assert {name for name, _ in added} & names == set()


@pytest.mark.parametrize("lock", [LOCK, ALL_LOCK], ids=["requirements", "requirements-all"])
def test_a_lock_has_a_hash_for_each_package_and_no_address(lock):
    packages = re.split(r"^(?=\S)", lock, flags=re.MULTILINE)[1:]
    assert len(packages) > 50
    assert [package for package in packages if "--hash=sha256:" not in package] == []
    assert "://" not in lock


def test_the_packages_of_the_lock_lack_none_that_they_need():
    # The set-up installs what the lock names and asks no package what else it wants.
    pip = [sys.executable, "-m", "pip", "check"]
    assert subprocess.run(pip, capture_output=True, text=True, check=False).returncode == 0


def test_conda_installs_python_and_the_project_and_nothing_else():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    python, *rest = environment["dependencies"]
    assert rest == ["pip", {"pip": ["-e .[test]"]}]
    version = python.removeprefix("python=")
    assert SpecifierSet(PROJECT["requires-python"]).contains(version)


def test_the_set_up_takes_the_pythons_that_the_project_takes():
    text = (ROOT / "tools" / "setup.py").read_text(encoding="utf-8")
    suited = ast.literal_eval(re.search(r"^SUITED = (.*)$", text, re.MULTILINE)[1])
    wanted = SpecifierSet(PROJECT["requires-python"])
    assert suited == tuple((3, n) for n in range(6, 30) if wanted.contains(f"3.{n}"))


@pytest.mark.parametrize("name", ["test.yml", "weekly.yml"])
def test_workflows_pin_their_actions_and_run_on_all_three_systems(name):
    text = (ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8")
    (job,) = yaml.safe_load(text)["jobs"].values()
    uses = [step["uses"] for step in job["steps"] if "uses" in step]
    assert uses
    assert [use for use in uses if not re.search(r"@v\d+\.\d+\.\d+$", use)] == []
    systems = {system.split("-")[0] for system in job["strategy"]["matrix"]["os"]}
    assert systems == {"ubuntu", "macos", "windows"}
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.13"]


def test_the_workflows_and_ci_run_only_targets_that_exist():
    scripts = [ROOT / ".ci" / "run", *(ROOT / ".github" / "workflows").glob("*.yml")]
    text = "".join(script.read_text(encoding="utf-8") for script in scripts)
    calls = re.findall(r"^ *(?:- run: )?make ([a-z -]+)", text, re.MULTILINE)
    targets = set(" ".join(calls).split())
    assert targets >= {"test", "test-rest", "unit", "lessons"}
    assert {target for target in targets if not re.search(rf"^{target}:", MAKEFILE, re.M)} == set()


PACKAGE = ROOT / "mnistlab"


def modules() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


def module_name(path: Path) -> str:
    """A package within the package counts as one module."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_those_before_it_in_the_line(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.startswith("mnistlab.")]
            imported |= {name.split(".")[1] for name in names}
        elif isinstance(node, ast.ImportFrom) and node.module == "mnistlab":
            imported |= {alias.name for alias in node.names if not alias.name.startswith("__")}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mnistlab."):
            imported.add(node.module.split(".")[1])
    own = module_name(path)
    assert imported - {own} <= set(LINE[: LINE.index(own)])


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_can_be_read_in_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def test_importing_mnistlab_loads_neither_tensorflow_nor_matplotlib():
    code = "import mnistlab, sys; print([*{'tensorflow', 'keras', 'matplotlib'} & {*sys.modules}])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "[]\n"


@pytest.mark.slow
def test_tensorflow_is_imported_without_a_word():
    code = "import mnistlab, keras; import tensorflow as tf; tf.constant(1)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stderr == ""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell that closes standard error")
def test_tensorflow_is_imported_without_a_standard_error_too():
    line = f"{sys.executable} -c 'import mnistlab, tensorflow' 2>&-"
    assert subprocess.run(line, shell=True, check=False).returncode == 0


def test_a_failed_import_of_tensorflow_still_says_why(tmp_path):
    broken = tmp_path / "tensorflow"
    broken.mkdir()
    (broken / "__init__.py").write_text(
        "import os\nos.write(2, b'a word from C++\\n')\nraise ImportError('no wheel')\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", "import mnistlab, tensorflow"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "a word from C++" in out.stderr
    assert "ImportError: no wheel" in out.stderr


def documents() -> list[Path]:
    return [*ROOT.glob("*.md"), *ROOT.glob(".github/*.md"), *ROOT.glob("docs/**/*.md")]


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_links_within_the_repository_are_alive(path):
    text = path.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text) + re.findall(r'src="([^"]+)"', text)
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem
)
def test_the_course_map_names_every_lesson_with_its_time(path):
    heading = nbformat.read(path, as_version=4).cells[0].source
    minutes = re.search(r"Time: (\d+) minutes", heading)[1]
    assert re.search(rf"\]\(notebooks/{path.name}\) \| {minutes} \|", README)


def commands() -> list[str]:
    blocks = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    lines = "".join(blocks).splitlines()
    return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]


def test_the_readme_begins_with_the_two_commands():
    assert commands()[:2] == ["make lab", "make test"]


@pytest.mark.parametrize("command", [line for line in commands() if line.startswith("make ")])
def test_a_make_command_of_the_readme_is_a_target(command):
    """`make test` runs this very test, and CI runs `make test`; `make lab` has its own test."""
    target = command.split()[1]
    assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)
    dry = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, check=False)
    assert dry.returncode == 0, dry.stderr


OURS = [line for line in commands() if line.startswith(".venv/bin/mnistlab")]


@pytest.mark.slow
def test_the_readmes_mnistlab_commands_run_in_their_order(tmp_path):
    assert OURS
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "seven.png", tmp_path / "docs")
    for command in OURS:
        words = shlex.split(command)[1:]
        line = [sys.executable, "-m", "mnistlab", *words]
        run = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert run.returncode == 0, f"{command}: {run.stderr}"


@pytest.mark.slow
def test_the_readmes_python_runs():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    line = [sys.executable, "-c", code]
    run = subprocess.run(line, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "accuracy" in run.stdout


INLINE = re.findall(r"`((?:make|\.venv/bin/mnistlab) [^`]+)`", README)


@pytest.mark.parametrize("command", sorted({line for line in INLINE if line.startswith("make")}))
def test_a_make_command_within_a_sentence_is_a_target(command):
    assert re.search(rf"^{command.split()[1]}:", MAKEFILE, re.MULTILINE)


def test_every_command_of_the_readme_is_tried_by_one_of_these_tests():
    tried = ("make ", ".venv/bin/mnistlab ", "conda ")
    assert [line for line in commands() if not line.startswith(tried)] == []


def test_the_readmes_conda_commands_name_the_environment_and_a_lesson():
    create, lab = (line for line in commands() if line.startswith("conda "))
    assert create == "conda env create -f environment.yml"
    name = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["name"]
    assert f"-n {name} " in lab
    assert (ROOT / shlex.split(lab)[-1]).exists()


def test_the_readmes_results_are_the_stored_ones():
    from mnistlab import results

    assert results.markdown() in README


# What the package has to carry: the outputs of five seeds for all test images, for lesson 5.
LARGE = {"mnistlab/stored/mnist.npz", "mnistlab/stored/offline.npz"}


def test_no_file_is_larger_than_a_megabyte_but_those_that_are_meant():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = [name for name in listed.stdout.decode().split("\0") if name]
    if not names:
        pytest.skip("needs git and its index, which a download of the files alone has not")
    large = {name for name in names if (ROOT / name).stat().st_size > 2**20}
    assert large == LARGE
