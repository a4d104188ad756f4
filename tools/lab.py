"""Opens JupyterLab at the first lesson; without a display it prints the address instead."""

import os
import subprocess
import sys
from pathlib import Path

FIRST_LESSON = Path(__file__).parents[1] / "notebooks" / "00_start_here.ipynb"


def command(environment: dict[str, str], platform: str, root: bool) -> list[str]:
    """The command line that opens JupyterLab in notebooks/.

    environment: the variables that tell whether somebody sees a browser here.
    """
    line = [sys.executable, "-m", "jupyter", "lab", str(FIRST_LESSON)]
    line += ["--log-level=ERROR"]  # the address is logged above that level, the chatter below
    remote = "SSH_CONNECTION" in environment
    screen = platform in ("darwin", "win32") or {"DISPLAY", "WAYLAND_DISPLAY"} & environment.keys()
    if remote or not screen:
        line += ["--no-browser"]
    if root:  # in a container; JupyterLab asks for a word of consent
        line += ["--allow-root"]
    return line + sys.argv[1:]


if __name__ == "__main__":
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    line = command(dict(os.environ), sys.platform, is_root)
    if sys.platform == "win32":  # where a program cannot take another's place
        sys.exit(subprocess.call(line))
    os.execv(line[0], line)
