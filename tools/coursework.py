"""Builds the coursework: student versions, solution pages and rubrics, into build/coursework."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILT = ROOT / "build" / "coursework"


def main() -> None:
    """Build every assignment and say where it is."""
    try:
        from grading import book, release, source
    except ImportError as error:
        sys.exit(f"Coursework needs nbgrader, which make coursework installs: {error}.")
    course = book.Book(BUILT / "nbgrader")
    try:
        for assignment in source.assignments():
            for path in release.build(assignment, course, BUILT):
                print(path.relative_to(ROOT), flush=True)
    except source.Refused as problem:
        print(problem, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
