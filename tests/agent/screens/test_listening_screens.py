"""Setting the capture up under the mouse: from the card on the devices page to the first receipt, and back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget

from agent.dispatch import ImmediateDispatcher
from agent.printing.doctor.viewmodel import DoctorViewModel
from agent.printing.listening.service import FirstRead
from agent.printing.listening.viewmodel import ListeningViewModel, Step
from agent.printing.page.view import PrintersPage
from agent.printing.rooms.viewmodel import RoomsViewModel
from agent.printing.steps.view import StepRow
from agent.printing.types import PrinterWord
from agent.printing.view import PrintingView
from agent.printing.viewmodel import CaptureState, PrintingViewModel
from agent.printing.words import CaptureWord
from agent.ui.theme import Mode
from tests.agent.screens import customer, looks
from tests.agent.screens.customer import Look, page_size
from tests.agent.screens.listening import NEAR, NETWORK, PRINTER, Setup, answered, listening


class Devices:
    """The page of the devices with its real screens."""

    def __init__(self, setup: Setup) -> None:
        look, dispatcher = Look("light", "en"), ImmediateDispatcher()
        self.clock = look.clock
        self.vm = ListeningViewModel(setup=setup, texts=look.texts, clock=look.clock, dispatcher=dispatcher)
        self.page = PrintersPage(
            PrintingViewModel(
                printing=customer.Printing(PrinterWord.READY),
                capture=lambda: CaptureState(CaptureWord.NOT_SET_UP),
                texts=look.texts,
                clock=look.clock,
                dispatcher=dispatcher,
            ),
            customer.slip_editor(look, customer.SlipTexts()),
            DoctorViewModel(doctor=customer.Doctor(), texts=look.texts, dispatcher=dispatcher),
            RoomsViewModel(printing=customer.Rooms(), texts=look.texts, dispatcher=dispatcher),
            self.vm,
            look.theme,
            look.texts,
        )

    def press(self, host: QWidget, name: str) -> None:
        button = host.findChild(QAbstractButton, name)
        assert button is not None, name
        assert button.isVisible(), name
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_an_owner_sets_the_capture_up_and_sees_the_first_receipt(qapp: QApplication) -> None:
    setup = Setup()
    devices = Devices(setup)
    with looks.shown(devices.page, page_size((1366, 768))) as host:
        host.activateWindow()
        devices.press(host, "printing.capture.set_up")
        devices.press(host, "listening.option.0")
        field = host.findChild(QLineEdit, "listening.field")
        assert field is not None
        QTest.keyClicks(field, "http://printer")
        devices.press(host, "listening.take")
        assert "This is no printer" in devices.vm.state.problem

        field.selectAll()
        QTest.keyClicks(field, "192.168.0.31")
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert devices.vm.state.step is Step.TILL
        devices.press(host, "listening.main")
        devices.press(host, "listening.card")
        devices.press(host, "listening.main")

        assert setup.begins == [NETWORK]
        assert len(setup.cards) == 1
        setup.first = FirstRead(devices.clock.wall_ms(), 17_800)
        devices.vm.tick()
        said = host.findChild(QWidget, "listening.said")
        assert said is not None
        assert said.isVisible()
        devices.press(host, "listening.main")
        assert isinstance(devices.page.currentWidget(), PrintingView)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_step_of_now_stands_out_from_its_row(qapp: QApplication, mode: Mode) -> None:
    view = listening(Setup, "network")(Look(mode, "ko"))
    with looks.shown(view, page_size((1366, 768))) as host:
        [now] = [row for row in host.findChildren(StepRow) if row._now]
        box = QRect(now.disc.mapTo(host, QPoint(0, 0)), now.disc.size())
        shot = looks.picture(host)
        ground = QRect(box.x() - 6, box.center().y(), box.width() // 2, 2)  # from the row into the disc

        assert looks.contrast_in(shot, ground) >= looks.LARGE_TEXT_CONTRAST_MIN
        assert looks.contrast_in(shot, box) >= looks.TEXT_CONTRAST_MIN


def test_the_printer_of_the_pos_becomes_the_counters_own_with_one_press(qapp: QApplication) -> None:
    setup = Setup(own=None)
    devices = Devices(setup)
    with looks.shown(devices.page, page_size((1024, 600))) as host:
        devices.press(host, "printing.capture.set_up")
        for answer in NEAR:
            answered(devices.vm, answer)
        devices.press(host, "listening.main")
        devices.press(host, "listening.own")

        assert str(setup.own) == PRINTER
        said = host.findChild(QWidget, "listening.said")
        assert said is not None
        assert said.isVisible()
        own = host.findChild(QAbstractButton, "listening.own")
        assert own is not None
        assert not own.isVisible()


def test_back_leaves_everything_as_it_was_and_the_next_time_begins_anew(qapp: QApplication) -> None:
    devices = Devices(Setup())
    with looks.shown(devices.page, page_size((1366, 768))) as host:
        devices.press(host, "printing.capture.set_up")
        devices.press(host, "listening.option.1")
        devices.press(host, "listening.back")
        devices.press(host, "listening.back")
        assert isinstance(devices.page.currentWidget(), PrintingView)

        devices.press(host, "printing.capture.set_up")
        assert (devices.vm.state.step, devices.vm.state.chosen) == (Step.KIND, "")
