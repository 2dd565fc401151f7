"""The demo's command line: what ends it, and which folders it refuses."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from withfom import main as command_line
from withfom.commands import demo


@pytest.mark.skipif(sys.platform == "win32", reason="signals of a terminal")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_kill_and_a_closed_terminal_end_the_demo_as_ctrl_c_does(name: str) -> None:
    """Otherwise its programs and its folder would stay behind."""
    number = signal.Signals[name]
    before = signal.getsignal(number)

    with pytest.raises(KeyboardInterrupt), demo._told_to_end():
        os.kill(os.getpid(), number)

    assert signal.getsignal(number) == before


def test_a_second_kill_does_not_interrupt_the_end() -> None:
    def told_twice() -> None:
        with demo._told_to_end():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        told_twice()


@pytest.mark.parametrize("arguments", [["demo", "--script"], ["agent", "--headless"]])
def test_a_file_in_the_place_of_the_folder_is_named(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine")

    assert command_line.main([*arguments, "--folder", str(file)]) == 2

    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert all(str(file) in line for line in told)
    assert file.read_text() == "mine"


def test_a_folder_of_an_earlier_demo_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its counter would belong to another shop than the customers, and nothing would ever pop up."""
    (tmp_path / "agent").mkdir()

    assert command_line.main(["demo", "--script", "--folder", str(tmp_path)]) == 2

    assert "already" in capsys.readouterr().err
    assert [found.name for found in tmp_path.iterdir()] == ["agent"]
