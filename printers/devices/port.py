"""The two ways to a printer, and the outcomes of a delivery as values.

A `Device` is a line that bytes go down and answers may come back. A `SystemQueue` belongs to the computer's own print
system: it takes whole slips, and what it says of them is all that can be known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from printers.status import Condition


@runtime_checkable
class Device(Protocol):
    """A way to a printer. Not thread-safe: one worker owns it. All waits are bounded by their argument."""

    @property
    def name(self) -> str:
        """How people and logs call it."""

    @property
    def two_way(self) -> bool:
        """Whether replies can come back at all."""

    def open(self) -> str | None:
        """None when connected; otherwise in a few words why not. Never raises for a printer that is off."""

    def send(self, chunk: bytes, wait_s: float) -> int:
        """How many bytes the device took within the time; 0 when none. Raises DeviceGone when the link broke."""

    def receive(self, wait_s: float) -> bytes:
        """What came back within the time, b"" when nothing. Raises DeviceGone when the link broke."""

    def close(self) -> None:
        """Lets go of the printer; never raises, may be called twice."""


@runtime_checkable
class SystemQueue(Protocol):
    """A queue of CUPS or of the Windows spooler. Not thread-safe: one worker owns it."""

    @property
    def name(self) -> str:
        """How people and logs call it."""

    def look(self) -> Condition | NotAnswering:
        """What the print system says of the printer; UNKNOWN when it says nothing."""

    def hand_over(
        self, payload: bytes, *, patience_s: float, trouble_s: float, on_condition: Callable[[Condition], None]
    ) -> Outcome:
        """Gives a slip to the queue and follows it: `patience_s` without news, at most `trouble_s` while the printer
        needs a person. A slip that is given up is taken out of the queue, so that it cannot print later by itself."""


Way = Device | SystemQueue


@dataclass(frozen=True)
class Printed:
    """The printer confirmed that it worked off every byte."""

    condition: Condition = Condition.READY  # afterwards: READY or PAPER_LOW


@dataclass(frozen=True)
class NotAnswering:
    """Nothing was sent: the printer is off, away, or busy with someone else."""

    reason: str


@dataclass(frozen=True)
class PaperOut:
    """Nothing was sent: there is no paper."""


@dataclass(frozen=True)
class CoverOpen:
    """Nothing was sent: the cover is open."""


@dataclass(frozen=True)
class Fault:
    """Nothing was sent: the printer reports an error (cutter, temperature)."""


@dataclass(frozen=True)
class SentUnconfirmed:
    """Bytes went out and nobody knows what came out. Must never be repeated without a person."""

    condition: Condition = Condition.UNKNOWN  # the last thing the printer said, e.g. PAPER_OUT
    sent_bytes: int = 0


@dataclass(frozen=True)
class HandedOver:
    """The computer's print system passed every byte on and is content. Nobody saw paper, so it is "sent", never
    "printed"; but nothing speaks against it, so that nobody is asked to look either."""

    condition: Condition = Condition.READY


Outcome = Printed | HandedOver | NotAnswering | PaperOut | CoverOpen | Fault | SentUnconfirmed


def is_safe_to_repeat(outcome: Outcome) -> bool:
    """Whether the paper cannot show anything of this attempt."""
    return isinstance(outcome, NotAnswering | PaperOut | CoverOpen | Fault)
