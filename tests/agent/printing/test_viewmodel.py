"""The printers page without a display: state in words, one step a job, one page a press."""

from __future__ import annotations

import pytest

from agent.dispatch import ImmediateDispatcher
from agent.printing import words
from agent.printing.types import JobState, PrinterWord
from agent.printing.viewmodel import PRESS_REST_MS, CaptureState, JobStep, PrintingViewModel
from agent.printing.words import CaptureWord, Tone
from agent.texts import Language, Texts
from sync.clock import FakeClock
from tests.agent.screens.customer import NOW_MS, Printing


class Page:
    def __init__(self, service: Printing | None = None, language: Language = "en") -> None:
        self.service = service or Printing()
        self.capture = CaptureState(CaptureWord.LISTENING, NOW_MS - 60_000, 68)
        self.clock = FakeClock(wall_ms=NOW_MS)
        self.vm = PrintingViewModel(
            printing=self.service,
            capture=lambda: self.capture,
            texts=Texts(language),
            clock=self.clock,
            dispatcher=ImmediateDispatcher(),
        )
        self.vm.show()

    def rest(self) -> None:
        self.clock.advance(PRESS_REST_MS)
        self.vm.tick()


@pytest.mark.parametrize("word", PrinterWord)
def test_every_state_of_a_printer_has_words_and_a_next_step(word: PrinterWord) -> None:
    korean, english = words.printer(Texts("ko"), word), words.printer(Texts("en"), word)
    assert korean.word != english.word
    assert korean.next_step != english.next_step


@pytest.mark.parametrize("word", CaptureWord)
def test_every_state_of_capture_has_words_and_a_next_step(word: CaptureWord) -> None:
    assert words.capture(Texts("ko"), word).next_step != words.capture(Texts("en"), word).next_step


def test_a_ready_printer_is_calm_and_one_without_paper_warns_with_what_waits() -> None:
    calm = Page()
    assert (calm.vm.state.warning, calm.vm.state.printers[0].tone) == ("", Tone.GOOD)

    empty = Page(Printing(PrinterWord.PAPER_OUT))
    assert empty.vm.state.warning == "Receipt printer: Paper out. 3 slips wait."
    assert empty.vm.state.printers[0].note == "3 slips wait"


def test_low_paper_is_no_alarm() -> None:
    page = Page(Printing(PrinterWord.PAPER_LOW))
    assert page.vm.state.warning == ""
    assert page.vm.state.printers[0].tone is Tone.SOON


@pytest.mark.parametrize(
    ("state", "step"),
    [
        (JobState.QUEUED, JobStep.NONE),
        (JobState.PRINTING, JobStep.NONE),
        (JobState.PRINTED, JobStep.REPRINT),
        (JobState.FAILED, JobStep.RETRY),
        (JobState.UNKNOWN, JobStep.REPRINT),
        (JobState.CANCELLED, JobStep.NONE),
    ],
)
def test_each_job_offers_the_one_step_that_is_safe(state: JobState, step: JobStep) -> None:
    """A job whose outcome is unknown is never repeated as if nothing had come out: only as a marked copy."""
    page = Page(Printing(job_kinds=(("slip", state, 1),)))
    assert page.vm.state.jobs[0].step is step
    assert bool(page.vm.state.jobs[0].step_label) == (step is not JobStep.NONE)


def test_hammering_prints_one_test_page() -> None:
    page = Page()
    for _ in range(20):
        page.vm.print_test()
    assert page.service.pressed == ["test"]
    assert not page.vm.state.can_test
    assert "on its way" in page.vm.state.said
    page.rest()
    assert page.vm.state.can_test
    page.vm.print_test()
    assert page.service.pressed == ["test", "test"]


def test_hammering_on_a_row_prints_one_copy() -> None:
    page = Page()
    for _ in range(20):
        page.vm.step("job-2")
    assert page.service.pressed == ["reprint job-2"]
    assert "copy" in page.vm.state.said


def test_a_row_without_a_step_and_a_row_that_is_gone_do_nothing() -> None:
    page = Page()
    page.vm.step("job-0")
    page.vm.step("no such job")
    assert page.service.pressed == []


def test_a_failed_job_is_tried_again() -> None:
    page = Page()
    page.vm.step("job-3")
    assert page.service.pressed == ["retry job-3"]


def test_without_a_printer_the_page_says_that_the_shop_works_and_offers_no_dead_button() -> None:
    page = Page(Printing(None, ()))
    assert "without one" in page.vm.state.no_printer
    assert page.vm.state.no_jobs
    assert not page.vm.state.can_test
    page.vm.print_test()
    assert page.service.pressed == []


def test_capture_says_how_much_it_read() -> None:
    page = Page()
    capture = page.vm.state.capture
    assert capture is not None
    assert (capture.word, capture.note, capture.address) == ("Listening", "68 read today", "Last one at 14:31")

    page.capture = CaptureState(CaptureWord.NOT_SET_UP)
    page.vm.tick()
    capture = page.vm.state.capture
    assert capture is not None
    assert (capture.word, capture.note, capture.address) == ("Not set up", "", "")


def test_changes_arrive_by_themselves_while_in_sight_only() -> None:
    page = Page()
    page.service.word = PrinterWord.COVER_OPEN
    page.service.listeners.notify()
    assert page.vm.state.printers[0].word == "Cover open"

    page.vm.hide()
    page.service.word = PrinterWord.READY
    page.service.listeners.notify()
    assert page.vm.state.printers[0].word == "Cover open"
    page.vm.show()
    page.vm.close()
    page.service.word = PrinterWord.PAPER_OUT
    page.service.listeners.notify()
    assert page.vm.state.printers[0].word == "Ready"
