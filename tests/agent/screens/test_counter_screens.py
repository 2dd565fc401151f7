"""Every screen of the counter, in both languages and themes, at the sizes shops have.

The pictures go to a temporary folder; `python -m tests.agent.screens --out DIR` keeps them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from agent.approval.view import StackView
from agent.menu.view import MenuRowView
from agent.orders.view import OrdersView
from agent.stock.month.view import DayCell
from agent.stock.view import StockPage
from agent.texts import Language, Texts
from agent.ui.controls import PressControl
from agent.ui.theme import Mode, Theme
from tests.agent.screens import checks, sample
from tests.agent.screens.scenes import (
    LOOKS,
    SCENES,
    SIZES,
    Scene,
    World,
    card_board,
    make_world,
    opened,
    show_page,
    stack_over_pos,
)


@pytest.fixture(autouse=True)
def _one_application(qapp: QApplication) -> Iterator[None]:
    yield
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_nothing_is_cut_too_small_or_on_top_of_another(
    tmp_path: Path, scene: Scene, language: Language, size: tuple[int, int]
) -> None:
    """UXR-02, UXR-17; the layout does not depend on light or dark."""
    with opened(make_world(tmp_path, "light", language, **scene.shop)) as world:
        window = show_page(world, scene.page, size)
        scene.prepare(world)
        QApplication.processEvents()

        assert checks.problems(window) == []
        assert not checks.blank(window.grab())


@pytest.mark.parametrize(("mode", "language"), LOOKS, ids=lambda look: str(look))
def test_every_state_of_a_card_fits(mode: Mode, language: Language) -> None:
    """APR-04, 07, 08, 17, 20: all pictured states."""
    theme, texts = Theme(mode, animations=False), Texts(language)
    theme.apply_to(QApplication.instance())  # type: ignore[arg-type]
    board = card_board(theme, texts)

    assert checks.problems(board) == []
    assert not checks.blank(board.grab())
    board.hide()
    board.deleteLater()


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_stack_stands_over_the_till_as_drawn(tmp_path: Path, mode: Mode) -> None:
    """APR-20: three cards on a small screen, the rest counted, the most urgent at the corner."""
    with opened(make_world(tmp_path, mode, "ko")) as world:
        picture = stack_over_pos(world, (1366, 768))

        assert [card.request_id for card in world.stack.state.cards] == ["r1", "o1", "r2"]
        assert world.stack.state.more == 4
        image = picture.toImage()
        green = world.theme.color("green").rgb()
        assert image.pixel(1120, 673) == green  # 승인 of the lowest card, 43 px above its lower edge
        assert image.pixel(1120, 245) == green  # and of the highest


def test_the_theme_changes_while_the_window_is_open(tmp_path: Path) -> None:
    with opened(make_world(tmp_path, "light", "ko")) as world:
        window = show_page(world, "home", (1366, 768))

        world.theme.set_mode("dark")
        QApplication.processEvents()

        ground = window.grab().toImage().pixelColor(700, 760).name()
        assert ground == world.theme.color("bg").name()


def test_the_language_changes_while_the_window_is_open(tmp_path: Path) -> None:
    with opened(make_world(tmp_path, "light", "ko")) as world:
        window = show_page(world, "orders", (1366, 768))

        world.texts.set_language("en")
        window.retext()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        for _layout_inside_layout in range(3):
            QApplication.processEvents()

        assert window.nav.items["orders"].text() == "Orders"
        assert window.current_page == "orders"
        assert checks.problems(window) == []


def _press(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def _stack(world: World) -> StackView:
    world.clock.advance(1_000)
    stack = StackView(world.stack, world.theme, world.texts)
    QApplication.processEvents()
    world.clock.advance(1_000)
    return stack


def test_cards_never_ask_for_the_keyboard(tmp_path: Path) -> None:
    """APR-33: staff go on typing into the POS."""
    with opened(make_world(tmp_path, "light", "ko")) as world:
        stack = _stack(world)

        for face in stack.faces.values():
            flags = face.windowHandle().flags()
            assert flags & Qt.WindowType.WindowDoesNotAcceptFocus
            assert flags & Qt.WindowType.WindowStaysOnTopHint
            assert face.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        assert stack.shadow.windowHandle().flags() & Qt.WindowType.WindowTransparentForInput
        stack.close_all()


def test_a_card_counts_as_shown_when_it_was_painted(tmp_path: Path) -> None:
    """APR-18: not when it arrived, but when somebody can see it."""
    with opened(make_world(tmp_path, "light", "ko")) as world:
        assert world.approvals.shown == []

        stack = _stack(world)
        QApplication.processEvents()

        assert sorted(world.approvals.shown) == sorted(card.request_id for card in sample.BUSY)
        stack.close_all()


def test_a_request_that_arrives_behind_a_full_stack_counts_as_shown(tmp_path: Path) -> None:
    """APR-18, APR-20: it stands in "+N", and its minute begins although no card of its own was painted."""
    with opened(make_world(tmp_path, "light", "ko")) as world:
        stack = _stack(world)
        QApplication.processEvents()
        late = dataclasses.replace(sample.BUSY[0], request_id="late", remaining_ms=None)
        world.approvals.cards = (*world.approvals.cards, late)

        world.approvals.listeners.notify()
        QApplication.processEvents()
        QApplication.processEvents()

        assert "late" not in stack.faces
        assert "late" in world.approvals.shown
        stack.close_all()


def test_pressing_approve_on_the_card_decides(tmp_path: Path) -> None:
    with opened(make_world(tmp_path, "light", "ko")) as world:
        stack = _stack(world)

        _press(stack.faces["r1"].approve)

        assert "r1" not in [card.request_id for card in world.approvals.cards]
        assert stack.faces["r1"].pos_line.isVisible()
        stack.close_all()


def test_only_a_reason_in_own_words_takes_the_keyboard_and_gives_it_back(tmp_path: Path) -> None:
    with opened(make_world(tmp_path, "light", "ko")) as world:
        stack = _stack(world)
        face = stack.faces["r1"]
        never = Qt.WindowType.WindowDoesNotAcceptFocus

        _press(face.reject)
        assert face.windowHandle().flags() & never
        _press(next(b for reason, b in face.reasons.choices.items() if reason.value == "other"))
        assert not face.windowHandle().flags() & never
        _press(face.reasons.back)

        assert face.windowHandle().flags() & never
        stack.close_all()


def test_a_second_that_passes_repaints_the_ring_and_nothing_else(tmp_path: Path) -> None:
    """UXR-04: five rings must not keep a slow till busy."""
    with opened(make_world(tmp_path, "light", "ko")) as world:
        stack = _stack(world)
        world.stack.tick()
        QApplication.processEvents()
        face = stack.faces["r2"]
        painted: list[str] = []

        class Watch(QWidget):
            def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: N802 - Qt's name
                if event.type() == QEvent.Type.Paint:
                    painted.append(type(watched).__name__)
                return False

        watch = Watch()
        for part in (face, face.ring, face.title, face.meta, face.approve, face.reject):
            part.installEventFilter(watch)

        world.clock.advance(1_000)
        world.stack.tick()
        QApplication.processEvents()

        # The window is see-through, so the ground behind the ring (clipped to it) is painted with it.
        assert "CountdownRing" in painted
        assert not {"Label", "Button"} & set(painted)
        stack.close_all()


def test_the_keyboard_reaches_every_button_and_shows_where_it_is(tmp_path: Path) -> None:
    with opened(make_world(tmp_path, "light", "ko")) as world:
        window = show_page(world, "home", (1366, 768))
        window.activateWindow()
        QApplication.processEvents()
        window.setFocus()
        reached = set()

        for _step in range(80):
            QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
            focused = QApplication.focusWidget()
            assert focused is not None
            reached.add(focused.objectName())
            if isinstance(focused, PressControl):
                assert window.focus_ring.isVisible()

        assert {"home.approve", "home.reject", "home.orders.all", "header.bell", "nav.settings"} <= reached


def test_the_bell_counts_and_leads_to_its_page(tmp_path: Path) -> None:
    """APR-29."""
    with opened(make_world(tmp_path, "light", "ko")) as world:
        show_page(world, "settings", (1366, 768))
        state = world.shell_vm.state

        assert state.bell == 7
        assert [line.words for line in state.bell_lines] == [
            "리워드 요청 5건이 기다려요",
            "주문 요청 2건이 기다려요",
        ]
        world.window.header.page_pressed.emit("orders")
        assert world.window.current_page == "orders"


def test_a_notice_stands_behind_what_waits_and_is_seen_by_choosing_it(tmp_path: Path) -> None:
    """NTF-02: urgent first; the urgent one stands on the home page too."""
    with opened(make_world(tmp_path, "light", "ko", told=True)) as world:
        window = show_page(world, "orders", (1366, 768))
        state = world.shell_vm.state
        assert state.bell == 10
        assert [line.words for line in state.bell_lines[2:]] == [
            "11-19 일일 보고가 아직 없어요",
            "컵홀더가 540개 남았어요. 발주할 때예요",
            "11-20 자동 승인 3건",
        ]
        warning = world.vm_of_home().state.warning
        assert warning is not None
        assert (warning.sentence, warning.remark) == ("11-19 일일 보고가 아직 없어요", "보고하면 사라져요")
        assert (warning.action_word, warning.action_page) == ("보고하기", "stock")

        window.header._open_bell()
        window.header._take("3")
        QApplication.processEvents()

        assert world.window.current_page == "stock"
        assert world.notices.seen == [("n-2", "직원")]
        assert [line.words for line in world.shell_vm.state.bell_lines[2:]] == [
            "11-19 일일 보고가 아직 없어요",
            "11-20 자동 승인 3건",
        ]


def test_a_board_press_on_the_page_decides_and_asks(tmp_path: Path) -> None:
    with opened(make_world(tmp_path, "light", "ko")) as world:
        window = show_page(world, "home", (1366, 768))
        rejects = window.findChildren(PressControl, "home.reject")
        approves = window.findChildren(PressControl, "home.approve")

        _press(approves[0])
        _press(rejects[0])
        QApplication.processEvents()
        _press(window.findChild(PressControl, "home.reason.out_of_stock"))  # type: ignore[arg-type]
        _press(window.findChild(PressControl, "home.reject_confirm"))  # type: ignore[arg-type]

        left = [card.request_id for card in world.approvals.cards if card.request_id.startswith("r")]
        assert left == ["r3", "r4", "r5"]


def test_an_arrival_is_painted_within_two_milliseconds(tmp_path: Path) -> None:
    """The window exists before the request: showing is filling in and painting. Best of several, machines differ."""
    import time

    with opened(make_world(tmp_path, "light", "ko", quiet=True)) as world:
        stack = StackView(world.stack, world.theme, world.texts)
        best_ms = 1_000.0
        for number in range(12):
            world.approvals.cards = (sample.card(f"n{number}", sample.COUPON.kind, "아메리카노 1잔 무료", "김*수"),)
            started = time.perf_counter()
            world.approvals.listeners.notify()
            stack.faces[f"n{number}"].repaint()
            best_ms = min(best_ms, (time.perf_counter() - started) * 1000)
            QApplication.processEvents()

        assert best_ms < 8, best_ms  # 2 on the till we aim at; shared test machines are slower
        stack.close_all()


def test_something_is_marked_sold_out_by_pressing_and_put_back(tmp_path: Path) -> None:
    """MNU-09: door, row, back to the orders."""
    with opened(make_world(tmp_path, "light", "ko")) as world:
        window = show_page(world, "orders", (1366, 768))
        page = window.page("orders")
        assert isinstance(page, OrdersView)
        _press(page.menu_door)
        QApplication.processEvents()
        assert page.sold_out.isVisible()
        assert not page.list.isVisible()

        row = page.sold_out.findChildren(MenuRowView)[0]
        world.clock.advance(1_000)
        _press(row.today)
        QApplication.processEvents()
        assert (row.chip.text(), row.today.isVisible(), row.back.isVisible()) == ("오늘 품절", False, True)
        world.clock.advance(1_000)
        _press(row.back)
        QApplication.processEvents()
        assert row.chip.text() == "판매 중"
        _press(page.sold_out.back)
        QApplication.processEvents()
        assert page.list.isVisible()
        assert not page.sold_out.isVisible()


def test_a_report_is_a_number_and_the_enter_key_or_keys_and_a_button(tmp_path: Path) -> None:
    """CUP-03: the field has the keyboard as soon as the page is open."""
    with opened(make_world(tmp_path, "light", "ko")) as world:
        window = show_page(world, "home", (1366, 768))
        window.activateWindow()
        window.open_page("stock")
        QApplication.processEvents()
        page = window.page("stock")
        assert isinstance(page, StockPage)

        QTest.keyClicks(QApplication.focusWidget(), "104")
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
        assert world.cups.said == [("2026-11-20", 104, "이지은")]
        assert page.report.chip.text() == "저장됨 · 전송 대기"

        world.clock.advance(1_000)
        for key in ("1", "1", "00", "back", "back", "0"):
            _press(page.report.keys[key])
        assert page.report.field.text() == "110"
        _press(page.report.save)
        assert world.cups.said[1:] == [("2026-11-20", 110, "이지은")]


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("typed", ["1040", "백", "104"])
def test_the_answer_to_a_number_is_shown_whole(tmp_path: Path, typed: str, language: Language) -> None:
    """CUP-06, CUP-09: two lines, if it takes two, and nothing of the pad below them."""
    with opened(make_world(tmp_path, "light", language, offline=True)) as world:
        window = show_page(world, "stock", (1024, 600))
        page = window.page("stock")
        assert isinstance(page, StockPage)
        page.report.field.set_text(typed)
        page.report.field.edit.textEdited.emit(typed)
        _press(page.report.save)
        for _layout_inside_layout in range(4):
            QApplication.processEvents()

        report = page.report
        assert report.note.rect().contains(report.note_words.geometry())
        pad = report.keys["0"].parentWidget()
        assert pad is not None
        assert not report.note.geometry().intersects(pad.geometry())


def test_a_day_of_the_calendar_is_chosen_and_left_by_pressing(tmp_path: Path) -> None:
    """CUP-04, CUP-07"""
    with opened(make_world(tmp_path, "light", "ko")) as world:
        window = show_page(world, "stock", (1366, 768))
        page = window.page("stock")
        assert isinstance(page, StockPage)

        _press(window.findChild(DayCell, "stock.day.2026-11-12"))  # type: ignore[arg-type]
        assert page.report.title.text() == "11월 12일 목요일"
        _press(page.report.back)
        assert page.report.title.text() == "오늘 나간 컵홀더"
        _press(page.calendar.earlier)
        assert page.calendar.title.text() == "2026년 10월"


def test_cup_holders_are_ordered_by_pressing(tmp_path: Path) -> None:
    """CUP-18, CUP-19"""
    with opened(make_world(tmp_path, "light", "ko")) as world:
        window = show_page(world, "stock", (1366, 768))

        for name in ("stock.order", "stock.quick.200", "stock.order.confirm"):
            _press(window.findChild(PressControl, name))  # type: ignore[arg-type]
            QApplication.processEvents()

        assert world.cups.said == [("order", 4_000, "이지은")]


def test_the_tab_counts_reports_that_are_due(tmp_path: Path) -> None:
    """CUP-03, CUP-08: gone with the number."""
    with opened(make_world(tmp_path, "light", "ko")) as world:
        assert dict(world.shell_vm.state.badges)["stock"] == 0
        world.cups.now_ms += 7 * 3_600_000  # half an hour before closing has passed
        world.cups.listeners.notify()
        assert dict(world.shell_vm.state.badges)["stock"] == 1

        world.cups.report(sample.STOCK_DAY, 104, "이지은")

        assert dict(world.shell_vm.state.badges)["stock"] == 0
