"""The smallest PySide6 Widgets program, the peer of agent_start: says "ready" once it is painted, then waits."""

from __future__ import annotations

import sys

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QLabel


class _FirstPaint(QObject):
    """Speaks up once, after the first paint of the window it watches."""

    def __init__(self) -> None:
        super().__init__()
        self._told = False

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and not self._told:
            self._told = True
            QTimer.singleShot(0, lambda: print("ready", flush=True))
        return False


def main() -> int:
    """Shows one line of text until the process is stopped."""
    app = QApplication(sys.argv)
    window = QLabel("안녕하세요")
    watch = _FirstPaint()
    window.installEventFilter(watch)
    window.resize(1366, 768)
    window.show()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
