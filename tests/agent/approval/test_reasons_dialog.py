"""The dialog that asks why, from any page: every press reaches the page's view-model (APR-08)."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from agent.approval.cards import Reasons
from agent.approval.reasons.view import ReasonsDialog
from agent.approval.types import RejectReason
from agent.texts import Texts
from agent.ui.theme import Theme


class Page:
    def __init__(self) -> None:
        self.heard: list[object] = []

    def choose_reason(self, reason: RejectReason) -> None:
        self.heard.append(reason)

    def type_reason(self, text: str) -> None:
        self.heard.append(text)

    def dismiss(self) -> None:
        self.heard.append("dismissed")

    def confirm(self) -> None:
        self.heard.append("confirmed")


def test_every_press_reaches_the_page(qtbot: QtBot) -> None:
    window, page = QWidget(), Page()
    qtbot.addWidget(window)
    dialog = ReasonsDialog(page, page.confirm, Theme("light"), Texts("ko"), "home", window)
    panel = dialog.panel_view
    panel.render_state(Reasons(RejectReason.OTHER, "품절"))

    qtbot.mouseClick(panel.choices[RejectReason.OUT_OF_STOCK], Qt.MouseButton.LeftButton)
    panel.field.edit.textEdited.emit("기계 점검")
    qtbot.mouseClick(panel.confirm, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(panel.back, Qt.MouseButton.LeftButton)

    assert page.heard == [RejectReason.OUT_OF_STOCK, "기계 점검", "confirmed", "dismissed"]
