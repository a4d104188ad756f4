"""Puts what a command measured into a page, between two marks that name the command."""

from pathlib import Path


def fill_in(page: Path, what: str, text: str) -> None:
    """Replace what stands between the marks of `what`; the page must hold both."""
    content = page.read_text(encoding="utf-8")
    begin, end = f"<!-- {what}: written by make {what} -->\n", f"\n<!-- end of {what} -->"
    before, rest = content.split(begin)
    _, after = rest.split(end)
    page.write_text(before + begin + text + end + after, encoding="utf-8")
