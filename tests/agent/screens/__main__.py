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
    parser.add_argument("--few", action="store_true", help="one look and one size of each")
    chosen = parser.parse_args()
    out: Path = chosen.out
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from tests.agent.screens.scenes import render_all

    app = QApplication([])
    with tempfile.TemporaryDirectory() as scratch:
        count = sum(1 for _picture in render_all(out, Path(scratch), few=chosen.few))
    sys.stdout.write(f"{count} pictures in {out}\n")
    app.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
