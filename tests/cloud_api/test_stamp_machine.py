"""Stamps against a model of a few lists: any order of sales, cancels, requests, lapses and time leaves both the same
(STP-04, STP-19, STP-21)."""

from __future__ import annotations

import itertools
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud_api.clock import DAY_MS
from cloud_api.ledger.expiry import expire_all
from cloud_api.settings import Settings
from cloud_api.stores.models import store
from rules.calendar import local_day, moment_ms
from tests.cloud_api.test_stamps import program, rewards, stamp_op
from tests.cloud_api.world import OTHER_PHONE, PHONE, Device, World, new_id

PER_BOARD, VALID_DAYS, TIERS = 5, 10, (2, 5)
PHONES = (PHONE, OTHER_PHONE)


@dataclass
class Lot:
    number: int
    expires_ms: int
    left: int
    lapsed: int = 0


@dataclass
class Card:
    """What a member must have, said as simply as possible."""

    lots: list[Lot] = field(default_factory=list)
    boards: int = 0
    paid: set[tuple[int, int]] = field(default_factory=set)

    def live(self, now_ms: int) -> list[Lot]:
        return [lot for lot in self.lots if lot.left and lot.expires_ms > now_ms]

    def total(self, now_ms: int) -> int:
        return self.boards + sum(lot.left for lot in self.live(now_ms))

    def give(self, number: int, stamps: int, now_ms: int, *, pays: bool = True) -> None:
        before = self.total(now_ms)
        expires_ms = moment_ms(local_day(now_ms), 0) + (VALID_DAYS + 1) * DAY_MS
        self.lots.append(Lot(number, expires_ms, stamps))
        after = before + stamps
        fill = max(after // PER_BOARD * PER_BOARD - self.boards, 0)
        self.boards += fill
        for lot in sorted(self.live(now_ms), key=lambda lot: (lot.expires_ms, lot.number)):
            part = min(lot.left, fill)
            lot.left -= part
            fill -= part
        if pays:
            boards = range(-(-after // PER_BOARD))
            crossed = [(n + 1, at) for n in boards for at in TIERS if before < n * PER_BOARD + at <= after]
            self.paid |= set(crossed)

    def lapse(self, now_ms: int) -> None:
        for lot in self.lots:
            if lot.expires_ms <= now_ms:
                lot.lapsed, lot.left = lot.lapsed + lot.left, 0

    def take_back(self, number: int, stamps: int) -> None:
        own = next(lot for lot in self.lots if lot.number == number)
        wanted = stamps - own.lapsed
        part = min(own.left, wanted)
        own.left -= part
        wanted -= part
        part = min(self.boards, wanted)
        self.boards -= part
        wanted -= part
        for lot in sorted(self.lots, key=lambda lot: (-lot.expires_ms, -lot.number)):
            part = min(lot.left, wanted)
            lot.left -= part
            wanted -= part


ACTIONS = st.one_of(
    st.tuples(st.just("sale"), st.sampled_from(PHONES), st.integers(1, 7)),
    st.tuples(st.just("sale"), st.sampled_from(PHONES), st.integers(1, 7)),
    st.tuples(st.just("cancel"), st.integers(0, 9)),
    st.tuples(st.just("cancel_first"), st.sampled_from(PHONES), st.integers(1, 7)),
    st.tuples(st.just("ask"), st.sampled_from(PHONES), st.sampled_from(["approve", "reject"])),
    st.tuples(st.just("recover"), st.integers(0, 9)),
    st.tuples(st.just("days"), st.integers(1, 6)),
    st.tuples(st.just("job"),),
    st.tuples(st.just("again"),),
)  # fmt: skip


class Hands:
    """People at one counter; each step is done to the cloud and to the model."""

    def __init__(self, world: World) -> None:
        self.world = world
        card = {"per_board": PER_BOARD, "tiers": list(TIERS), "valid_days": VALID_DAYS}
        stamps = {"basis": "amount", "per_won": 5_000, "minimum_won": 0}

        def of_rewards(work: Any) -> None:
            work.conn.execute(store.update().values(plan="plus", service_type="reward"))

        world.cloud.database.transact(of_rewards)
        body = {"program": program(card=card, stamps=stamps, rewards=rewards(world, 2))}
        world.ok("POST", f"/v1/stores/{world.store.store_id}/earning", body)
        self.device: Device = world.device()
        self.owner = world.employ("김대표", "owner")
        self.cards = {phone: Card() for phone in PHONES}
        self.members = {phone: world.member(phone) for phone in PHONES}
        self.numbers = itertools.count()
        self.sales: list[tuple[dict[str, Any], str, int, int]] = []  # operation, phone, number, stamps
        self.approved: list[tuple[str, str, int]] = []  # request, phone, number
        self.last: list[dict[str, Any]] = []

    def sale(self, phone: str, stamps: int) -> None:
        self.last = [stamp_op(self.device, stamps * 5_000 + 1, phone=phone, stamps=stamps)]
        self.device.push(*self.last)
        number = next(self.numbers)
        self.sales.append((self.last[0], phone, number, stamps))
        self.cards[phone].give(number, stamps, self.world.clock())

    def cancel(self, which: int) -> None:
        if not self.sales:
            return
        op, phone, number, stamps = self.sales.pop(which % len(self.sales))
        self.last = [self.device.reverse(earn_id=op["body"]["earn_id"], amount_won=op["body"]["paid_won"])]
        self.device.push(*self.last)
        self.cards[phone].take_back(number, stamps)

    def cancel_first(self, phone: str, stamps: int) -> None:
        fingerprint, won = new_id("receipt"), stamps * 5_000
        op = self.device.reverse(sale_fingerprint=fingerprint, amount_won=won)
        self.device.push(op)
        self.device.push(self.device.earn(won, 0, phone, fingerprint=fingerprint))
        number = next(self.numbers)
        self.cards[phone].give(number, stamps, self.world.clock(), pays=False)
        self.cards[phone].take_back(number, stamps)

    def ask(self, phone: str, decision: str) -> None:
        ask = {"kind": "stamp", "store_id": self.world.store.store_id, "member_id": self.members[phone]}
        asked = self.world.ok("POST", "/v1/requests", ask | {"idempotency_key": new_id("ask")})["request_id"]
        self.last = [self.device.decide(asked, decision)]
        self.device.push(*self.last)
        if decision == "approve":
            number = next(self.numbers)
            self.approved.append((asked, phone, number))
            self.cards[phone].give(number, 1, self.world.clock())

    def recover(self, which: int) -> None:
        if not self.approved:
            return
        asked, phone, number = self.approved.pop(which % len(self.approved))
        op = self.device.recover(asked, actor=self.owner)
        if self.device.result(op)["status"] == "applied":
            self.cards[phone].take_back(number, 1)

    def days(self, days: int) -> None:
        self.world.clock.advance(days * DAY_MS)

    def job(self) -> None:
        expire_all(self.world.cloud.database)
        for card in self.cards.values():
            card.lapse(self.world.clock())

    def again(self) -> None:
        if self.last:
            self.device.push(*self.last)

    def check(self) -> None:
        now_ms = self.world.clock()
        for phone, card in self.cards.items():
            told = self.world.ok("GET", f"/v1/stores/{self.world.store.store_id}/stamp-cards/{self.members[phone]}")
            assert told["total"] == card.total(now_ms)
            assert {(one["board"], one["stamps"]) for one in told["rewards"]} == card.paid


@pytest.mark.timeout(600)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(actions=st.lists(ACTIONS, min_size=5, max_size=25))
def test_any_interleaving_keeps_the_cards_as_the_model_has_them(
    sqlite_template: Path, key_file: Path, tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[Any, ...]]
) -> None:
    """STP-04, STP-19, STP-21: balanced, never below zero, and a tier pays once."""
    path = tmp_path_factory.mktemp("stamps") / "cloud.db"
    shutil.copy(sqlite_template, path)
    with World(Settings(f"sqlite:///{path}", key_file, sweeper=False, trust_every_ms=50)) as world:
        hands = Hands(world)
        for name, *values in actions:
            world.clock.advance(1)
            getattr(hands, name)(*values)
        hands.check()
        world.assert_book_is_sound()
