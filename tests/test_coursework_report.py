"""What comes out of a sandbox is read line by line, and a filter refuses calls on each machine."""

import base64
import struct
import tracemalloc

import pytest
from grading import report, syscalls
from hypothesis import given
from hypothesis import strategies as st


def read(*parts, stopped=""):
    """What becomes of a report that arrives in these parts."""
    reader = report.Report()
    for part in parts:
        reader.take(part)
    return reader.end(stopped)


def word(text):
    return base64.b64encode(text.encode())


CELL = b"cell " + word("3\n") + b" " + word("") + b"\n"
EMPTY = {"printed": "", "error": ""}


def test_a_whole_report_is_cells_answers_and_how_it_stopped():
    ran = read(b"ready\nanswer x abc\n" + CELL + b"answer x abcd\nstopped \n")
    assert ran == report.Ran("", [{"printed": "3\n", "error": ""}], {"x": "abcd"})


def test_a_report_that_is_cut_off_keeps_what_is_whole():
    ran = read(b"ready\nansw", b"er x abc\n" + CELL, b"answer y abcde", stopped="memory")
    assert ran == report.Ran("memory", [{"printed": "3\n", "error": ""}, EMPTY], {"x": "abc"})
    assert read(b"ready\n" + CELL).stopped == "ended"


@pytest.mark.parametrize(
    "line",
    [
        *(b'{"answers": {"x": "abc"}}', b"answer", b"answer x", b"answer X abc", b"x"),
        *(b"answer ../x abc", b"answer \xff abc", b"Answer x abc", b"answer  x abc"),
    ],
)
def test_lines_of_another_form_are_no_answers(line):
    assert set(read(b"ready\n" + line + b"\n").answers.values()) <= {""}


def test_an_answer_longer_than_can_be_judged_is_left_out(monkeypatch):
    monkeypatch.setattr(report, "LONGEST_ANSWER", 10)
    assert read(b"answer x 12345678901\nanswer y 1234567890\n").answers == {"y": "1234567890"}


def test_a_report_that_does_not_end_is_too_long(monkeypatch):
    monkeypatch.setattr(report, "LONGEST", 10**6)
    reader = report.Report()
    assert not reader.take(b"answer x %s\n" % (b"x" * 10**6)[:-20])
    assert reader.take(b"cell x x\n" * 3)
    monkeypatch.setattr(report, "MOST_LINES", 100)
    reader = report.Report()
    assert not reader.take(b"\n" * 100)
    assert reader.take(b"\n")
    monkeypatch.setattr(report, "LONGEST_ANSWER", 10)
    assert report.Report().take(b"x" * 111)


@pytest.mark.parametrize("letters", [b"[", b"[],", b"\n", b" ", b"answer a\n", b"cell a\n"])
def test_no_report_grows_while_it_is_read(letters):
    """As JSON, a megabyte of brackets would have become 24 of lists."""
    part = letters * (2**16 // len(letters))
    reader = report.Report()
    tracemalloc.start()
    while not reader.take(part):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * reader.length + 2**23


def test_many_answers_and_cells_are_cut_short():
    lines = b"".join(b"answer a%d b\ncell x x\n" % i for i in range(1000))
    ran = read(b"ready\n" + lines + b"stopped \n")
    assert (len(ran.answers), len(ran.cells)) == (report.MOST_ANSWERS, report.MOST_CELLS)


def test_what_a_cell_printed_is_short_and_plain():
    line = b"cell " + word("\x1b[31m" + "é" * 10**5) + b" =\n"
    (cell,) = read(line + b"stopped \n").cells
    assert cell["printed"].startswith("[31mé")
    assert len(cell["printed"]) <= report.SHOWN
    assert cell["error"] == ""


PARTS = st.one_of(st.binary(), st.sampled_from([b"answer ", b"cell ", b"x ", b"\n", b"stopped "]))


@given(st.lists(PARTS))
def test_any_bytes_can_be_read(parts):
    ran = read(*parts)
    assert all(isinstance(text, str) for text in [ran.stopped, *ran.answers.values()])


# The filter, worked through by hand as the kernel does


def verdict(machine, number, *arguments, audit=None):
    """What the filter answers to a call."""
    code = audit or syscalls.ARCHITECTURES[machine]
    call = struct.pack("=IIQ6Q", number, code, 0, *arguments, *[0] * (6 - len(arguments)))
    program = list(struct.iter_unpack("=HBBI", syscalls.program(machine)))
    place = value = 0
    while True:
        code, then, otherwise, operand = program[place]
        place += 1
        if code == syscalls.RETURN:
            return {0x7FFF_0000: "allowed", 0x5_0001: "EPERM", 0x5_0026: "ENOSYS"}[operand]
        if code == syscalls.LOAD:
            (value,) = struct.unpack_from("=I", call, operand)
        elif code == syscalls.AND:
            value &= operand
        else:
            held = {0x15: value == operand, 0x35: value >= operand, 0x45: bool(value & operand)}
            place += then if held[code] else otherwise


machines = pytest.mark.parametrize("machine", syscalls.ARCHITECTURES)


@machines
def test_the_filter_refuses_what_it_names_and_little_else(machine):
    named = syscalls.REFUSED[machine] | syscalls.REFUSED_EVERYWHERE
    refused = {number for number in range(1000) if verdict(machine, number) == "EPERM"}
    assert refused == set(named.values())
    assert verdict(machine, syscalls.CLONE3) == "ENOSYS"
    assert verdict(machine, 0x4000_0000) == "EPERM"
    assert verdict(machine, 0, audit=0x4000_0003) == "EPERM"  # 32 bits


@machines
@pytest.mark.parametrize(
    ("flags", "said"),
    [
        *((17, "allowed"), (0x3D_0F00, "allowed"), (0x0120_0011, "allowed")),  # fork and threads
        *((1 << bit | 17, "EPERM") for bit in (17, 25, 26, 27, 28, 29, 30)),
    ],
)
def test_clone_makes_processes_and_threads_but_no_namespaces(machine, flags, said):
    assert verdict(machine, syscalls.CLONE[machine], flags) == said


@machines
@pytest.mark.parametrize(
    ("flags", "said"),
    [
        *((0x22, "allowed"), (0x4022, "allowed"), (0x01, "allowed"), (0x02, "allowed")),
        *((0x21, "EPERM"), (0x23, "EPERM"), (0x0404_0021, "EPERM")),
    ],
)
def test_mmap_shares_files_only(machine, flags, said):
    assert verdict(machine, syscalls.MMAP[machine], 0, 4096, 3, flags) == said
