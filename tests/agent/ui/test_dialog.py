"""A question over a page keeps the keyboard while it is open and gives it back (UXR-17)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from agent.ui.controls import Button, Dialog
from agent.ui.theme import Theme


@dataclass
class Shown:
    window: QWidget
    first: Button
    second: Button
    dialog: Dialog
    stay: Button
    leave: Button

    def named(self) -> str:
        """What has the keyboard."""
        now = QApplication.focusWidget()
        return now.objectName() if now is not None else ""


@pytest.fixture
def shown(qapp: QApplication) -> Iterator[Shown]:
    theme, window = Theme("light", animations=False), QWidget()
    row = QHBoxLayout(window)
    dialog = Dialog(theme, "Leave?", parent=window)
    buttons = [Button(theme, name) for name in ("first", "second", "stay", "leave")]
    for button in buttons:
        button.setObjectName(button.text())
    for button in buttons[:2]:
        row.addWidget(button)
    for button in buttons[2:]:
        dialog.body.addWidget(button)
    window.resize(800, 500)
    window.show()
    window.activateWindow()
    QApplication.processEvents()
    yield Shown(window, buttons[0], buttons[1], dialog, buttons[2], buttons[3])
    window.hide()
    window.deleteLater()


def test_tab_never_leaves_an_open_question(shown: Shown) -> None:
    """Enter on what lies under the scrim would press something nobody sees."""
    shown.first.setFocus(Qt.FocusReason.TabFocusReason)
    shown.dialog.open()
    seen = []
    for key in (Qt.Key.Key_Tab, Qt.Key.Key_Tab, Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Backtab):
        QTest.keyClick(QApplication.focusWidget(), key)
        seen.append(shown.named())

    assert seen == ["stay", "leave", "stay", "leave", "stay"]
    shown.leave.setEnabled(False)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert shown.named() == "stay"


@pytest.mark.parametrize("by_key", [True, False])
def test_the_keyboard_is_afterwards_where_it_was_and_a_ring_only_for_who_uses_it(shown: Shown, by_key: bool) -> None:
    came = Qt.FocusReason.TabFocusReason if by_key else Qt.FocusReason.MouseFocusReason
    shown.second.setFocus(came)
    shown.dialog.open()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)

    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)

    assert not shown.dialog.isVisible()
    assert (shown.named(), shown.second.key_focus) == ("second", by_key)


def test_where_it_was_is_gone_and_nothing_else_gets_a_ring(shown: Shown) -> None:
    shown.second.setFocus(Qt.FocusReason.TabFocusReason)
    shown.dialog.open()
    shown.second.hide()

    shown.dialog.hide()

    assert [button.key_focus for button in (shown.first, shown.second)] == [False, False]


def test_a_question_that_was_never_asked_is_put_away(shown: Shown) -> None:
    shown.first.setFocus(Qt.FocusReason.TabFocusReason)

    shown.dialog.hide()

    assert shown.named() == "first"
