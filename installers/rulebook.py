"""Owns docs/rules.md, which rule is built where and proved by what: `python -m installers.rulebook` writes it.

`--check` says whether the page still fits the source; it compares what is named, never what the code does. Rules are
found by their ids in docstrings, comments and test names, so the page is as honest as those are: a rule that nothing
names stands there as open.
"""

from __future__ import annotations

import ast
import difflib
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "rules.md"
TITLES = Path(__file__).resolve().parent / "rule_titles.txt"
PRODUCT = ("rules", "sync", "printers", "agent", "cloud_api", "withfom")

# How many rules each chapter of the catalogue has; ids count from 01 without gaps.
CHAPTERS = {
    "MEM": 33, "PNT": 22, "STP": 24, "CPN": 32, "PRE": 14, "APR": 36, "ORD": 25, "MNU": 15, "CMP": 50, "CUP": 30,
    "GRD": 25, "SET": 25, "FDS": 26, "NTF": 23, "TGT": 26, "KPI": 26, "RBA": 24, "PLN": 12, "API": 13, "UXR": 23,
    "STO": 16, "AGT": 15, "SUP": 9, "NFR": 10,
}  # fmt: skip
# `APR-15..17, 24, 25` names five rules; the list may go on in the next line of a comment. A time of day or a share
# behind an id is no further rule.
_FIRST, _NUMBER = r"\d{2}(?!\d)", r"\d{2}(?![\d:%]|[-.]\d)"
_NAMED = re.compile(
    rf"\b({'|'.join(CHAPTERS)})-({_FIRST}(?:\.\.{_NUMBER})?(?:,\s+(?:(?:#|//|\*)\s*)?{_NUMBER}(?:\.\.{_NUMBER})?)*)"
)
_JAVASCRIPT = re.compile(r"^\s*(?:async\s+)?function\s+(\w+)", re.MULTILINE)


@dataclass(slots=True)
class Found:
    """Where one rule is named: places in the product, and tests by their file."""

    built: set[str] = field(default_factory=set)
    proved: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


@dataclass(frozen=True, slots=True)
class Title:
    """A rule's name in our words; ``elsewhere`` is set when this product is not the place that keeps it."""

    words: str = ""
    elsewhere: str = ""


def ids_in(text: str) -> Iterator[tuple[str, int]]:
    """Every rule id that the text names, ranges and lists spelled out, and where in the text."""
    for match in _NAMED.finditer(text):
        chapter, numbers = match.groups()
        for piece in re.split(r",\s+(?:(?:#|//|\*)\s*)?", numbers):
            first, _, last = piece.partition("..")
            for number in range(int(first), int(last or first) + 1):
                if 1 <= number <= CHAPTERS[chapter]:
                    yield f"{chapter}-{number:02d}", match.start()


def scopes(tree: ast.Module) -> list[tuple[int, int, str]]:
    """First line, last line and dotted name of everything that has a name; inner ones behind outer ones."""
    found: list[tuple[int, int, str]] = []

    def walk(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                start = min([child.lineno, *(decorator.lineno for decorator in child.decorator_list)])
                found.append((start, child.end_lineno or start, prefix + child.name))
                walk(child, f"{prefix}{child.name}.")
            elif isinstance(child, ast.Assign | ast.AnnAssign):
                target = child.targets[0] if isinstance(child, ast.Assign) else child.target
                if isinstance(target, ast.Name) and isinstance(node, ast.Module):
                    found.append((child.lineno, child.end_lineno or child.lineno, target.id))
            elif not isinstance(child, ast.expr):
                walk(child, prefix)

    walk(tree, "")
    return found


def place(line: int, lines: list[str], names: list[tuple[int, int, str]]) -> str:
    """What the line belongs to; a comment above something belongs to it; empty means the file itself."""
    inside = [name for start, end, name in names if start <= line <= end]
    if inside or not lines[line - 1].lstrip().startswith("#"):
        return inside[-1] if inside else ""
    below = line
    while below < len(lines) and lines[below - 1].lstrip().startswith("#"):
        below += 1
    return next((name for start, _, name in names if start == below), "")


def python_places(text: str) -> Iterator[tuple[str, str]]:
    """(rule id, name of what names it) for one Python file."""
    names, lines = scopes(ast.parse(text)), text.splitlines()
    for rule, position in ids_in(text):
        yield rule, place(text.count("\n", 0, position) + 1, lines, names)


def javascript_places(text: str) -> Iterator[tuple[str, str]]:
    """(rule id, nearest function above or just below) for one script of the browser tablet."""
    functions = [(match.start(), match.group(1)) for match in _JAVASCRIPT.finditer(text)]
    for rule, position in ids_in(text):
        yield rule, next((name for start, name in reversed(functions) if start <= position), "")


def gather(root: Path) -> dict[str, Found]:
    """Everything the source under ``root`` says about rules."""
    found: dict[str, Found] = defaultdict(Found)
    for package in PRODUCT:
        for file in sorted([*(root / package).rglob("*.py"), *(root / package).rglob("*.js")]):
            reader = python_places if file.suffix == ".py" else javascript_places
            module = ".".join(file.relative_to(root).with_suffix("").parts)
            for rule, name in reader(file.read_text(encoding="utf-8")):
                found[rule].built.add(f"{module}.{name}" if name else module)
    for file in sorted((root / "tests").rglob("test_*.py")):
        where = file.relative_to(root).as_posix()
        for rule, name in python_places(file.read_text(encoding="utf-8")):
            found[rule].proved[where].add(name)
    return found


def titles(text: str) -> dict[str, Title]:
    """The names of rules in our words. Raises ValueError for a line that has no bar or an unknown id."""
    known: dict[str, Title] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        rule, words, *elsewhere = (part.strip() for part in line.split("|"))
        if [rule] != [found for found, _ in ids_in(rule)]:
            raise ValueError(f"{rule} is no rule")
        known[rule] = Title(words, elsewhere[0] if elsewhere else "")
    return known


def rendered(found: dict[str, Found], known: dict[str, Title]) -> str:
    """The page. One line for each fact, so that two changes meet only where they speak of the same rule."""
    out = [
        "# Rules: where each is built and what proves it",
        "",
        "Written by `python -m installers.rulebook` from the ids that source and tests name; not by hand. A module or",
        "a file without a function behind it names the rule as a whole. What nothing names stands as open.",
    ]
    for chapter, count in CHAPTERS.items():
        every = [f"{chapter}-{number:02d}" for number in range(1, count + 1)]
        shown = [rule for rule in every if rule in found or rule in known]
        if not shown:
            continue
        out += ["", f"## {chapter}"]
        for rule in shown:
            out += ["", *_entry(rule, found.get(rule, Found()), known.get(rule, Title()))]
        rest = [rule for rule in every if rule not in shown]
        out += ["", f"Named nowhere: {', '.join(rest)}."] if rest else []
    silent = [chapter for chapter in CHAPTERS if f"## {chapter}" not in out]
    return "\n".join([*out, "", f"Chapters that nothing names: {', '.join(silent) or 'none'}.", ""])


def _entry(rule: str, found: Found, title: Title) -> Iterator[str]:
    yield f"### {rule}" + (f" {title.words}" if title.words else "")
    yield ""
    if title.elsewhere:
        yield f"- kept elsewhere: {title.elsewhere}"
    if found.built or not title.elsewhere:
        yield "- built: " + (", ".join(f"`{name}`" for name in sorted(found.built)) or "**open**")
    if not found.proved and (found.built or not title.elsewhere):
        yield "- proved: **open**"
    for file, names in sorted(found.proved.items()):
        inner = ", ".join(f"`{name}`" for name in sorted(names) if name)
        yield f"- proved: `{file}`" + (f": {inner}" if inner else "")


def current() -> str:
    """The page of the source as it stands."""
    return rendered(gather(ROOT), titles(TITLES.read_text(encoding="utf-8")))


def main(arguments: list[str]) -> int:
    """Writes the page, or with --check shows where the kept one differs and returns 1."""
    fresh = current()
    if "--check" not in arguments:
        PAGE.write_text(fresh, encoding="utf-8")
        print(f"wrote {PAGE.name}: {fresh.count('### ')} rules, {fresh.count('**open**')} open ends")
        return 0
    kept = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if kept == fresh:
        print(f"{PAGE.name}: up to date")
        return 0
    lines = difflib.unified_diff(kept.splitlines(), fresh.splitlines(), "kept", "source", n=1, lineterm="")
    print("\n".join(list(lines)[:60]))
    print(f"{PAGE.name} differs from the source; run python -m installers.rulebook")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
