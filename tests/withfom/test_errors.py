"""How errors leave the command line: words in both languages, exit codes, no stack traces."""

from __future__ import annotations

import types
from pathlib import Path

import pytest

from sync.errors import StoreFull
from withfom import main as command_line


def running(monkeypatch: pytest.MonkeyPatch, problem: BaseException) -> int:
    def run(_args: object) -> int:
        raise problem

    command = types.SimpleNamespace(register=lambda subparsers: subparsers.add_parser("status"), run=run)
    monkeypatch.setattr(command_line, "_module", lambda _name: command)
    return command_line.main(["status"])


def test_an_error_with_words_is_told_in_both_languages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert running(monkeypatch, StoreFull("x")) == 1

    told = capsys.readouterr().err.splitlines()
    assert told == [StoreFull.user_message, StoreFull.user_message_en]


def test_an_unforeseen_error_goes_to_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    assert running(monkeypatch, ZeroDivisionError("oops")) == 70

    told = capsys.readouterr().err
    [written] = tmp_path.iterdir()
    assert "Traceback" not in told
    assert str(written) in told
    assert "ZeroDivisionError: oops" in written.read_text("utf-8")


def test_ctrl_c_has_its_own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    assert running(monkeypatch, KeyboardInterrupt()) == 130


def test_wrong_usage_is_refused_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main(["agent", "--theme", "pink"])

    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "도움말" in told
    assert "pink" in told


@pytest.mark.parametrize(
    "arguments", [["--printer", "nowhere:"], ["--cloud", "http://shop.example"], ["--lan-port", "70000"]]
)
def test_options_that_cannot_be_used_start_nothing(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new"

    assert command_line.main(["agent", "--folder", str(folder), *arguments]) == 2

    assert not folder.exists()
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_status_without_an_agent_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["status", "--folder", str(tmp_path)]) == 1
    assert "실행 중인 에이전트가 없어요" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "{}", '{"port": 1, "token": "x"}', '{"port": "a"}', "[]"])
def test_a_stale_or_damaged_lan_file_means_that_no_agent_runs(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lan.json").write_text(content)

    assert command_line.main(["status", "--folder", str(tmp_path)]) == 1
    assert "No agent is running" in capsys.readouterr().err
