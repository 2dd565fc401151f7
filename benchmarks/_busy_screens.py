"""A counter that builds its receipts page anew without a pause: the worst neighbour the capture can have on one PC."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication

from agent.receipts.service import ReceiptsService
from agent.receipts.view import ReceiptsView
from agent.receipts.viewmodel import ReceiptsViewModel
from agent.shell.dispatcher import QtDispatcher
from agent.texts import Texts
from agent.ui.theme import Theme
from sync.clock import SystemClock
from sync.store import Store


def main(arguments: list[str]) -> int:
    """Opens a fresh counter file in the folder given, and builds and paints until stopped."""
    app = QApplication([])
    dispatcher = QtDispatcher()
    clock = SystemClock()
    store = Store.open(Path(arguments[0]), clock=clock)
    texts, theme = Texts("ko"), Theme()
    receipts = ReceiptsService(store=store)
    print("ready", flush=True)
    while True:
        page = ReceiptsViewModel(receipts=receipts, texts=texts, clock=clock, dispatcher=dispatcher)
        view = ReceiptsView(page, theme, texts)
        view.resize(1366, 768)
        view.show()
        view.grab()
        app.processEvents()
        view.close()
        page.close()
        view.deleteLater()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
