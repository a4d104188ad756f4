"""Opens JupyterLab at the first lesson; without a display it prints the address instead."""

import os
import sys
from pathlib import Path

# jupyter_events asks for a checker of internationalised addresses. To build it takes half of the
# time that JupyterLab needs to start, and JupyterLab never uses it; jsonschema does without.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # None makes its import fail

from jupyterlab.labapp import main  # noqa: E402  # only after the line above

FIRST_LESSON = Path(__file__).parents[1] / "notebooks" / "00_start_here.ipynb"


def arguments(environment: dict[str, str], platform: str, root: bool) -> list[str]:
    """JupyterLab's arguments, so that it opens in notebooks/.

    environment: the variables that tell whether somebody sees a browser here.
    """
    line = [str(FIRST_LESSON)]
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
    sys.exit(main(arguments(dict(os.environ), sys.platform, is_root)))
