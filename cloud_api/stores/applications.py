"""Shops that want to join: what they fill in, the review, and what an approval makes of it (STO-02 to 08, 13, 14)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update

from cloud_api.database import Work
from cloud_api.devices.enrollment import issue_code
from cloud_api.errors import ApiError
from cloud_api.staff import audit
from cloud_api.staff import service as staff
from cloud_api.staff.audit import Author
from cloud_api.staff.service import NewEmployee
from cloud_api.stores import details
from cloud_api.stores.hours import set_hours, to_wire
from cloud_api.stores.models import store, store_application
from cloud_api.stores.service import NewStore, Policy, create_store, write_profile
from cloud_api.vault import Vault
from rules.hours import DayHours, StoreHours
from rules.pin import pin_problem
from rules.recovery import Role
from rules.stores import (
    AdAcceptance,
    Onboarding,
    StoreKind,
    StoreState,
    decision_valid,
    onboarding_problems,
    store_move_allowed,
)

CHECKS = ("business", "photos", "prices", "address")  # what a reviewer has looked at (STO-07)
PIN_DIGITS = 6
_LISTS = ("groups", "districts", "prices_won")
_PLAIN = tuple(name for name in Onboarding.__dataclass_fields__ if name not in (*_LISTS, "age_percents", "hours"))
PAGE_MAX = 200


@dataclass(frozen=True)
class Form:
    """What a shop fills in, and what it chose beside it: its service type (STO-01) and which advertising (STO-08)."""

    onboarding: Onboarding
    brand_name: str
    kind: StoreKind
    ads: AdAcceptance
    documents: tuple[str, ...] = ()  # where the scan and the photos lie

    def to_json(self) -> dict[str, Any]:
        told = self.onboarding
        plain = {name: getattr(told, name) for name in _PLAIN}
        lists = {name: list(getattr(told, name)) for name in _LISTS}
        chosen = {"brand_name": self.brand_name, "service_type": self.kind.value, "ads": self.ads.value}
        return (
            plain
            | lists
            | chosen
            | {
                "age_percents": dict(told.age_percents),
                "hours": to_wire(told.hours),
                "documents": list(self.documents),
            }
        )


def read_form(raw: dict[str, Any]) -> Form:
    """The form as ``to_json`` wrote it, and as routes get it."""
    names = (*_PLAIN, "age_percents")
    lists: dict[str, Any] = {name: tuple(raw[name]) for name in _LISTS}
    hours = raw["hours"]
    weekly = tuple(None if span is None else DayHours(*span) for span in hours["weekly"])
    holidays = frozenset(details.day(text) for text in hours["holidays"])
    opened = StoreHours(weekly, holidays, hours["always_open"])
    told = Onboarding(**{name: raw[name] for name in names}, **lists, hours=opened)
    documents = tuple(raw["documents"])
    return Form(told, raw["brand_name"], StoreKind(raw["service_type"]), AdAcceptance(raw["ads"]), documents)


def submit(work: Work, vault: Vault, form: Form, by: Author, application_id: str | None = None) -> dict[str, Any]:
    """A new application, or with its id a rejected one that was mended. Raises ApiError ``application_refused`` with
    everything that is to be mended, ``business_taken``, ``application_unknown``, ``already_decided``."""
    problems = onboarding_problems(form.onboarding)
    if problems:
        raise ApiError("application_refused", extra={"problems": [problem.value for problem in problems]})
    digests = vault.digests(business_secret(form.onboarding.business_no))
    before = None if application_id is None else _find(work, application_id)
    if before is not None and not store_move_allowed(StoreState(before.state), StoreState.PENDING):
        raise ApiError("already_decided", extra={"state": before.state})
    _refuse_taken(work.conn, digests, application_id)
    which = application_id or work.ids.uuid7()
    values = {
        "version": 1 if before is None else before.version + 1,
        "state": StoreState.PENDING.value,
        "name": form.onboarding.name,
        "business_digest": digests[-1],
        "form_sealed": vault.seal(json.dumps(form.to_json(), ensure_ascii=False).encode(), place=form_place(which)),
        "reason": "",
        "submitted_ms": work.now_ms,
        "decided_ms": None,
        "decided_by": None,
    }
    if before is None:
        work.conn.execute(insert(store_application).values(application_id=which, **values))
    else:
        here = store_application.c.application_id == which
        work.conn.execute(update(store_application).where(here).values(**values))
    audit.write(work, by, "application.submit", which, after={"state": "pending", "version": values["version"]})
    return shown(_find(work, which))


def business_secret(business_no: str) -> str:
    """What a business is known by: the digits of its number."""
    return "".join(ch for ch in business_no if ch.isdigit())


def _refuse_taken(conn: Connection, digests: Sequence[str], but: str | None) -> None:
    """One business, one store: an open application or a store that is not closed stands in the way."""
    c = store_application.c
    query = (
        select(c.application_id)
        .outerjoin(store, store.c.store_id == c.store_id)
        .where(
            c.business_digest.in_(digests),
            c.state != StoreState.REJECTED.value,
            or_(c.store_id.is_(None), store.c.state != StoreState.CLOSED.value),
        )
    )
    if any(row.application_id != but for row in conn.execute(query)):
        raise ApiError("business_taken")


def reject(work: Work, application_id: str, reason: str, by: Author) -> dict[str, Any]:
    """STO-07: with a reason, which the shop reads. Raises ApiError ``application_unknown``, ``already_decided``."""
    assert decision_valid(StoreState.REJECTED, reason), "routes take no empty reason"
    _decide(work, application_id, StoreState.REJECTED, by, reason=reason)
    return shown(_find(work, application_id))


def approve(work: Work, vault: Vault, application_id: str, checked: frozenset[str], by: Author) -> dict[str, Any]:
    """The store, its owner and a code for its first counter (STO-07, RBA-02). The owner's PIN is in this answer and
    nowhere else. Raises ApiError ``application_unknown``, ``already_decided``, ``application_unchecked``."""
    missing = [check for check in CHECKS if check not in checked]
    if missing:
        raise ApiError("application_unchecked", extra={"missing": missing})
    row = _decide(work, application_id, StoreState.APPROVED, by)
    form = read_form(opened(vault, row))
    wanted = NewStore(form.onboarding.name, form.brand_name, form.kind.value)
    made = create_store(work, vault, wanted, Policy())
    set_hours(work, made.store_id, form.onboarding.hours)
    details.first(work, made.store_id, form.onboarding, form.ads)
    write_profile(work, made.store_id, state=StoreState.APPROVED.value, state_since_ms=work.now_ms)
    here = store_application.c.application_id == application_id
    work.conn.execute(update(store_application).where(here).values(store_id=made.store_id))
    pin = new_pin()
    owner = staff.add(work, vault, made.store_id, NewEmployee(form.onboarding.owner[:60], Role.OWNER, pin))
    code = issue_code(work, made.store_id, "agent", "카운터")
    return shown(_find(work, application_id)) | {
        "owner": owner,
        "owner_pin": pin,
        "enrollment": {"code": code.code, "expires_ms": code.expires_ms},
    }


def new_pin() -> str:
    """Six digits that are not easy to guess."""
    while True:
        pin = "".join(secrets.choice("0123456789") for _ in range(PIN_DIGITS))
        if pin_problem(pin) is None:
            return pin


def _decide(work: Work, application_id: str, to: StoreState, by: Author, reason: str = "") -> Any:
    row = _find(work, application_id)
    if not store_move_allowed(StoreState(row.state), to) or row.state != StoreState.PENDING:
        raise ApiError("already_decided", extra={"state": row.state})
    values = {"state": to.value, "reason": reason, "decided_ms": work.now_ms, "decided_by": by.label}
    here = store_application.c.application_id == application_id
    work.conn.execute(update(store_application).where(here).values(**values))
    before, after = {"state": row.state}, {"state": to.value}
    audit.write(work, by, "application.decide", application_id, before=before, after=after, reason=reason)
    return row


def _find(work: Work, application_id: str) -> Any:
    """Locked: two reviewers may decide at once."""
    query = select(store_application).where(store_application.c.application_id == application_id).with_for_update()
    row = work.conn.execute(query).one_or_none()
    if row is None:
        raise ApiError("application_unknown")
    return row


def opened(vault: Vault, row: Any) -> dict[str, Any]:
    """The form of an application; nothing of one that was forgotten."""
    if row.form_sealed is None:
        return {}
    form: dict[str, Any] = json.loads(vault.open(row.form_sealed, place=form_place(row.application_id)))
    return form


def form_place(application_id: str) -> str:
    """What a sealed form is bound to."""
    return f"application/{application_id}/form"


def look(work: Work, vault: Vault, application_id: str, by: Author) -> dict[str, Any]:
    """The application with its form; that somebody read it is written down (RBA-11)."""
    row = _find(work, application_id)
    audit.write(work, by, "application.view", application_id)
    return shown(row) | {"form": opened(vault, row)}


def listed(conn: Connection, state: StoreState | None, limit: int) -> list[dict[str, Any]]:
    """Oldest first, as they are to be looked at."""
    query = select(store_application)
    if state is not None:
        query = query.where(store_application.c.state == state.value)
    rows = conn.execute(
        query.order_by(store_application.c.submitted_ms, store_application.c.application_id).limit(limit)
    )
    return [shown(row) for row in rows]


def shown(row: Any) -> dict[str, Any]:
    """Without the form."""
    names = ("application_id", "version", "state", "name", "reason", "submitted_ms", "decided_ms", "decided_by")
    return {name: getattr(row, name) for name in names} | {"store_id": row.store_id}


def forget(work: Work, store_id: str) -> None:
    """The form of a store that has left: names, numbers and the account go, that it was here stays (RBA-16)."""
    here = store_application.c.store_id == store_id
    work.conn.execute(update(store_application).where(here).values(form_sealed=None, name="", business_digest=""))
