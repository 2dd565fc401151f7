"""Owns the world at opening time: a migrated cloud with one shop, two enrolled counters, members with coupons.

Made once a process by the product's own code; every seed starts from copies of these images.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert

from cloud_api.bootstrap import Cloud, prepare
from cloud_api.clock import DAY_MS
from cloud_api.coupons import service as coupons
from cloud_api.database import Work
from cloud_api.devices import enrollment
from cloud_api.ids import base64url, from_base64url
from cloud_api.integrators.models import integrator_key
from cloud_api.ledger import adjustments
from cloud_api.members.service import find_or_create
from cloud_api.menu import service as menu
from cloud_api.stores.earning import set_for_brand
from cloud_api.stores.service import NewStore, Policy, Profile, create_store, set_policy
from cloud_api.vault import Keys, Vault
from rules.earning import PointScope
from rules.menu import SaleTimes
from rules.phone import Phone
from rules.programs import EarningProgram
from simulation.agenda import START_MS
from simulation.cloud import Engines, start_cloud
from simulation.disks import PAGE_BYTES, Disk, SimConnection
from sync import migrations
from sync.enroll import write_enrollment
from sync.profile import Identity, parse_policy, parse_store_profile
from sync.protocol import Cursor, enroll_proof_message
from sync.secrets import DeviceSecrets

BASE_URL = "http://127.0.0.1:1"  # nobody is ever called there
KEY_ID = "consumer-app"
PHONES = tuple(Phone(f"+82105550{n:04d}") for n in range(1, 7))
MENU = ("아메리카노", "카페라떼", "바닐라라떼", "콜드브루", "치즈케이크")
PRICE_WON = 4_500
COUPONS_EACH = 4
LOTS_EACH = 3
ADJUSTED_ALONE = 500  # points that one person may correct
EXPIRES_EVERY_MS = 12_000
SMALL_PAGE_BYTES = 512
COUNTERS = ("counter-a", "counter-b")
BESIDE = "counter-beside"


@dataclass(frozen=True)
class Device:
    """One enrolled counter: its keys and its disk at opening time; once more with a file of small pages.

    A day of this shop fits into what a file of ordinary pages has to spare: an operation of it never meets the wall of
    a full disk."""

    name: str
    identity: Identity
    secrets: DeviceSecrets
    image: bytes
    small_pages: bytes


@dataclass(frozen=True)
class Ground:
    engines: Engines
    vault: Vault
    cloud_image: bytes
    profile: Profile
    devices: tuple[Device, ...]
    member_ids: tuple[str, ...]
    coupon_ids: dict[str, tuple[str, ...]]  # by member
    menu_ids: tuple[str, ...]
    beside: Ground | None = None  # another brand in a cloud that has both, with the same people


def prepare_ground() -> Ground:
    """Takes about a second; runs that follow each other share it."""
    engines = Engines()
    vault = Vault(Keys({1: b"f" * 32}, {1: b"l" * 32}))
    disk = Disk("cloud", b"")
    now_ms = [START_MS]
    conn = disk.open()
    cloud = start_cloud(conn, engines, vault, lambda: now_ms[0], random.Random(0))
    prepare(cloud)
    key = insert(integrator_key).values(key_id=KEY_ID, key_hash="simulated", label="app", created_ms=now_ms[0])
    cloud.database.transact(lambda work: work.conn.execute(key))
    first = NewStore("느린오후 합정점", "느린오후 커피")
    profile, members, held = cloud.database.transact(lambda work: _furnish(work, vault, first))
    menu_ids = cloud.database.transact(lambda work: _write_menu(work, profile))
    for number, member_id in enumerate(members * LOTS_EACH):
        # Given a day ago, for a day: each of these expires at another moment of the time that is simulated.
        now_ms[0] = START_MS - DAY_MS + number * EXPIRES_EVERY_MS
        gift = adjustments.Proposal(profile.store_id, member_id, 150 + 10 * number, "개점 선물", "본사 김")
        cloud.database.transact(partial(adjustments.propose, wanted=gift))
    now_ms[0] = START_MS
    lasting = Policy(rate_bp=500, adjustment_limit_points=ADJUSTED_ALONE)
    cloud.database.transact(lambda work: set_policy(work, profile.brand_id, lasting))
    devices = tuple(_enroll(cloud, profile, name) for name in COUNTERS)
    alone = conn.serialize()
    beside = _open_beside(cloud, engines, conn)
    return Ground(engines, vault, alone, profile, devices, members, held, menu_ids, beside)


def _open_beside(cloud: Cloud, engines: Engines, conn: SimConnection) -> Ground:
    """A second brand whose points stay in its stores (PNT-03), with a counter and everybody's phone numbers."""
    profile, members, held = cloud.database.transact(
        lambda work: _furnish(work, cloud.vault, NewStore("건너편 합정점", "건너편 커피"))
    )
    own = EarningProgram(scope=PointScope.INTEGRATED)
    terms = {"rate_bp": 500, "adjustment_limit_points": ADJUSTED_ALONE}
    cloud.database.transact(lambda work: set_for_brand(work, profile.brand_id, own, terms))
    menu_ids = cloud.database.transact(lambda work: _write_menu(work, profile))
    for number, member_id in enumerate(members):
        gift = adjustments.Proposal(profile.store_id, member_id, 90 + 20 * number, "개점 선물", "본사 박")
        cloud.database.transact(partial(adjustments.propose, wanted=gift))
    device = _enroll(cloud, profile, BESIDE)
    return Ground(engines, cloud.vault, conn.serialize(), profile, (device,), members, held, menu_ids)


def _furnish(work: Work, vault: Vault, new: NewStore) -> tuple[Profile, tuple[str, ...], dict[str, tuple[str, ...]]]:
    profile = create_store(work, vault, new, Policy(lot_valid_days=1))
    wanted = coupons.NewDefinition(profile.brand_id, None, "아메리카노 1잔", "5,000원 이상", 4_500, 4_500, 90)
    definition = coupons.define(work, wanted)
    found = find_or_create(work, vault, PHONES, store_id=profile.store_id)
    members = tuple(found[phone] for phone in PHONES)
    held = {
        member: tuple(coupons.issue(work, member, definition).coupon_id for _ in range(COUPONS_EACH))
        for member in members
    }
    return profile, members, held


def _write_menu(work: Work, profile: Profile) -> tuple[str, ...]:
    scope = menu.Scope(profile.brand_id, profile.store_id)
    category = menu.write_category(work, scope, None, menu.CategoryTerms("음료", visible=True, position=0))
    made = []
    for position, name in enumerate(MENU):
        terms = menu.Terms(
            category_id=category["category_id"],
            name=name,
            name_en="",
            description="",
            price_won=PRICE_WON,
            options=(),
            sale_times=SaleTimes(),
            rewards=menu.REWARDS,
            visible=True,
            position=position,
        )
        made.append(str(menu.write_item(work, scope, None, terms)["menu_id"]))
    return tuple(made)


def _enroll(cloud: Cloud, profile: Profile, name: str) -> Device:
    issued = cloud.database.transact(lambda work: enrollment.issue_code(work, profile.store_id, "agent", name))
    private = name.encode().ljust(32, b".")
    key = Ed25519PrivateKey.from_private_bytes(private)
    public = base64url(key.public_key().public_bytes_raw())
    proof = base64url(key.sign(enroll_proof_message(issued.code, public)))
    wanted = enrollment.Redemption(issued.code, public, proof, name)
    welcome = enrollment.redeem(cloud.database, cloud.vault, wanted, address="192.0.2.1")
    identity = Identity(BASE_URL, welcome["device_id"], welcome["epoch"], profile.store_id, name, "simulated")
    secrets = DeviceSecrets(private, from_base64url(welcome["store_key"]), b"c" * 32)
    images = (_written(identity, welcome, page_bytes) for page_bytes in (PAGE_BYTES, SMALL_PAGE_BYTES))
    return Device(name, identity, secrets, *images)


def _written(identity: Identity, welcome: dict[str, Any], page_bytes: int) -> bytes:
    conn = Disk(identity.label, b"").open()
    conn.execute(f"PRAGMA page_size = {page_bytes}")
    migrations.migrate(conn, migrations.shipped())
    conn.execute("BEGIN IMMEDIATE")
    write_enrollment(
        conn,
        identity,
        parse_store_profile(welcome["store"]),
        parse_policy(welcome["policy"]),
        cursor=Cursor.parse(welcome["cursor"]),
        server_time_ms=welcome["server_time_ms"],
    )
    conn.execute("COMMIT")
    return conn.serialize()
