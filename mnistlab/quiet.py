"""Keeps TensorFlow's greeting out of the lessons.

Each import of TensorFlow writes lines about CUDA and oneDNN to standard error, whatever its log
level says (tensorflow #100442). In a notebook they stand in red above the first result. So the
import runs with standard error set aside; if it fails, all that was written comes back.
"""

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from types import ModuleType

__all__ = ["hush_tensorflow"]


def hush_tensorflow() -> None:
    """Let the first import of TensorFlow, by whomever, be silent."""
    # The log level keeps the lines quiet that come after the import.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if "tensorflow" not in sys.modules:
        sys.meta_path.insert(0, _Finder())


class _Finder(importlib.abc.MetaPathFinder):
    """Finds TensorFlow as Python would, and makes its loader quiet."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_quietly(module: ModuleType) -> None:
                with _stderr_aside():
                    load(module)

            spec.loader.exec_module = load_quietly  # type: ignore[method-assign]
        return spec


@contextlib.contextmanager
def _stderr_aside() -> Iterator[None]:
    # The lines come from C++, so it is the file descriptor that has to move.
    try:
        kept = os.dup(2)
    except OSError:  # a program without a standard error has nothing to keep quiet
        yield
        return
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        except BaseException:
            aside.seek(0)
            with open(kept, "wb", closefd=False) as stderr:
                shutil.copyfileobj(aside, stderr)
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
