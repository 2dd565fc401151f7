"""The documents keep up with the code: whoever adds a folder, a command or a dependency also says what it is for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from installers.bootstrap.development import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "installers").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")]
)
ADRS = sorted((DOCS / "adr").glob("*.md"))


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def dependencies() -> set[str]:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    return {re.split(r"[<>=!~;\[ ]", line)[0] for line in lines}


@pytest.mark.parametrize("name", sorted(dependencies()))
def test_every_dependency_has_its_reason(name: str) -> None:
    assert re.search(rf"^\| {re.escape(name)} \|", text("docs/dependencies.md"), flags=re.MULTILINE)


def folders() -> list[str]:
    inner = [file.parent for package in ("agent", "cloud_api") for file in ROOT.glob(f"{package}/*/__init__.py")]
    outer = [
        "rules",
        "sync",
        "printers",
        "client",
        "withfom",
        "demo",
        "simulation",
        "installers",
        "assets",
        "tests",
        "benchmarks",
        "docs",
    ]
    return sorted(outer + [folder.relative_to(ROOT).as_posix() for folder in inner])


@pytest.mark.parametrize("folder", folders())
def test_every_folder_has_its_line_in_the_architecture(folder: str) -> None:
    assert f"`{folder}/`" in text("docs/architecture.md")


@pytest.mark.parametrize(
    "command",
    sorted(file.stem for file in (ROOT / "withfom" / "commands").glob("[a-z]*.py") if file.stem != "__init__"),
)
def test_every_subcommand_of_the_program_is_described(command: str) -> None:
    assert re.search(rf"`withfom {command}\b", text("README.md") + text("CONTRIBUTING.md"))


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_development_command_is_described(command: str) -> None:
    assert f"start.py {command}" in text("CONTRIBUTING.md")


def test_every_benchmark_has_its_figures() -> None:
    names = [file.stem for file in (ROOT / "benchmarks").glob("[a-z]*.py")]

    assert [name for name in names if f"`{name}`" not in text("docs/performance.md")] == []


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(file.name[:4]) for file in ADRS] == list(range(1, len(ADRS) + 1))


@pytest.mark.parametrize("file", ADRS, ids=lambda file: file.name)
def test_a_decision_says_why_what_and_what_was_refused(file: Path) -> None:
    written = file.read_text(encoding="utf-8")

    assert re.match(rf"# {file.name[:4]}: \S", written)
    parts = re.findall(r"^## (.+)$", written, flags=re.MULTILINE)
    assert parts == ["Context", "Decision", "Consequences", "Refused"]
    assert len(written.split()) < 450, "one page"


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_lead_somewhere(file: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", file.read_text(encoding="utf-8"))
    local = [link for link in links if not link.startswith(("http:", "https:", "mailto:"))]

    assert [link for link in local if not (file.parent / link).exists()] == []


def test_documents_name_no_private_machine() -> None:
    private = re.compile(r"/root/|/home/\w+/|/tmp/|\b10\.\d+\.\d+\.\d+")

    assert [str(file) for file in DOCUMENTS if private.search(file.read_text(encoding="utf-8"))] == []
