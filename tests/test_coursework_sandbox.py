"""The sandbox holds: each limit is passed once, and each wall is run against."""

import dataclasses
import json
import os
import socket
import subprocess
import sys
import threading
import time

import psutil
import pytest
from coursework_class import need_sandbox
from grading import sandbox
from grading.source import Limits

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _walls():
    need_sandbox()


@pytest.fixture
def run(tmp_path):
    """Runs cells in the sandbox, within limits that a test can pass soon."""

    def ran(*cells, unsafe=False, **limits):
        chosen = dataclasses.asdict(Limits(seconds=30, memory_mb=600)) | limits
        job = {"cells": list(cells)} | chosen
        tmp_path.chmod(0o755)
        (tmp_path / "job.json").write_text(json.dumps(job))
        return sandbox.run(tmp_path, chosen, unsafe=unsafe)

    return ran


HAND_IN = "from mnistlab import coursework\ncoursework.hand_in('x', 1)"


def printed(ran):
    assert [cell["error"] for cell in ran.cells if cell["error"]] == []
    return "".join(cell["printed"] for cell in ran.cells)


def test_cells_run_in_one_kernel_and_an_error_ends_its_cell_alone(run):
    ran = run("x = 3", "1 / 0", "%time print(x)\nx")
    assert ran.stopped == ""
    assert [cell["error"] for cell in ran.cells] == ["", "ZeroDivisionError: division by zero", ""]
    assert ran.cells[2]["printed"].startswith("3")


def test_answers_come_out_and_nothing_else_is_left(run, tmp_path):
    ran = run(HAND_IN, "open('y', 'w').write('z')")
    assert list(ran.answers) == ["x"]
    assert os.listdir(tmp_path) == ["job.json"]


def test_an_endless_loop_ends_and_what_was_handed_in_stays(run):
    ran = run(HAND_IN, "while True:\n    pass", "print(3)", seconds=6)
    assert ran.stopped == "seconds"
    assert len(ran.cells) == 2
    assert list(ran.answers) == ["x"]


def test_a_notebook_that_will_not_answer_ends_too(run, monkeypatch):
    monkeypatch.setattr(sandbox, "GRACE", 2)
    stop = "import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)"
    start = time.monotonic()
    assert run(stop, seconds=3).stopped == "seconds"
    assert time.monotonic() - start < 15


def test_computing_has_a_limit_of_its_own(run):
    assert run("while True:\n    pass", seconds=30, cpu_seconds=3).stopped == "cpu"


def test_a_process_cannot_take_more_memory_than_allowed(run):
    ran = run("x = bytearray(2 * 10**9)", "print(len(bytearray(10**8)))")
    assert ran.cells[0]["error"].startswith("MemoryError")
    assert ran.cells[1]["printed"] == "100000000\n"


HOGS = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        x = bytearray(os.urandom(1)) * (2 * 10**8)
        time.sleep(60)
time.sleep(60)
"""


def test_many_processes_cannot_take_it_either(run):
    assert run(HOGS).stopped == "memory"


FORKS = """
import os, time
children = 0
try:
    while children < 10_000:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        children += 1
except BlockingIOError:
    print("no more than", children)
"""


def test_processes_are_limited_for_whoever_grades(run):
    ran = run(FORKS, processes=100)
    said, count = printed(ran).rsplit(" ", 1)
    assert said == "no more than"
    assert 10 < int(count) < 100


BOMB = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"


def test_a_fork_bomb_is_gone_when_the_time_is_over(run):
    before = len(psutil.pids())
    ran = run(BOMB, seconds=5)
    assert ran.stopped in ("seconds", "ended", "cpu", "memory")
    time.sleep(1)
    assert len(psutil.pids()) < before + 50


FILL = """
written = 0
try:
    for i in range(1000):
        with open({path!r} + str(i), "wb") as file:
            written += file.write(bytes(2**20))
except OSError as error:
    print(written // 2**20, error.strerror)
"""


def test_the_disk_is_small(run):
    size, _, said = printed(run(FILL.format(path="part"), disk_mb=20)).partition(" ")
    assert int(size) < 20
    assert said == "No space left on device\n"


def test_a_file_is_no_larger_than_the_disk(run):
    ran = run("open('x', 'wb').truncate(2**40)", disk_mb=20)
    assert ran.cells[0]["error"].startswith("OSError") or ran.stopped == "ended"


@pytest.mark.parametrize("folder", ["/dev/shm/", "/dev/", "/", "/tmp/", "/job/", "/usr/"])
def test_nothing_else_can_be_written(run, folder):
    said = printed(run(FILL.format(path=folder + "x")))
    assert said.split(" ")[0] in ("0", "1")  # megabytes: of /dev/shm there is one


def test_a_gigabyte_of_output_ends_the_notebook_and_fills_nothing(run):
    before = psutil.Process().memory_info().rss
    ran = run("for _ in range(10**7):\n    print('x' * 100)", "print(3)")
    assert ran.stopped == "output"
    assert len(ran.cells[0]["printed"]) <= 2000
    assert psutil.Process().memory_info().rss - before < 100 * 2**20


def test_a_gigabyte_at_once_fills_nothing_either(run):
    """The kernel may run out of its own memory before anybody counts what it says."""
    before = psutil.Process().memory_info().rss
    run("print('x' * 10**9)", "for _ in range(1000):\n    print('x' * 10**6)")
    assert psutil.Process().memory_info().rss - before < 100 * 2**20


def test_too_many_answers_are_not_taken(run, monkeypatch):
    monkeypatch.setattr(sandbox, "LONGEST", 10**6)
    cell = "import numpy as np\ncoursework.hand_in('y', np.zeros(9**6))"
    assert run(HAND_IN, cell).stopped == "answers"


@pytest.mark.parametrize(
    "report",
    ["not JSON", '{"cells": 3}', '{"cells": [], "answers": [], "stopped": ""}', "[" * 10**5],
)
def test_a_notebook_that_writes_its_own_report_is_not_believed(run, report):
    """It can only speak for itself, and what makes no sense counts for nothing."""
    forge = f"""
import glob, os
for path in glob.glob("/proc/[0-9]*/fd/*"):
    try:
        if os.readlink(path).startswith("pipe:"):
            os.write(os.open(path, os.O_WRONLY | os.O_NONBLOCK), {report.encode()!r})
    except OSError:
        pass
os.kill(os.getppid(), 9)
"""
    ran = run(forge, seconds=8)
    assert ran.stopped in ("ended", "seconds")
    assert ran.answers == {}


def test_there_is_no_network(run):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ran = run(f"import socket\nsocket.create_connection(('127.0.0.1', {port}), timeout=3)")
        assert ran.cells[0]["error"].split(":")[0] in ("ConnectionRefusedError", "OSError")
        server.settimeout(0.1)
        with pytest.raises(TimeoutError):
            server.accept()


def test_the_course_and_this_machine_cannot_be_seen(run, tmp_path, monkeypatch):
    monkeypatch.setenv("A_SECRET", "of this machine")
    course = sandbox.PACKAGE.parent
    hidden = [
        course / name for name in ("notebooks", "tests", "tools", ".git", "build", "README.md")
    ]
    hidden += [tmp_path, tmp_path.parent, sandbox.INSIDE.with_name("judge.py"), "/etc/shadow"]
    hidden += ["/tmp", "/var", "/etc/passwd", "/root/.ssh", "/home/user", "/sys", "/run"]
    open_ways = {parent for path in sandbox._readable() for parent in path.parents}
    paths = [str(path) for path in hidden if sandbox.Path(path) not in open_ways]
    code = (
        f"import os\nprint([p for p in {paths!r} if os.path.exists(p)], 'A_SECRET' in os.environ)"
    )
    assert printed(run(code)) == "[] False\n"


def test_no_other_process_can_be_seen(run):
    said = printed(run("import os\nprint(len([p for p in os.listdir('/proc') if p.isdigit()]))"))
    assert int(said) < 8


def test_it_is_a_user_of_its_own_who_can_become_no_other(run):
    code = """
import os
print(os.getuid() >= 61001)
for name in ("setuid", "seteuid", "setgid"):
    try:
        getattr(os, name)(0)
        print("became", name)
    except OSError:
        print("no")
print(open("/proc/self/status").read().split("CapEff:")[1].split()[0])
print(open("/proc/self/status").read().split("CapBnd:")[1].split()[0] if os.getuid() else "")
"""
    lines = printed(run(code)).splitlines()
    assert lines[:4] == ["True", "no", "no", "no"]
    assert int(lines[4], 16) == 0


def test_limits_cannot_be_raised_again(run):
    code = """
import resource
for name in ("CPU", "DATA", "FSIZE", "NPROC"):
    try:
        resource.setrlimit(getattr(resource, "RLIMIT_" + name), (2**40, 2**40))
        print("raised", name)
    except (ValueError, OSError):
        pass
"""
    assert printed(run(code)) == ""


@pytest.mark.parametrize("how", ["import sys\nsys.exit()", "exit()", "import os\nos._exit(0)"])
def test_leaving_early_is_told_and_answers_stay(run, how):
    ran = run(HAND_IN, how, "print(3)")
    assert list(ran.answers) == ["x"]
    assert ran.stopped == "ended" or ran.cells[2]["printed"] == "3\n"


def test_two_sandboxes_know_nothing_of_each_other(run, tmp_path):
    """A bomb beside it leaves another student's notebook its own processes."""
    other = tmp_path / "other"
    other.mkdir(mode=0o755)
    limits = dataclasses.asdict(Limits(seconds=6))
    (other / "job.json").write_text(json.dumps({"cells": [BOMB]} | limits))
    bomb = threading.Thread(target=sandbox.run, args=(other, limits, 1))
    bomb.start()
    time.sleep(3)
    ran = run(
        "import subprocess\nprint(subprocess.run(['echo', 'fine'], capture_output=True).stdout)"
    )
    bomb.join()
    assert printed(ran) == "b'fine\\n'\n"


def test_it_dies_with_the_grader(tmp_path):
    tmp_path.chmod(0o755)
    limits = dataclasses.asdict(Limits(seconds=60))
    cell = "import time\ntime.sleep(55)"
    (tmp_path / "job.json").write_text(json.dumps({"cells": [cell]} | limits))
    code = f"from grading import sandbox as s\ns.run(s.Path({str(tmp_path)!r}), {limits})"
    tools = str(sandbox.INSIDE.parents[1])
    environment = os.environ | {"PYTHONPATH": tools}
    grader = subprocess.Popen([sys.executable, "-c", code], env=environment)
    wait_for(lambda: sandboxes_on(tmp_path), "a sandbox")
    grader.kill()
    grader.wait()
    wait_for(lambda: not sandboxes_on(tmp_path), "no sandbox")


def sandboxes_on(folder):
    lines = []
    for process in psutil.process_iter(["cmdline"]):
        lines.append(" ".join(process.info["cmdline"] or []))
    return [line for line in lines if line.startswith("bwrap") and str(folder) in line]


def wait_for(holds, what):
    for _ in range(200):
        if holds():
            return
        time.sleep(0.1)
    pytest.fail(f"waited for {what} in vain")


def test_without_a_sandbox_it_runs_as_well_when_told_so(run, tmp_path):
    ran = run(HAND_IN, "print(3)", unsafe=True)
    assert printed(ran).endswith("3\n")
    assert list(ran.answers) == ["x"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("sys.platform", "darwin", "needs Linux"),
        ("shutil.which", lambda name: None, "apt install bubblewrap"),
        ("platform.release", lambda: "5.10.0-8-amd64", "needs Linux 5.14"),
    ],
)
def test_where_there_can_be_no_sandbox_it_says_why(monkeypatch, name, value, said):
    sandbox.missing.cache_clear()
    monkeypatch.setattr(f"grading.sandbox.{name}", value)
    assert said in sandbox.missing()
    monkeypatch.undo()
    sandbox.missing.cache_clear()
