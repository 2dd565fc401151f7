"""HTTP of opening hours, daily reports and cup holders, for consoles and apps of head office."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field, StrictBool, StrictInt
from sqlalchemy import insert
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.database import Work
from cloud_api.documents import HOURS_EXAMPLE, REPORT_EXAMPLE, STOCK_EXAMPLE, answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, Day, IdempotencyKey, Name, PathId, Text
from cloud_api.http import json_response
from cloud_api.integrators.service import Repeatable, once
from cloud_api.staff import audit
from cloud_api.staff.acting import Acting, HeadOffice, may
from cloud_api.stock import reports, rounds
from cloud_api.stock.facts import Report
from cloud_api.stock.models import refusal
from cloud_api.stores.hours import hours_of, set_hours, to_wire
from cloud_api.stores.service import profile_of
from rules.consumption import MAX_PIECES
from rules.cupholders import OrderRounding
from rules.hours import DayHours, StoreHours
from rules.permissions import Permission
from rules.refusals import RefusalReason, group_of, refusal_valid

router = APIRouter(prefix="/v1/stores/{store_id}", tags=["stores"])

ForInfo = Annotated[Acting, Depends(may(Permission.STORE_INFO))]
ForReports = Annotated[Acting, Depends(may(Permission.DAILY_REPORT))]
ForStock = Annotated[Acting, Depends(may(Permission.STOCK_VIEW))]
ForOrders = Annotated[Acting, Depends(may(Permission.ORDER_CUP_HOLDERS))]
RoundNumber = Annotated[int, Path(ge=1, le=100_000)]
PIECES_MAX = 10_000_000
HOLIDAYS_MAX = 400
DAYS_MAX = 366


Minute = Annotated[StrictInt, Field(ge=0, le=2_880)]
Pieces = Annotated[StrictInt, Field(ge=0, le=PIECES_MAX)]


class Hours(Body):
    always_open: StrictBool = False
    weekly: Annotated[list[tuple[Minute, Minute] | None], Field(min_length=7, max_length=7)]
    holidays: Annotated[tuple[Day, ...], Field(max_length=HOLIDAYS_MAX)] = ()


@router.get(
    "/hours",
    summary="When a store is open",
    responses=errors("unauthorized", "store_unknown") | {200: answer(HOURS_EXAMPLE, "Minutes after midnight")},
)
def read_hours(store_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """Monday first, null where closed; what passes 1,440 is after midnight. A store that has set none never closes."""
    with cloud.database.read() as conn:
        _known(conn, store_id)
        return json_response(to_wire(hours_of(conn, store_id)))


@router.post(
    "/hours",
    summary="Set when a store is open",
    responses=errors("unauthorized", "not_allowed", "employee_unknown", "store_unknown", "hours_refused", "invalid")
    | {200: answer(HOURS_EXAMPLE, "Set; the store's devices know it a moment later")},
)
def write_hours(store_id: PathId, body: Hours, cloud: TheCloud, by: ForInfo) -> Response:
    """Replaces hours and holidays."""
    weekly = tuple(None if span is None else DayHours(*span) for span in body.weekly)
    hours = StoreHours(weekly, frozenset(date.fromisoformat(day) for day in body.holidays), body.always_open)

    def job(work: Work) -> dict[str, Any]:
        before = to_wire(hours_of(work.conn, store_id))
        now = to_wire(set_hours(work, store_id, hours))
        was, became = audit.changed(before, now)
        audit.write(work, by.author, "store.hours", store_id, store_id=store_id, before=was, after=became)
        return now

    return json_response(cloud.database.transact(job))


class NewReport(Body):
    day: Day
    pieces: Annotated[StrictInt, Field(ge=0, le=MAX_PIECES)]
    actor: Name


@router.post(
    "/reports",
    summary="Report the cup holders of a day",
    responses=errors(
        "unauthorized",
        "not_allowed",
        "employee_unknown",
        "store_unknown",
        "report_read_only",
        "report_not_yet",
        "report_quantity",
        "invalid",
    )
    | {200: answer({"report": REPORT_EXAMPLE, "oddities": ["surge"]}, "What stands for the day now")},
)
def report(store_id: PathId, body: NewReport, cloud: TheCloud, _by: ForReports) -> Response:
    """``oddities`` name what a person should look at; none of them refuses a number. The same number again changes
    nothing."""
    fact_day = date.fromisoformat(body.day)

    def job(work: Work) -> dict[str, Any]:
        _known(work.conn, store_id)
        done = reports.submit(work, store_id, Report(fact_day, body.pieces, work.now_ms), body.actor)
        if not done.accepted:
            raise ApiError(f"report_{done.answer.value}")
        rounds.after_report(work, store_id)
        return {"report": done.report, "oddities": list(done.oddities)}

    return json_response(cloud.database.transact(job))


@router.get(
    "/reports",
    summary="Daily reports",
    responses=errors("unauthorized", "store_unknown", "invalid")
    | {200: answer({"reports": [REPORT_EXAMPLE], "rate_bp": 9666}, "Oldest first")},
)
def list_reports(
    store_id: PathId,
    cloud: TheCloud,
    _key: KeyId,
    since: Annotated[str, Query(pattern=r"^\d{4}-\d{2}-\d{2}$")],
    days: Annotated[int, Query(ge=1, le=DAYS_MAX)] = 31,
) -> Response:
    """``days`` of them from ``since`` on. ``rate_bp``: share of business days of six months with a report in time."""
    first, last = _span(since, days)
    with cloud.database.read() as conn:
        _known(conn, store_id)
        created_ms = rounds.created_ms(conn, store_id)
        found = reports.between(conn, store_id, first, last)
        rate = reports.rate_bp(conn, store_id, cloud.clock(), created_ms)
    return json_response({"reports": found, "rate_bp": rate})


@router.get(
    "/reports/take-out",
    summary="Daily reports beside take-out orders",
    responses=errors("unauthorized", "not_allowed", "employee_unknown", "store_unknown", "invalid")
    | {200: answer({"days": [{"day": "2026-11-26", "reported": 128, "take_out": 97, "gap": 31}]}, "Oldest first")},
)
def against_take_out(
    store_id: PathId,
    cloud: TheCloud,
    _by: ForStock,
    since: Annotated[str, Query(pattern=r"^\d{4}-\d{2}-\d{2}$")],
    days: Annotated[int, Query(ge=1, le=DAYS_MAX)] = 31,
) -> Response:
    """``gap``: pieces that were reported beyond the take-out orders paid through us; for people to look at."""
    first, last = _span(since, days)
    with cloud.database.read() as conn:
        _known(conn, store_id)
        return json_response({"days": reports.against_take_out(conn, store_id, first, last)})


def _span(since: str, days: int) -> tuple[date, date]:
    try:
        first = date.fromisoformat(since)
        return first, first + timedelta(days=days - 1)
    except (ValueError, OverflowError):
        raise ApiError("invalid", extra={"fields": [{"field": "query.since", "problem": "date"}]}) from None


@router.get(
    "/stock",
    summary="A store's cup holders",
    responses=errors("unauthorized", "not_allowed", "employee_unknown", "store_unknown")
    | {200: answer(STOCK_EXAMPLE, "Stock, rounds, what to order")},
)
def stock(store_id: PathId, cloud: TheCloud, _by: ForStock) -> Response:
    """Everything in pieces."""
    with cloud.database.read() as conn:
        _known(conn, store_id)
        return json_response(rounds.overview(conn, store_id, cloud.clock()))


class StockSettings(Body):
    threshold_percent: StrictInt = 30
    cycle_days: StrictInt = rounds.CYCLE_DAYS
    expected_daily: Pieces = rounds.EXPECTED_DAILY
    contracted: Pieces = 0
    rounding: OrderRounding = OrderRounding.HALF_UP


@router.post(
    "/stock/settings",
    summary="Set how a store orders cup holders",
    responses=errors("unauthorized", "not_allowed", "employee_unknown", "store_unknown", "invalid")
    | {200: answer(STOCK_EXAMPLE, "As it is now")},
)
def settings(store_id: PathId, body: StockSettings, cloud: TheCloud, _by: ForOrders) -> Response:
    """The threshold is 20 to 40 percent of the stock after the last delivery."""
    wanted = rounds.Setting(**body.model_dump())
    return json_response(cloud.database.transact(lambda work: rounds.change_setting(work, store_id, wanted)))


class NewStockOrder(Body):
    pieces: Pieces
    actor: Name
    idempotency_key: IdempotencyKey


@router.post(
    "/stock/orders",
    status_code=201,
    summary="Order cup holders",
    responses=errors(
        "unauthorized",
        "not_allowed",
        "employee_unknown",
        "store_unknown",
        "store_not_open",
        "stock_quantity",
        "idempotency_conflict",
        "invalid",
    )
    | {201: answer(STOCK_EXAMPLE, "Ordered")},
)
def order(store_id: PathId, body: NewStockOrder, cloud: TheCloud, key_id: KeyId, _by: ForOrders) -> Response:
    """In thousands; the next round of the store."""
    call = Repeatable(key_id, "stock_order", body.idempotency_key, body.model_dump(mode="json") | {"store": store_id})

    def job(work: Work) -> dict[str, Any]:
        order_id = work.ids.uuid7()
        return once(work, call, lambda: rounds.order(work, store_id, order_id, body.pieces, body.actor))

    return json_response(cloud.database.transact(job), 201)


class Received(Body):
    pieces: Pieces


@router.post(
    "/stock/rounds/{number}/receive",
    summary="Book the delivery of a round",
    responses=errors("unauthorized", "not_allowed", "store_unknown", "round_unknown", "already_received", "invalid")
    | {200: answer(STOCK_EXAMPLE, "Received")},
)
def receive(store_id: PathId, number: RoundNumber, body: Received, cloud: TheCloud, _by: HeadOffice) -> Response:
    """Once; the same quantity again changes nothing."""
    return json_response(cloud.database.transact(lambda work: rounds.receive(work, store_id, number, body.pieces)))


class TakenOff(Body):
    collected: Pieces = 0
    soiled: Pieces = 0


@router.post(
    "/stock/rounds/{number}/take-off",
    summary="Book pieces that are gone unused",
    responses=errors("unauthorized", "not_allowed", "store_unknown", "round_unknown", "stock_quantity", "invalid")
    | {200: answer(STOCK_EXAMPLE, "Taken off")},
)
def take_off(store_id: PathId, number: RoundNumber, body: TakenOff, cloud: TheCloud, _by: HeadOffice) -> Response:
    """The totals of the round: collected and soiled pieces count in no settlement."""
    terms = {"collected": body.collected, "soiled": body.soiled}
    return json_response(cloud.database.transact(lambda work: rounds.take_off(work, store_id, number, **terms)))


class NewRefusal(Body):
    campaign: Name
    reason: RefusalReason
    reason_text: Text = ""
    actor: Name
    idempotency_key: IdempotencyKey


@router.post(
    "/refusals",
    status_code=201,
    summary="Decline a campaign",
    responses=errors("unauthorized", "store_unknown", "idempotency_conflict", "invalid")
    | {201: answer({"refusal_id": "0198c5c0-7a11-7000-8000-0000000000a9", "group": "stock"}, "Declined")},
)
def decline(store_id: PathId, body: NewRefusal, cloud: TheCloud, key_id: KeyId) -> Response:
    """One of the form's reasons; ``other`` says which in ``reason_text``."""
    if not refusal_valid(body.reason, body.reason_text):
        raise ApiError("invalid", extra={"fields": [{"field": "body.reason_text", "problem": "missing"}]})
    call = Repeatable(key_id, "refusal", body.idempotency_key, body.model_dump(mode="json") | {"store": store_id})

    def make(work: Work) -> dict[str, Any]:
        _known(work.conn, store_id)
        refusal_id = work.ids.uuid7()
        values = body.model_dump(mode="json", exclude={"idempotency_key"})
        work.conn.execute(
            insert(refusal).values(refusal_id=refusal_id, store_id=store_id, created_ms=work.now_ms, **values)
        )
        return {"refusal_id": refusal_id, "group": group_of(body.reason).value}

    return json_response(cloud.database.transact(lambda work: once(work, call, lambda: make(work))), 201)


def _known(conn: Any, store_id: str) -> None:
    if profile_of(conn, store_id) is None:
        raise ApiError("store_unknown")
