"""First run, receipts and printers as pictures and under the mouse."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget

from agent.dispatch import ImmediateDispatcher
from agent.enroll.types import Enrolled
from agent.enroll.view import EnrollView
from agent.enroll.viewmodel import EnrollViewModel
from agent.printing.editor.view import SlipEditorView
from agent.printing.places import KITCHEN, PLACES
from agent.printing.types import PrinterWord
from agent.printing.view import PrintingView
from agent.printing.viewmodel import CaptureState, PrintingViewModel
from agent.printing.words import CaptureWord
from agent.receipts.types import DocumentOutcome
from agent.receipts.view import ReceiptRowView, ReceiptsView
from agent.receipts.viewmodel import Chip, ReceiptsViewModel
from agent.texts import Language
from agent.ui.paper import Paper, cells
from agent.ui.theme import Mode
from tests.agent.screens import checks, customer, looks
from tests.agent.screens.customer import COUNTER_SIZES, LANGUAGES, MODES, Look, page_size
from tests.agent.screens.listening import LISTENING_STATES
from tests.agent.screens.people import PEOPLE_STATES

WINDOWS = customer.ENROLL_STATES
PAGES = {**customer.RECEIPT_STATES, **customer.PRINTER_STATES, **LISTENING_STATES, **PEOPLE_STATES}


def sizes(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


# The smallest window shows every state, the larger ones the fullest state of each page.
SMALL = COUNTER_SIZES[1]
FULL = ("09-code-found", "08-receipts-to-check", "07-printer-paper_out")
SHOTS = [(name, SMALL) for name in (*WINDOWS, *PAGES)] + [(name, at) for name in FULL for at in COUNTER_SIZES]


@pytest.mark.parametrize(("name", "size"), SHOTS, ids=lambda value: value if isinstance(value, str) else sizes(value))
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_cut_and_every_target_is_large(
    qapp: QApplication, name: str, language: Language, size: tuple[int, int]
) -> None:
    build = WINDOWS.get(name) or PAGES[name]
    room = size if name in WINDOWS else page_size(size)
    with looks.shown(build(Look("light", language)), room) as host:
        assert looks.cut_texts(host) == []
        assert looks.small_targets(host, 44) == []
        assert checks.nameless(host) == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", [*WINDOWS, *PAGES])
def test_every_text_can_be_read(qapp: QApplication, name: str, mode: Mode) -> None:
    build = WINDOWS.get(name) or PAGES[name]
    with looks.shown(build(Look(mode, "ko")), SMALL if name in WINDOWS else page_size(SMALL)) as host:
        assert looks.pale_texts(host) == []


# -- first run ------------------------------------------------------------------------------------------------------


class Enrolling:
    def __init__(self) -> None:
        self.look, self.cloud, self.went_on = Look("light", "en"), customer.Cloud(), 0
        self.vm = EnrollViewModel(
            enroll=self.cloud,
            address="https://cloud.example.com",
            texts=self.look.texts,
            dispatcher=ImmediateDispatcher(),
            on_enrolled=self._on,
        )
        self.host = looks.on_screen(EnrollView(self.vm, self.look.theme, self.look.texts), (1366, 768))
        self.host.activateWindow()

    def _on(self) -> None:
        self.went_on += 1

    def widget(self, name: str) -> QWidget:
        found = self.host.findChild(QWidget, name)
        assert found is not None, name
        return found


@pytest.fixture
def enrolling(qapp: QApplication) -> Enrolling:
    return Enrolling()


def test_a_code_is_typed_redeemed_and_the_shop_answers_before_one_goes_on(enrolling: Enrolling) -> None:
    QTest.keyClicks(enrolling.widget("enroll.code"), "bcdf-ghjk")
    assert enrolling.vm.state.code == "BCDFGHJK"
    QTest.mouseClick(enrolling.widget("enroll.redeem"), Qt.MouseButton.LeftButton)
    assert not enrolling.widget("enroll.start").isVisible()

    enrolling.cloud.answer(Enrolled(customer.SHOP))
    QApplication.processEvents()
    assert enrolling.widget("enroll.answer").isVisible()
    assert not enrolling.widget("enroll.redeem").isVisible()
    QTest.mouseClick(enrolling.widget("enroll.start"), Qt.MouseButton.LeftButton)
    assert enrolling.went_on == 1


def test_a_code_is_pasted_from_a_message_with_the_button_or_the_keyboard(enrolling: Enrolling) -> None:
    QGuiApplication.clipboard().setText("매장 코드: BCDF-GHJK (10분)")
    QTest.mouseClick(enrolling.widget("enroll.paste"), Qt.MouseButton.LeftButton)
    assert enrolling.vm.state.code == "BCDFGHJK"

    QTest.keyClick(enrolling.widget("enroll.code"), Qt.Key.Key_Backspace)
    assert enrolling.vm.state.code == "BCDFGHJ"
    QTest.keyClick(enrolling.widget("enroll.code"), Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert enrolling.vm.state.code == "BCDFGHJK"


def test_the_address_is_typed_and_a_plain_one_is_named(enrolling: Enrolling) -> None:
    field = enrolling.host.findChild(QLineEdit, "enroll.address")
    assert field is not None
    field.selectAll()
    QTest.keyClicks(field, "http://shop.example")
    assert "https" in enrolling.vm.state.address_problem
    field.selectAll()
    QTest.keyClicks(field, "http://127.0.0.1:8000")
    assert enrolling.vm.state.address_problem == ""


def test_first_run_changes_its_language_in_place(enrolling: Enrolling) -> None:
    QTest.mouseClick(enrolling.widget("enroll.language"), Qt.MouseButton.LeftButton)
    redeem = enrolling.host.findChild(QAbstractButton, "enroll.redeem")
    assert redeem is not None
    assert redeem.text() == "매장 연결하기"


# -- receipts -------------------------------------------------------------------------------------------------------


def receipts_view(rows: tuple[object, ...] | None = None) -> tuple[QWidget, ReceiptsViewModel, customer.Receipts]:
    look = Look("light", "en")
    service = customer.Receipts() if rows is None else customer.Receipts(rows)  # type: ignore[arg-type]
    vm = ReceiptsViewModel(receipts=service, texts=look.texts, clock=look.clock, dispatcher=ImmediateDispatcher())
    host = looks.on_screen(ReceiptsView(vm, look.theme, look.texts), page_size((1366, 768)))
    return host, vm, service


def test_a_press_below_the_paper_prints_it_again_at_that_printer(qapp: QApplication) -> None:
    """AGT-12: and while the copy is on its way there is nothing to press."""
    copier = customer.Copier(PLACES)
    with looks.shown(customer.receipts("doc-41", copier=copier)(Look("light", "en")), page_size(SMALL)) as host:
        button = host.findChild(QAbstractButton, f"receipts.copy.{KITCHEN}")
        assert button is not None
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

        assert copier.pressed == [f"doc-41 {KITCHEN} staff"]
        said = host.findChild(QWidget, "receipts.copied")
        assert said is not None
        assert said.isVisible()
        assert not [found for found in host.findChildren(QAbstractButton) if "receipts.copy." in found.objectName()]


def test_a_coupon_is_printed_with_a_press_on_its_question(qapp: QApplication) -> None:
    """STP-04"""
    coupons = customer.Coupons()
    build = customer.receipts(f"coupon:{customer.COUPON_ID}", chip=Chip.COUPONS, coupons=coupons)
    with looks.shown(build(Look("light", "en")), page_size(SMALL)) as host:
        button = host.findChild(QAbstractButton, "receipts.answer.print_coupon")
        assert button is not None
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    assert coupons.pressed == [f"{customer.COUPON_ID} staff"]


def test_a_pressed_row_opens_its_paper(qapp: QApplication) -> None:
    host, vm, _service = receipts_view()
    row = host.findChild(ReceiptRowView, "receipts.row.doc-40")
    assert row is not None
    QTest.mouseClick(row, Qt.MouseButton.LeftButton)

    assert vm.state.chosen is not None
    assert vm.state.chosen.document_id == "doc-40"
    assert "no points were credited" in vm.state.chosen.why
    paper = host.findChild(Paper, "receipts.paper")
    assert paper is not None
    assert paper.rows() == customer.PAPER


def test_a_pressed_answer_is_given_once(qapp: QApplication) -> None:
    look, lessons = Look("light", "en"), customer.Lessons()
    vm = ReceiptsViewModel(
        receipts=customer.Receipts((customer.UNREAD, *customer.ROWS)),
        texts=look.texts,
        clock=look.clock,
        dispatcher=ImmediateDispatcher(),
        lessons=lessons,
    )
    host = looks.on_screen(ReceiptsView(vm, look.theme, look.texts), page_size((1366, 768)))
    vm.choose(customer.UNREAD.document_id)
    button = host.findChild(QAbstractButton, "receipts.answer.paid:4500")
    assert button is not None
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    assert lessons.given == ["doc-43 4500"]


def test_typing_searches_and_a_chip_filters(qapp: QApplication) -> None:
    host, vm, _service = receipts_view()
    search = host.findChild(QLineEdit, "receipts.search")
    assert search is not None
    QTest.keyClicks(search, "13,500")
    assert [row.document_id for row in vm.state.rows] == ["doc-41"]
    search.clear()
    chip = host.findChild(QAbstractButton, "receipts.chip.to_check")
    assert chip is not None
    QTest.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert [row.document_id for row in vm.state.rows] == ["doc-42"]


def test_a_thousand_receipts_need_no_more_rows_than_fit_the_glass(qapp: QApplication) -> None:
    many = tuple(customer.row(1000 + i, DocumentOutcome.UNMATCHED, 4_500, minutes=i % 600) for i in range(1000))
    host, vm, _service = receipts_view(many)
    assert len(host.findChildren(ReceiptRowView)) < 15

    for _ in range(40):
        QTest.keyClick(host.findChild(ReceiptsView)._list.rows, Qt.Key.Key_PageDown)  # type: ignore[union-attr]
    assert vm.state.chosen is not None
    shown = host.findChild(ReceiptRowView, f"receipts.row.{vm.state.chosen.document_id}")
    assert shown is not None
    assert shown.isVisible()
    assert len(host.findChildren(ReceiptRowView)) < 15


def test_a_page_out_of_sight_reads_nothing(qapp: QApplication) -> None:
    host, _vm, service = receipts_view()
    host.hide()
    before = service.asked
    service.listeners.notify()
    assert service.asked == before
    host.show()
    assert service.asked == before + 1


def test_paper_counts_cells_as_the_printer_does() -> None:
    assert cells("합계 4,500") == 4 + 1 + 5
    assert cells("·₩") == 3  # the dot is double in CP949
    assert cells("") == 0


# -- printers -------------------------------------------------------------------------------------------------------


def test_the_test_page_and_the_rows_are_pressed_once_each(qapp: QApplication) -> None:
    look, service = Look("light", "en"), customer.Printing(PrinterWord.READY)
    vm = PrintingViewModel(
        printing=service,
        capture=lambda: CaptureState(CaptureWord.LISTENING),
        texts=look.texts,
        clock=look.clock,
        dispatcher=ImmediateDispatcher(),
    )
    host = looks.on_screen(PrintingView(vm, look.theme, look.texts), page_size((1366, 768)))
    for name in ("printing.test", "printing.step.job-3", "printing.step.job-2"):
        button = host.findChild(QAbstractButton, name)
        assert button is not None, name
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        look.clock.advance(2_000)
        vm.tick()
    assert service.pressed == ["test", "retry job-3", "reprint job-2"]


def test_an_owner_types_a_slip_saves_it_and_goes_back(qapp: QApplication, tmp_path: Path) -> None:
    look, templates, gone = Look("light", "en"), customer.SlipTexts(), []
    vm = customer.slip_editor(look, templates)
    view = SlipEditorView(vm, look.theme, look.texts)
    vm.on_close = lambda: gone.append(True)
    with looks.shown(view, (1180, 700)) as host:
        host.activateWindow()
        view.text.edit.selectAll()
        QTest.keyClicks(view.text.edit, "{reward} {slip_code} {pos_discount}")
        view.text.insert("\n{shop}")

        QTest.mouseClick(view.save, Qt.MouseButton.LeftButton)
        assert templates.own == {"approval": "{reward} {slip_code} {pos_discount}\n{shop}"}

        QTest.keyClicks(view.text.edit, "!")
        QTest.mouseClick(view.back, Qt.MouseButton.LeftButton)
        assert gone == []  # the last letter is within the pause of typing
        question = host.findChild(QWidget, "slips.let_go") or view.window().findChild(QWidget, "slips.let_go")
        assert question is not None
        QTest.mouseClick(question, Qt.MouseButton.LeftButton)
        assert gone == [True]

        (tmp_path / "logo.png").write_bytes(b"picture")
        view.take_logo(tmp_path / "logo.png")
        assert templates.logo == b"picture"
        view.take_logo(tmp_path / "nothing.png")
        assert vm.state.said == "This file is no picture. Choose a PNG or JPEG."
