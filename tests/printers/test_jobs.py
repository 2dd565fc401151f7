"""The claims of printers.jobs: nothing prints twice by itself, nothing is given up early, every copy is marked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printers import jobs
from printers.devices.port import CoverOpen, Fault, NotAnswering, Outcome, PaperOut, Printed, SentUnconfirmed
from printers.document import Document, Text
from printers.jobs import JobState, NotAllowed, PrintJob
from printers.status import Condition

SLIP = Document("쿠폰", (Text("아메리카노"),))
NEW = PrintJob("job-1", "approval", SLIP.to_json(), "카운터", created_ms=1_000, updated_ms=1_000)


def ok(job: PrintJob | NotAllowed) -> PrintJob:
    assert isinstance(job, PrintJob)
    return job


def printing(job: PrintJob = NEW, now_ms: int = 2_000) -> PrintJob:
    return ok(jobs.start(job, now_ms))


def test_a_confirmed_job_is_printed_once() -> None:
    done = ok(jobs.finish(printing(), Printed(), 3_000))

    assert (done.state, done.copies_printed, done.attempts, done.last_error) == (JobState.PRINTED, 1, 1, "")
    assert isinstance(jobs.start(done, 4_000), NotAllowed)
    assert isinstance(jobs.finish(done, Printed(), 4_000), NotAllowed)


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (NotAnswering("off"), "not_answering"),
        (PaperOut(), "paper_out"),
        (CoverOpen(), "cover_open"),
        (Fault(), "fault"),
    ],
)
def test_a_job_of_which_nothing_was_sent_waits_and_tries_again(outcome: Outcome, error: str) -> None:
    waiting = ok(jobs.finish(printing(), outcome, 3_000))

    assert (waiting.state, waiting.last_error, waiting.copies_printed) == (JobState.QUEUED, error, 0)


def test_pauses_grow_to_half_a_minute_and_patience_ends_after_two_hours() -> None:
    """Nothing was sent, so that a slip may wait until the roll of paper is found."""
    assert [jobs.retry_pause_ms(n) for n in (0, 1, 2, 3, 4, 5, 99)] == [0, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]
    job = NEW
    for _ in range(jobs.ATTEMPTS_MAX):
        assert job.state is JobState.QUEUED
        job = ok(jobs.finish(printing(job), NotAnswering("off"), 3_000))
    job = ok(jobs.finish(printing(job), PaperOut(), NEW.created_ms + jobs.WAIT_LONGEST_MS - 1))
    assert job.state is JobState.QUEUED
    job = ok(jobs.finish(printing(job), PaperOut(), NEW.created_ms + jobs.WAIT_LONGEST_MS))

    assert job.state is JobState.FAILED
    again = ok(jobs.retry(job, 9_000))
    assert (again.state, again.attempts, again.copies_printed) == (JobState.QUEUED, 0, 0)
    assert jobs.document_of(again).reprint == 0  # no paper can exist, so no mark


@pytest.mark.parametrize(
    ("condition", "error"), [(Condition.UNKNOWN, "unconfirmed"), (Condition.PAPER_OUT, "paper_out")]
)
def test_an_unknown_job_is_never_repeated_by_itself(condition: Condition, error: str) -> None:
    """printing.md §1: a money-bearing slip without the printer's word stays with a person."""
    unknown = ok(jobs.finish(printing(), SentUnconfirmed(condition, 100), 3_000))

    assert (unknown.state, unknown.last_error) == (JobState.UNKNOWN, error)
    assert isinstance(jobs.start(unknown, 4_000), NotAllowed)
    assert jobs.after_restart(unknown, 5_000) == unknown


def test_a_person_who_repeats_an_unknown_job_gets_marked_paper() -> None:
    unknown = ok(jobs.finish(printing(), SentUnconfirmed(), 3_000))

    again = ok(jobs.retry(unknown, 4_000))

    assert jobs.document_of(again).reprint == 1
    assert ok(jobs.confirm(unknown, 4_000)).state is JobState.PRINTED


def test_a_program_that_died_while_printing_leaves_an_unknown_job() -> None:
    assert jobs.after_restart(printing(), 9_000).state is JobState.UNKNOWN
    assert jobs.after_restart(NEW, 9_000) == NEW


def test_reprints_are_counted_on_paper() -> None:
    first = ok(jobs.finish(printing(), Printed(), 3_000))
    second = ok(jobs.finish(printing(ok(jobs.reprint(first, 4_000))), Printed(), 5_000))
    third = ok(jobs.reprint(second, 6_000))

    assert jobs.document_of(first).reprint == 1
    assert jobs.document_of(third).reprint == 2
    assert isinstance(jobs.reprint(NEW, 1), NotAllowed)


def test_what_is_being_printed_cannot_be_called_back() -> None:
    assert ok(jobs.cancel(NEW, 2_000)).state is JobState.CANCELLED
    assert isinstance(jobs.cancel(printing(), 3_000), NotAllowed)


def test_a_damaged_job_fails_without_being_tried_again() -> None:
    refused = ok(jobs.refuse(printing(), "unreadable_document", 3_000))

    assert (refused.state, refused.last_error) == (JobState.FAILED, "unreadable_document")
    assert isinstance(jobs.refuse(refused, "", 4_000), NotAllowed)


_OUTCOMES: st.SearchStrategy[Outcome] = st.sampled_from(
    [Printed(), NotAnswering("off"), PaperOut(), CoverOpen(), SentUnconfirmed()]
)


@given(st.lists(st.one_of(_OUTCOMES, st.sampled_from(["start", "crash"])), max_size=30))
def test_without_a_person_at_most_one_copy_is_ever_begun(events: list[Outcome | str]) -> None:
    job, begun = NEW, 0
    for event in events:
        moved: PrintJob | NotAllowed
        if event == "start":
            moved = jobs.start(job, 2_000)
        elif event == "crash":
            moved = jobs.after_restart(job, 2_000)
            begun += job.state is JobState.PRINTING
        else:
            assert not isinstance(event, str)
            moved = jobs.finish(job, event, 2_000)
            begun += isinstance(moved, PrintJob) and isinstance(event, Printed | SentUnconfirmed)
        job = job if isinstance(moved, NotAllowed) else moved

    assert begun <= 1
    assert replace(job, state=NEW.state, attempts=0, last_error="", copies_printed=0, updated_ms=1_000) == NEW
