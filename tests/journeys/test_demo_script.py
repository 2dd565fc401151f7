"""The fixed story, exactly as a newcomer plays it: real processes, sockets, files and figures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.journey
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(300)
def test_the_demo_story_ends_with_every_figure_right(tmp_path: Path) -> None:
    """MEM-01, PNT-05..09, APR-01, 07, 08, 10, ORD-04, ORD-05, AGT-05, AGT-06, AGT-09"""
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
