"""Making brands and stores, versioned policies, and what a store's devices are told about them (PNT-04, AGT-11)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from cloud_api.clock import DAY_MS
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.exchange import Asked, Statement
from cloud_api.gateway import feeds
from cloud_api.ledger.service import open_brand_accounts, open_store_accounts
from cloud_api.notices import centre
from cloud_api.notices.centre import News
from cloud_api.stores.models import brand, brand_policy, store, store_hours
from cloud_api.vault import Vault
from rules.accrual import AccrualPolicy
from rules.alerts import AlertMode
from rules.calendar import local_day
from rules.notices import NoticeKind
from rules.requests import TIMEOUT_MS
from rules.spending import SpendPolicy
from rules.stores import StoreState
from sync.protocol import FeedKind


@dataclass(frozen=True)
class Policy:
    """How a brand's stores earn, how long points live, how long a store may think about a request, and what customers
    may spend while a counter has no line.

    ``lot_valid_days`` 0 means for ever. Corrections above ``adjustment_limit_points`` need a second person. A zero
    among the ``offline_…`` fields switches spending without a line off.
    """

    version: int = 1
    rate_bp: int = 100
    minimum_payment_won: int = 0
    request_timeout_ms: int = TIMEOUT_MS
    lot_valid_days: int = 1_827
    adjustment_limit_points: int = 50_000
    use_unit: int = 1
    offline_store_day_won: int = 30_000
    offline_member_won: int = 5_000
    offline_snapshot_max_ms: int = DAY_MS
    auto_approve_max_won: int = 0  # what is worth more is never approved by silence; 0: no such limit
    payment_max_percent: int = 100  # of one payment that points may cover (PNT-12)
    store_day_max_points: int = 0  # that all customers of one store may use in a day; 0: no such limit (PNT-12)
    earning: str | None = None  # JSON of the brand's programme, see ``stores.earning``; counters get it by itself

    @property
    def accrual(self) -> AccrualPolicy:
        return AccrualPolicy(self.version, self.rate_bp, self.minimum_payment_won)

    @property
    def spending(self) -> SpendPolicy:
        return SpendPolicy(
            self.use_unit,
            self.offline_store_day_won,
            self.offline_member_won,
            self.offline_snapshot_max_ms,
            self.payment_max_percent,
            self.store_day_max_points,
        )

    def to_wire(self) -> dict[str, Any]:
        """What devices need of it."""
        return {
            "version": self.version,
            "rate_bp": self.rate_bp,
            "minimum_payment_won": self.minimum_payment_won,
            "request_timeout_ms": self.request_timeout_ms,
            "lot_valid_days": self.lot_valid_days,
            "use_unit": self.use_unit,
            "offline_store_day_won": self.offline_store_day_won,
            "offline_member_won": self.offline_member_won,
            "offline_snapshot_max_ms": self.offline_snapshot_max_ms,
            "auto_approve_max_won": self.auto_approve_max_won,
            "payment_max_percent": self.payment_max_percent,
            "store_day_max_points": self.store_day_max_points,
        }


@dataclass(frozen=True)
class Profile:
    """A store as its devices know it."""

    store_id: str
    name: str
    brand_id: str
    brand_name: str
    service_type: str
    plan: str
    grade: str
    opens_minute: int | None = None
    hours: dict[str, Any] | None = None  # as ``stores.hours`` tells them; None: nobody has said
    state: StoreState = StoreState.APPROVED
    state_reason: str = ""
    alert_mode: AlertMode = AlertMode.BOTH

    def to_wire(self) -> dict[str, Any]:
        told = {} if self.hours is None else {"hours": self.hours}
        return told | {
            "store_id": self.store_id,
            "name": self.name,
            "brand_name": self.brand_name,
            "service_type": self.service_type,
            "plan": self.plan,
            "grade": self.grade,
            "opens_minute": self.opens_minute,
            "state": self.state.value,
            "state_reason": self.state_reason,
            "alert_mode": self.alert_mode.value,
        }


@dataclass(frozen=True)
class NewStore:
    name: str
    brand_name: str
    service_type: str = "composite"
    plan: str = "free"
    grade: str = "normal"


def create_store(work: Work, vault: Vault, wanted: NewStore, policy: Policy) -> Profile:
    """Makes the store, and its brand with ``policy`` when there is none of that name yet."""
    brand_id = work.conn.execute(select(brand.c.brand_id).where(brand.c.name == wanted.brand_name)).scalar_one_or_none()
    if brand_id is None:
        brand_id = _create_brand(work, wanted.brand_name, policy)
    store_id = work.ids.uuid7()
    work.conn.execute(
        insert(store).values(
            store_id=store_id,
            brand_id=brand_id,
            name=wanted.name,
            service_type=wanted.service_type,
            plan=wanted.plan,
            grade=wanted.grade,
            key_sealed=vault.seal(work.ids.key(), place=key_place(store_id)),
            created_ms=work.now_ms,
        )
    )
    open_store_accounts(work.conn, store_id)
    feeds.create(work.conn, feeds.store_feed(store_id))
    profile = Profile(
        store_id, wanted.name, brand_id, wanted.brand_name, wanted.service_type, wanted.plan, wanted.grade
    )
    feeds.publish(work, feeds.store_feed(store_id), FeedKind.STORE, profile.to_wire())
    return profile


def _create_brand(work: Work, name: str, policy: Policy) -> str:
    brand_id = work.ids.uuid7()
    work.conn.execute(insert(brand).values(brand_id=brand_id, name=name, created_ms=work.now_ms))
    open_brand_accounts(work.conn, brand_id)
    feeds.create(work.conn, feeds.brand_feed(brand_id))
    _write_policy(work, brand_id, policy)
    return brand_id


def find_brand(conn: Connection, name_or_id: str) -> str | None:
    """A brand's id, by id or by name."""
    found = conn.execute(
        select(brand.c.brand_id).where((brand.c.brand_id == name_or_id) | (brand.c.name == name_or_id)).limit(1)
    )
    return found.scalar_one_or_none()


def set_policy(work: Work, brand_id: str, policy: Policy) -> Policy:
    """The next version of the policy; every store of the brand hears of it."""
    # The brand's row is locked, so that two changes at once become two versions.
    work.conn.execute(select(brand.c.brand_id).where(brand.c.brand_id == brand_id).with_for_update()).one()
    last = work.conn.execute(select(func.max(brand_policy.c.version)).where(brand_policy.c.brand_id == brand_id))
    changed = replace(policy, version=(last.scalar_one() or 0) + 1)
    _write_policy(work, brand_id, changed)
    return changed


def _write_policy(work: Work, brand_id: str, policy: Policy) -> None:
    work.conn.execute(insert(brand_policy).values(brand_id=brand_id, created_ms=work.now_ms, **asdict(policy)))
    feeds.publish(work, feeds.brand_feed(brand_id), FeedKind.POLICY, policy.to_wire())


_NEWEST = (
    select(brand_policy)
    .where(brand_policy.c.brand_id == bindparam("which"))
    .order_by(brand_policy.c.version.desc())
    .limit(1)
)


def policy_of(conn: Connection, brand_id: str) -> Policy:
    """The brand's newest policy."""
    row = conn.execute(_NEWEST, {"which": brand_id}).one()
    return Policy(**{field.name: getattr(row, field.name) for field in fields(Policy)})


def policy_question(brand_id: str) -> Asked:
    """For the brand's newest policy; the answer's only row is a Policy's values."""
    return Asked(_NEWEST_POLICY, (brand_id,))


_NEWEST_POLICY = Statement(
    f"SELECT {', '.join(field.name for field in fields(Policy))} FROM brand_policy WHERE brand_id = $1"
    " ORDER BY version DESC LIMIT 1"
)


_PROFILE = (
    select(
        store,
        brand.c.name.label("brand_name"),
        store_hours.c.always_open,
        store_hours.c.weekly,
        store_hours.c.holidays,
    )
    .join(brand, brand.c.brand_id == store.c.brand_id)
    .outerjoin(store_hours, store_hours.c.store_id == store.c.store_id)
    .where(store.c.store_id == bindparam("which"))
)


def profile_of(conn: Connection, store_id: str) -> Profile | None:
    """The store, or None."""
    row = conn.execute(_PROFILE, {"which": store_id}).one_or_none()
    if row is None:
        return None
    return Profile(
        row.store_id,
        row.name,
        row.brand_id,
        row.brand_name,
        row.service_type,
        row.plan,
        row.grade,
        row.opens_minute,
        None if row.weekly is None else _hours_wire(row),
        StoreState(row.state),
        row.state_reason,
        AlertMode(row.alert_mode),
    )


def _hours_wire(row: Any) -> dict[str, Any]:
    weekly, holidays = json.loads(row.weekly), json.loads(row.holidays)
    return {"always_open": row.always_open, "weekly": weekly, "holidays": holidays}


def lock_store(work: Work, store_id: str) -> None:
    """What is counted for a store comes one after the other until the end of the transaction; whoever comes second
    counts the first; pushes of its counters take the same turns. Raises ApiError ``store_unknown``."""
    query = select(store.c.store_id).where(store.c.store_id == store_id).with_for_update(key_share=True)
    if work.conn.execute(query).one_or_none() is None:
        raise ApiError("store_unknown")


def opens_minute(conn: Connection, store_id: str) -> int | None:
    """When the shop opens; None: it never closes, or nobody said."""
    found: int | None = conn.execute(select(store.c.opens_minute).where(store.c.store_id == store_id)).scalar_one()
    return found


def set_opening(work: Work, store_id: str, minute: int | None) -> bool:
    """Tells the store's devices when it opens; False when there is no such store."""
    return write_profile(work, store_id, opens_minute=minute) is not None


def write_profile(work: Work, store_id: str, **values: Any) -> Profile | None:
    """Changes columns of the store and tells its devices; None when there is no such store. Of another grade the owner
    is told (NTF-02, NTF-03, GRD-19)."""
    before = profile_of(work.conn, store_id)
    changed = work.conn.execute(update(store).where(store.c.store_id == store_id).values(**values))
    profile = profile_of(work.conn, store_id)
    if changed.rowcount != 1 or profile is None or before is None:
        return None
    if profile.grade != before.grade:
        details = {"before": before.grade, "grade": profile.grade}
        centre.tell(work, store_id, News(NoticeKind.GRADE_CHANGE, local_day(work.now_ms).isoformat(), details))
    feeds.publish(work, feeds.store_feed(store_id), FeedKind.STORE, profile.to_wire())
    return profile


def store_key(conn: Connection, vault: Vault, store_id: str) -> bytes:
    """The key that a store's devices share: phone look-up and receipt fingerprints of this store."""
    sealed = conn.execute(select(store.c.key_sealed).where(store.c.store_id == store_id)).scalar_one()
    return vault.open(sealed, place=key_place(store_id))


def key_place(store_id: str) -> str:
    """What a store's sealed key is bound to."""
    return f"store/{store_id}/key"
