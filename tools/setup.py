"""Makes `.venv` from requirements.lock, once: what every make target calls first.

With --all it then adds the extras that requirements-all.lock names, once too: for the browser
tests, the app, the grading and the cluster's dashboard. What stands in both locks is the same, so
nothing that was there changes.

Uses the standard library only and no new syntax, so that a Python that is too old can still say
so. An environment is either complete (its stamp says for which lock) or thrown away; the one
before stays until its successor stands.
"""

import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
OLD = VENV + ".old"
LOCK, ALL_LOCK = "requirements.lock", "requirements-all.lock"
LOG = os.path.join(ROOT, "build", "setup.log")
SUITED = ((3, 11), (3, 12), (3, 13))
BIN = "Scripts" if os.name == "nt" else "bin"

# What pip says, and what it means for the person who waits for it.
TROUBLES = [
    ("No space left on device", "The disk is full: the set-up needs about 3 GB."),
    ("DO NOT MATCH THE HASHES", "A package is not the one that the lock names."),
    (
        "NewConnectionError|NameResolutionError|Max retries|ReadTimeout|ConnectTimeout|ProxyError"
        "|SSLError|Network is unreachable|Temporary failure|Connection(Reset)?Error",
        "The packages cannot be reached: the first set-up needs the network. "
        "Connect (or set HTTPS_PROXY, where there is a proxy) and run the same command again.",
    ),
]

# Settings that keep noise out of a lesson, by their file in .venv.
SETTINGS = {
    # JupyterLab asks at its first start whether it may fetch news.
    "share/jupyter/lab/settings/overrides.json": {
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}
    },
    # Sliders answer in half the time; mnistlab/server.py says why.
    "etc/jupyter/jupyter_server_config.json": {
        "ServerApp": {"kernel_websocket_connection_class": "mnistlab.server.PromptConnection"}
    },
    # Each kernel warns that it talks to JupyterLab without encryption. It does so on this machine
    # alone, and a learner can do nothing about it.
    "etc/ipython/ipython_kernel_config.json": {"IPKernelApp": {"log_level": "ERROR"}},
}


def main():
    """Set up where needed; refuse in one sentence where it cannot be done."""
    refuse_machine()
    if not stamp_is_right():
        refuse_python()
        with only_one():
            bring_back()
            if not stamp_is_right():  # another set-up may have finished while this one waited
                replace_environment()
    if "--all" in sys.argv[1:] and not stamp_is_right(extras=True):
        with only_one():
            add_extras()


def refuse_machine():
    """TensorFlow has no package for Intel Macs."""
    if platform.system() == "Darwin" and platform.machine() == "x86_64":
        stop(
            "TensorFlow has no package for Intel Macs: open the course in Binder or Colab (see "
            "README.md). If it has an Apple chip, install an arm64 Python from python.org."
        )


def refuse_python():
    """Continue under a Python that TensorFlow has a package for, or say which one to install."""
    if sys.version_info[:2] not in SUITED:
        for major, minor in reversed(SUITED):
            other = shutil.which(f"python{major}.{minor}")
            if other and subprocess.call([other, "-c", ""], stderr=subprocess.DEVNULL) == 0:
                sys.exit(subprocess.call([other, os.path.abspath(__file__), *sys.argv[1:]]))
        stop(
            f"This is Python {platform.python_version()}, but TensorFlow needs 3.11, 3.12 or 3.13: "
            "install one of them from python.org and run the same command again."
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        stop(
            "This Python lacks its venv module: install it (on Debian or Ubuntu with "
            f"'sudo apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv') "
            "and run the same command again."
        )


def stamp_is_right(extras=False):
    """Whether .venv is complete and made for this lock, in this folder."""
    try:
        with open(stamp_file(extras)) as file:
            return file.read() == stamp(extras) and python_runs()
    except OSError:
        return False


def stamp_file(extras=False):
    """Where .venv says what it was made from; its extras have a stamp of their own."""
    return os.path.join(VENV, "stamp-all" if extras else "stamp")


def python_runs():
    """Whether the Python is still there that .venv was made with."""
    return subprocess.call([os.path.join(VENV, BIN, "python"), "-c", ""]) == 0


def stamp(extras=False):
    """A hash of all that the environment is made from."""
    digest = hashlib.sha256(ROOT.encode())  # an environment does not survive being moved
    names = [LOCK, "pyproject.toml", os.path.join("tools", "setup.py")]
    for name in names + ([ALL_LOCK] if extras else []):
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


@contextlib.contextmanager
def only_one():
    """Let a second set-up wait for the first; the system frees the lock of a killed one."""
    os.makedirs(os.path.dirname(LOG), exist_ok=True)
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    with open(os.path.join(os.path.dirname(LOG), "setup.lock"), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def bring_back():
    """Put the environment before back in its place, unless its successor is complete."""
    if os.path.exists(OLD) and not os.path.exists(stamp_file()):
        shutil.rmtree(VENV, ignore_errors=True)
        os.rename(OLD, VENV)


def replace_environment():
    """Make a new .venv; whatever goes wrong, the one before comes back."""
    if os.path.exists(stamp_file()):
        shutil.rmtree(OLD, ignore_errors=True)
        os.rename(VENV, OLD)
    try:
        make_environment()
    except BaseException:
        shutil.rmtree(VENV, ignore_errors=True)
        bring_back()
        raise
    shutil.rmtree(OLD, ignore_errors=True)


def make_environment():
    """Create .venv, install the locked packages and mnistlab itself, and stamp it."""
    say(f"Setting up .venv once, with Python {platform.python_version()}: a few minutes.")
    shutil.rmtree(VENV, ignore_errors=True)
    empty_log()
    run([sys.executable, "-m", "venv", VENV])
    install_locked(LOCK)
    install("--no-deps", "--no-build-isolation", "-e", ".")
    for name, settings in SETTINGS.items():
        path = os.path.join(VENV, *name.split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            json.dump(settings, file)
    write_stamp()


def add_extras():
    """Install what requirements-all.lock has beyond the other lock, and stamp it."""
    say(
        "Adding to .venv, once, what the browser tests, the app, the grading and the cluster's "
        "dashboard need: a minute."
    )
    empty_log()
    install_locked(ALL_LOCK)
    write_stamp(extras=True)


def write_stamp(extras=False):
    """Say that the environment is complete."""
    with open(stamp_file(extras), "w") as file:
        file.write(stamp(extras))


def install_locked(lock):
    """Install what a lock names, and nothing else.

    It is complete, so pip need not ask what each package wants. Older ones (23.2, which came with
    Python 3.11.7) then fail once there is a newer release of a package wanted with an extra.
    """
    install("--require-hashes", "--no-deps", "-r", lock)


def install(*what):
    """Have .venv's own pip install something."""
    pip = [os.path.join(VENV, BIN, "python"), "-m", "pip", "--disable-pip-version-check"]
    run([*pip, "install", "--no-input", "--retries", "2", "--timeout", "30", *what])


def empty_log():
    """Begin the log anew."""
    with open(LOG, "w"):
        pass


def run(command):
    """Run a step, its output to the log and its progress to the terminal."""
    packages = 0
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with open(LOG, "a") as log, subprocess.Popen(command, cwd=ROOT, **pipes) as step:
        for line in step.stdout:
            log.write(line)
            packages += line.startswith("Collecting ")
            if sys.stdout.isatty() and packages:
                sys.stdout.write(f"\r{packages} packages found ")
                sys.stdout.flush()
    if sys.stdout.isatty() and packages:
        say("")
    if step.returncode != 0:
        stop(explanation())


def explanation():
    """One sentence on what the log's errors mean."""
    with open(LOG) as file:
        text = file.read()
    for pattern, meaning in TROUBLES:
        if re.search(pattern, text):
            return meaning
    errors = re.findall(r"^ERROR: (.*)", text, re.MULTILINE) or ["see the log"]
    return f"The set-up failed: {errors[-1]} (all of it: build/setup.log)"


def say(text):
    """Print at once, also into a pipe."""
    print(text, flush=True)


def stop(sentence):
    """End with one sentence."""
    sys.exit("mnistlab: " + sentence)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        stop("stopped; the same command begins again.")
    except OSError as problem:
        stop(f"The set-up failed: {problem}.")
