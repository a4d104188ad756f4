"""Checks a machine before a class does: each line says what is, and what to do if it is wrong."""

import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from jupyter_core.paths import jupyter_path
from packaging.requirements import Requirement

from mnistlab import data

__all__ = ["Check", "examine"]

GIGABYTE = 1e9
NEEDED_MEMORY = 2 * GIGABYTE  # free, to train any network of the course
KERNEL = "python3"  # the one that every lesson names
SET_UP_AGAIN = "Set up again: make clean lab (with conda: conda env create -f environment.yml)"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    found: str
    advice: str = ""

    def __str__(self) -> str:
        line = f"{'ok ' if self.ok else 'BAD'}  {self.name:9} {self.found}"
        return line if self.ok else f"{line}\n     → {self.advice}"


def examine() -> list[Check]:
    """Look at everything that a lesson needs; a check that itself fails is reported as bad."""
    return [_run(check) for check in (python, packages, kernel, widgets, digits, memory)]


def _run(check: Callable[[], Check]) -> Check:
    try:
        return check()
    except Exception as error:  # a doctor who faints helps nobody
        return Check(check.__name__, False, str(error), SET_UP_AGAIN)


def python() -> Check:
    """Is this a Python that TensorFlow has a package for?"""
    wanted = importlib.metadata.metadata("mnistlab")["Requires-Python"]
    fits = Requirement(f"python{wanted}").specifier.contains(platform.python_version())
    found = f"{platform.python_version()} in {sys.prefix}"
    return Check("python", fits, found, f"Install Python {wanted}. {SET_UP_AGAIN}")


def packages() -> Check:
    """Are all dependencies there, in versions that fit?"""
    wrong = []
    for line in importlib.metadata.requires("mnistlab") or []:
        need = Requirement(line)
        if need.marker is None:  # the extras have one
            wrong += _problem(need)
    if wrong:
        return Check("packages", False, "; ".join(wrong), SET_UP_AGAIN)
    names = ("tensorflow", "keras", "numpy", "jupyterlab")
    found = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    return Check("packages", True, found)


def _problem(need: Requirement) -> list[str]:
    try:
        have = importlib.metadata.version(need.name)
    except importlib.metadata.PackageNotFoundError:
        return [f"{need.name} is missing"]
    return [] if need.specifier.contains(have) else [f"{need.name} {have} is not {need.specifier}"]


def kernel() -> Check:
    """Does the kernel that the lessons name run this very Python?"""
    advice = f"Remove the kernel of that name with: jupyter kernelspec remove {KERNEL}"
    try:
        spec = KernelSpecManager().get_kernel_spec(KERNEL)
    except NoSuchKernel:
        return Check("kernel", False, f"no kernel {KERNEL!r}", SET_UP_AGAIN)
    program = spec.argv[0]
    # A bare "python" is looked up by Jupyter in its own environment.
    # Links are not followed: an environment's python is a link to the one that it was made with.
    same = program in ("python", "python3") or os.path.abspath(program) == sys.executable
    return Check("kernel", same, f"{KERNEL} runs {program}", advice)


def widgets() -> Check:
    """Can JupyterLab show sliders?"""
    for folder in jupyter_path("labextensions"):
        package = Path(folder, "@jupyter-widgets", "jupyterlab-manager", "package.json")
        if package.is_file():
            version = json.loads(package.read_text(encoding="utf-8"))["version"]
            return Check("widgets", True, f"JupyterLab's widget front end {version}")
    advice = "Install it with: pip install jupyterlab_widgets"
    return Check("widgets", False, "JupyterLab has no widget front end: sliders stay blank", advice)


def digits() -> Check:
    """Which digits would a lesson get?"""
    found = data.find()
    advice = "Fix or unset MNISTLAB_DATA, or delete the named file."
    return Check(
        "digits", found["ok"], f"{found['source']}: {found['origin']} ({found['state']})", advice
    )


def memory() -> Check:
    """Is there memory enough to train?"""
    free = psutil.virtual_memory().available
    found = f"{free / GIGABYTE:.1f} GB free"
    return Check("memory", free >= NEEDED_MEMORY, found, "Close other programs and notebooks.")
