"""Owns the decisions of the line to the cloud: what to do next, from state and outcome. No I/O, no clock, no thread.

Every decision takes the monotonic time as an argument, so that the worker drives it with real time and a simulator
with its own.

Rules: AGT-09, 14.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sync.outbox import Misfit, QueueView, Settled
from sync.outcomes import Denied, Pulled, Reason, StreamEnded, TooLarge, Unavailable
from sync.protocol import OPS_PER_PUSH_MAX, PUSH_BYTES_MAX

BACKOFF_FLOOR_MS = 500
BACKOFF_FIRST_CAP_MS = 1_000
BACKOFF_CAP_MS = 60_000
RETRY_AFTER_JITTER_MS = 1_000  # a whole chain must not come back in the same instant
STREAM_TRIES = 3  # then long polls
STREAM_SHORT_MS = 5_000  # a stream that ended sooner did not work
LONG_POLL_MS = 20_000
LONG_POLLS_BEFORE_STREAM = 15  # about five minutes
EMPTY_POLL_PAUSE_MS = 1_000  # a cloud that does not wait must not be asked in a loop
BEHIND_CLOUD = "behind_cloud"
LIMIT_GROWTH = 8  # after a success the batch grows by an eighth


class Backoff:
    """Full jitter between half a second and a cap that doubles from one second to sixty; longer if asked to."""

    def __init__(self, random_unit: Callable[[], float]) -> None:
        self._random_unit = random_unit
        self.failures = 0
        self.until_ms = 0

    def failed(self, now_ms: int, retry_after_ms: int | None = None) -> None:
        self.failures += 1
        cap_ms = min(BACKOFF_CAP_MS, BACKOFF_FIRST_CAP_MS << min(self.failures - 1, 16))
        delay_ms = BACKOFF_FLOOR_MS + int(self._random_unit() * (cap_ms - BACKOFF_FLOOR_MS))
        if retry_after_ms is not None:
            delay_ms = max(delay_ms, retry_after_ms + int(self._random_unit() * RETRY_AFTER_JITTER_MS))
        self.until_ms = now_ms + delay_ms

    def succeeded(self) -> None:
        self.failures = 0
        self.until_ms = 0


@dataclass(frozen=True)
class Send:
    """Push what is pending, or the run from ``from_seq`` if given; ``again`` for the sake of the answers only, so that
    what is no longer kept may be left out."""

    from_seq: int | None
    limit_ops: int
    limit_bytes: int
    again: bool = False


@dataclass(frozen=True)
class WaitUntil:
    """Nothing before this monotonic time."""

    mono_ms: int


@dataclass(frozen=True)
class Idle:
    """Nothing to do until something new is committed."""


@dataclass(frozen=True)
class Halted:
    """Nothing may be sent until a person acts; new operations are stored all the same."""

    reason: str


PushAction = Send | WaitUntil | Idle | Halted


class PushEngine:
    """One batch in flight, oldest first, sent at once; smaller after 413, again from wherever the cloud asks.

    What the cloud asks for goes first and as it asks: it can take nothing behind a gap. Then what is shown again for
    the sake of its answers. Neither makes the other forgotten.
    """

    def __init__(self, *, random_unit: Callable[[], float], halted: str | None = None) -> None:
        self._backoff = Backoff(random_unit)
        self._limit_ops = OPS_PER_PUSH_MAX
        self._limit_bytes = PUSH_BYTES_MAX
        self._resend_from: int | None = None  # what the cloud lost, or may have lost
        self._again: tuple[int, int] | None = None  # the first and the last whose answers may have changed
        self._under_way: tuple[int | None, tuple[int, int] | None] = (None, None)  # of both, what the last batch is for
        self._halted = halted

    @property
    def halted(self) -> str | None:
        return self._halted

    def next(self, now_ms: int, queue: QueueView) -> PushAction:
        if self._halted is not None:
            return Halted(self._halted)
        if not self.showing_again and queue.first_pending is None:
            return Idle()
        if now_ms < self._backoff.until_ms:
            return WaitUntil(self._backoff.until_ms)
        again = self._again if self._resend_from is None else None
        self._under_way = (self._resend_from, again)
        first = self._resend_from if again is None else again[0]
        return Send(first, self._limit_ops, self._limit_bytes, again is not None)

    def network_back(self) -> None:
        """The other channel got through: no reason to wait any longer."""
        self._backoff.until_ms = 0

    def probe(self, queue: QueueView) -> None:
        """The cloud may have been restored: show it our newest operation, and it will ask for what it lost."""
        if queue.first_pending is None and queue.last_seq > 0 and self._resend_from is None:
            self._resend_from = queue.last_seq

    @property
    def showing_again(self) -> bool:
        """Something is to be sent that has an answer already."""
        return self._resend_from is not None or self._again is not None

    def show_again(self, first: int, last: int) -> None:
        """The answers to these may be others than those that we have: they are repeated with a push of them."""
        known_first, known_last = self._again or (first, last)
        self._again = (min(first, known_first), max(last, known_last))
        self._under_way = (self._under_way[0], None)  # an answer to what is under way may be older than this wish

    def halt(self, reason: str) -> None:
        self._halted = reason
        self._resend_from = self._again = None

    def resume(self) -> None:
        """What halted the queue was put right."""
        self._halted = self._resend_from = self._again = None
        self._backoff.succeeded()

    def failed(self, now_ms: int, outcome: Unavailable | Denied | Misfit) -> None:
        """Nothing of the batch was taken, as far as we know."""
        self._backoff.failed(now_ms, outcome.retry_after_ms if isinstance(outcome, Unavailable) else None)

    def too_large(self, now_ms: int, sent_ops: int) -> None:
        """Half of it next time; a single operation that is too large waits for the cloud to change its mind."""
        if sent_ops > 1:
            self._limit_ops = max(1, sent_ops // 2)
        else:
            self._backoff.failed(now_ms)

    def answered(self, now_ms: int, first_seq: int, settled: Settled, queue: QueueView) -> None:
        """``queue`` is the queue after the answer was booked and committed."""
        reason = halt_reason(settled, queue)
        if reason is not None:
            self.halt(reason)
        elif settled.asks_retry is not None:
            self._backoff.failed(now_ms)
        elif settled.settled:
            self._backoff.succeeded()
            self._limit_ops = min(OPS_PER_PUSH_MAX, self._limit_ops + max(1, self._limit_ops // LIMIT_GROWTH))
            self._shown_until(settled.settled[-1].seq)
            next_own = queue.first_pending if queue.first_pending is not None else queue.last_seq + 1
            if settled.expected_seq < next_own:
                self._resend_from = settled.expected_seq
        elif settled.expected_seq < first_seq:
            self._resend_from = settled.expected_seq
        else:  # no word about what was sent: as if nobody had answered
            self._backoff.failed(now_ms)

    def _shown_until(self, last_seq: int) -> None:
        """Answers came up to ``last_seq``; what was wanted while their batch was under way is wanted still."""
        resent_from, again = self._under_way
        if resent_from is not None and resent_from == self._resend_from:
            self._resend_from = None
        if again is not None and again == self._again:
            self._again = (last_seq + 1, again[1]) if last_seq < again[1] else None


def halt_reason(settled: Settled, queue: QueueView) -> str | None:
    """Why nothing more may be sent after this answer, if so; stored together with it, to outlive a restart."""
    if settled.forked:
        return "forked"
    if settled.expected_seq > queue.last_seq + 1:
        return BEHIND_CLOUD  # the cloud knows operations of ours that we do not: this disk is an old copy
    return None


@dataclass(frozen=True)
class Pull:
    """Ask for a page; ``wait_ms`` > 0 is a long poll."""

    wait_ms: int


@dataclass(frozen=True)
class OpenStream:
    """Listen to the live stream from our cursor."""


FeedAction = Pull | OpenStream | WaitUntil


class FeedEngine:
    """Catches up by pages, then listens to the stream; after repeated trouble with streams it polls."""

    def __init__(self, *, random_unit: Callable[[], float]) -> None:
        self._backoff = Backoff(random_unit)
        self._caught_up = False
        self._stream_failures = 0
        self._polls = 0
        self._resets = 0

    @property
    def caught_up(self) -> bool:
        """Everything that there was a moment ago is read."""
        return self._caught_up

    def waits(self, now_ms: int) -> bool:
        """Nothing is read before a back-off has passed."""
        return now_ms < self._backoff.until_ms

    @property
    def polling(self) -> bool:
        return self._stream_failures >= STREAM_TRIES

    def next(self, now_ms: int) -> FeedAction:
        if now_ms < self._backoff.until_ms:
            return WaitUntil(self._backoff.until_ms)
        if not self._caught_up:
            return Pull(0)
        if not self.polling:
            return OpenStream()
        return Pull(LONG_POLL_MS)

    def network_back(self) -> None:
        """The other channel got through: no reason to wait any longer."""
        self._backoff.until_ms = 0

    def pulled(self, now_ms: int, began_ms: int, outcome: Pulled) -> None:
        was_long_poll = self._caught_up
        self._backoff.succeeded()
        self._resets = 0
        self._caught_up = not outcome.page.has_more
        if not was_long_poll:
            return
        self._polls += 1
        if self._polls >= LONG_POLLS_BEFORE_STREAM:
            self._polls = 0
            self._stream_failures = STREAM_TRIES - 1
        if not outcome.page.rows and now_ms - began_ms < EMPTY_POLL_PAUSE_MS:
            self._backoff.until_ms = now_ms + EMPTY_POLL_PAUSE_MS

    def failed(self, now_ms: int, outcome: Unavailable | Denied) -> None:
        self._caught_up = False
        self._backoff.failed(now_ms, outcome.retry_after_ms if isinstance(outcome, Unavailable) else None)

    def stopped_by_gap(self, now_ms: int) -> None:
        """Rows are missing. Asking again with our own cursor is all that can be done; slowly."""
        self._caught_up = False
        self._backoff.failures = max(self._backoff.failures, 5)
        self._backoff.failed(now_ms)

    def reset(self, now_ms: int) -> None:
        """The cursor means nothing: a snapshot comes first."""
        self._caught_up = False
        self._resets += 1
        if self._resets > 1:  # a cloud that resets again and again must not be asked in a loop
            self._backoff.failed(now_ms)

    def stream_ended(self, now_ms: int, began_ms: int, ended: StreamEnded, *, greeted: bool) -> None:
        """Whatever ended it, rows may have been missed: catch up first."""
        self._caught_up = False
        lived_ms = now_ms - began_ms
        silent = isinstance(ended.why, Unavailable) and ended.why.reason is Reason.TIMEOUT
        if greeted and lived_ms >= STREAM_SHORT_MS and not silent:
            self._stream_failures = 0
            self._backoff.succeeded()
            return
        self._stream_failures = min(self._stream_failures + 1, STREAM_TRIES)
        self._polls = 0
        if greeted and silent:
            return  # ask at once whether the line stands
        retry_after_ms = ended.why.retry_after_ms if isinstance(ended.why, Unavailable) else None
        self._backoff.failed(now_ms, retry_after_ms)


class LinkState:
    """Online or not, since when, and why not: one word for both channels."""

    def __init__(self, started_wall_ms: int) -> None:
        self._trouble: dict[str, str] = {}
        self._heard = False
        self._offline_since_wall_ms: int | None = started_wall_ms
        self.last_heard_wall_ms: int | None = None

    @property
    def online(self) -> bool:
        return self._heard and not self._trouble

    @property
    def offline_since_wall_ms(self) -> int | None:
        return None if self.online else self._offline_since_wall_ms

    @property
    def last_error(self) -> str | None:
        return next(iter(self._trouble.values()), None)

    def heard(self, channel: str, wall_ms: int) -> bool:
        """The cloud answered on this channel. Returns whether that changed the picture."""
        before = self._picture()
        self._trouble.pop(channel, None)
        self._heard = True
        self.last_heard_wall_ms = wall_ms
        if self.online:
            self._offline_since_wall_ms = None
        return before != self._picture()

    def lost(self, channel: str, why: str, wall_ms: int) -> bool:
        """The channel does not get through. Returns whether that changed the picture."""
        before = self._picture()
        if self._offline_since_wall_ms is None:
            self._offline_since_wall_ms = wall_ms
        self._trouble[channel] = why
        return before != self._picture()

    def _picture(self) -> tuple[bool, str | None]:
        return self.online, self.last_error


def outcome_word(outcome: Unavailable | Denied | TooLarge | Misfit) -> str:
    """The short word for logs and the status line."""
    if isinstance(outcome, Unavailable):
        return outcome.reason.value
    if isinstance(outcome, Denied):
        return outcome.code
    return "too_large" if isinstance(outcome, TooLarge) else "bad_answer"
