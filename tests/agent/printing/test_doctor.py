"""The printer doctor's screen and its work: every answer leads on, nothing is a dead end, what was learnt prints."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.dispatch import ImmediateDispatcher
from agent.printing.doctor.service import PrinterDoctor, Tried
from agent.printing.doctor.viewmodel import DoctorViewModel, Step
from agent.printing.places import FRONT
from agent.printing.types import PrinterAddress
from agent.texts import Texts
from demo.virtual_printer import VirtualPrinter
from printers.devices.address import open_way
from printers.devices.port import CoverOpen, Fault, NotAnswering, Outcome, PaperOut, Printed, SentUnconfirmed
from printers.discovery import Found
from printers.doctor import Seen, profile_of
from printers.korean import HangulRom
from printers.profiles import PROFILES, Answers
from printers.state import POWER_ON
from tests.agent.screens.customer import FOUND, USB, Doctor
from tests.helpers.counter import Counter, counter
from tests.helpers.waiting import wait_until
from tests.printers.devices.test_delivery import QUICK


class Screen:
    def __init__(self, work: Doctor | None = None) -> None:
        self.work = work or Doctor()
        self.vm = DoctorViewModel(doctor=self.work, texts=Texts("en"), dispatcher=ImmediateDispatcher())
        self.closed = 0
        self.vm.on_close = self._close
        self.vm.show()

    def _close(self) -> None:
        self.closed += 1

    def answer(self, *keys: str) -> None:
        for key in keys:
            self.vm.choose(key)
            self.vm.go_on()

    @property
    def step(self) -> Step:
        return self.vm.state.step


def test_the_whole_walk_keeps_what_was_seen() -> None:
    screen = Screen()
    assert screen.vm.state.options[0].text == "SAM4S ELLIX30"

    screen.answer(USB, "2", "6", "8", "cut")
    assert screen.step is Step.DONE
    assert screen.vm.state.sentence == (
        "SAM4S ELLIX30, 48 columns · rare Hangul as pictures · QR as a picture · with knife"
    )
    screen.vm.go_on()

    ((address, profile, model),) = screen.work.kept
    assert (address, model) == (FOUND[0].address, "SAM4S ELLIX30")
    assert (profile.rom, profile.columns, profile.native_qr) == (HangulRom.KSX1001, 48, False)
    assert (profile.cutter, profile.drawer, profile.answers) == (True, False, Answers.ALWAYS)
    assert screen.closed == 1


def test_one_strip_answers_every_question() -> None:
    screen = Screen()

    screen.answer(USB, "1", "5", "7", "cut drawer")

    assert len(screen.work.tried) == 1


def test_nothing_is_taken_before_something_is_tapped() -> None:
    screen = Screen()
    screen.vm.choose(USB)

    screen.vm.go_on()

    assert screen.step is Step.TEXT
    screen.vm.choose("1")
    screen.vm.choose("3")  # a person may change their mind
    assert (screen.vm.state.chosen, screen.vm.state.main_label) == ("3", "Take 3")


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        (PaperOut(), "no paper"),
        (CoverOpen(), "cover is open"),
        (Fault(), "reports an error"),
        (NotAnswering("off"), "does not answer"),
    ],
)
def test_a_printer_that_cannot_print_says_why_and_can_be_tapped_again(outcome: Outcome, word: str) -> None:
    screen = Screen(Doctor(outcome=outcome))

    screen.vm.choose(USB)

    assert screen.step is Step.FIND
    assert word in screen.vm.state.problem
    screen.work.outcome = Printed()
    screen.vm.choose(USB)
    assert (screen.step, screen.vm.state.problem) == (Step.TEXT, "")


def test_paper_that_nobody_confirmed_is_looked_at_as_well() -> None:
    screen = Screen(Doctor(outcome=SentUnconfirmed()))

    screen.answer(USB, "1", "5", "7", "cut")
    screen.vm.go_on()

    assert screen.work.kept[0][1].answers is Answers.UNSURE


def test_a_model_that_was_set_up_before_is_done_at_once() -> None:
    known = profile_of(Seen(2, 6, 8, True, False), model="SAM4S ELLIX30")
    screen = Screen(Doctor(known=known))

    screen.vm.choose(USB)

    assert screen.step is Step.DONE
    assert screen.vm.state.sentence.endswith("A printer of this model was set up here before.")
    screen.vm.go_on()
    assert screen.work.kept == [(FOUND[0].address, known, "SAM4S ELLIX30")]


def test_a_serial_line_at_the_wrong_speed_is_tried_at_the_next() -> None:
    screen = Screen()
    screen.vm.choose(str(FOUND[3].address))

    screen.vm.nothing_came()
    screen.vm.nothing_came()

    assert [address.number for address in screen.work.tried] == [9600, 19200, 38400]
    assert screen.step is Step.TEXT


def test_a_printer_out_of_which_nothing_came_leads_back_with_advice() -> None:
    screen = Screen()
    screen.vm.choose(USB)

    screen.vm.nothing_came()

    assert screen.step is Step.FIND
    assert "right printer" in screen.vm.state.problem
    assert len(screen.vm.state.options) == len(FOUND)


def test_a_paper_without_any_code_goes_on_with_drawn_ones() -> None:
    screen = Screen()
    screen.answer(USB, "1", "5")

    screen.vm.nothing_came()
    screen.answer("cut")
    screen.vm.go_on()

    assert screen.work.kept[0][1].native_qr is False


def test_an_address_is_typed_where_nothing_was_found() -> None:
    screen = Screen(Doctor(found=()))
    assert screen.vm.state.takes_address

    screen.vm.try_address("nonsense:")
    assert screen.vm.state.problem == "This is no address. An example: 192.168.0.31"
    screen.vm.try_address("192.168.0.99")

    assert screen.work.tried == [PrinterAddress("192.168.0.99", 9100)]


def test_back_leads_out_step_by_step_and_late_answers_count_for_nothing() -> None:
    screen = Screen()
    screen.answer(USB, "1", "5")
    assert screen.step is Step.CODE
    screen.vm.back()
    screen.vm.back()
    assert screen.step is Step.TEXT
    screen.vm.back()
    assert screen.step is Step.FIND
    screen.vm.back()
    assert screen.closed == 1

    late = Late()
    slow = DoctorViewModel(doctor=late, texts=Texts("en"), dispatcher=ImmediateDispatcher())
    slow.show()
    slow.search()
    late.done[0]([FOUND[0]])  # of the first search
    assert slow.state.options == ()
    late.done[1]([FOUND[1]])
    assert [option.key for option in slow.state.options] == [str(FOUND[1].address)]


class Late(Doctor):
    """Keeps whom to answer."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list = []  # type: ignore[type-arg]

    def find(self, done) -> None:  # type: ignore[no-untyped-def]
        self.done.append(done)


# -- with real sockets ------------------------------------------------------------------------------------------------


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        yield found


def real(shop: Counter, printer: VirtualPrinter) -> PrinterDoctor:
    printing = shop.agent.printing
    return PrinterDoctor(
        find=lambda: [Found(PrinterAddress("127.0.0.1", printer.port), "here")],
        open_way=open_way,
        left_by_pos=lambda: POWER_ON,
        profile_of_model=printing.profile_of_model,
        keep=printing.set_printer,
        print_test=printing.print_test,
        limits=QUICK,
    )


def tried(doctor: PrinterDoctor, address: PrinterAddress) -> Tried:
    answers: list[Tried] = []
    came = threading.Event()
    doctor.try_printer(address, lambda answer: (answers.append(answer), came.set()))  # type: ignore[func-returns-value]
    assert came.wait(10)
    return answers[0]


def test_a_real_strip_is_confirmed_and_the_profile_is_in_force_and_shared_by_model(shop: Counter) -> None:
    with VirtualPrinter() as printer:
        doctor, address = real(shop, printer), PrinterAddress("127.0.0.1", printer.port)

        first = tried(doctor, address)
        assert (first.outcome, first.model, first.known) == (Printed(), "WITHFOM VIRTUAL-80", None)
        profile = profile_of(Seen(1, 6, 7, True, True), model=first.model, answered=first.confirmed)
        doctor.keep(address, profile, first.model, FRONT)

        assert shop.agent.printing.profile() == profile
        assert shop.agent.printing.address() == address
        assert tried(doctor, address).known == profile
        shop.agent.printing.start()
        pages = wait_until(lambda: len(printer.pages()) >= 3 and printer.pages(), "two strips and the test page")
        assert "시험 출력" in pages[2].text
        ruler = next(line for line in pages[2].text.splitlines() if line.startswith("1234567890"))
        assert len(ruler) == 48


def test_a_printer_that_is_off_is_not_answering(shop: Counter) -> None:
    with VirtualPrinter() as printer:
        printer.go_off()

        assert isinstance(tried(real(shop, printer), PrinterAddress("127.0.0.1", printer.port)).outcome, NotAnswering)


@pytest.mark.expect_log(r"printers_not_found")
def test_a_search_that_breaks_ends_with_nothing_found(shop: Counter) -> None:
    def broken() -> list[Found]:
        raise RuntimeError("a strange driver")

    doctor = PrinterDoctor(
        find=broken,
        open_way=open_way,
        left_by_pos=lambda: POWER_ON,
        profile_of_model=lambda _model: None,
        keep=lambda _address, _profile, _model: None,
        print_test=lambda _place: None,
    )
    answers: list[list[Found]] = []

    doctor.find(answers.append)

    wait_until(lambda: answers == [[]], "the search ends")


def test_a_profile_that_cannot_be_read_gives_way_to_the_default(shop: Counter) -> None:
    from agent.printing.places import PROFILE_SETTING
    from agent.printing.service import PrintingService
    from sync.store import set_meta

    with shop.bench.store.transaction() as conn:
        set_meta(conn, PROFILE_SETTING, '{"name": "of a newer version"}')

    again = PrintingService(
        store=shop.bench.store,
        clock=shop.clock,
        ids=shop.bench.ids,
        test_page=lambda _profile: None,  # type: ignore[arg-type,return-value]
    )

    assert again.profile() == PROFILES["generic-80"]
