"""The customer's screen in a browser: a thin client of the earn service with a session of its own (AGT-03)."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeGuard

from agent.assets import assets_folder
from agent.earn.service import EarnService
from agent.earn.types import (
    Earned,
    EntryOutcome,
    Expired,
    NoRewards,
    Refused,
    SubmitOutcome,
    TooManyEntries,
    UnknownEntry,
    Waiting,
)
from agent.lan.api import earned_json, to_json
from agent.lan.http import (
    ApiError,
    Guard,
    Reply,
    Request,
    Route,
    anyone,
    cookies_of,
    invalid,
    not_found,
    text_field,
)
from agent.spend.service import SpendService
from agent.spend.types import (
    NoNumber,
    NotSpent,
    SpendAsked,
    SpendNotNow,
    SpendOutcome,
    SpendRefused,
    SpendWaiting,
    Spent,
)
from rules.phone import PhoneProblem
from rules.spending import told_to_customers

COOKIE = "withfom_tablet"
AMOUNT_MAX = 100_000_000  # more is not a bill of a cafe
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".otf": "font/otf",
    ".ttf": "font/ttf",
    ".webmanifest": "application/manifest+json",
    ".json": "application/json; charset=utf-8",
}
# The page runs its own scripts only and may be framed by nobody.
_PAGE_HEADERS = (
    ("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"),
    ("Referrer-Policy", "no-referrer"),
)
PHONE_WORDS = {
    PhoneProblem.TOO_SHORT: ("번호가 짧아요.", "The number is too short."),
    PhoneProblem.TOO_LONG: ("번호가 길어요.", "The number is too long."),
    PhoneProblem.NOT_MOBILE: ("휴대폰 번호를 입력해 주세요.", "Type a mobile number."),
    PhoneProblem.NOT_DIGITS: ("숫자만 입력해 주세요.", "Digits only, please."),
    PhoneProblem.SELF_ISSUE: ("이 번호로는 적립할 수 없어요.", "This number cannot earn."),
}


def tablet_guard(session: str, tool: Guard) -> Guard:
    """The page with its session cookie, or a tool with the token of lan.json."""

    def guard(environ: Mapping[str, Any]) -> bool:
        given = cookies_of(environ).get(COOKIE, "")
        return hmac.compare_digest(given.encode(), session.encode()) or tool(environ)

    return guard


def tablet_routes(
    *,
    earn: EarnService,
    spend: SpendService,
    shown: Callable[[], dict[str, Any]],
    session: str,
    web: Path,
    fonts: Path,
    guard: Guard,
) -> Iterable[Route]:
    """The page and its calls. ``shown`` is what every tablet shows: shop, language, rate, online."""
    api = _TabletApi(earn, shown)
    pages = _Pages(web, fonts, session)
    yield Route("GET", "/tablet/", pages.index, anyone)
    yield Route("GET", "/tablet/{name}", pages.file, anyone)
    yield Route("GET", "/v1/tablet/state", api.state, guard)
    yield Route("POST", "/v1/tablet/entries", api.open_entry, guard)
    yield Route("GET", "/v1/tablet/entries/{entry_id}", api.entry, guard)
    yield Route("POST", "/v1/tablet/entries/{entry_id}/phone", api.phone, guard)
    yield Route("POST", "/v1/tablet/entries/{entry_id}/skip", api.skip, guard)
    spends = _SpendApi(spend)
    yield Route("POST", "/v1/tablet/spends", spends.open, guard)
    yield Route("POST", "/v1/tablet/spends/{spend_id}/ask", spends.ask, guard)
    yield Route("GET", "/v1/tablet/spends/{spend_id}", spends.outcome, guard)
    yield Route("POST", "/v1/tablet/spends/{spend_id}/withdraw", spends.withdraw, guard)


class _TabletApi:
    def __init__(self, earn: EarnService, shown: Callable[[], dict[str, Any]]) -> None:
        self._earn = earn
        self._shown = shown

    def state(self, request: Request) -> Reply:
        return Reply({**self._shown(), "offer": earned_json(self._earn.offer(_till(request.query)))})

    def open_entry(self, request: Request) -> Reply:
        till = _till(request.body)
        entry_id = self._earn.open_entry(till)
        return Reply({"entry_id": entry_id, "offer": earned_json(self._earn.offer(till))}, HTTPStatus.CREATED)

    def entry(self, request: Request) -> Reply:
        return Reply(_outcome_words(self._earn.entry_outcome(request.parts["entry_id"])))

    def phone(self, request: Request) -> Reply:
        digits = text_field(request.body, "digits", required=False, longest=1_000)
        return _submit_reply(self._earn.submit_phone(request.parts["entry_id"], digits))

    def skip(self, request: Request) -> Reply:
        self._earn.skip(request.parts["entry_id"])
        return Reply({"outcome": "skipped"})


class _SpendApi:
    """Points used at the tablet. What a number may spend is told only once staff have confirmed it (R9)."""

    def __init__(self, spend: SpendService) -> None:
        self._spend = spend

    def open(self, _request: Request) -> Reply:
        """The id of a request to be, so that a repeated call asks once."""
        return Reply({"spend_id": self._spend.new_id(), **to_json(self._spend.terms())}, HTTPStatus.CREATED)

    def ask(self, request: Request) -> Reply:
        points, payment_won = request.body.get("points"), request.body.get("payment_won")
        if not (_whole(payment_won) and (points is None or _whole(points))):
            raise invalid("invalid_field", "금액과 포인트를 확인해 주세요.", "Check points and payment_won.")
        digits = text_field(request.body, "digits", required=False, longest=1_000)
        match self._spend.ask(request.parts["spend_id"][:64], digits, points, payment_won):
            case SpendAsked():
                return Reply({"outcome": "asked"}, HTTPStatus.CREATED)
            case SpendRefused(limit):
                return Reply({"outcome": "refused", "why": told_to_customers(limit).value})
            case NoNumber(problem):
                korean, english = PHONE_WORDS[problem]
                words = {"problem": problem.value, "message": korean, "message_en": english}
                return Reply({"outcome": "no_number", **words})
            case SpendNotNow():
                return Reply({"outcome": "not_now"})

    def outcome(self, request: Request) -> Reply:
        return _spend_words(self._spend.outcome(request.parts["spend_id"]))

    def withdraw(self, request: Request) -> Reply:
        """The customer takes it back; answers how it stands then, which may be that staff were faster (APR-14)."""
        return _spend_words(self._spend.withdraw(request.parts["spend_id"]))


def _spend_words(outcome: SpendOutcome) -> Reply:
    match outcome:
        case SpendWaiting(_, remaining_ms):
            return Reply({"outcome": "waiting", "remaining_ms": remaining_ms})
        case Spent(points, left_won):
            return Reply({"outcome": "spent", "points": points, "left_won": left_won})
        case NotSpent(taken_back):
            return Reply({"outcome": "not_spent", "taken_back": taken_back})
        case _:
            raise not_found()


def _whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= AMOUNT_MAX


class _Pages:
    """Files of one folder, by plain name only."""

    def __init__(self, web: Path, fonts: Path, session: str) -> None:
        self._web = web
        self._fonts = fonts
        self._session = session

    def index(self, _request: Request) -> Reply:
        # Whoever can load the page from this machine or the shop's network may type a number; nothing else.
        cookie = f"{COOKIE}={self._session}; Path=/; HttpOnly; SameSite=Strict"
        return self._read("index.html", (("Set-Cookie", cookie),))

    def file(self, request: Request) -> Reply:
        if request.parts["name"] == "index.html":
            return self.index(request)
        return self._read(request.parts["name"], ())

    def _read(self, name: str, headers: tuple[tuple[str, str], ...]) -> Reply:
        # The font is the one of the windows; it lies with the other assets.
        path = assets_folder() / "fonts" / name if name.startswith("Pretendard-") else self._web / name
        kind = _TYPES.get(path.suffix)
        if kind is None or path.name != name or name.startswith(".") or not path.is_file():
            raise not_found()
        return Reply(path.read_bytes(), content_type=kind, headers=(*_PAGE_HEADERS, *headers))


def _till(values: Mapping[str, Any]) -> str:
    till = values.get("till", "1")
    if not isinstance(till, str) or not (till.isascii() and till.isalnum() and len(till) <= 8):
        raise invalid("invalid_field", "'till' 값을 확인해 주세요.", "Check the value of 'till'.")
    return till


def _submit_reply(outcome: SubmitOutcome) -> Reply:
    if isinstance(outcome, Refused):
        # A typing mistake is an ordinary answer of this screen, so it comes with 200 like the others.
        korean, english = PHONE_WORDS[outcome.problem]
        words = {"problem": outcome.problem.value, "message": korean, "message_en": english}
        return Reply({"outcome": "refused", **words})
    if isinstance(outcome, TooManyEntries):
        seconds = -(-outcome.retry_after_ms // 1000)
        raise ApiError(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too_many_entries",
            "번호 입력이 너무 많아요. 직원에게 알려 주세요.",
            "Too many numbers were typed. Please tell the staff.",
            extra={"outcome": "too_many", "retry_after_ms": outcome.retry_after_ms},
            headers=[("Retry-After", str(seconds))],
        )
    if isinstance(outcome, NoRewards):
        raise ApiError(
            HTTPStatus.CONFLICT,
            "no_rewards",
            "지금은 적립하지 않는 매장이에요.",
            "This shop gives no points right now.",
            extra={"outcome": "no_rewards"},
        )
    if isinstance(outcome, UnknownEntry):
        raise not_found()
    return Reply(_outcome_words(outcome))


def _outcome_words(outcome: EntryOutcome) -> dict[str, Any]:
    match outcome:
        case Earned():
            return {"outcome": "earned", **earned_json(outcome)}
        case Waiting():
            return {"outcome": "waiting", **to_json(outcome)}
        case Expired():
            return {"outcome": "expired"}
        case _:
            return {"outcome": "open"}
