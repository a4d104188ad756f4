import importlib.metadata
import os
import platform
import sys

import jupyter_client.kernelspec
import psutil
import pytest

from mnistlab import data, doctor


def test_a_sound_machine_is_found_sound():
    for check in (doctor.python, doctor.packages, doctor.kernel, doctor.widgets):
        assert check().ok, check()


def test_a_wrong_python_is_found(monkeypatch):
    monkeypatch.setattr(platform, "python_version", lambda: "3.14.1")
    check = doctor.python()
    assert not check.ok
    assert "Install Python" in str(check)


def test_a_missing_and_an_old_package_are_named(monkeypatch):
    have = importlib.metadata.version

    def version(name):
        if name == "keras":
            raise importlib.metadata.PackageNotFoundError
        return "0.1" if name == "numpy" else have(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    wrong = doctor._problem(doctor.Requirement("keras>=3")) + doctor._problem(
        doctor.Requirement("numpy>=2")
    )
    assert wrong == ["keras is missing", "numpy 0.1 is not >=2"]
    check = doctor.packages()
    assert not check.ok
    assert check.name == "packages"
    assert "keras is missing; numpy 0.1 is not" in check.found


@pytest.mark.parametrize(
    "program", ["/usr/bin/env", "/nowhere/python", os.path.realpath(sys.executable)]
)
def test_a_kernel_of_another_python_is_found(monkeypatch, program):
    spec = jupyter_client.kernelspec.KernelSpec(argv=[program, "-m", "ipykernel"])
    monkeypatch.setattr(doctor.KernelSpecManager, "get_kernel_spec", lambda *_: spec)
    if program != sys.executable:  # which is no link in every environment
        assert not doctor._run(doctor.kernel).ok


def test_a_missing_kernel_is_found(monkeypatch):
    def missing(self, name):
        raise doctor.NoSuchKernel(name)

    monkeypatch.setattr(doctor.KernelSpecManager, "get_kernel_spec", missing)
    assert not doctor.kernel().ok


def test_a_jupyterlab_without_widgets_is_found(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "jupyter_path", lambda name: [str(tmp_path)])
    assert "sliders stay blank" in str(doctor.widgets())


def test_damaged_digits_are_found(monkeypatch, tmp_path):
    monkeypatch.setenv("MNISTLAB_CACHE", str(tmp_path))
    monkeypatch.setenv("MNISTLAB_DATA", str(tmp_path / "missing.npz"))
    check = doctor.digits()
    assert not check.ok
    assert "missing.npz" in str(check)


def test_little_memory_is_found(monkeypatch):
    class Little:
        available = 5e8

    monkeypatch.setattr(psutil, "virtual_memory", Little)
    assert "0.5 GB free" in str(doctor.memory())
    assert "→ Close" in str(doctor.memory())


def test_a_check_that_fails_is_bad_news_and_not_a_traceback(monkeypatch):
    def faint():
        raise RuntimeError("no such thing")

    monkeypatch.setattr(data, "find", faint)
    check = doctor._run(doctor.digits)
    assert (check.ok, check.found) == (False, "no such thing")


def test_the_kernel_check_follows_links(monkeypatch):
    spec = jupyter_client.kernelspec.KernelSpec(argv=[sys.executable, "-m", "ipykernel"])
    monkeypatch.setattr(doctor.KernelSpecManager, "get_kernel_spec", lambda *_: spec)
    assert doctor.kernel().ok
