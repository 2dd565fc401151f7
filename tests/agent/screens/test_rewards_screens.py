"""The page of coupons under mouse, keyboard and scanner (CPN-15, CPN-18, UXR-02)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from agent.rewards.view import RewardsPage
from rules.scans import COUPON_QR
from tests.agent.screens import rewards
from tests.agent.screens.scenes import World, make_world, opened, show_page


@pytest.fixture
def world(qapp: QApplication, tmp_path: Path) -> Iterator[World]:
    with opened(make_world(tmp_path, "light", "ko")) as found:
        show_page(found, "rewards", (1024, 600)).activateWindow()
        QApplication.processEvents()
        yield found


def field(world: World) -> QLineEdit:
    found = world.window.findChild(QLineEdit, "rewards.code")
    assert isinstance(found, QLineEdit)
    return found


def widget(world: World, name: str) -> QWidget:
    found = world.window.findChild(QWidget, name)
    assert isinstance(found, QWidget)
    return found


def scan(world: World, text: str) -> None:
    """What a scanner is: a keyboard that types fast and ends with Enter, wherever the keyboard happens to be."""
    focus = QApplication.focusWidget()
    assert focus is not None
    QTest.keyClicks(focus, text)
    QTest.keyClick(focus, Qt.Key.Key_Return)


def test_a_scanner_reads_as_soon_as_the_page_is_open_and_again_after_each_slip(world: World) -> None:
    """CPN-18: nobody clicks into a field first."""
    scan(world, COUPON_QR + "0198c5c0-7a11-7d46-b52e-93d1c8f0a65e")
    scan(world, rewards.PAPER_CODE.replace("-", ""))
    world.papers.stand(rewards.WAITS)
    world.clock.advance(1_000)
    QTest.mouseClick(widget(world, "rewards.leave"), Qt.MouseButton.LeftButton)
    scan(world, rewards.PAPER_CODE)

    assert len(world.papers.asked) == 2, "the same slip twice before staff's word is one question"
    assert world.papers.taken_back == [rewards.HELD.request_id]
    assert field(world).text() == ""


def test_staff_press_use_with_the_mouse_and_the_keyboard(world: World) -> None:
    """CPN-16: the scanner's Enter uses nothing; the button does, and Tab reaches it."""
    world.papers.stand(rewards.WAITS)
    scan(world, rewards.PAPER_CODE)
    QTest.keyClick(field(world), Qt.Key.Key_Return)
    assert not any(said[0] == rewards.HELD.request_id for said in world.approvals.said)

    world.clock.advance(1_000)
    reached = []
    for _ in range(4):
        QTest.keyClick(QApplication.focusWidget() or field(world), Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
        reached.append("" if focus is None else focus.objectName())
    assert {"rewards.check", "rewards.leave", "rewards.use"} <= set(reached)
    widget(world, "rewards.use").setFocus()
    QTest.keyClick(widget(world, "rewards.use"), Qt.Key.Key_Space)

    assert world.approvals.said == [(rewards.HELD.request_id, "이지은")]
    assert QApplication.focusWidget() is field(world), "the next slip may be read at once"


def test_a_mistyped_code_is_replaced_by_the_next_scan(world: World) -> None:
    """CPN-18: what is wrong is selected, so that the scanner's letters take its place."""
    scan(world, "0123")
    assert field(world).selectedText() == "0123"

    scan(world, rewards.PAPER_CODE)

    assert world.papers.asked == [(rewards.HELD.request_id, rewards.PAPER_CODE)]


def test_escape_empties_the_field(world: World) -> None:
    QTest.keyClicks(field(world), "0123")
    QTest.keyClick(field(world), Qt.Key.Key_Escape)

    page = world.window.page("rewards")
    assert isinstance(page, RewardsPage)
    assert field(world).text() == ""
    assert page.paper._vm.panel.wrong is False
