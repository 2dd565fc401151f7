"""Owns a brand that gives stamps instead of points: its card, more sales than elsewhere, and what must have become of
the stamps at rest (STP-02, 04, 19, 21)."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import update

from cloud_api.bootstrap import Cloud
from cloud_api.database import Work
from cloud_api.stores.earning import set_for_brand
from cloud_api.stores.models import store
from rules.boards import StampCard
from rules.earning import EarningMethod
from rules.programs import EarningProgram
from rules.stamps import StampRules
from simulation.counter import CounterMachine
from simulation.ground import PHONES
from simulation.outcomes import demand

if TYPE_CHECKING:
    from simulation.run import World

SALES = (6, 14)
BASE_WON = 20_000
REGULAR_SHARE = 0.5
CUT_MS = (20_000, 60_000)
CARD = StampCard(per_board=3, tiers=(1, 2, 3))  # every stamp is worth something
_EARNS = (
    "SELECT e.earn_id, e.paid_won, e.points, e.status, count(g.posting_id), coalesce(sum(g.stamps), 0),"
    " coalesce(sum(g.taken_back), 0) FROM earn e LEFT JOIN stamp_grant g ON g.earn_id = e.earn_id"
    " AND g.store_id = e.store_id GROUP BY 1, 2, 3, 4"
)
_LEFT = "SELECT purse_id, sum(stamps - taken_back), sum(stamps) FROM stamp_grant GROUP BY 1"
_BALANCE = (
    "SELECT coalesce(sum(balance), 0) FROM account WHERE owner_id = ? AND kind IN ('member_stamps', 'member_boards')"
)
_PAID = "SELECT board, stamps, coupon_id FROM stamp_tier WHERE purse_id = ? ORDER BY 1, 2"


class Stampers:
    """Of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rng, self._shop = world.rng, world.shop
        self._program: EarningProgram | None = None

    def begin(self, span_ms: int) -> None:
        """The brand chooses stamps before the first customer comes."""
        self._program = self._world.cloud.calling(self._choose)
        for _ in range(self._rng.randint(*SALES)):
            self._world.agenda.after(self._rng.randrange(span_ms), self._sell)

    def _choose(self, cloud: Cloud) -> EarningProgram:
        ground = self._world.ground
        coupon = ground.coupon_ids[ground.member_ids[0]][0]
        sql = "SELECT definition_id FROM coupon WHERE coupon_id = ?"
        definition = str(self._world.cloud.rows(sql, coupon)[0][0])
        rules = StampRules(minimum_won=BASE_WON)
        wanted = EarningProgram(
            method=EarningMethod.STAMP, stamps=rules, card=CARD, rewards=(definition,) * len(CARD.tiers)
        )

        def job(work: Work) -> EarningProgram:
            profile = ground.profile
            work.conn.execute(update(store).where(store.c.store_id == profile.store_id).values(plan="plus"))
            return set_for_brand(work, profile.brand_id, wanted, {})

        return cloud.database.transact(job)

    def _sell(self) -> None:
        if not self._shop.open:
            return
        if self._rng.random() < REGULAR_SHARE:
            self._regular()
        else:
            self._shop.sell()

    def _regular(self) -> None:
        """One customer buys several times while the line is away: one push carries all of it, and a sale whose cancel
        slip was captured first."""
        counter, phone = self._rng.choice(self._world.counters), self._rng.choice(PHONES[:2]).national
        if not self._world.plan.healed:
            self._world.network.partition(counter.name, self._rng.randint(*CUT_MS))
        at_ms = 0
        for _ in range(self._rng.randint(2, 5)):
            at_ms += self._rng.randint(1_000, 9_000)
            cancels = self._rng.random() < 0.4
            self._world.agenda.after(at_ms, partial(self._buy, counter, phone, cancels=cancels))

    def _buy(self, counter: CounterMachine, phone: str, *, cancels: bool) -> None:
        if self._shop.open:
            self._shop.sell_to(counter, phone, cancels_first=cancels)

    def judge(self) -> None:
        """I1, I2: every payment gave its stamps once and a cancelled one none; every tier reached paid once."""
        if self._program is None:
            return
        cloud = self._world.cloud
        for earn_id, paid_won, points, status, grants, given, back in cloud.rows(_EARNS):
            where = f"{earn_id} of {paid_won} won is {status} with {given} stamps in {grants} grants, {back} taken back"
            demand(points == 0, "STP-01", f"{where}, and {points} points")
            demand(given == (paid_won >= BASE_WON) and grants == given, "I2", where)
            demand(back == (given if status == "reversed" else 0), "reversal", where)
        for purse_id, left, _ in cloud.rows(_LEFT):
            balance = cloud.rows(_BALANCE, purse_id)[0][0]
            demand(balance == left, "I1", f"{purse_id} has {balance} stamps, its grants leave {left}")
            self._tiers(purse_id, left)

    def _tiers(self, purse_id: str, left: int) -> None:
        cloud = self._world.cloud
        paid: dict[int, set[int]] = defaultdict(set)
        coupons = []
        for board, stamps, coupon_id in cloud.rows(_PAID, purse_id):
            paid[board].add(stamps)
            coupons.append(coupon_id)
        for number in range(1, left + 1):
            board, on_board = (number - 1) // CARD.per_board + 1, (number - 1) % CARD.per_board + 1
            due = on_board in CARD.tiers
            demand(
                not due or on_board in paid[board], "STP-04", f"{purse_id} has {left} stamps and was paid {dict(paid)}"
            )
        places = ",".join("?" * len(coupons))
        known = cloud.rows(f"SELECT count(*) FROM coupon WHERE coupon_id IN ({places})", *coupons)
        demand(known[0][0] == len(coupons) == len(set(coupons)), "I2", f"{purse_id} was paid with {coupons}")
