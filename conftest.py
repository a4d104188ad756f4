"""Kernels under test talk through files instead of network ports.

Jupyter picks five free ports and lets go of them before the kernel takes them; whoever is quicker
leaves the test waiting for a kernel that never answers.
"""

import atexit
import shutil
import sys
import tempfile
from pathlib import Path

from jupyter_client.manager import KernelManager

if sys.platform != "win32":  # which has no such files
    KernelManager.transport = "ipc"
    folder = tempfile.mkdtemp(prefix="mnistlab-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    KernelManager.ip = str(Path(folder, "kernel"))
