"""Says when a window was first painted, from inside its process: `python -m benchmarks._first_paint hello|agent …`."""

from __future__ import annotations

import sys
import time

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QWidget


class FirstPaint(QObject):
    """Follows the first burst of paints of one kind of window and prints when it ended, on the system's clock."""

    def __init__(self, window_class: str) -> None:
        super().__init__()
        self._window_class = window_class
        self._last_ns = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self._is_wanted(watched):
            if not self._last_ns:
                QTimer.singleShot(0, self._tell)
            self._last_ns = time.monotonic_ns()
        return False

    def _is_wanted(self, watched: QObject) -> bool:
        return isinstance(watched, QWidget) and type(watched.window()).__name__ == self._window_class

    def _tell(self) -> None:
        QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]
        print(self._last_ns, flush=True)


def hello(app: QApplication) -> int:
    """The peer: the smallest window there can be."""
    window = QLabel("안녕하세요")
    window.resize(1366, 768)
    window.show()
    return app.exec()


def main(arguments: list[str]) -> int:
    """Runs the peer, or `withfom agent` with the arguments that follow."""
    app = QApplication(["withfom"])
    watch = FirstPaint("QLabel" if arguments[0] == "hello" else "MainWindow")
    app.installEventFilter(watch)
    if arguments[0] == "hello":
        return hello(app)
    from withfom.main import main as withfom

    return withfom(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
