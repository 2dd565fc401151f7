"""Owns using a coupon by its paper: what a scanner or a person typed is asked of the cloud, which holds the coupon and
opens a request; from then on it is decided like every other request. Without a line nothing is used.

Callable without a screen. ``read`` waits for the network on a thread of its own.

Rules: CPN-15, CPN-16, CPN-18.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from agent.approval.repository import RequestRow
from agent.dispatch import Listeners
from agent.logbook import topic
from rules.requests import RequestState
from rules.scans import scanned_code
from sync.clock import Clock
from sync.ids import IdSource
from sync.outcomes import Denied, Reason, TellOutcome, Told
from sync.store import Store

# The question never left this machine, so the cloud holds nothing for it.
_NEVER_SENT = frozenset({Reason.UNREACHABLE, Reason.CLOSED})
log = topic("coupons")


@dataclass(frozen=True)
class Held:
    """The coupon waits for staff's word; ``discount_won`` is what they key into the POS afterwards."""

    request_id: str
    title: str
    nickname: str
    condition: str
    discount_won: int


@dataclass(frozen=True)
class Refused:
    """The cloud said why this paper gives nothing; nothing was held. ``at_ms``: since when, where that is known;
    ``here``: it was used at this store; ``unmet``: conditions that do not hold now."""

    code: str
    at_ms: int | None = None
    here: bool = False
    unmet: tuple[str, ...] = ()


@dataclass(frozen=True)
class NoCode:
    """Not one of our codes, or mistyped: nobody was asked."""


@dataclass(frozen=True)
class NoLine:
    """Only the cloud knows what a paper is worth. Nothing was asked, nothing is held."""


@dataclass(frozen=True)
class NoAnswer:
    """The question may have arrived. Asked again with the same id it is the same question; what it held goes back
    after ten minutes, unless its card turns up here and somebody decides."""


ReadOutcome = Held | Refused | NoCode | NoLine | NoAnswer


@dataclass(frozen=True)
class Standing:
    """How the request of a paper stands. ``remaining_ms`` is None while no countdown runs."""

    held: Held
    state: RequestState
    waits: bool
    remaining_ms: int | None


class PaperPort(Protocol):
    """The line to the cloud, for one question that a customer waits for (sync.transport.HttpTransport)."""

    def ask_coupon(self, fields: dict[str, Any]) -> TellOutcome: ...


class PaperUse:
    """Thread-safe."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        ids: IdSource,
        online: Callable[[], bool],
        find_request: Callable[[sqlite3.Connection, str], RequestRow | None],
        withdraw: Callable[[str], object],
        listeners: Listeners,
        run: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        """``withdraw`` takes a request back that nobody has decided; ``listeners`` hear of every request; ``run``
        does a job that may wait, without keeping anybody."""
        self.listeners = listeners
        self._store, self._clock, self._ids, self._online = store, clock, ids, online
        self._find_request, self._withdraw = find_request, withdraw
        self._run = run or _on_a_thread
        self._port: PaperPort | None = None

    def attach(self, port: PaperPort | None) -> None:
        """The line to the cloud was started, or ended."""
        self._port = port

    def new_id(self) -> str:
        """The id of a request to be, so that a paper that is read twice is asked for once."""
        return self._ids.uuid7()

    def read(self, request_id: str, text: str, done: Callable[[ReadOutcome], None]) -> None:
        """Asks the cloud for the coupon of this paper; ``done`` gets the answer, perhaps on another thread."""
        code = scanned_code(text)
        if code is None:
            done(NoCode())
            return

        def ask() -> None:
            outcome = self._ask(request_id, code)
            # The code opens the coupon for whoever holds it: it stays out of the log.
            log.event("paper_read", request=request_id, outcome=type(outcome).__name__)
            done(outcome)

        self._run(ask)

    def _ask(self, request_id: str, code: str) -> ReadOutcome:
        port = self._port
        if port is None or not self._online():
            return NoLine()
        answer = port.ask_coupon({"request_id": request_id, "code": code})
        if isinstance(answer, Told):
            return _held(answer.fields)
        if isinstance(answer, Denied):
            return _refused(answer)
        return NoLine() if answer.reason in _NEVER_SENT else NoAnswer()

    def standing(self, request_id: str) -> Standing | None:
        """None as long as the cloud's row has not arrived."""
        with self._store.read() as conn:
            row = self._find_request(conn, request_id)
        if row is None:
            return None
        held = Held(request_id, row.title, row.nickname, row.condition, row.pos_discount_won or 0)
        running = row.deadline_mono_ms is not None and row.deadline_boot_id == self._clock.boot_id
        left_ms = max((row.deadline_mono_ms or 0) - self._clock.mono_ms(), 0) if running else None
        return Standing(held, row.effective_state, row.waits, left_ms)

    def take_back(self, request_id: str) -> None:
        """It was read by mistake, or the customer keeps it: the coupon is theirs again. Somebody may have been
        faster; ``standing`` says so then."""
        self._withdraw(request_id)


def _on_a_thread(job: Callable[[], None]) -> None:
    threading.Thread(target=job, name="paper", daemon=True).start()


def _held(fields: dict[str, Any]) -> ReadOutcome:
    """A captive portal answers 200 as well: what is no request is no answer."""
    texts = [fields.get(name) for name in ("request_id", "title", "nickname", "condition")]
    won = fields.get("pos_discount_won")
    if not all(isinstance(text, str) for text in texts) or not isinstance(won, int | None) or isinstance(won, bool):
        return NoAnswer()
    request_id, title, nickname, condition = map(str, texts)
    return Held(request_id, title, nickname, condition, won or 0)


def _refused(answer: Denied) -> Refused:
    at_ms, unmet = answer.details.get("at_ms"), answer.details.get("unmet")
    return Refused(
        answer.code,
        at_ms if isinstance(at_ms, int) and not isinstance(at_ms, bool) else None,
        answer.details.get("here") is True,
        tuple(str(one) for one in unmet) if isinstance(unmet, list) else (),
    )
