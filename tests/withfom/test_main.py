"""The command line finds its subcommands, imports one of them only, and refuses in words."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from withfom import VERSION
from withfom.main import main, names

ROOT = Path(__file__).resolve().parents[2]


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["version"] == VERSION


def test_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])

    assert ended.value.code == 0
    assert VERSION in capsys.readouterr().out


def test_an_unknown_command_is_refused_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no-such-command"]) == 2

    said = capsys.readouterr().err
    assert "모르는 명령이에요: no-such-command" in said
    assert "Unknown command: no-such-command" in said


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2

    told = capsys.readouterr().out
    assert [name for name in names() if name not in told] == []


@pytest.mark.parametrize("name", names())
def test_every_subcommand_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])

    assert ended.value.code == 0
    assert name in capsys.readouterr().out


@pytest.mark.parametrize("name", names())
def test_help_imports_neither_qt_nor_the_web_framework(name: str) -> None:
    """A slow `--help` on an old PC would be the newcomer's first impression."""
    probe = (
        "import sys\nfrom withfom.main import main\n"
        f"try: main([{name!r}, '--help'])\nexcept SystemExit: pass\n"
        "print('heavy:', sorted({'PySide6', 'fastapi', 'sqlalchemy', 'escpos'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)

    assert "heavy: []" in answer.stdout
