"""`python -m tests.agent.screens --out DIR`: all pictures of the counter, every look and size."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.agent.screens")
    parser.add_argument("--out", type=Path, required=True)
    out: Path = parser.parse_args().out
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from tests.agent.screens.scenes import render_all

    app = QApplication([])
    with tempfile.TemporaryDirectory() as scratch:
        count = sum(1 for _picture in render_all(out, Path(scratch)))
    sys.stdout.write(f"{count} pictures in {out}\n")
    app.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
