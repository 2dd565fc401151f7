"""Owns the mistakes that somebody could make with points that customers spend at a counter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agent.approval import service as approval_service
from agent.approval.counter_born import OwnRequests
from agent.approval.repository import RequestRow
from agent.approval.service import ApprovalService
from agent.spend import repository as spend_repository
from agent.spend.service import SpendService
from cloud_api.ledger import holds, lots
from cloud_api.ledger.models import AccountKind, PostingKind
from cloud_api.ledger.service import Line, account_id
from cloud_api.requests import spends
from rules.requests import USED_STATES, RequestState
from rules.spending import OfflineUse
from simulation.mutants.planting import Mutant, nothing, swap
from sync import snapshot, tally

_NONE = "SELECT '' WHERE 0"


def _decided_on(conn: Any, day: str, lookup: str) -> tuple[int, int]:
    """Only what was approved uses up a quota; two open cards may pass it together."""
    everybody, member = conn.execute(
        "SELECT coalesce(sum(points), 0), coalesce(sum(points) FILTER (WHERE phone_lookup = ?), 0) FROM spend"
        " WHERE day = ? AND state = 'spent' AND snapshot_ms IS NOT NULL",
        (lookup, day),
    ).fetchone()
    return int(everybody), int(member)


_used = SpendService._used


def _used_since_start(self: SpendService, conn: Any, day: str, lookup: str, taken_wall_ms: int) -> OfflineUse:
    """The quota is kept in memory: a program that starts again gives all of it again."""
    began: tuple[int, int] = self.__dict__.setdefault("_began", spend_repository.used_on(conn, day, lookup))
    used = _used(self, conn, day, lookup, taken_wall_ms)
    return replace(
        used, store_today=max(used.store_today - began[0], 0), member_today=max(used.member_today - began[1], 0)
    )


def _owed_by_the_member(work: Any, held: Any, *, actor: str, op_id: str | None, at_ms: int) -> int:
    """What the member did not have is the member's debt."""
    uses = lots.take(work.conn, held.member_id, held.points, at_ms)
    covered = lots.total(uses)
    lines = [
        Line(account_id(AccountKind.STORE_REDEMPTION, held.store_id), held.points),
        Line(account_id(AccountKind.MEMBER, held.member_id), -covered),
        Line(account_id(AccountKind.MEMBER_DEBT, held.member_id), covered - held.points),
    ]
    booked = tuple(line for line in lines if line.amount)
    holds._book(work, held, PostingKind.SPEND, booked, actor, op_id, uses)
    return covered


_give_back = holds.give_back


def _give_all_back(work: Any, held: Any, **kwargs: Any) -> None:
    """What the store had lost goes to the member when the spend is taken back."""
    _give_back(work, replace(held, loss=0), **kwargs)


_go_offline = SpendService._go_offline


def _blind(self: SpendService, *args: Any, **kwargs: Any) -> Any:
    """Does not look whether the cloud's row was faster than its answer."""
    finds, self._find_request = self._find_request, nothing
    try:
        return _go_offline(self, *args, **kwargs)
    finally:
        self._find_request = finds


def _by_the_clock(self: SpendService, _conn: Any) -> int:
    return self._clock.wall_ms()


AT_SPENDING: tuple[Mutant, ...] = (
    Mutant("open_cards_free", "open cards use up no quota", swap((spend_repository, "used_on", _decided_on))),
    Mutant("quota_in_memory", "a restart brings the quota back", swap((SpendService, "_used", _used_since_start))),
    Mutant("excess_is_debt", "the excess is the member's", swap((holds, "spend", _owed_by_the_member))),
    Mutant("loss_given_away", "a loss comes back to the member", swap((holds, "give_back", _give_all_back))),
    Mutant("held_and_spent", "a hold is kept beside its spend", swap((spends, "_undo", nothing))),
    Mutant("spends_not_flagged", "nobody is told of excess", swap((spends, "spend_flags", lambda *_a, **_k: ()))),
    Mutant("own_minute_goes_on", "a restart approves", swap((ApprovalService, "started", nothing))),
    Mutant("own_cards_tallied", "the tally counts what no cloud knows", swap((tally, "OWN_OPEN", _NONE))),
    Mutant("own_cards_ended", "a snapshot ends what no cloud knows", swap((snapshot, "OWN_OPEN", _NONE))),
    Mutant(
        "way_back_ignored",
        "what the cloud says before its answer is old",
        swap((approval_service, "_BEFORE_IT_HEARD", frozenset(RequestState) - USED_STATES)),
    ),
    Mutant("hold_overwritten", "an own card covers the cloud's", swap((SpendService, "_go_offline", _blind))),
    Mutant("no_said_once", "a question that comes after its no", swap((OwnRequests, "refuse_again", nothing))),
    Mutant("no_without_time", "a late no is told as the end", swap((RequestRow, "no_may_be_late", False))),
    Mutant("set_back_hides", "a clock set back hides a spend", swap((SpendService, "_asked_ms", _by_the_clock))),
)
