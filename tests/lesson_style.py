"""What a lesson has to look like, as checks: each takes a lesson and returns what is amiss.

`test_lessons.py` holds every lesson to them, and them to lessons that are broken on purpose.
"""

import ast
import copy
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from statistics import median

from nbformat import NotebookNode

from mnistlab import exercises

CHECKED = "nbval-check-output"
UNCHECKED = {"nbval-skip", "nbval-ignore-output", "raises-exception", "skip-execution"}
TIME = re.compile(r"^\*Time: \d+ minutes\. The code runs in about [^*]+ on two cores\.\*$", re.M)
MEASURED = re.compile(r"\b\d+(?:[.,]\d+)* ?(?:%|percent\b|MB\b|GB\b|seconds?\b)|\b\d+\.\d{2,}\b")
CONSTANTS = {"2.718", "3.14"}  # of mathematics: no run changes them
CHECK = re.compile(r'exercises\.check\("([\d.]+)"')
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)|<img[^>]* src=\"(?!https?:|data:)([^\"]+)\"")
SLIDER = re.compile(r"\binteract\(|\bwidgets\.\w+\(|\bPad\(|\bPlayground\(")
TRAINS = re.compile(r"\bkeras\.(?:layers\.|Sequential|Model|Input)|\.fit\(")


def markdown(lesson: NotebookNode) -> list[str]:
    return [cell.source for cell in lesson.cells if cell.cell_type == "markdown"]


def code(lesson: NotebookNode) -> list[str]:
    return [cell.source for cell in lesson.cells if cell.cell_type == "code"]


def size(lesson: NotebookNode) -> list[str]:
    """25 to 40 cells, a Markdown cell for each code cell, code of a few lines."""
    lines = [length(source) for source in code(lesson)]
    problems = [f"a code cell of {n} lines" for n in lines if not 1 <= n <= 20]
    whole = [len(source.splitlines()) for source in code(lesson)]
    problems += [f"a code cell of {n} lines, blank ones and imports too" for n in whole if n > 20]
    if not 25 <= len(lesson.cells) <= 40:
        problems.append(f"{len(lesson.cells)} cells, not 25 to 40")
    if len(markdown(lesson)) < len(code(lesson)):
        problems.append(f"{len(code(lesson))} code cells but {len(markdown(lesson))} of Markdown")
    if lines and median(lines) > 5:
        problems.append(f"code cells of {median(lines)} lines, where most should have 1 to 5")
    return problems


def length(source: str) -> int:
    """The lines of a code cell that have to be read: no blank ones, no imports."""
    lines = (line for line in source.splitlines() if line.strip())
    return sum(not re.match(r"import |from .* import ", line) for line in lines)


def heading(lesson: NotebookNode, number: int) -> list[str]:
    """A title with the lesson's number, what the learner will be able to do, the time."""
    first = markdown(lesson)[0]
    problems = []
    if not first.startswith(f"# {number} · "):
        problems.append(f"the title does not begin with # {number} ·")
    if len(bullets(first, "**You will be able to**")) != 3:
        problems.append("the heading names no three things that the learner will be able to do")
    if not TIME.search(first):
        problems.append("the heading does not say the time as the other lessons do")
    return problems


def objectives(lesson: NotebookNode) -> list[str]:
    """What the heading promised is what the end says, word for word."""
    promised = bullets(markdown(lesson)[0], "**You will be able to**")
    kept = bullets(markdown(lesson)[-1], "## You can now")
    if not promised or promised != kept:
        return [f"promised {promised}, but at the end {kept}"]
    return []


def bullets(text: str, after: str) -> list[str]:
    """The list items that follow a line, up to the next paragraph."""
    _, found, rest = text.partition(f"{after}\n")
    block = rest.strip().split("\n\n")[0] if found else ""
    return re.findall(r"^- (.+)$", block, re.MULTILINE)


def guesses(lesson: NotebookNode) -> list[str]:
    """The learner commits to a guess three times at least, and each kept guess comes back."""
    text, source = "\n".join(markdown(lesson)), "\n".join(code(lesson))
    problems = []
    if text.count("**Predict:**") < 3:
        problems.append("fewer than three predictions")
    kept, shown = (
        re.findall(rf'exercises\.{name}\("([\d.]+)"', source) for name in ("guess", "guessed")
    )
    problems += [f"guess {number} never comes back" for number in kept if number not in shown]
    problems += [f"guess {number} was never asked for" for number in shown if number not in kept]
    return problems


def checks(lesson: NotebookNode, number: int) -> list[str]:
    """Three exercises at least, in the order of their numbers, and all that the package has."""
    asked = CHECK.findall("\n".join(code(lesson)))
    numbered = re.findall(r'exercises\.(?:check|guess)\("([\d.]+)"', "\n".join(code(lesson)))
    problems = [] if len(asked) >= 3 else [f"{len(asked)} exercises, not three"]
    if asked != exercises.numbers(number):
        problems.append(f"it asks {asked}, the package has {exercises.numbers(number)}")
    if numbered != [f"{number}.{i}" for i in range(1, len(numbered) + 1)]:
        problems.append(f"exercises and guesses are numbered {', '.join(numbered)}")
    return problems


def sliders(lesson: NotebookNode) -> list[str]:
    """One slider at least, after a question and before its explanation."""
    cells = lesson.cells
    places = [
        i for i, cell in enumerate(cells) if cell.cell_type == "code" and SLIDER.search(cell.source)
    ]
    if not places:
        return ["no slider"]
    problems = []
    for i in places:
        if cells[i - 1].cell_type != "markdown" or "?" not in cells[i - 1].source:
            problems.append(f"the slider in cell {i} does not follow a question")
        if i + 1 == len(cells) or cells[i + 1].cell_type != "markdown":
            problems.append(f"the slider in cell {i} has no explanation after it")
    return problems


def measured(lesson: NotebookNode) -> list[str]:
    """Numbers that a run could change are printed by code; prose has only what code was given."""
    given = CONSTANTS.union(re.findall(r"[\d._]+", "\n".join(code(lesson))))
    text = "\n".join(TIME.sub("", cell) for cell in markdown(lesson))
    found = (match.group() for match in MEASURED.finditer(text))
    return [f"{number!r} in Markdown" for number in found if number not in given]


def outputs(lesson: NotebookNode) -> list[str]:
    """No stored output but in cells that are tagged to be checked, and those truly are."""
    problems = []
    for i, cell in enumerate(lesson.cells):
        tags = set(cell.metadata.get("tags", []))
        problems += [f"cell {i} is tagged {tag}" for tag in sorted(tags & UNCHECKED)]
        if cell.cell_type != "code":
            continue
        if CHECKED not in tags and cell.outputs:
            problems.append(f"cell {i} has a stored output, but is not tagged {CHECKED}")
        if CHECKED in tags and not cell.outputs:
            problems.append(f"cell {i} is tagged {CHECKED}, but has no output")
        if CHECKED in tags and cell.execution_count is None:
            problems.append(f"cell {i} is never checked, since it has no execution count")
    return problems


def seeds(lesson: NotebookNode) -> list[str]:
    """Whatever happens at random is told its seed before, so that a run can be repeated."""
    problems, seeded = [], False
    for i, source in enumerate(code(lesson)):
        for name, call in calls(source):
            seeded |= name.endswith("set_random_seed")
            named = {keyword.arg for keyword in call.keywords}
            if name.endswith("default_rng") and not (call.args or named):
                problems.append(f"code cell {i}: default_rng() without a seed")
            elif re.match(r"(np|numpy)\.random\.(?!default_rng)", name):
                problems.append(f"code cell {i}: {name}; take np.random.default_rng(seed)")
            elif name.endswith("train_test_split") and "random_state" not in named:
                problems.append(f"code cell {i}: {name} without a random_state")
        if TRAINS.search(source) and not seeded:
            problems.append(f"code cell {i}: a network before keras.utils.set_random_seed(…)")
        if re.search(r"^(import random\b|from random )", source, re.MULTILINE):
            problems.append(f"code cell {i}: import random; take np.random.default_rng(seed)")
    return problems


def calls(source: str) -> Iterator[tuple[str, ast.Call]]:
    """The calls in a piece of code, in their order, with what is called in dotted form."""
    found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    for call in sorted(found, key=lambda call: (call.lineno, call.col_offset)):
        yield ast.unparse(call.func), call


def imports(lesson: NotebookNode) -> list[str]:
    """An import stands in the cell that first uses it."""
    problems = []
    for i, source in enumerate(code(lesson)):
        tree = ast.parse(source)
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {(alias.asname or alias.name).split(".")[0] for alias in node.names}
                problems += [f"code cell {i} imports {name} unused" for name in names - used]
    return problems


def spelling(lesson: NotebookNode) -> list[str]:
    """The prose is spelt the British way; what stands in code is spelt as its library has it."""
    text = re.sub(r"`[^`]*`", "", "\n".join(markdown(lesson)))
    typos = [Path(sys.executable).with_name("typos"), "--format", "json", "--locale", "en-gb", "-"]
    ran = subprocess.run(typos, input=text, capture_output=True, encoding="utf-8", check=False)
    found = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == (2 if found else 0), ran.stderr
    return [f"{one['typo']!r} should be {one['corrections']}" for one in found]


def links(lesson: NotebookNode, folder: Path, following: str | None) -> list[str]:
    """Links within the repository are alive, and the last cell leads on to the next lesson."""
    text = "\n".join(markdown(lesson))
    targets = [(match[1] or match[2]).partition("#")[0] for match in LINK.finditer(text)]
    problems = [f"dead link {link}" for link in targets if not (folder / link).exists()]
    if following and f"]({following})" not in markdown(lesson)[-1]:
        problems.append(f"no link to {following} at the end")
    return problems


def solved(lesson: NotebookNode) -> NotebookNode:
    """The lesson with the solution of each exercise filled in."""
    answered = copy.deepcopy(lesson)
    for cell in answered.cells:
        for number in CHECK.findall(cell.source):
            cell.source = cell.source.replace("answer = ...", exercises._find(number).solution)
    return answered


def unsolved(ran: NotebookNode) -> list[str]:
    """The exercises that a run did not call right."""
    problems = []
    for cell in ran.cells:
        said = "".join(output.get("text", "") for output in cell.get("outputs", []))
        problems += [
            f"the solution of {number} is not right"
            for number in CHECK.findall(cell.source)
            if f"Exercise {number}: right." not in said
        ]
    return problems


def drifted(one: NotebookNode, other: NotebookNode) -> list[str]:
    """The cells that print something else in another run, durations aside.

    Cells whose code differs are left out, and those with a slider, which prints as it moves.
    """
    others = {cell.id: cell for cell in other.cells}
    problems = []
    for cell in one.cells:
        twin = others.get(cell.id)
        if cell.cell_type != "code" or twin is None or cell.source != twin.source:
            continue
        if "interact" not in cell.source and printed(cell) != printed(twin):
            problems.append(f"{printed(cell)!r} became {printed(twin)!r}")
    return problems


def printed(cell: NotebookNode) -> str:
    """All text that a cell put out, without how long things took and their padding."""
    texts = [out.get("text") or out.get("data", {}).get("text/plain", "") for out in cell.outputs]
    return re.sub(r" *\d+(?:\.\d+)? ?m?s(?:econds?)?(?:/(?:step|epoch))?\b", " …", "".join(texts))


class _Pictures(HTMLParser):
    """Collects the text alternative of each picture of a page, None where there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("img", "canvas"):
            self.texts.append(dict(attrs).get("alt") or dict(attrs).get("aria-label"))


def pictures(page: str) -> list[str]:
    """Every picture of an executed lesson's page says what it shows."""
    parser = _Pictures()
    parser.feed(page)
    missing = [
        i
        for i, text in enumerate(parser.texts)
        if not (text or "").strip() or (text or "").startswith("No description has been provided")
    ]
    return [f"picture {i} has no text alternative" for i in missing]


# Runs before the lesson: a slider's function is called at both ends of each of its controls.
SWEEP = """
import functools
import ipywidgets

_interact = ipywidgets.interact


def _ends(widget):
    if hasattr(widget, "min"):
        return widget.min, widget.max
    options = getattr(widget, "options", (False, True))
    return [option[1] if isinstance(option, tuple) else option for option in options]


def _sweep(function, controls):
    fixed = {key: value for key, value in controls.items() if isinstance(value, ipywidgets.fixed)}
    widgets = ipywidgets.interactive(function, {"manual": True}, **controls).kwargs_widgets
    ends = {widget._kwarg: _ends(widget) for widget in widgets if widget._kwarg not in fixed}
    start = {widget._kwarg: widget.value for widget in widgets}
    for key, values in ends.items():
        for value in values:
            function(**(start | {key: value}))
    for place in (0, -1):
        function(**(start | {key: list(values)[place] for key, values in ends.items()}))


def _swept(function=None, **controls):
    if function is None:
        return functools.partial(_swept, **controls)
    _sweep(function, controls)
    return _interact(function, **controls)


ipywidgets.interact = _swept
"""
