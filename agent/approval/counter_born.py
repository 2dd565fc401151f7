"""Requests that this counter decides by itself, because it had no line when the customer asked: the counter owns their
minute, on the monotonic clock. After a restart or sleep nothing is approved by default any more: a person confirms.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from agent.approval import repository
from agent.approval.repository import RequestRow
from rules.requests import (
    NO_ACK_EXPIRE_MS,
    OPEN_STATES,
    AtZero,
    RejectReason,
    RequestKind,
    RequestState,
    at_zero,
)
from sync.clock import Clock
from sync.profile import read_policy, require_identity

DEVICE_ACTOR = "device"
_TOO_LATE_FOR_A_NO = OPEN_STATES | {RequestState.AUTO_APPROVED}


class CounterBorn(Protocol):
    """Who keeps what such a request is about (agent.spend.book.SpendBook); called inside our transactions."""

    def owned(self, conn: sqlite3.Connection) -> frozenset[str]: ...
    def keeps(self, conn: sqlite3.Connection, request_id: str) -> bool: ...
    def keeps_spent(self, conn: sqlite3.Connection, request_id: str) -> bool: ...
    def hand_over(self, conn: sqlite3.Connection, request_id: str) -> None: ...
    def approved(self, conn: sqlite3.Connection, request_id: str, actor: str | None, now_ms: int) -> None: ...
    def rejected(self, conn: sqlite3.Connection, request_id: str, actor: str, decision: dict[str, Any]) -> None: ...
    def expired(self, conn: sqlite3.Connection, request_id: str, now_ms: int) -> None: ...
    def refused(self, conn: sqlite3.Connection, request_id: str) -> bool: ...
    def refused_again(
        self, conn: sqlite3.Connection, request_id: str, actor: str, decision: dict[str, Any]
    ) -> None: ...


@dataclass(frozen=True)
class NewRequest:
    """What staff see of a request that begins here."""

    request_id: str
    title: str
    nickname: str
    amount_won: int
    pos_discount_won: int


class OwnRequests:
    """The life of these requests in the request table, beside those of the cloud."""

    def __init__(
        self,
        *,
        born: CounterBorn,
        clock: Clock,
        enqueue_slip: Callable[[sqlite3.Connection, RequestRow, str], str | None],
    ) -> None:
        self.born = born
        self._clock = clock
        self._enqueue_slip = enqueue_slip

    def open(self, conn: sqlite3.Connection, new: NewRequest) -> None:
        """The card appears. Every word of the cloud about this id is newer than version 0."""
        now_ms = self._clock.wall_ms()
        body: dict[str, Any] = dict.fromkeys(
            ("reason", "reason_text", "decided_by", "decided_ms", "order_id", "recovery_by")
        )
        body |= {
            "request_id": new.request_id,
            "generation": 0,
            "version": 0,
            "kind": RequestKind.POINTS.value,
            "state": RequestState.REQUESTED.value,
            "title": new.title,
            "nickname": new.nickname,
            "condition": "",
            "amount_won": new.amount_won,
            "pos_discount_won": new.pos_discount_won,
            "created_ms": now_ms,
            "slip_code": None,
            "at_zero": at_zero(new.pos_discount_won, read_policy(conn).auto_approve_max_won).value,
            "print_device": require_identity(conn).device_id,
        }
        repository.upsert_projection(conn, body, received_wall_ms=now_ms)

    def shown(self, conn: sqlite3.Connection, request_id: str) -> None:
        """It stands on a screen that is awake: the countdown begins (APR-18)."""
        repository.set_state(conn, request_id, RequestState.SEEN)
        deadline_ms = self._clock.mono_ms() + read_policy(conn).request_timeout_ms
        repository.set_deadline(conn, request_id, deadline_ms, self._clock.boot_id)

    def decide(self, conn: sqlite3.Connection, row: RequestRow, decision: dict[str, Any], actor: str) -> str | None:
        """A person decided, or the customer took it back; the id of the slip's print job, if one prints."""
        approved = decision["decision"] == repository.APPROVE
        now_ms = decision["occurred_ms"]
        if approved:
            self.born.approved(conn, row.request_id, actor, now_ms)
        else:
            self.born.rejected(conn, row.request_id, actor, decision)
        return self._end(conn, row, repository.provisional(decision["decision"]), actor)

    def run_out(self, conn: sqlite3.Connection) -> list[str]:
        """What time decides: at 0 the approval by default (APR-07) or, when too much is at stake, the end; the end too
        after ten minutes in which no countdown ran out."""
        ended = []
        now_ms = self._clock.wall_ms()
        for row in self._waiting(conn):
            running = row.deadline_mono_ms is not None and row.deadline_boot_id == self._clock.boot_id
            at_0 = running and (row.deadline_mono_ms or 0) <= self._clock.mono_ms()
            if at_0 and row.at_zero is AtZero.APPROVE:
                repository.set_outcome(
                    conn, row.request_id, decided_by=None, decided_ms=now_ms, reason=None, reason_text=None
                )
                self.born.approved(conn, row.request_id, None, now_ms)
                self._end(conn, row, RequestState.AUTO_APPROVED, "")
            elif at_0 or (not running and now_ms - row.created_ms >= NO_ACK_EXPIRE_MS):
                repository.set_outcome(
                    conn, row.request_id, decided_by=None, decided_ms=now_ms, reason=None, reason_text=None
                )
                self.born.expired(conn, row.request_id, now_ms)
                self._end(conn, row, RequestState.EXPIRED, "")
            else:
                continue
            ended.append(row.request_id)
        return ended

    def stop_countdowns(self, conn: sqlite3.Connection) -> bool:
        """Nobody may have looked at the screen: from now on a person confirms. True when there was one."""
        stopped = [row for row in self._waiting(conn) if row.deadline_mono_ms is not None]
        for row in stopped:
            repository.set_deadline(conn, row.request_id, None, None)
        return bool(stopped)

    def refuse_again(self, conn: sqlite3.Connection, before: RequestRow, state: RequestState) -> bool:
        """The cloud opened, or approved by default, what this counter had said no to before the cloud heard the
        question, which was long on its way. The customer was told no, so the no is sent again. True: done."""
        if state not in _TOO_LATE_FOR_A_NO or not self.born.refused(conn, before.request_id):
            return False
        if state in OPEN_STATES and self.born.keeps(conn, before.request_id):
            return True  # a no is under way
        by_customer = before.state is RequestState.WITHDRAWN
        reason = None if by_customer else before.reason or RejectReason.OTHER
        text = "refused at the counter" if reason is RejectReason.OTHER else None
        decision = {
            "request_id": before.request_id,
            "decision": repository.WITHDRAW if by_customer else repository.REJECT,
            "reason": None if reason is None else reason.value,
            "reason_text": before.reason_text or text,
            "remaining_ms": 1,  # said before any countdown of the cloud began; the least that is in time
            "occurred_ms": before.decided_ms or self._clock.wall_ms(),
        }
        self.born.refused_again(conn, before.request_id, before.decided_by or DEVICE_ACTOR, decision)
        return True

    def _waiting(self, conn: sqlite3.Connection) -> list[RequestRow]:
        owned = self.born.owned(conn)
        return [row for row in repository.waiting(conn) if row.request_id in owned] if owned else []

    def _end(self, conn: sqlite3.Connection, row: RequestRow, state: RequestState, actor: str) -> str | None:
        repository.set_state(conn, row.request_id, state)
        repository.set_deadline(conn, row.request_id, None, None)
        if state not in (RequestState.APPROVED, RequestState.AUTO_APPROVED):
            return None
        ended = repository.find(conn, row.request_id)
        assert ended is not None, "just decided"
        return self._enqueue_slip(conn, ended, actor)
