"""Starts the app, a page for people who should see no code, and prints its address."""

import os
import sys
from pathlib import Path

from traitlets import default
from voila.app import Voila  # type: ignore[import,unused-ignore]

ROOT = Path(__file__).parents[1]
APP = ROOT / "notebooks" / "app" / "app.ipynb"
PAGE = Path(__file__).with_name("app_page")  # Voilà finds voila/templates/mnistlab in it
UNFIT = ("@jupyter/nbgrader", "@jupyter-notebook/lab-extension")


class App(Voila):  # type: ignore[misc]  # Voilà ships no types
    """Voilà that says where it listens; where the port is taken, it has chosen another."""

    @default("tornado_settings")
    def _pings(self) -> dict[str, int]:
        # Pings find connections that a network lost, and this one stays on the machine. With
        # Jupyter's timeout for them Tornado warns; with a shorter one the page is cut off.
        return {"ws_ping_interval": 0}

    def launch_browser(self) -> None:
        """Called once it listens: prints the address and leaves the browser to the reader."""
        print(f"The app is at {self.display_url}  (Ctrl-C ends it)", flush=True)


def arguments() -> list[str]:
    """Voilà's arguments: for this machine alone, without code, on our page."""
    line = [str(APP), "--Voila.ip=127.0.0.1", "--template=mnistlab", "--strip_sources=True"]
    line += ["--Voila.log_level=ERROR"]
    # Made for JupyterLab; here they would only complain in the console.
    line += [f"--VoilaConfiguration.extension_denylist={name}" for name in UNFIT]
    return line + sys.argv[1:]


if __name__ == "__main__":
    paths = [str(PAGE), os.environ.get("JUPYTER_PATH", "")]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(path for path in paths if path)
    App.launch_instance(arguments())
