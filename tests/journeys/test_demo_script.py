"""The fixed story, exactly as a newcomer plays it: real processes, sockets, files and figures."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from demo.story import JUNHO, MINA, SORA
from tests.helpers.numbers import files_with

pytestmark = pytest.mark.journey
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(300)
def test_the_demo_story_ends_with_every_figure_right(tmp_path: Path) -> None:
    """MEM-01, PNT-05..09, APR-01, 07, 08, 10, CPN-15, CPN-18, ORD-04, ORD-05, AGT-05, 06, 09"""
    done = subprocess.run(
        [sys.executable, "-m", "withfom", "demo", "--script", "--folder", str(tmp_path / "체험 폴더")],
        cwd=ROOT,
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=280,
        check=False,
    )

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "모두 맞아요" in done.stdout
    # AGT-13, MEM-02: databases with their logs, backups, spool, slips and log files of every program.
    used = (MINA, JUNHO, SORA)
    assert files_with(tmp_path, used) == []
    assert not [national for national in used if national in done.stdout + done.stderr]


@pytest.mark.parametrize("spelling", ["01048215678", "010-4821-5678", "+821048215678", "０１０４８２１５６７８"])
def test_a_number_in_a_file_would_be_found(tmp_path: Path, spelling: str) -> None:
    """The search above is not blind."""
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "agent.log").write_text(f"x {spelling} y", encoding="utf-8")
    (tmp_path / "coded").write_bytes(base64.b64encode(f"phone=+82{MINA[1:]};".encode()))

    assert {name for name, _number, _form in files_with(tmp_path, [MINA])} == {"log/agent.log", "coded"}
