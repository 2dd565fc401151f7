"""Hands one slip to a printer: asks before, sends, and waits for the printer's own word that it is done."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from printers.devices.port import (
    CoverOpen,
    Device,
    Fault,
    NotAnswering,
    Outcome,
    PaperOut,
    Printed,
    SentUnconfirmed,
    SystemQueue,
    Way,
)
from printers.errors import DeviceGone
from printers.profiles import Answers
from printers.status import (
    ASK_DONE,
    ASK_OFFLINE_CAUSE,
    ASK_PAPER,
    ASK_PRINTER,
    Condition,
    PrinterStatus,
    Reply,
    ReplyKind,
    ReplyParser,
)

CHUNK_BYTES = 1024  # small enough that a stop is noticed between chunks


@dataclass(frozen=True)
class Limits:
    """How long each step may take, in seconds. `done_s` counts from the last sign that the printer is at work;
    `trouble_s` is how long a person may take to put in paper while the slip waits half printed."""

    status_s: float = 0.6
    stall_s: float = 10.0
    done_s: float = 5.0
    trouble_s: float = 180.0
    poll_s: float = 1.0


DEFAULT_LIMITS = Limits()


def condition_of(way: Way, limits: Limits = DEFAULT_LIMITS) -> Condition:
    """What is known of a printer nobody prints on just now."""
    found = way.look() if isinstance(way, SystemQueue) else ask_status(way, limits)
    if isinstance(found, NotAnswering):
        return Condition.NOT_ANSWERING
    return found if isinstance(found, Condition) else found.condition


def ask_status(device: Device, limits: Limits = DEFAULT_LIMITS) -> PrinterStatus | NotAnswering:
    """The state of a printer nobody prints on just now. Opens and closes the device."""
    refused = device.open()
    if refused is not None:
        return NotAnswering(refused)
    try:
        return _Conversation(device, limits, time.monotonic).status()
    except DeviceGone as broken:
        return NotAnswering(broken.detail)
    finally:
        device.close()


def deliver(
    way: Way,
    payload: bytes,
    answers: Answers,
    *,
    limits: Limits = DEFAULT_LIMITS,
    on_condition: Callable[[Condition], None] | None = None,
    mono_s: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Prints the bytes and says what is known about it; never raises for what a printer or a cable does.

    `on_condition` hears trouble while the slip waits in the printer (paper out, cover open) and READY afterwards.
    """
    if isinstance(way, SystemQueue):
        return way.hand_over(
            payload,
            patience_s=limits.stall_s,
            trouble_s=limits.trouble_s,
            on_condition=on_condition or _nobody_listens,
        )
    device = way
    refused = device.open()
    if refused is not None:
        return NotAnswering(refused)
    talk = _Conversation(device, limits, mono_s)
    try:
        if device.two_way and answers is not Answers.NEVER:
            refusal = _refusal(talk.status(), answers)
            if refusal is not None:
                return refusal
        return _send_and_confirm(talk, payload, on_condition or _nobody_listens)
    except DeviceGone as broken:
        if talk.payload_sent == 0:
            return NotAnswering(broken.detail)
        return SentUnconfirmed(talk.last_condition, talk.payload_sent)
    finally:
        device.close()


def _refusal(status: PrinterStatus, answers: Answers) -> Outcome | None:
    """Why nothing should be sent now, or None."""
    if not status.answered:
        return NotAnswering("no answer to a status question") if answers is Answers.ALWAYS else None
    refusals: dict[Condition, Outcome] = {
        Condition.PAPER_OUT: PaperOut(),
        Condition.COVER_OPEN: CoverOpen(),
        Condition.FAULT: Fault(),
    }
    return refusals.get(status.condition)


def _send_and_confirm(talk: _Conversation, payload: bytes, on_condition: Callable[[Condition], None]) -> Outcome:
    if not talk.send_all(payload):
        return SentUnconfirmed(talk.last_condition, talk.payload_sent)
    if not talk.device.two_way:
        return SentUnconfirmed(Condition.UNKNOWN, talk.payload_sent)
    done = talk.wait_until_done(on_condition)
    if done is None:
        return SentUnconfirmed(talk.last_condition, talk.payload_sent)
    return Printed(done)


def _nobody_listens(_condition: Condition) -> None:
    return None


class _Conversation:
    """One opened device: sends, and sorts what comes back."""

    def __init__(self, device: Device, limits: Limits, mono_s: Callable[[], float]) -> None:
        self.device = device
        self.payload_sent = 0
        self.last_condition = Condition.UNKNOWN
        self._limits = limits
        self._mono_s = mono_s
        self._parser = ReplyParser()
        self._unread: list[Reply] = []

    def status(self) -> PrinterStatus:
        """Asks the three questions one after the other, so that an answer belongs to its question. The first silence
        ends it: a printer that does not answer the first will not answer the others."""
        answers: list[int | None] = []
        for question in (ASK_PRINTER, ASK_OFFLINE_CAUSE, ASK_PAPER):
            answer = self._ask(question) if None not in answers else None
            answers.append(answer)
        status = PrinterStatus(*answers)
        if status.answered:
            self.last_condition = status.condition
        return status

    def send_all(self, payload: bytes) -> bool:
        """Whether the device took every byte. Real-time questions are not mixed in: inside an image some printers
        would print them."""
        deadline = self._mono_s() + self._limits.stall_s
        while self.payload_sent < len(payload):
            chunk = payload[self.payload_sent : self.payload_sent + CHUNK_BYTES]
            taken = self.device.send(chunk, max(deadline - self._mono_s(), 0.0))
            self.payload_sent += taken
            if taken:
                deadline = self._mono_s() + self._limits.stall_s
            elif self._mono_s() >= deadline:
                return False
        return True

    def wait_until_done(self, on_condition: Callable[[Condition], None]) -> Condition | None:
        """The condition after printing once the printer says it is done; None when it never says so."""
        self._send_question(ASK_DONE)
        now = self._mono_s()
        patience_ends, trouble_ends = now + self._limits.done_s, now + self._limits.trouble_s
        troubled = False
        while True:
            done = self._wait_for(ReplyKind.DONE, self._limits.poll_s)
            if done is not None:
                if troubled:
                    on_condition(Condition.READY)
                return Condition.PAPER_LOW if done.raw[0] & 0x03 else Condition.READY
            condition = self._poll()
            if condition is not None and not condition.can_print:
                if condition is not self.last_condition or not troubled:
                    on_condition(condition)
                troubled = True
                patience_ends = self._mono_s() + self._limits.done_s
                self.last_condition = condition
            if self._mono_s() >= min(patience_ends, trouble_ends):
                return None

    def _poll(self) -> Condition | None:
        """What the printer says while it works; None when it says nothing."""
        cause = self._ask(ASK_OFFLINE_CAUSE)
        if cause is None:
            return None
        return PrinterStatus(offline_cause=cause, paper=self._ask(ASK_PAPER)).condition

    def _ask(self, question: bytes) -> int | None:
        # An answer that came too late must not be taken for the answer to the next question.
        self._unread = [reply for reply in self._unread if reply.kind is ReplyKind.DONE]
        self._send_question(question)
        reply = self._wait_for(ReplyKind.REAL_TIME, self._limits.status_s)
        return reply.raw[0] if reply is not None else None

    def _send_question(self, question: bytes) -> None:
        sent = 0
        deadline = self._mono_s() + self._limits.status_s
        while sent < len(question) and (left := deadline - self._mono_s()) > 0:
            sent += self.device.send(question[sent:], left)

    def _wait_for(self, kind: ReplyKind, wait_s: float) -> Reply | None:
        deadline = self._mono_s() + wait_s
        while True:
            for position, reply in enumerate(self._unread):
                if reply.kind is kind:
                    return self._unread.pop(position)
            left = deadline - self._mono_s()
            if left <= 0:
                return None
            self._unread += self._parser.feed(self.device.receive(left))
