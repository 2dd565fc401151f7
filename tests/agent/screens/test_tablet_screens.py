"""The customer's screen as pictures: nothing cut, keys large, text readable, whatever the size, language and theme."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QEventPoint, QGuiApplication, QPointingDevice, QTouchEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from agent.tablet.screen import Page
from agent.texts import Language
from agent.ui.keypad import KEY_MIN, KeypadKey, NumberLine
from agent.ui.theme import Mode
from tests.agent.screens import checks, looks
from tests.agent.screens.customer import LANGUAGES, MODES, TABLET_SIZES, TABLET_STATES, Earn, Look, TabletScene, tablet


@pytest.fixture
def look(qapp: QApplication) -> Look:
    return Look("light", "ko")


@pytest.fixture
def scene(look: Look) -> Iterator[TabletScene]:
    made = tablet(look, Earn())
    host = looks.on_screen(made.view, (1280, 800))
    yield made
    looks.gone(host)


def named(view: QWidget, name: str) -> QAbstractButton:
    found = view.findChild(QAbstractButton, name)
    assert found is not None, name
    return found


@pytest.mark.parametrize("size", TABLET_SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", TABLET_STATES)
def test_nothing_is_cut_and_every_target_is_large(
    qapp: QApplication, name: str, language: Language, size: tuple[int, int]
) -> None:
    """ux.md: keys of 72 px and more, nothing under 18 px, nothing clipped."""
    with looks.shown(TABLET_STATES[name](Look("light", language)), size) as host:
        assert looks.cut_texts(host) == []
        assert looks.small_keys(host, KEY_MIN) == []
        assert looks.small_targets(host, 72) == []
        assert checks.nameless(host) == []
        assert looks.small_type(host, 26) == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", TABLET_STATES)
def test_every_text_can_be_read(qapp: QApplication, name: str, mode: Mode) -> None:
    with looks.shown(TABLET_STATES[name](Look(mode, "ko")), (1024, 600)) as host:
        assert looks.pale_texts(host) == []


def test_turning_the_tablet_keeps_what_was_typed_and_cuts_nothing(scene: TabletScene) -> None:
    scene.type("1234")
    host = scene.view.parentWidget()
    assert host is not None
    for size in ((800, 1280), (1280, 800), (600, 960), (1920, 1080), (1024, 600)):
        host.resize(*size)
        scene.view.setGeometry(0, 0, *size)
        QApplication.processEvents()
        assert looks.cut_texts(host) == []
        assert looks.small_keys(host, KEY_MIN) == []
    assert scene.vm.state.number == "010-•••4-"


def test_a_customer_earns_with_a_finger(scene: TabletScene) -> None:
    QTest.mouseClick(named(scene.view, "tablet.start"), Qt.MouseButton.LeftButton)
    for digit in "12345678":
        QTest.mouseClick(named(scene.view, f"tablet.key.{digit}"), Qt.MouseButton.LeftButton)
    assert named(scene.view, "tablet.submit").isEnabled()
    QTest.mouseClick(named(scene.view, "tablet.submit"), Qt.MouseButton.LeftButton)

    result = scene.view.findChild(QWidget, "tablet.result")
    assert result is not None
    assert result.isVisible()
    assert result.accessibleName() == "+45P"


def test_the_same_with_a_keyboard(scene: TabletScene) -> None:
    scene.view.setFocus()
    QTest.keyClick(scene.view, Qt.Key.Key_Return)
    QTest.keyClicks(scene.view, "99x")
    QTest.keyClick(scene.view, Qt.Key.Key_Backspace)
    assert scene.vm.state.number.startswith("010-•") or scene.vm.state.number.startswith("010-9")
    QTest.keyClick(scene.view, Qt.Key.Key_Delete)
    QTest.keyClicks(scene.view, "12345678")
    QTest.keyClick(scene.view, Qt.Key.Key_Enter)
    assert scene.vm.state.page is Page.EARNED
    QTest.keyClick(scene.view, Qt.Key.Key_Escape)
    assert scene.vm.state.page is Page.IDLE


def test_a_pasted_number_fills_the_line_and_pasted_rubbish_does_not(scene: TabletScene) -> None:
    """Case 40."""
    scene.vm.start()
    for text, shown in (("'; DROP TABLE--", "010-"), ("010 2345 6789", "010-••••-••••"), ("x" * 9999, "010-••••-••••")):
        QGuiApplication.clipboard().setText(text)
        QTest.keyClick(scene.view, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        assert scene.vm.state.number == shown


def test_keys_answer_to_the_press_and_to_a_second_finger(scene: TabletScene) -> None:
    """Case 40: two fingers at once."""
    scene.vm.start()
    keys = scene.view.findChildren(KeypadKey)
    seven, eight = (next(key for key in keys if key.objectName() == f"tablet.key.{d}") for d in "78")
    device = QPointingDevice.primaryPointingDevice()
    for key in (seven, eight):
        point = QEventPoint(0, QEventPoint.State.Pressed, QPointF(5, 5), QPointF(5, 5))
        touch = QTouchEvent(QEvent.Type.TouchBegin, device, Qt.KeyboardModifier.NoModifier, [point])
        QApplication.sendEvent(key, touch)
    assert scene.vm.state.number == "010-•8"
    assert seven.isDown()
    assert eight.isDown()

    QTest.mousePress(seven, Qt.MouseButton.LeftButton)
    assert scene.vm.state.number == "010-••7"


def test_mashing_the_glass_does_no_harm_and_books_nothing_by_accident(scene: TabletScene) -> None:
    """Case 40: two hundred taps all over the keypad; the only ways out are a whole number or the way out itself."""
    scene.vm.start()
    skip = scene.view.findChild(QAbstractButton, "tablet.skip")
    for at in range(200):
        point = QPoint(40 + at * 397 % 1200, 40 + at * 211 % 640)
        target = scene.view.childAt(point)
        if target is not None and target is not skip and not isinstance(target, NumberLine):
            QTest.mouseClick(target, Qt.MouseButton.LeftButton, pos=target.mapFrom(scene.view, point))
    assert scene.vm.state.page in (Page.KEYPAD, Page.EARNED)


def test_a_finger_hammering_on_submit_does_not_close_the_result(scene: TabletScene, qtbot: QtBot) -> None:
    scene.type()
    named(scene.view, "tablet.submit").click()
    done = named(scene.view, "tablet.done")
    assert done.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    assert scene.view.childAt(done.mapTo(scene.view, done.rect().center())) is not done

    middle = done.mapTo(scene.view, done.rect().center())
    qtbot.waitUntil(lambda: scene.view.childAt(middle) is done)


def test_an_idle_tablet_uses_no_timer(scene: TabletScene) -> None:
    assert not scene.view._timer.isActive()
    scene.vm.start()
    assert scene.view._timer.isActive()
    scene.wait(15_000)
    assert not scene.view._timer.isActive()


def test_the_language_button_turns_the_whole_screen(scene: TabletScene) -> None:
    QTest.mouseClick(named(scene.view, "tablet.language"), Qt.MouseButton.LeftButton)
    assert named(scene.view, "tablet.start").text() == "Type a number"
    assert named(scene.view, "tablet.language").text() == "한국어"
