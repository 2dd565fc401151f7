"""Owns the sentences of request cards and of the notices that follow a decision: finished words, no Qt."""

from __future__ import annotations

from agent.approval.types import DecisionRecord, RejectReason, RequestCard, RequestKind, RequestState
from agent.texts import Texts, mark
from rules.requests import AtZero

Run = tuple[str, bool]  # a piece of text, and whether it is bold
MIDDOT = " · "
NOT_SAVED = mark("Could not be saved. Please try again.")

KIND_ICONS = {
    RequestKind.COUPON: "ticket",
    RequestKind.POINTS: "coins",
    RequestKind.STAMP: "stamp",
    RequestKind.ORDER: "coffee",
}
_KIND_WORDS = {
    RequestKind.COUPON: mark("Coupon use"),
    RequestKind.POINTS: mark("Points use"),
    RequestKind.STAMP: mark("Stamp earn"),
    RequestKind.ORDER: mark("New order"),
}
_KIND_SHORT = {
    RequestKind.COUPON: mark("Coupon"),
    RequestKind.POINTS: mark("Points"),
    RequestKind.STAMP: mark("Stamp"),
    RequestKind.ORDER: mark("Order"),
}
_REASONS = {
    RejectReason.OUT_OF_STOCK: mark("Out of stock"),
    RejectReason.OUT_OF_HOURS: mark("Outside hours"),
    RejectReason.CONDITION_MISMATCH: mark("Terms not met"),
    RejectReason.OTHER: mark("Other reason"),
}
_KEPT = {
    RequestKind.COUPON: mark("The coupon stays with the customer."),
    RequestKind.POINTS: mark("The points stay with the customer."),
    RequestKind.STAMP: mark("The customer can ask for the stamp again."),
    RequestKind.ORDER: mark("The customer gets the payment back."),
}
_RETURNED = {
    RequestKind.COUPON: mark("The coupon is back with the customer"),
    RequestKind.POINTS: mark("The points are back with the customer"),
    RequestKind.STAMP: mark("The stamp has been taken back"),
    RequestKind.ORDER: mark("The order has been taken back"),
}


def runs(text: str) -> tuple[Run, ...]:
    """``key **3,000원 off** into the POS`` -> plain and bold pieces."""
    return tuple((piece, index % 2 == 1) for index, piece in enumerate(text.split("**")) if piece)


def join(*parts: str) -> str:
    """The parts that are there, with a middle dot between them."""
    return MIDDOT.join(part for part in parts if part)


def kind(t: Texts, request: RequestKind) -> str:
    return t._(_KIND_WORDS[request])


def kind_short(t: Texts, request: RequestKind) -> str:
    return t._(_KIND_SHORT[request])


def reason(t: Texts, chosen: RejectReason) -> str:
    return t._(_REASONS[chosen])


def kept(t: Texts, request: RequestKind) -> str:
    """What stays with the customer after a rejection."""
    return t._(_KEPT[request])


def returned(t: Texts, request: RequestKind) -> str:
    return t._(_RETURNED[request])


def meta(t: Texts, card: RequestCard) -> str:
    """What stands behind the nickname on the card's one line: amount and condition."""
    parts = []
    # A coupon's amount is what it is worth; nobody paid it, and what to key into the POS stands below.
    if card.amount_won is not None and card.kind is RequestKind.ORDER:  # it may be paid for when it is fetched
        parts.append(t.n("total {amount}", amount=t.won(card.amount_won)))
    elif card.amount_won is not None and card.kind is not RequestKind.COUPON:
        parts.append(t.n("paid {amount}", amount=t.won(card.amount_won)))
    if card.condition:
        parts.append(card.condition)
    return MIDDOT.join(parts)


def pos_hint(t: Texts, won: int) -> tuple[Run, ...]:
    """Before the decision."""
    return runs(t.n("After approval key **{amount} off** into the POS", amount=t.won(won)))


def pos_line(t: Texts, won: int) -> tuple[Run, ...]:
    """After the approval: what staff key in now."""
    return runs(t.n("Key **{amount} off** into the POS", amount=t.won(won)))


def soon(t: Texts, at_zero: AtZero) -> str:
    """What happens in the next seconds if nobody answers."""
    return t._("Approved soon") if at_zero is AtZero.APPROVE else t._("Ends soon")


def offline_hint(t: Texts, deadline_wall_ms: int | None, at_zero: AtZero) -> tuple[tuple[Run, ...], ...]:
    """What a decision is worth while the line is down, and what happens without one."""
    first = t._("Decide now: it is kept and sent once connected.")
    if deadline_wall_ms is None:
        return runs(first), runs(t._("Undecided: **60 fresh seconds** once connected."))
    if at_zero is AtZero.EXPIRE:
        return runs(first), runs(t.n("Undecided, it **ends unapproved at {time}**.", time=t.clock(deadline_wall_ms)))
    second = t.n("Undecided, it is **approved by itself at {time}**.", time=t.clock(deadline_wall_ms))
    return runs(first), runs(second)


def own_hint(t: Texts, card: RequestCard, deadline_wall_ms: int | None) -> tuple[tuple[Run, ...], ...]:
    """On a request that this counter decides without the cloud: what to key in, and what happens without a decision."""
    first = pos_hint(t, card.pos_discount_won or 0)
    if deadline_wall_ms is None:
        return first, runs(t._("Nothing happens by itself: **please decide**."))
    time = t.clock(deadline_wall_ms)
    if card.at_zero is AtZero.EXPIRE:
        return first, runs(t.n("Undecided, it **ends unapproved at {time}**.", time=time))
    return first, runs(t.n("Undecided, it is **approved by itself at {time}**.", time=time))


def elsewhere(t: Texts, state: RequestState, who: str, wall_ms: int) -> tuple[Run, ...]:
    """Someone else was first."""
    who = who or t._("Another device")
    if state is RequestState.REJECTED:
        line = t.n("**{who}** rejected it first", who=who)
    else:
        line = t.n("**{who}** approved it first", who=who)
    return (*runs(line), (" " + t.clock(wall_ms, seconds=True), False))


def approved_title(t: Texts, title: str) -> str:
    return t.n("{title} approved", title=title)


def rejected_title(t: Texts, chosen: RejectReason | None) -> str:
    return t._("Rejected") + (MIDDOT + reason(t, chosen) if chosen is not None else "")


def decision_line(t: Texts, record: DecisionRecord) -> str:
    """Who and why, for the list of the last five decisions."""
    nickname = record.nickname
    match record.state:
        case RequestState.AUTO_APPROVED:
            how = t._("by itself")
        case RequestState.EXPIRED:
            how = t._("time over, not approved")
        case RequestState.REJECTED:
            how = reason(t, record.reason) if record.reason else t._("rejected")
        case RequestState.RECOVERED | RequestState.AUTO_CANCELLED:
            how = t._("taken back")
        case _:
            how = record.decided_by or ""
    if record.recovery_by is not None:
        how = t.n("{who} asks to take it back", who=record.recovery_by)
    return MIDDOT.join(part for part in (nickname, how) if part)


def outcome_look(state: RequestState) -> tuple[str, str]:
    """Icon and tone of the disc beside a decision."""
    match state:
        case RequestState.APPROVED:
            return "check", "green"
        case RequestState.AUTO_APPROVED:
            return "timer", "amber"
        case RequestState.REJECTED:
            return "x", "red"
        case RequestState.EXPIRED:
            return "timer", "neutral"
        case _:
            return "undo-2", "neutral"
