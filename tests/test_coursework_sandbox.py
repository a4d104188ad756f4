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
from coursework_class import hand_in, need_sandbox, notebook
from grading import grader, report, sandbox, source, submissions
from grading.judge import Failed
from grading.source import Limits

from mnistlab import data

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
    monkeypatch.setattr(sandbox, "GRACE", 5)
    stop = "import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)"
    start = time.monotonic()
    ran = run(HAND_IN, stop, "print(3)", seconds=8)
    assert 12 < time.monotonic() - start < 20
    assert ran.stopped == "seconds"
    assert len(ran.cells) == 2
    assert list(ran.answers) == ["x"]


def test_computing_has_a_limit_of_its_own(run):
    assert run("while True:\n    pass", seconds=30, cpu_seconds=3).stopped == "cpu"


def test_who_kills_the_kernel_is_not_told_that_it_computed_too_long(run):
    ran = run(HAND_IN, "import os\nos.kill(os.getpid(), 9)", "print(3)")
    assert ran.stopped == "ended"
    assert len(ran.cells) == 2


def test_a_process_cannot_take_more_memory_than_allowed(run):
    ran = run("x = bytearray(2 * 10**9)", "print(len(bytearray(10**8)))")
    assert ran.cells[0]["error"].startswith("MemoryError")
    assert ran.cells[1]["printed"] == "100000000\n"


FULL = "parts = []\nwhile True:\n    parts.append(b'x' * 10**6)"


def test_a_process_that_takes_all_that_is_allowed_gets_an_error_and_goes_on(run):
    ran = run(HAND_IN, FULL, "print(len(parts))")
    assert ran.cells[1]["error"].startswith("MemoryError")
    assert int(ran.cells[2]["printed"]) > 300
    assert ran.stopped == ""


HOGS = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        x = bytearray(os.urandom(1)) * (2 * 10**8)
        time.sleep(60)
time.sleep(60)
"""


def test_many_processes_cannot_take_it_either(run):
    ran = run(HAND_IN, "print(2)", HOGS, "print(4)")
    assert ran.stopped == "memory"
    assert [cell["printed"] for cell in ran.cells[1:]] == ["2\n", ""]
    assert list(ran.answers) == ["x"]


def test_what_the_stopped_cell_itself_handed_in_counts(run):
    assert list(run(f"{HAND_IN}\nimport time\ntime.sleep(1){HOGS}").answers) == ["x"]


TABLES = """
import mmap
unused = mmap.mmap(-1, 2**40, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ)
for place in range(0, 2**40, 2**21):
    unused[place]
"""


def test_tables_of_empty_pages_are_memory_too(run):
    assert run(HAND_IN, TABLES).stopped == "memory"


SHARED = """
import mmap
for flags in (mmap.MAP_SHARED, 0x03):
    for file in (-1, open("/dev/zero", "r+b").fileno()):
        try:
            memory = mmap.mmap(file, 2 * 10**9, flags | (mmap.MAP_ANONYMOUS if file < 0 else 0))
            for place in range(0, 2 * 10**9, 4096):
                memory[place] = 1
            memory.madvise(mmap.MADV_DONTNEED)
            print("took it and hid it")
        except OSError:
            print("no")
"""


def test_shared_memory_without_a_file_is_refused(run):
    """The kernel would go on holding it when the process says that it needs it no more."""
    assert printed(run(SHARED)) == "no\n" * 4


SHARING = """
import mmap
memory = mmap.mmap(-1, 3 * 10**8)
for place in range(0, 3 * 10**8, 4096):
    memory[place] = 1
input(print("full", flush=True))
"""


def test_shared_memory_is_counted():
    line = [sys.executable, "-c", SHARING]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"full\n"
        assert 3 * 10**8 < sandbox.memory(process.pid) < 4 * 10**8
        assert 3 * 10**8 < sandbox.memory(process.pid, exactly=True) < 4 * 10**8
        process.kill()


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
    monkeypatch.setattr(report, "LONGEST", 10**6)
    cell = "import numpy as np\ncoursework.hand_in('y', np.zeros(9**6))"
    ran = run(HAND_IN, cell, "print(3)")
    assert ran.stopped == "answers"
    assert len(ran.cells) == 2
    assert list(ran.answers) == ["x"]


def test_the_last_answer_under_a_name_counts(run):
    again = "coursework.hand_in('x', [1.0, 2.0])"
    first, last = run(HAND_IN), run(HAND_IN, again, "print(3)")
    assert last.answers.keys() == first.answers.keys()
    assert len(last.answers["x"]) > len(first.answers["x"])


@pytest.mark.parametrize("words", ["nothing\n", "cell 3\nanswer x\n", "stopped\n", "[" * 10**5])
def test_a_notebook_that_writes_its_own_report_is_not_believed(run, words):
    """It can only speak for itself, and what makes no sense counts for nothing."""
    forge = f"""
import glob, os
for path in glob.glob("/proc/[0-9]*/fd/*"):
    try:
        if os.readlink(path).startswith("pipe:"):
            os.write(os.open(path, os.O_WRONLY | os.O_NONBLOCK), {words.encode()!r})
    except OSError:
        pass
os.kill(os.getppid(), 9)
"""
    ran = run(HAND_IN, forge, seconds=8)
    assert ran.stopped in ("ended", "seconds") or words == "stopped\n"
    assert list(ran.answers) == ["x"]


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
print(70_000 <= os.getuid() < 100_000)
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


# name: what is tried, which gives -1 when it is refused. unshare and clone may really come through.
CALLS = """
import ctypes, errno, mmap, os, platform
libc = ctypes.CDLL(None, use_errno=True)
arm = platform.machine() == "aarch64"
NEW_USER, NEW_FILES = 0x1000_0000, 0x0002_0000
before = os.getpid()
refused = {code} == -1
if os.getpid() != before:
    os._exit(0)
print(errno.errorcode[ctypes.get_errno()] if refused else "came through")
"""
REFUSED = {
    "unshare": "libc.unshare(NEW_USER)",
    "unshare mounts": "libc.unshare(NEW_FILES)",
    "clone": "libc.syscall(220 if arm else 56, NEW_USER | 17, 0, 0, 0, 0)",
    "setns": "libc.setns(os.open('/proc/self/ns/uts', os.O_RDONLY), 0)",
    "mount": "libc.mount(b'none', b'/home/student', b'tmpfs', 0, None)",
    "umount": "libc.umount2(b'/dev/shm', 2)",
    "pivot_root": "libc.syscall(41 if arm else 155, b'/home', b'/home/student')",
    "fsopen": "libc.syscall(430, b'tmpfs', 0)",
    "memfd_create": "libc.memfd_create(b'x', 0)",
    "memfd_secret": "libc.syscall(447, 0)",
    "shmget": "libc.shmget(0, 10**6, 0o1600)",
    "semget": "libc.semget(0, 1000, 0o1600)",
    "msgget": "libc.msgget(0, 0o1600)",
    "bpf": "libc.syscall(280 if arm else 321, 0, bytes(64), 64)",
    "io_uring_setup": "libc.syscall(425, 8, bytearray(120).hex().encode())",
}


@pytest.mark.parametrize("code", REFUSED.values(), ids=REFUSED)
def test_calls_that_lead_around_the_limits_are_refused(run, code):
    assert printed(run(CALLS.replace("{code}", code))) == "EPERM\n"


def test_of_clone3_libc_hears_that_there_is_none(run):
    assert printed(run(CALLS.replace("{code}", "libc.syscall(435, bytes(88), 88)"))) == "ENOSYS\n"


def test_no_notebook_can_make_itself_a_larger_disk(run):
    line = ["unshare", "-Urm", "sh", "-c", "mount -t tmpfs none /home/student && echo mounted"]
    code = f"import subprocess\nprint(subprocess.run({line}, capture_output=True).stdout)"
    assert printed(run(code)) == "b''\n"


LEARN = """
import keras, matplotlib, numpy as np
from matplotlib import pyplot
from sklearn.linear_model import LogisticRegression
x, y = np.random.default_rng(0).random((200, 28, 28)), np.arange(200) % 10
reader = LogisticRegression(max_iter=20).fit(x.reshape(200, -1), y)
model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x, y, epochs=1, verbose=0)
pyplot.imshow(x[0])
pyplot.savefig("x.png")
"""
AT_ONCE = """
import multiprocessing, subprocess, threading
from concurrent.futures import ThreadPoolExecutor
print(list(ThreadPoolExecutor(2).map(abs, [-1, 2])))
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(abs, [-3, 4]))
print(subprocess.run(["echo", "fine"], capture_output=True).stdout)
"""


def test_all_that_an_assignment_needs_runs_inside(run):
    ran = run(LEARN, AT_ONCE, seconds=90, cpu_seconds=90, memory_mb=4000, processes=256)
    assert printed(ran).endswith("[1, 2]\n[3, 4]\nb'fine\\n'\n")


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


# A sandbox that fails is ours; a notebook that ends it is its student's


@pytest.fixture
def broken(tmp_path_factory, monkeypatch):
    """A sandbox that ends before any cell."""
    file = tmp_path_factory.mktemp("broken") / "inside.py"
    file.write_text("raise SystemExit('There is no more room.')")
    file.parent.chmod(0o755)
    monkeypatch.setattr(sandbox, "INSIDE", file)


def test_a_sandbox_that_does_not_start_fails_and_says_why(run, broken):
    with pytest.raises(Failed, match=r"did not start: There is no more room\.$"):
        run("print(3)")


@pytest.fixture
def graded(tmp_path):
    """Grades anna's right notebook of the first assignment, or one with a cell before it."""

    def outcome(cell=""):
        assignment = source.assignments()[0]
        one = notebook(assignment, "anna")
        one.cells[1].source = cell + one.cells[1].source
        hand_in(tmp_path / "class", assignment, "anna", one)
        found, _ = submissions.find(tmp_path / "class", [assignment])
        graders = grader.Grader(tmp_path / "graded", data.load())
        ((_, result),) = graders.grade(found)
        return result, list(graders.results.iterdir())

    return outcome


def test_a_sandbox_that_does_not_start_costs_nobody_a_grade(graded, broken):
    result, files = graded()
    assert isinstance(result, Failed)
    assert files == []


@pytest.mark.parametrize("who", ["os.getpid()", "os.getppid()"])
def test_whose_first_cell_ends_python_gets_the_grade_for_that(graded, who):
    result, files = graded(f"import os\nos.kill({who}, 9)\n")
    assert result.got == 0
    assert result.notes[0] == "Python ended in cell 1, before the notebook was through."
    assert len(files) == 1


def test_a_grader_whose_files_are_closed_to_others_grades_all_the_same(graded):
    before = os.umask(0o077)
    try:
        result, _ = graded()
    finally:
        os.umask(before)
    assert result.got == source.assignments()[0].points


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


def test_without_a_sandbox_the_list_of_fonts_is_found_too(run, tmp_path):
    ran = run("import matplotlib\nprint(matplotlib.get_cachedir())", unsafe=True)
    assert printed(ran) == f"{tmp_path / 'matplotlib'}\n"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("sys.platform", "darwin", "needs Linux"),
        ("shutil.which", lambda name: None, "apt install bubblewrap"),
        ("platform.machine", lambda: "riscv64", "this machine is riscv64"),
        ("platform.release", lambda: "5.10.0-8-amd64", "needs Linux 5.14"),
    ],
)
def test_where_there_can_be_no_sandbox_it_says_why(monkeypatch, name, value, said):
    sandbox.missing.cache_clear()
    monkeypatch.setattr(f"grading.sandbox.{name}", value)
    assert said in sandbox.missing()
    monkeypatch.undo()
    sandbox.missing.cache_clear()
