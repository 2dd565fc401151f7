"""Owns the sentences of the customer's screen: outcome in, finished words out."""

from __future__ import annotations

from dataclasses import dataclass

from agent.earn.types import Earned, ReceiptOffer, TooManyEntries, Waiting
from agent.spend.types import SpendRefused, Spent
from agent.texts import Texts, mark
from rules.phone import PhoneProblem
from rules.spending import SpendLimit, told_to_customers


@dataclass(frozen=True)
class PageWords:
    headline: str = ""
    line: str = ""
    figure: str = ""
    quiet: str = ""
    again: str = ""


def percent(rate_bp: int) -> str:
    """Basis points as people write them: 100 -> ``1%``, 50 -> ``0.5%``."""
    whole, rest = divmod(rate_bp, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"


def language_name(t: Texts) -> str:
    return "한국어" if t.language == "ko" else "English"


def idle(t: Texts, rate_bp: int, pending_ms: int | None) -> PageWords:
    headline = (
        t._("Just your number:\n[stamps] every visit")
        if rate_bp < 0
        else t.n("Just your number:\n[{rate}] back in points", rate=percent(rate_bp))
        if rate_bp > 0
        else t._("Just your number:\n[points] every visit")
    )
    waits = "" if pending_ms is None else t.n("Waiting for your receipt · {time}", time=t.left(pending_ms))
    return PageWords(headline=headline, line=t._("First time here? You can start right away"), quiet=waits)


def earned(t: Texts, result: Earned, *, online: bool) -> PageWords:
    """The same for a member and for a number never seen before (R9): only what this payment did."""
    quiet = "" if online else t._("No internet right now: saved here, and sent when it is back")
    if result.stamps is not None:
        return _stamped(t, result, result.stamps, quiet)
    if result.points <= 0:
        return PageWords(
            headline=t._("No points this time, thank you"),
            line=t.n("Paid {paid} · {masked}", paid=t.won(result.paid_won), masked=result.masked),
            figure=t.points(0),
        )
    return PageWords(
        headline=t._("Earned, thank you"),
        line=t.n(
            "{rate} of {paid} · {masked}",
            rate=percent(result.rate_bp),
            paid=t.won(result.paid_won),
            masked=result.masked,
        ),
        figure="+" + t.points(result.points),
        quiet=quiet,
    )


def _stamped(t: Texts, result: Earned, stamps: int, quiet: str) -> PageWords:
    line = t.n("Paid {paid} · {masked}", paid=t.won(result.paid_won), masked=result.masked)
    if not stamps:
        return PageWords(headline=t._("No stamp this time, thank you"), line=line, figure=stamp_count(t, 0))
    return PageWords(headline=t._("Stamped, thank you"), line=line, figure="+" + stamp_count(t, stamps), quiet=quiet)


def stamp_count(t: Texts, stamps: int) -> str:
    """``1 stamp``, ``2 stamps``."""
    return t._("1 stamp") if stamps == 1 else t.n("{n} stamps", n=t.number(stamps))


def waiting(t: Texts, result: Waiting, remaining_ms: int) -> PageWords:
    return PageWords(
        headline=t._("Points arrive as soon as\nyour receipt prints"),
        line=t.n("{masked} · [{time}] left to pay", masked=result.masked, time=t.left(remaining_ms)),
        quiet=t._("You need not stay here: your number waits by itself"),
    )


def too_many(t: Texts, result: TooManyEntries) -> PageWords:
    minutes = max(1, -(-result.retry_after_ms // 60_000))
    return PageWords(
        headline=t._("Please ask at the counter"),
        line=t.n("Many numbers came one after another, so this screen rests for {n} min.", n=minutes),
        quiet=t._("Your payment is complete; only the points wait"),
    )


def expired(t: Texts) -> PageWords:
    return PageWords(
        headline=t._("No receipt came,\nso nothing was earned"),
        line=t._("Your number was forgotten. After paying, simply type it again."),
        again=t._("Type a number"),
    )


def no_number(t: Texts) -> PageWords:
    return PageWords(
        headline=t._("Thank you,\nenjoy your drink"),
        line=t._("Your payment is complete. You can type a number next time."),
        again=t._("Type a number"),
    )


def spend_waits(t: Texts, *, counting: bool, taking_back: bool = False) -> PageWords:
    if taking_back:
        return PageWords(headline=t._("Taking it back"), line=t._("Please wait a moment at the counter."))
    line = t._("Please wait a moment. The discount counts once they say yes.")
    return PageWords(
        headline=t._("The staff are looking at it"),
        line=line if counting else t._("Please wait a moment at the counter."),
        again=t._("Take it back"),
    )


def spent(t: Texts, result: Spent) -> PageWords:
    return PageWords(
        headline=t._("Used, thank you"),
        line=t.n("Left to pay: [{won}]", won=t.won(result.left_won)),
        figure="−" + t.points(result.points),
        quiet=t._("Points for the rest come with your receipt"),
    )


_SPEND_LIMITS = {
    SpendLimit.STORE_DAY: mark("Without internet this shop has used up its points for today."),
    SpendLimit.DAY_TOTAL: mark("This shop's points for today are used up."),
    SpendLimit.SWITCHED_OFF: mark("Points can be used again once the internet is back."),
    SpendLimit.SNAPSHOT_STALE: mark("Points can be used again once the internet is back."),
}


def spend_refused(t: Texts, refused: SpendRefused | None) -> PageWords:
    """``None``: it cannot be done now at all. Nothing here depends on what a number has (R9)."""
    if refused is None:
        return PageWords(
            headline=t._("Please ask at the counter"),
            line=t._("Points cannot be used on this screen right now. You have all of them still."),
        )
    reason = _SPEND_LIMITS.get(told_to_customers(refused.limit))
    if reason is not None:
        return PageWords(headline=t._("Not possible right now"), line=t._(reason))
    return PageWords(
        headline=t._("This many cannot be used"),
        line=t._("Choose fewer points, or ask at the counter."),
        again=t._("Choose again"),
    )


def not_spent(t: Texts) -> PageWords:
    return PageWords(
        headline=t._("No points were used"),
        line=t._("You have all of them still. The staff will gladly tell you why."),
        again=t._("Type a number"),
    )


def taken_back(t: Texts) -> PageWords:
    """By the customer, before anybody answered (APR-14)."""
    return PageWords(
        headline=t._("Taken back"),
        line=t._("You have all of your points still."),
        again=t._("Type a number"),
    )


def trouble(t: Texts) -> PageWords:
    return PageWords(
        headline=t._("Points cannot be saved right now"),
        line=t._("Your payment is complete. Please show your receipt at the counter."),
    )


def no_rewards(t: Texts) -> PageWords:
    """The shop is closed for a while, or takes orders only (STO-01, STO-15)."""
    return PageWords(
        headline=t._("This shop gives no points right now"),
        line=t._("Your payment is complete, and nothing was saved."),
    )


def receipt_title(t: Texts, offer: ReceiptOffer | None, *, of_slip: bool = False) -> str:
    if offer and of_slip:
        return t.n("Your slip: paid {paid}", paid=t.won(offer.paid_won))
    return t.n("Just paid {paid}", paid=t.won(offer.paid_won)) if offer else t._("You can type first")


def receipt_line(t: Texts, offer: ReceiptOffer | None) -> str:
    if offer is None:
        return t._("Points come with your receipt")
    if offer.stamps is not None:
        if not offer.stamps:
            return t._("This payment brings no stamp")
        return t.n("Your number earns [{points}]", points=stamp_count(t, offer.stamps))
    return t.n("Your number earns [{points}]", points=t.points(offer.points))


def number_hint(t: Texts, problem: PhoneProblem | None) -> str:
    if problem is None:
        return t._("Covered, so that nobody else can read it")
    if problem is PhoneProblem.SELF_ISSUE:
        return t._("This is the cash receipt number. Please type your own.")
    return t._("This is not a mobile number. Please check it.")
