"""What a store says of itself: address, pin, customers, district, ads (STO-03 to 05, 08, 09); visits (STO-12)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select, update

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.staff import audit
from cloud_api.staff.audit import Author
from cloud_api.stores.models import store_detail, store_visit
from cloud_api.stores.service import lock_store, profile_of, write_profile
from rules.stores import AdAcceptance, Onboarding, details_problems


def day(text: str) -> date:
    """A day as routes take it."""
    return date.fromisoformat(text)


@dataclass(frozen=True)
class Details:
    """``shares``: male, female and the five ages, in percent. The pin is in millionths of a degree; None: where the
    address says."""

    road_address: str
    detail_address: str
    phone: str
    ads: AdAcceptance
    groups: tuple[str, ...]
    districts: tuple[str, ...]
    school_level: str | None
    male_percent: int
    female_percent: int
    age_percents: dict[str, int]
    latitude_e6: int | None = None
    longitude_e6: int | None = None

    def shown(self) -> dict[str, Any]:
        """As programs get it."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return values | {"ads": self.ads.value, "groups": list(self.groups), "districts": list(self.districts)}


def first(work: Work, store_id: str, form: Onboarding, ads: AdAcceptance) -> None:
    """What the application said."""
    told = Details(
        form.address,
        "",
        form.phone,
        ads,
        tuple(form.groups),
        tuple(form.districts),
        form.school_level,
        form.male_percent,
        form.female_percent,
        dict(form.age_percents),
    )
    work.conn.execute(insert(store_detail).values(store_id=store_id, version=1, **_columns(work, told)))


def change(work: Work, store_id: str, wanted: Details, name: str | None, by: Author) -> dict[str, Any]:
    """Replaces them, and with ``name`` the store's name. Raises ApiError ``store_unknown``, ``invalid``."""
    problems = details_problems(
        wanted.groups,
        wanted.districts,
        wanted.school_level,
        (wanted.male_percent, wanted.female_percent),
        wanted.age_percents,
    )
    if problems:
        fields = [{"field": f"body.{problem.value}", "problem": "refused"} for problem in problems]
        raise ApiError("invalid", extra={"fields": fields})
    lock_store(work, store_id)
    before = of_store(work.conn, store_id)
    here = store_detail.c.store_id == store_id
    values = _columns(work, wanted)
    again = update(store_detail).where(here).values(version=store_detail.c.version + 1, **values)
    if work.conn.execute(again).rowcount == 0:
        work.conn.execute(insert(store_detail).values(store_id=store_id, version=1, **values))
    if name is not None:
        write_profile(work, store_id, name=name)
    now = of_store(work.conn, store_id)
    was, became = audit.changed(_masked(before), _masked(now))
    audit.write(work, by, "store.details", store_id, store_id=store_id, before=was, after=became)
    assert now is not None
    return now


def _masked(told: dict[str, Any] | None) -> dict[str, Any]:
    """For the log, which names nobody's number."""
    return {} if told is None else told | {"phone": "…" + told["phone"][-4:]}


def _columns(work: Work, told: Details) -> dict[str, Any]:
    shares = {"male": told.male_percent, "female": told.female_percent, "ages": told.age_percents}
    return {
        "road_address": told.road_address,
        "detail_address": told.detail_address,
        "phone": told.phone,
        "latitude_e6": told.latitude_e6,
        "longitude_e6": told.longitude_e6,
        "ads": told.ads.value,
        "groups": json.dumps(told.groups),
        "districts": json.dumps(told.districts),
        "school_level": told.school_level,
        "shares": json.dumps(shares),
        "changed_ms": work.now_ms,
    }


def of_store(conn: Connection, store_id: str) -> dict[str, Any] | None:
    """With the store's name; None when nobody has said anything yet. Raises ApiError ``store_unknown``."""
    profile = profile_of(conn, store_id)
    if profile is None:
        raise ApiError("store_unknown")
    row = conn.execute(select(store_detail).where(store_detail.c.store_id == store_id)).one_or_none()
    if row is None:
        return None
    shares = json.loads(row.shares)
    told = Details(
        row.road_address,
        row.detail_address,
        row.phone,
        AdAcceptance(row.ads),
        tuple(json.loads(row.groups)),
        tuple(json.loads(row.districts)),
        row.school_level,
        shares["male"],
        shares["female"],
        shares["ages"],
        row.latitude_e6,
        row.longitude_e6,
    )
    return told.shown() | {"name": profile.name, "version": row.version}


@dataclass(frozen=True)
class Visit:
    """STO-12."""

    visited_by: str
    delegate: bool
    passed: bool
    findings: str


def record_visit(work: Work, store_id: str, visit: Visit, by: Author) -> dict[str, Any]:
    """Keeps it. Raises ApiError ``store_unknown``."""
    lock_store(work, store_id)
    values = {name: getattr(visit, name) for name in visit.__dataclass_fields__}
    made = {"visit_id": work.ids.uuid7(), "store_id": store_id, "visited_ms": work.now_ms, **values}
    work.conn.execute(insert(store_visit).values(**made))
    audit.write(work, by, "store.visit", made["visit_id"], store_id=store_id, after={"passed": visit.passed})
    return made


def visits(conn: Connection, store_id: str) -> list[dict[str, Any]]:
    """The newest first."""
    query = select(store_visit).where(store_visit.c.store_id == store_id)
    rows = conn.execute(query.order_by(store_visit.c.visited_ms.desc(), store_visit.c.visit_id.desc()))
    return [dict(row._mapping) for row in rows]


def forget(work: Work, store_id: str) -> None:
    """Where it was and how to reach it; what kind of district and customers it had are statistics and stay (RBA-16)."""
    row = work.conn.execute(select(store_detail).where(store_detail.c.store_id == store_id)).one_or_none()
    if row is None:
        return
    gone = {"road_address": "", "detail_address": "", "phone": "", "latitude_e6": None, "longitude_e6": None}
    work.conn.execute(update(store_detail).where(store_detail.c.store_id == store_id).values(**gone))
