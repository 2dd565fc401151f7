"""Owns the sentences about a paper that was read: finished words, no Qt."""

from __future__ import annotations

from agent.approval.words import join
from agent.coupons.using import Held, NoAnswer, NoLine, Refused, Standing
from agent.rewards.state import PaperCard
from agent.texts import Texts, mark
from rules.conditions import Unmet
from rules.requests import RequestState

_REFUSALS = {
    "coupon_unknown": mark("This is not a coupon of ours."),
    "coupon_waiting": mark("This coupon waits for an answer already."),
    "coupon_not_here": mark("This coupon is for another shop."),
    "coupon_not_available": mark("This coupon cannot be used now."),
    "member_gone": mark("Whose coupon it was has left."),
    "limit_reached": mark("Today's limit of this shop is reached."),
    "overlap_refused": mark("This coupon does not go together with another."),
    "rewards_off": mark("This shop takes no coupons now."),
    "store_not_open": mark("This shop takes no coupons now."),
    "device_suspended": mark("Head office has to look at this counter first."),
}
_NEXT = {
    "coupon_unknown": mark("Read it once more. If it says so again, it comes from somewhere else."),
    "coupon_waiting": mark("Look among the requests that wait, here or at another counter."),
    "limit_reached": mark("The customer keeps it and can use it tomorrow."),
}
_UNMET = {
    Unmet.PERIOD: mark("not on this day"),
    Unmet.WEEKDAY: mark("not on this day of the week"),
    Unmet.TIME: mark("not at this time"),
    Unmet.CUSTOMER: mark("for other customers"),
    Unmet.GRADE: mark("for another grade"),
    Unmet.STORE: mark("for another shop"),
    Unmet.REGION: mark("for another region"),
    Unmet.USES: mark("used as often as it may be"),
}
_KEPT = mark("Nothing was used. The customer keeps it.")


def refused_card(t: Texts, refused: Refused) -> PaperCard:
    """Why a paper gives nothing, and what to tell the customer."""
    hint = t._(_NEXT.get(refused.code, _KEPT))
    match refused.code:
        case "coupon_used":
            title = t._("Used already at this shop.") if refused.here else t._("Used already at another shop.")
            hint = t._("A coupon can be used once; a copy of its slip gives nothing.")
        case "coupon_expired":
            title = t._("The time of this coupon is over.")
            hint = t._("It cannot be used any more.")
        case "conditions_unmet":
            title = t._("Its conditions are not met now.")
        case code if code in _REFUSALS:
            title = t._(_REFUSALS[code])
        case code:
            title = t.n("The cloud did not take it ({code}).", code=code)
    unmet = [t._(_UNMET[Unmet(one)]) for one in refused.unmet if one in _UNMET]
    since = "" if refused.at_ms is None else f"{t.date(refused.at_ms)} {t.clock(refused.at_ms)}"
    return PaperCard(title, join(since, *unmet), "ban", "red", hint=hint)


def no_line_card(t: Texts, outcome: NoLine | NoAnswer) -> PaperCard:
    """Nobody knows what the paper is worth; nothing is lost."""
    if isinstance(outcome, NoLine):
        hint = t._("Nothing was used. Read it again once the counter is online; the customer keeps it until then.")
        return PaperCard(t._("No internet: a coupon cannot be checked."), "", "cloud-off", "amber", hint=hint)
    hint = t._("Read it again: it counts once. If its card appears meanwhile, decide there.")
    return PaperCard(t._("The cloud has not answered."), "", "cloud-off", "amber", hint=hint)


def waiting_card(t: Texts, held: Held, left_ms: int | None, *, ready: bool) -> PaperCard:
    """What the coupon gives; ``ready``: its request is here and can be decided."""
    if ready:
        hint = t._("Check the condition, then press “Use it”. Without a press nothing is used.")
    else:
        hint = t._("The coupon is reserved. One moment…")
    return PaperCard(
        held.title,
        join(held.nickname, held.condition),
        "ticket",
        "neutral",
        figure=_figure(t, held),
        hint=hint,
        left_s=None if left_ms is None else -(-left_ms // 1000),
        use=t._("Use it") if ready else "",
        leave=t._("Do not use it") if ready else "",
    )


def ended_card(t: Texts, standing: Standing) -> PaperCard:
    """What became of it."""
    held = standing.held
    line = join(held.title, held.nickname)
    match standing.state:
        case RequestState.APPROVED | RequestState.AUTO_APPROVED:
            hint = t._("Key this into the POS now.") if held.discount_won else t._("Hand it over now.")
            return PaperCard(t._("Used"), line, "circle-check", "green", figure=_figure(t, held), hint=hint)
        case RequestState.RECOVERED | RequestState.AUTO_CANCELLED:
            hint = t._("The coupon is back with the customer")
            return PaperCard(t._("The use was taken back"), line, "undo-2", hint=hint)
        case RequestState.EXPIRED:
            hint = t._("Nobody pressed in time, so nothing was used. Read the slip again.")
            return PaperCard(t._("Time is over"), line, "timer", "amber", hint=hint)
        case _:
            return PaperCard(t._("Not used"), line, "undo-2", hint=t._(_KEPT))


def _figure(t: Texts, held: Held) -> str:
    return t.n("{amount} off", amount=t.won(held.discount_won)) if held.discount_won else held.title
