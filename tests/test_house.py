"""The house rules that no other tool watches: Qt stays where it belongs, clocks and ids come from outside."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("rules", "sync", "printers", "agent", "cloud_api", "client", "withfom", "demo", "simulation")


def sources(*packages: str) -> Iterator[Path]:
    for package in packages:
        yield from sorted((ROOT / package).rglob("*.py"))


@dataclass(frozen=True)
class Module:
    documented: bool
    imported: frozenset[str]


@cache
def module(file: Path) -> Module:
    """Parsed once for all that is asked about it, which is most of these tests' time."""
    names: set[str] = set()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in statements(tree.body):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return Module(bool(ast.get_docstring(tree)), frozenset(names))


def statements(block: list[ast.stmt]) -> Iterator[ast.stmt]:
    """All of a block, however deep. Expressions, nearly everything in a file, import nothing."""
    for node in block:
        yield node
        for name in ("body", "orelse", "finalbody"):
            yield from statements(getattr(node, name, []))
        for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            yield from statements(part.body)


def may_use_qt(file: Path) -> bool:
    parts = file.relative_to(ROOT).parts
    return parts[0] == "agent" and (parts[1] in {"ui", "shell"} or file.stem == "view" or file.stem.startswith("view_"))


def test_an_import_is_found_however_deep(tmp_path: Path) -> None:
    file = tmp_path / "deep.py"
    file.write_text(
        "import a.x, b\n"
        "class C:\n"
        "    def f(self):\n"
        "        try:\n            from c.y import z\n"
        "        except E:\n            import d\n"
        "        else:\n            import e\n"
        "        finally:\n            import f\n"
        "        for _ in ():\n            import g\n"
        "        else:\n            import h\n"
        "        with x:\n            import i\n"
        "        while x:\n            import j\n"
        "        match x:\n            case 1:\n                import k\n"
        "        if x:\n            from . import l\n"
        "        elif y:\n            import m\n"
        "        async def g():\n            async with x:\n                import n\n"
    )

    assert module(file) == Module(documented=False, imported=frozenset("abcdefghijkmn"))


def test_qt_is_imported_in_views_ui_and_shell_only() -> None:
    strangers = [
        str(file.relative_to(ROOT))
        for file in sources(*PACKAGES)
        if not may_use_qt(file) and module(file).imported & {"PySide6", "shiboken6"}
    ]

    assert strangers == []


def test_every_module_says_what_it_owns() -> None:
    silent = [
        str(file.relative_to(ROOT))
        for file in sources(*PACKAGES, "installers", "benchmarks", "tests")
        if not module(file).documented
    ]

    assert silent == []


def test_the_agent_starts_without_the_heavy_packages_of_the_cloud() -> None:
    heavy = {"sqlmodel", "sqlalchemy", "fastapi", "uvicorn", "alembic", "psycopg"}

    guilty = [
        f"{file.relative_to(ROOT)}: {', '.join(sorted(module(file).imported & heavy))}"
        for file in sources("rules", "sync", "printers", "agent")
        if module(file).imported & heavy
    ]

    assert guilty == []
