"""Owns the words of notices: one line each in the bell, one strip each on the home page. No Qt."""

from __future__ import annotations

from datetime import date

from agent.home.state import Warn
from agent.notices.types import Told
from agent.texts import Texts
from rules.notices import NoticeKind, Oddity

_PAGES = {
    NoticeKind.RECOVERED.value: "people",
    NoticeKind.RECOVERY_DAY_LIMIT.value: "people",
    NoticeKind.RECOVERY_WEEK_LIMIT.value: "people",
    NoticeKind.RECOVERY_SHARE_LIMIT.value: "people",
    NoticeKind.REPORT_MISSING.value: "stock",
    NoticeKind.REPORT_RATE.value: "stock",
    NoticeKind.SUSPECTED_CLOSURE.value: "stock",
    NoticeKind.LOW_STOCK.value: "stock",
    NoticeKind.ORDER_DUE.value: "orders",
}


def page_of(told: Told) -> str:
    """The page that has more about it; the first page for everything else."""
    if told.kind == NoticeKind.ANOMALY.value and told.text("day"):  # of a report
        return "stock"
    return _PAGES.get(told.kind, "home")


def notice_words(t: Texts, told: Told) -> str:
    """A notice as a sentence; one of a later version says that there is something to look at."""
    name, day = told.text("name") or t._("Somebody"), _day(told.text("day"))
    match told.kind:
        case NoticeKind.AUTO_APPROVED.value:
            return t.n("{n} approved by themselves on {day}", n=told.count, day=day)
        case NoticeKind.REPORT_MISSING.value:
            return t.n("The report of {day} is missing", day=day)
        case NoticeKind.LOW_STOCK.value if told.number("days"):
            return t.n("Cup holders for {n} days, time to order", n=told.number("days"))
        case NoticeKind.LOW_STOCK.value:
            return t.n("{n} cup holders left, time to order", n=t.number(told.number("stock")))
        case NoticeKind.SLOW_APPROVAL.value:
            return t.n(
                "{n} of {m} requests ran out of time in thirty days", n=told.number("times"), m=told.number("of")
            )
        case NoticeKind.MANY_RECOVERIES.value:
            return t.n("{n} approvals were taken back today", n=told.number("times"))
        case NoticeKind.SAME_COUPON.value:
            return t.n("One coupon was taken back and approved again {n} times", n=told.number("approved_again"))
        case NoticeKind.COMPLAINT.value:
            return t._("A customer disputes a request. Head office is looking at it")
        case NoticeKind.REPORT_RATE.value:
            return t.n("Report rate {rate} %: keep reporting every day", rate=told.number("rate_bp") // 100)
        case NoticeKind.ANOMALY.value if day:
            return t.n("The report of {day} is far from the day before", day=day)
        case NoticeKind.ANOMALY.value:
            return _oddity(t, told)
        case NoticeKind.GRADE_CHANGE.value:
            return t.n("The store's grade is now {grade}", grade=told.text("grade"))
        case NoticeKind.ORDER_DUE.value:
            return t.n("Order {number} is for {time}", number=told.text("number"), time=t.clock(told.number("due_ms")))
        case NoticeKind.DEVICE_SILENT.value:
            return t.n("Nothing is heard of “{name}”", name=told.text("label") or t._("another counter"))
        case NoticeKind.SUSPECTED_CLOSURE.value:
            return t.n("{n} days without a report or a use: is the store closed?", n=told.number("days"))
        case NoticeKind.RECOVERED.value if told.count > 1:
            return t.n("{name}: {n} approvals were taken back", name=name, n=told.count)
        case NoticeKind.RECOVERED.value:
            return t.n("{name}: an approval was taken back", name=name)
        case NoticeKind.RECOVERY_DAY_LIMIT.value:
            return t.n("{name} took back {n} today", name=name, n=told.number("own_day"))
        case NoticeKind.RECOVERY_WEEK_LIMIT.value:
            n = told.number("own_week")
            return t.n("{name} took back {n} in seven days; the right is suspended", name=name, n=n)
        case NoticeKind.RECOVERY_SHARE_LIMIT.value:
            values = {"name": name, "n": told.number("own_week"), "m": told.number("store_week")}
            return t.n("{name} made {n} of the shop's {m} take-backs in seven days; the right is suspended", **values)
        case _:
            return t._("Head office has a notice for this store")


def _oddity(t: Texts, told: Told) -> str:
    match told.text("what"):
        case Oddity.LARGE_PAYMENT.value:
            return t.n("A payment of {won} was reported: please check it", won=t.won(told.number("paid_won")))
        case Oddity.OFFLINE_SPEND.value if told.number("loss_points"):
            return t.n("{points} spent without a line were not covered", points=t.points(told.number("loss_points")))
        case Oddity.OFFLINE_SPEND.value:
            return t._("More points were spent without a line than agreed")
        case Oddity.DEVICE_FORKED.value:
            return t._("Two counters speak with one identity: one of them has to join anew")
        case _:
            return t._("Head office has a notice for this store")


def urgent_warnings(t: Texts, urgent: tuple[Told, ...]) -> tuple[Warn, ...]:
    """For the home page: what is urgent stands there until it is done or seen."""
    return tuple(_warning(t, told) for told in urgent)


def _warning(t: Texts, told: Told) -> Warn:
    missing = told.kind == NoticeKind.REPORT_MISSING.value
    page = page_of(told)
    return Warn(
        notice_words(t, told),
        "bell",
        "amber",
        t._("Gone once it is reported") if missing else "",
        "" if page == "home" else t._("Report now") if missing else t._("Look"),
        "" if page == "home" else page,
    )


def _day(text: str) -> str:
    """``11-27``; nothing for what is no day."""
    try:
        return f"{date.fromisoformat(text):%m-%d}"
    except ValueError:
        return ""
