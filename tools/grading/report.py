"""Reads what a sandbox reports, line by line as it comes, and believes none of it.

The notebook's code could have written any of these lines, so each is split into a few words, and
nothing in them is parsed any further than base64:

    ready                      the kernel waits for the first cell; nobody's code has run
    answer NAME BASE64         a file that was handed in, new or changed
    cell BASE64 BASE64         a cell is over: what it printed, and its error
    stopped [WHY]              the last line: why the notebook stopped early, if it did
"""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from dataclasses import dataclass, field

from grading.submissions import plain
from mnistlab import coursework

LONGEST, MOST_LINES = 48 * 2**20, 10_000  # bytes of the report, and its lines
LONGEST_ANSWER = 2 * coursework.LARGEST  # letters: base64 makes them a third more than the bytes
SHOWN, MOST_CELLS, MOST_ANSWERS = 2000, 500, 100  # letters of a cell's words, and how many
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass
class Ran:
    """What became of a notebook: why it stopped early ("" if it did not), cells and answers.

    The last cell is the one in which it stopped.
    """

    stopped: str = ""
    cells: list[dict[str, str]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)


class Report:
    """What has arrived of a report until now."""

    def __init__(self) -> None:
        self.began, self.over = False, False
        self.ran = Ran(stopped="ended")
        self.length = self.lines = 0
        self.line = bytearray()

    def take(self, part: bytes) -> bool:
        """Read on; return whether the report is too long by now."""
        self.length += len(part)
        self.line += part
        if b"\n" in part:
            *lines, self.line = self.line.split(b"\n")
            self.lines += len(lines)
            for line in lines:
                self._read(line.decode("ascii", "replace"))
        too_long = self.length > LONGEST or len(self.line) > LONGEST_ANSWER + 100
        return too_long or self.lines > MOST_LINES

    def _read(self, line: str) -> None:
        kind, first, second, *_ = [*line.split(" ", 3), "", "", ""]
        answers, cells = self.ran.answers, self.ran.cells
        if kind == "ready":
            self.began = True
        elif kind == "cell" and len(cells) < MOST_CELLS:
            cells.append({"printed": _words(first), "error": _words(second)})
        elif kind == "answer" and NAME.fullmatch(first) and len(second) <= LONGEST_ANSWER:
            if first in answers or len(answers) < MOST_ANSWERS:
                answers[first] = second
        elif kind == "stopped":
            self.over, self.ran.stopped = True, first[:20]

    def end(self, stopped: str) -> Ran:
        """Return what became of it. stopped: why it was ended from outside, "" if it was not."""
        if stopped or not self.over:  # then the cell that was at work has no line of its own
            self.ran.cells.append({"printed": "", "error": ""})
        self.ran.stopped = stopped or self.ran.stopped
        return self.ran


def _words(code: str) -> str:
    """What a cell printed, from its base64; "" if it is none."""
    with suppress(ValueError):
        letters = base64.b64decode(code[: 8 * SHOWN]).decode("utf-8", "replace")
        return plain(letters[:SHOWN])
    return ""
