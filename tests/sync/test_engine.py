"""The deciding core: what comes next after every outcome, with a clock that is only a number."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from sync.clock import FakeClock
from sync.engine import (
    LONG_POLL_MS,
    LONG_POLLS_BEFORE_STREAM,
    STREAM_TRIES,
    Backoff,
    FeedEngine,
    Halted,
    Idle,
    LinkState,
    OpenStream,
    Pull,
    PushEngine,
    Send,
    WaitUntil,
)
from sync.outbox import Misfit, QueueView, Settled
from sync.outcomes import Denied, Pulled, Reason, StreamEnded, Unavailable
from sync.protocol import FeedRow, OpResult, PullPage

DOWN = Unavailable(Reason.UNREACHABLE)
SILENT = StreamEnded(Unavailable(Reason.TIMEOUT))


def fixed(value: float) -> Callable[[], float]:
    return lambda: value


def settled(*seqs: int, expected: int, **more: object) -> Settled:
    results = tuple(OpResult(seq, f"op-{seq}", "applied") for seq in seqs)
    return Settled(results, expected, 1, **more)  # type: ignore[arg-type]


def page(*numbers: int, more: bool = False) -> Pulled:
    rows = tuple(FeedRow("store", n, "request", {}) for n in numbers)
    return Pulled(PullPage(rows, "1.0.0", more, 0))


# Back-off


def test_waiting_doubles_from_one_second_to_sixty_and_never_falls_under_half_a_second() -> None:
    low, high = Backoff(fixed(0.0)), Backoff(fixed(0.999999))
    longest = []
    for _ in range(9):
        low.failed(0)
        high.failed(0)
        assert low.until_ms == 500
        longest.append(round(high.until_ms / 1000))

    assert longest == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    high.succeeded()
    assert high.until_ms == 0
    high.failed(0)
    assert round(high.until_ms / 1000) == 1


def test_jitter_spreads_over_the_whole_span() -> None:
    backoff = Backoff(random.Random(1).random)
    waits = []
    for _ in range(500):
        backoff.failures = 6
        backoff.failed(1_000)
        waits.append(backoff.until_ms - 1_000)

    assert min(waits) < 3_000
    assert max(waits) > 55_000
    assert all(500 <= wait <= 60_000 for wait in waits)


def test_retry_after_is_honoured_and_spread() -> None:
    backoff = Backoff(fixed(0.5))
    backoff.failed(10_000, retry_after_ms=90_000)

    assert backoff.until_ms == 10_000 + 90_000 + 500


def test_a_very_long_outage_does_not_overflow() -> None:
    backoff = Backoff(fixed(1.0))
    for _ in range(10_000):
        backoff.failed(0)

    assert backoff.until_ms == 60_000


# Push


def test_nothing_to_send_is_idle_and_something_goes_at_once() -> None:
    engine = PushEngine(random_unit=fixed(0.5))

    assert engine.next(0, QueueView(None, 7)) == Idle()
    assert engine.next(0, QueueView(8, 8)) == Send(None, 500, 256 * 1024)


def test_an_outage_waits_by_time_and_not_for_the_next_write() -> None:
    clock = FakeClock(mono_ms=0)
    engine = PushEngine(random_unit=fixed(1.0))
    queue = QueueView(1, 1)
    gaps = []
    for _ in range(4):
        engine.failed(clock.mono_ms(), DOWN)
        wait = engine.next(clock.mono_ms(), QueueView(1, 9))  # more writes change nothing
        assert isinstance(wait, WaitUntil)
        gaps.append(wait.mono_ms - clock.mono_ms())
        clock.advance(gaps[-1] - 1)
        assert isinstance(engine.next(clock.mono_ms(), queue), WaitUntil)
        clock.advance(1)
        assert isinstance(engine.next(clock.mono_ms(), queue), Send)

    assert gaps == [1_000, 2_000, 4_000, 8_000]


@pytest.mark.parametrize("outcome", [DOWN, Denied("device_revoked"), Misfit("not ours")])
def test_every_failure_waits_and_the_other_channel_ends_the_wait(outcome: Unavailable | Denied | Misfit) -> None:
    engine = PushEngine(random_unit=fixed(1.0))
    engine.failed(0, outcome)

    assert isinstance(engine.next(10, QueueView(1, 1)), WaitUntil)
    engine.network_back()
    assert isinstance(engine.next(10, QueueView(1, 1)), Send)


def test_too_large_halves_and_success_grows_back() -> None:
    engine = PushEngine(random_unit=fixed(1.0))
    queue = QueueView(1, 500)
    sizes = []
    for sent in (500, 250, 125):
        engine.too_large(0, sent)
        action = engine.next(0, queue)
        assert isinstance(action, Send)
        sizes.append(action.limit_ops)
    for first in range(1, 40):
        engine.answered(0, first, settled(first, expected=first + 1), queue)
    action = engine.next(0, queue)

    assert sizes == [250, 125, 62]
    assert isinstance(action, Send)
    assert action.limit_ops == 500


def test_a_single_operation_that_is_too_large_waits_instead_of_spinning() -> None:
    engine = PushEngine(random_unit=fixed(1.0))
    engine.too_large(0, 1)

    assert engine.next(0, QueueView(1, 1)) == WaitUntil(1_000)


def test_a_gap_answer_resends_from_where_the_cloud_is_and_goes_on_from_there() -> None:
    engine = PushEngine(random_unit=fixed(1.0))
    queue = QueueView(9, 10)

    engine.answered(0, 9, settled(expected=4), queue)
    assert engine.next(0, queue) == Send(4, 500, 256 * 1024)
    engine.answered(0, 4, settled(4, 5, expected=6), queue)
    assert engine.next(0, queue) == Send(6, 500, 256 * 1024)
    engine.answered(0, 6, settled(6, 7, 8, 9, 10, expected=11), QueueView(None, 10))
    assert engine.next(0, QueueView(None, 10)) == Idle()


def test_an_answer_without_progress_waits() -> None:
    for expected in (5, 6):
        engine = PushEngine(random_unit=fixed(1.0))
        engine.answered(0, 5, settled(expected=expected), QueueView(5, 9))
        assert engine.next(0, QueueView(5, 9)) == WaitUntil(1_000)


def test_retry_waits_and_sends_the_same_again() -> None:
    engine = PushEngine(random_unit=fixed(1.0))
    engine.answered(0, 5, settled(expected=5, asks_retry=5), QueueView(5, 9))

    assert engine.next(0, QueueView(5, 9)) == WaitUntil(1_000)
    assert engine.next(1_000, QueueView(5, 9)) == Send(None, 500, 256 * 1024)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(settled(5, expected=6, forked=True), "forked"), (settled(5, expected=12), "behind_cloud")],
)
def test_a_cloned_or_restored_disk_stops_sending(answer: Settled, reason: str) -> None:
    engine = PushEngine(random_unit=fixed(1.0))
    engine.answered(0, 5, answer, QueueView(6, 9))

    assert engine.next(10**9, QueueView(6, 9)) == Halted(reason)
    assert PushEngine(random_unit=fixed(1.0), halted=reason).next(0, QueueView(6, 9)) == Halted(reason)


def test_after_a_reset_the_newest_operation_asks_whether_the_cloud_still_has_the_rest() -> None:
    engine = PushEngine(random_unit=fixed(1.0))
    engine.probe(QueueView(None, 0))
    assert engine.next(0, QueueView(None, 0)) == Idle()
    engine.probe(QueueView(8, 9))  # what is pending will find out by itself
    assert engine.next(0, QueueView(8, 9)) == Send(None, 500, 256 * 1024)

    engine.probe(QueueView(None, 9))
    assert engine.next(0, QueueView(None, 9)) == Send(9, 500, 256 * 1024)
    engine.answered(0, 9, settled(9, expected=10), QueueView(None, 9))
    assert engine.next(0, QueueView(None, 9)) == Idle()


# Feed


def test_answers_that_may_be_others_are_asked_for_up_to_the_last_and_no_further() -> None:
    engine = PushEngine(random_unit=fixed(0.5))
    engine.show_again(3, 6)

    first = engine.next(0, QueueView(None, 9))
    engine.answered(0, 3, settled(3, 4, expected=10), QueueView(None, 9))
    second = engine.next(0, QueueView(None, 9))
    engine.answered(0, 5, settled(5, 6, expected=10), QueueView(None, 9))

    assert isinstance(first, Send)
    assert isinstance(second, Send)
    assert [(sent.from_seq, sent.again) for sent in (first, second)] == [(3, True), (5, True)]
    assert engine.next(0, QueueView(None, 9)) == Idle()


def test_what_is_wanted_again_while_a_batch_is_under_way_is_sent_after_it() -> None:
    engine = PushEngine(random_unit=fixed(0.5))
    assert isinstance(engine.next(0, QueueView(9, 9)), Send)
    engine.show_again(1, 9)

    engine.answered(0, 9, settled(9, expected=10), QueueView(None, 9))

    asked = engine.next(0, QueueView(None, 9))
    assert isinstance(asked, Send)
    assert (asked.from_seq, asked.again) == (1, True)


def test_a_cloud_that_lost_them_meanwhile_gets_them_from_where_it_stands() -> None:
    engine = PushEngine(random_unit=fixed(0.5))
    engine.show_again(7, 9)

    engine.answered(0, 7, settled(expected=5), QueueView(None, 9))
    asked = engine.next(0, QueueView(None, 9))

    assert isinstance(asked, Send)
    assert (asked.from_seq, asked.again) == (5, False)  # here nothing may be left out


def test_a_cloud_that_asks_for_some_does_not_make_the_others_forgotten() -> None:
    """I10: a late copy of a push had reached the restored cloud; only its other answers were new ones."""
    engine = PushEngine(random_unit=fixed(0.5))
    engine.next(0, QueueView(9, 9))
    engine.show_again(1, 9)  # while the batch from 9 is under way, which the cloud cannot take

    engine.answered(0, 9, settled(expected=5), QueueView(9, 9))
    asked = engine.next(0, QueueView(9, 9))
    engine.answered(0, 5, settled(5, 6, 7, 8, 9, expected=10), QueueView(None, 9))
    shown = engine.next(0, QueueView(None, 9))
    engine.answered(0, 1, settled(1, 2, 3, 4, 5, 6, 7, 8, 9, expected=10), QueueView(None, 9))

    assert isinstance(asked, Send)
    assert isinstance(shown, Send)
    assert [(sent.from_seq, sent.again) for sent in (asked, shown)] == [(5, False), (1, True)]
    assert engine.next(0, QueueView(None, 9)) == Idle()


def test_an_answer_without_a_word_about_them_ends_no_wish() -> None:
    """I10: the answer of an earlier call came in place of the one that would have told the new outcomes."""
    engine = PushEngine(random_unit=fixed(1.0))
    engine.answered(0, 5, settled(expected=4), QueueView(None, 5))
    engine.show_again(1, 5)
    asked = engine.next(0, QueueView(None, 5))

    engine.answered(0, 4, settled(expected=4), QueueView(None, 5))

    assert engine.next(0, QueueView(None, 5)) == WaitUntil(1_000)
    assert engine.next(1_000, QueueView(None, 5)) == asked
    engine.answered(1_000, 4, settled(4, 5, expected=6), QueueView(None, 5))
    assert engine.next(1_000, QueueView(None, 5)) == Send(1, 500, 256 * 1024, again=True)


def test_catch_up_by_pages_then_listen() -> None:
    engine = FeedEngine(random_unit=fixed(1.0))

    assert engine.next(0) == Pull(0)
    engine.pulled(0, 0, page(1, 2, more=True))
    assert engine.next(0) == Pull(0)
    engine.pulled(0, 0, page(3))
    assert engine.next(0) == OpenStream()


def test_a_stream_that_lived_is_followed_by_a_catch_up_at_once() -> None:
    engine = FeedEngine(random_unit=fixed(1.0))
    engine.pulled(0, 0, page())
    engine.stream_ended(60_000, 0, StreamEnded(None), greeted=True)

    assert engine.next(60_000) == Pull(0)


def test_streams_that_never_begin_end_in_long_polls_and_are_tried_again_later() -> None:
    engine = FeedEngine(random_unit=fixed(0.0))
    now = 0
    for _ in range(STREAM_TRIES):
        engine.pulled(now, now, page())
        assert engine.next(now) == OpenStream()
        engine.stream_ended(now, now, StreamEnded(Unavailable(Reason.BAD_ANSWER)), greeted=False)
        assert isinstance(engine.next(now), WaitUntil)
        now += 1_000
    assert engine.next(now) == Pull(0)
    engine.pulled(now, now, page())
    for _ in range(LONG_POLLS_BEFORE_STREAM):
        assert engine.next(now) == Pull(LONG_POLL_MS)
        engine.pulled(now + LONG_POLL_MS, now, page())
        now += LONG_POLL_MS
    assert engine.next(now) == OpenStream()


def test_silent_streams_count_too_but_ask_at_once_whether_the_line_stands() -> None:
    """A proxy that holds events back greets and then says nothing."""
    engine = FeedEngine(random_unit=fixed(0.0))
    for _ in range(STREAM_TRIES):
        engine.pulled(0, 0, page())
        engine.stream_ended(25_000, 0, SILENT, greeted=True)
        assert engine.next(25_000) == Pull(0)
    engine.pulled(25_000, 25_000, page())

    assert engine.polling
    assert engine.next(25_000) == Pull(LONG_POLL_MS)


def test_a_cloud_that_does_not_wait_is_not_asked_in_a_loop() -> None:
    engine = FeedEngine(random_unit=fixed(0.0))
    for _ in range(STREAM_TRIES):
        engine.stream_ended(0, 0, SILENT, greeted=True)
    engine.pulled(0, 0, page())
    engine.pulled(5, 0, page())

    assert engine.next(5) == WaitUntil(1_005)
    engine.pulled(2_000, 1_990, page(1))  # rows came: ask on at once
    assert engine.next(2_000) == Pull(LONG_POLL_MS)


def test_a_reset_pulls_at_once_the_first_time_and_waits_when_it_repeats() -> None:
    engine = FeedEngine(random_unit=fixed(1.0))
    engine.pulled(0, 0, page())
    engine.reset(0)
    assert engine.next(0) == Pull(0)
    engine.reset(0)
    assert isinstance(engine.next(0), WaitUntil)


def test_a_gap_is_asked_for_again_slowly() -> None:
    engine = FeedEngine(random_unit=fixed(1.0))
    engine.stopped_by_gap(0)
    assert engine.next(0) == WaitUntil(32_000)
    assert engine.next(32_000) == Pull(0)


def test_failures_wait_and_the_other_channel_ends_the_wait() -> None:
    engine = FeedEngine(random_unit=fixed(1.0))
    engine.failed(0, Unavailable(Reason.SERVER_ERROR, retry_after_ms=5_000))
    assert engine.next(0) == WaitUntil(6_000)
    engine.network_back()
    assert engine.next(0) == Pull(0)


# Online or not


def test_the_link_is_offline_until_heard_and_names_the_first_trouble() -> None:
    """AGT-14: online, or offline since when and why."""
    link = LinkState(started_wall_ms=100)
    assert (link.online, link.offline_since_wall_ms) == (False, 100)

    assert link.heard("feed", 200)
    assert not link.heard("feed", 210)
    assert (link.online, link.offline_since_wall_ms, link.last_error) == (True, None, None)

    assert link.lost("push", "timeout", 300)
    link.lost("feed", "unreachable", 400)
    assert (link.online, link.offline_since_wall_ms, link.last_error) == (False, 300, "timeout")

    link.heard("feed", 500)
    assert not link.online
    link.heard("push", 510)
    assert (link.online, link.last_heard_wall_ms) == (True, 510)
