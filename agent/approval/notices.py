"""Owns the notices that a decided card shrinks into: who, what, when, and at most one way back."""

from __future__ import annotations

from agent.approval import words
from agent.approval.cards import Notice, NoticeAction
from agent.approval.types import RejectReason, RequestCard, RequestKind, RequestState
from agent.texts import Texts


def approved(t: Texts, request: RequestCard, pos_discount_won: int | None, actor: str, now_ms: int) -> Notice:
    """Approved by hand; when money was spent it says what to key into the POS."""
    # An accepted order ends through the sold-out notice, it is not taken back (ORD-07).
    action = NoticeAction.NONE if request.kind is RequestKind.ORDER else NoticeAction.RECOVER
    icon, tone = words.outcome_look(RequestState.APPROVED)
    line = words.join(request.nickname, actor, t.clock(now_ms))
    pos_line = words.pos_line(t, pos_discount_won) if pos_discount_won else ()
    title = words.approved_title(t, request.title)
    return Notice(icon, tone, title, line, action, name=request.title, pos_line=pos_line)


def rejected(t: Texts, request: RequestCard, reason: RejectReason | None, actor: str, now_ms: int) -> Notice:
    icon, tone = words.outcome_look(RequestState.REJECTED)
    line = words.join(words.kind_short(t, request.kind), request.nickname, actor, t.clock(now_ms))
    return Notice(icon, tone, words.rejected_title(t, reason), line)


def auto_approved(t: Texts, request: RequestCard, decided_ms: int, *, may_cancel: bool) -> Notice:
    """Nobody answered: a fact, not a reproach. Owners may cancel for five minutes (APR-17)."""
    icon, tone = words.outcome_look(RequestState.AUTO_APPROVED)
    line = words.join(words.kind_short(t, request.kind), request.nickname, t.clock(decided_ms))
    cancels = may_cancel and request.kind is not RequestKind.ORDER
    won = request.pos_discount_won
    return Notice(
        icon,
        tone,
        t._("Auto-approved"),
        line,
        NoticeAction.CANCEL if cancels else NoticeAction.NONE,
        pos_line=words.pos_line(t, won) if won else (),
    )


def lapsed(t: Texts, request: RequestCard, ended_ms: int) -> Notice:
    """Nobody answered, and too much was at stake to approve it by itself."""
    icon, tone = words.outcome_look(RequestState.EXPIRED)
    line = words.join(request.title, request.nickname, t.clock(ended_ms))
    return Notice(icon, tone, t._("Time over, not approved"), words.join(line, words.kept(t, request.kind)))


def withdrawn(t: Texts, request: RequestCard, now_ms: int) -> Notice:
    """The customer thought better of it: nothing was spent, nothing is to be keyed in (APR-14)."""
    icon, tone = words.outcome_look(RequestState.WITHDRAWN)
    line = words.join(request.title, request.nickname, t.clock(now_ms))
    return Notice(icon, tone, t._("Taken back by the customer"), line)


def recovery_waits(t: Texts, seconds: int) -> Notice:
    """Staff asked; the owner confirms or the time runs out (APR-16)."""
    line = t.n("Owner, or in {s} s", s=seconds)
    return Notice("undo-2", "neutral", t._("Recovery asked for"), line, NoticeAction.OWNER, left_s=seconds)


def recovery_runs(t: Texts) -> Notice:
    """Nobody said no in time; the cloud does it, or as soon as the line is back."""
    return Notice("undo-2", "neutral", t._("Recovery asked for"), t._("The minute is over: it is being given back"))


def stands(t: Texts, request: RequestCard) -> Notice:
    """The owner said no."""
    return Notice("info", "neutral", t._("The approval stands"), request.title)


def no_owner_yet(t: Texts) -> Notice:
    """Only owners do this, and this shop has none that could prove it."""
    line = t._("Ask your headquarters to set up the owner's PIN")
    return Notice("lock", "neutral", t._("Only the owner can do this"), line)


def recovery_not_allowed(t: Texts) -> Notice:
    line = t._("Sign in with your PIN, or ask the owner")
    return Notice("lock", "neutral", t._("You cannot take this back"), line)


def recovery_kept(t: Texts) -> Notice:
    return Notice("undo-2", "neutral", t._("Recovery asked for"), t._("Kept safe; done as soon as the line is back"))


def recovery_not_saved(t: Texts) -> Notice:
    """Nothing has changed; the same button is there again."""
    line = t._(words.NOT_SAVED)
    return Notice("circle-alert", "red", t._("Not taken back"), line, NoticeAction.RECOVER)


def returned(t: Texts, request: RequestCard, now_ms: int) -> Notice:
    line = words.join(request.title, request.nickname, t.clock(now_ms))
    return Notice("check", "green", words.returned(t, request.kind), line)


def too_late_to_recover(t: Texts, request: RequestCard) -> Notice:
    return Notice("info", "neutral", t._("It can no longer be taken back"), request.title)
