"""Owns one place in the pop-up stack and what it shows at this moment."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from agent.approval import words
from agent.approval.cards import CardState, Notice, NoticeAction, Phase, Reasons, Ring
from agent.approval.types import DecisionRecord, RequestCard
from agent.texts import Texts
from sync.clock import Clock

SOON_MS = 15_000  # amber from here on
LONG_AGO_MS = -1_000_000


@dataclass
class Item:
    """From a request's arrival until its last notice is gone."""

    request: RequestCard
    phase: Phase = Phase.OPEN
    deadline_mono_ms: int | None = None
    reasons: Reasons = field(default_factory=Reasons)
    trouble: bool = False  # the last decision could not be saved
    outcome: tuple[words.Run, ...] = ()
    notice: Notice | None = None
    noticed_mono_ms: int = LONG_AGO_MS
    cancel_until_wall_ms: int | None = None
    owner_deadline_mono_ms: int | None = None
    gone_mono_ms: int | None = None  # when the notice leaves by itself; None: it stays
    moved_mono_ms: int = LONG_AGO_MS
    bottom: int = -1  # px above the corner, -1 while out of sight


def card_state(item: Item, t: Texts, clock: Clock, keycap: str) -> CardState:
    """Everything the card shows now; ``keycap`` is the hot-key if this card may carry it."""
    request = item.request
    left_ms = None if item.deadline_mono_ms is None else max(0, item.deadline_mono_ms - clock.mono_ms())
    deciding = item.phase in (Phase.OPEN, Phase.REASONS)
    urgent = deciding and not request.offline and left_ms is not None and left_ms < SOON_MS
    ring = Ring.QUIET if request.offline else Ring.AMBER if urgent else Ring.INK
    base = CardState(
        request_id=request.request_id,
        phase=item.phase,
        icon=words.KIND_ICONS[request.kind],
        kind=words.kind(t, request.kind),
        time=t.clock(request.created_ms),
        title=request.title,
        nickname=request.nickname,
        meta=words.meta(t, request),
        # Behind a notice or an outcome nothing counts, so that nothing repaints.
        left_s=_seconds(left_ms) if deciding else None,
        ring=ring if deciding else Ring.WORKING if item.phase is Phase.WORKING else Ring.INK,
        urgent=urgent,
        keycap=keycap if item.phase is Phase.OPEN else "",
    )
    if deciding and request.offline:
        base = replace(base, flag_icon="cloud-off", flag=t._("Offline"))
    elif urgent:
        base = replace(base, flag_icon="timer", flag=words.soon(t, request.at_zero))
    match item.phase:
        case Phase.REASONS:
            note = t._(words.NOT_SAVED) if item.trouble else item.reasons.note or words.kept(t, request.kind)
            wrong = item.trouble or item.reasons.note_is_error
            return replace(base, reasons=replace(item.reasons, note=note, note_is_error=wrong))
        case Phase.NOTICE:
            return replace(base, notice=_notice_now(item, t, clock))
        case Phase.ELSEWHERE:
            return replace(base, hint_icon="circle-check", hint=(item.outcome,))
        case Phase.OPEN if item.trouble:
            return replace(base, hint_icon="circle-alert", hint=(words.runs(t._(words.NOT_SAVED)),))
        case Phase.OPEN:
            return _with_hint(base, request, t, None if left_ms is None else clock.wall_ms() + left_ms)
        case _:
            return base


def _seconds(ms: int | None) -> int | None:
    """A started second counts whole."""
    return None if ms is None else -(-ms // 1000)


def _with_hint(base: CardState, request: RequestCard, t: Texts, deadline_wall_ms: int | None) -> CardState:
    if request.at_counter:
        return replace(base, hint_icon="monitor", hint=words.own_hint(t, request, deadline_wall_ms))
    if request.offline:
        return replace(base, hint_icon="info", hint=words.offline_hint(t, deadline_wall_ms, request.at_zero))
    if request.pos_discount_won:
        return replace(base, hint_icon="monitor", hint=(words.pos_hint(t, request.pos_discount_won),))
    return base


def _notice_now(item: Item, t: Texts, clock: Clock) -> Notice:
    """The notice with its running figures: the owner's time, or the time left to cancel."""
    notice = item.notice
    assert notice is not None
    if item.owner_deadline_mono_ms is not None:
        return replace(notice, left_s=_seconds(max(0, item.owner_deadline_mono_ms - clock.mono_ms())))
    if item.cancel_until_wall_ms is None or notice.action is not NoticeAction.CANCEL:
        return notice
    left_ms = item.cancel_until_wall_ms - clock.wall_ms()
    if left_ms < 0:
        return replace(notice, action=NoticeAction.NONE)
    left = t.n("{time} left", time=t.left(left_ms))
    return replace(notice, line=words.join(left, notice.line))  # first: the end of a long line is cut


def card_of(record: DecisionRecord) -> RequestCard:
    """A decided request as far as its record tells, for a notice about it."""
    return RequestCard(
        request_id=record.request_id,
        kind=record.kind,
        state=record.state,
        title=record.title,
        nickname=record.nickname,
        condition="",
        amount_won=None,
        pos_discount_won=record.pos_discount_won,
        created_ms=record.decided_ms,
        remaining_ms=None,
        order_id=None,
        offline=False,
        local_decision=None,
    )
