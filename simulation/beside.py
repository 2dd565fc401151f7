"""Owns a second brand in the same cloud: a shop of its own whose customers have the same phone numbers, and what must
hold between the two. Nothing of one is moved, shown or told by the other (PNT-03, CPN-15)."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

from cloud_api.bootstrap import Cloud
from cloud_api.devices.auth import DeviceCall
from cloud_api.errors import ApiError
from cloud_api.gateway import holdings
from cloud_api.requests import routes as request_routes
from simulation.cloud import body_of
from simulation.counter import CounterMachine
from simulation.ground import KEY_ID, PHONES, Ground
from simulation.outcomes import demand
from simulation.shop import Shop
from simulation.verdict import judge
from simulation.watch import CounterWatch
from sync.secrets import phone_lookup

if TYPE_CHECKING:
    from simulation.run import World

ACTIONS = (5, 9)
CROSSINGS = 4
CUT_MS = (10_000, 40_000)
_OWNERS = (
    "SELECT posting.kind, posting.store_id, account.owner_id FROM posting JOIN entry USING (posting_id)"
    " JOIN account USING (account_id) WHERE account.kind IN ('member', 'member_hold', 'member_debt')"
)
_COUPONS = (
    "SELECT request.request_id, request.store_id, coupon_definition.brand_id FROM request JOIN coupon USING (coupon_id)"
    " JOIN coupon_definition USING (definition_id)"
)
_USABLE = "SELECT member_id, sum(remaining) FROM lot WHERE remaining > 0 AND expires_ms > ? GROUP BY member_id"


class Beside:
    """The other brand's shop of one world, its counter and its people. Draws from a stream of its own."""

    def __init__(self, world: World) -> None:
        assert world.ground.beside is not None
        self._world = world
        self._grounds = (world.ground, world.ground.beside)
        there = world.ground.beside
        self._rng = rng = random.Random(f"beside {world.ground.profile.store_id} {world.rng.random()}")
        self._counter = CounterMachine(
            there.devices[0],
            agenda=world.agenda,
            network=world.network,
            rng=rng,
            all_read=partial(world.all_read, there),
        )
        watch = CounterWatch(self._counter.name)
        self._counter.disk.on_commit, self._counter.before_rewind = watch.after_commit, watch.may_rewind
        self._counter.skipped = watch.skipped
        self._counter.on_crash = lambda _counter: None
        self._shop = Shop(world.agenda, rng, there, world.cloud, (self._counter,), world.memory)
        self._shop.purse = f"@{there.profile.brand_id}"
        self._shop.app = "beside-key"
        heard = world.cloud.on_publish
        world.cloud.on_publish = lambda: self._rows_came(heard)

    def _rows_came(self, heard: Any) -> None:
        heard()
        if self._counter.now is not None:
            self._counter.now.rows_came()

    def begin(self, span_ms: int) -> None:
        """A day as in the other shop, a line that breaks, and people who mistake one brand for the other."""
        rng, agenda = self._rng, self._world.agenda
        self._counter.start()
        self._shop.begin(rng.randint(*ACTIONS), span_ms)
        cut = partial(self._world.network.partition, self._counter.name, rng.randint(*CUT_MS))
        agenda.after(rng.randrange(span_ms), lambda: None if self._world.plan.healed else cut())
        for _ in range(CROSSINGS):
            agenda.after(rng.randrange(span_ms), self._mistake_a_coupon)
            agenda.after(rng.randrange(span_ms), self._mistake_points)

    def close(self) -> None:
        """With the other shop."""
        self._shop.open = False
        self._shop.dark = self._world.shop.dark

    def _mistake_a_coupon(self) -> None:
        """The coupon of one brand, shown in the other's shop."""
        here, there = self._rng.sample(self._grounds, 2)
        member = self._rng.choice(here.member_ids)
        body = request_routes.UseCoupon(
            kind="coupon",
            store_id=here.profile.store_id,
            member_id=member,
            coupon_id=self._rng.choice(there.coupon_ids[member]),
            idempotency_key=f"beside-{self._rng.getrandbits(40):010x}",
        )
        self._refused(body, "a coupon")

    def _mistake_points(self) -> None:
        """One point more than the member has with this brand; with the other there may be plenty."""
        here = self._rng.choice(self._grounds)
        member = self._rng.choice(here.member_ids)
        has = self._world.cloud.rows(
            "SELECT balance FROM account WHERE account_id = ?", f"member:{self._holder(here, member)}"
        )
        points = has[0][0] + 1 if has else 1
        body = request_routes.UsePoints(
            kind="points",
            store_id=here.profile.store_id,
            member_id=member,
            points=points,
            payment_won=points + 1_000,
            idempotency_key=f"beside-{self._rng.getrandbits(40):010x}",
        )
        self._refused(body, f"{points} points")

    def _refused(self, body: Any, what: str) -> None:
        def job(cloud: Cloud) -> object:
            try:
                return body_of(request_routes.ask(body, cloud, KEY_ID))
            except ApiError:
                return None

        answer = self._world.cloud.calling(job)
        demand(answer is None, "brands", f"{what} of another brand were taken at {body.store_id}: {answer}")

    def _holder(self, ground: Ground, member_id: str) -> str:
        return member_id if ground is self._grounds[0] else f"{member_id}@{ground.profile.brand_id}"

    def waiting(self) -> str | None:
        """What keeps the world from resting."""
        counter = self._counter
        if counter.now is None or counter.spool:
            return f"{counter.name} is {'busy' if counter.now else 'down'}"
        status = counter.now.exchange.status()
        if status.pending or counter.now.exchange._push.showing_again:
            return f"{counter.name} has {status.pending} operations waiting, last error {status.last_error}"
        return None if counter.all_read(counter.now.cursor()) else f"{counter.name} reads {counter.now.cursor()}"

    # --- what must hold ----------------------------------------------------------------------------------------------

    def judge(self) -> None:
        """Raises Violation."""
        there = self._grounds[1]
        judge(self._world.cloud, (self._counter,), self._world.memory, self._shop.sales, there.profile)
        self._points_apart()
        self._coupons_apart()
        self._feeds_apart()
        for ground in self._grounds:
            self._snapshot_apart(ground)

    def _points_apart(self) -> None:
        """PNT-03: what a shop books, it books for its own brand's points."""
        brands = {ground.profile.store_id: ground for ground in self._grounds}
        for kind, store_id, owner in self._world.cloud.rows(_OWNERS):
            fits = owner == self._holder(brands[store_id], owner.partition("@")[0])
            demand(fits, "brands", f"a {kind} of {store_id} moved the points of {owner}")

    def _coupons_apart(self) -> None:
        brands = {ground.profile.store_id: ground.profile.brand_id for ground in self._grounds}
        for request_id, store_id, brand_id in self._world.cloud.rows(_COUPONS):
            demand(brands[store_id] == brand_id, "brands", f"{request_id} of {store_id} holds a coupon of {brand_id}")

    def _feeds_apart(self) -> None:
        """A feed tells of its own store or brand."""
        stores: dict[str, str] = {}
        for table, name in (("request", "request_id"), ("customer_order", "order_id"), ("earn", "earn_id")):
            stores.update(self._world.cloud.rows(f"SELECT {name}, store_id FROM {table}"))
        menus = {menu_id: ground.profile for ground in self._grounds for menu_id in ground.menu_ids}
        for feed_id, kind, text in self._world.cloud.rows("SELECT feed_id, kind, body FROM feed_row"):
            body = json.loads(text)
            for name in ("request_id", "order_id", "earn_id"):
                store_id = stores.get(body.get(name) or "")
                fits = store_id is None or feed_id in (f"store:{store_id}", "consumers")
                demand(fits, "brands", f"{feed_id} tells of {kind} {body.get(name)} of {store_id}")
            menu = menus.get(body.get("menu_id") or "")
            fits = menu is None or feed_id in (f"store:{menu.store_id}", f"brand:{menu.brand_id}")
            demand(fits, "brands", f"{feed_id} tells of {kind} {body.get('menu_id')}")

    def _snapshot_apart(self, ground: Ground) -> None:
        """A snapshot has this store's people with this brand's points, and nothing else of anybody."""
        cloud, profile, device = self._world.cloud, ground.profile, ground.devices[0]
        call = DeviceCall(device.identity.device_id, profile.store_id, profile.brand_id, 1, "", b"")

        def job(up: Cloud) -> list[dict[str, Any]]:
            with up.database.read() as conn:
                return [json.loads(line) for line in holdings.snapshot_lines(conn, up.vault, call, "", up.clock())]

        lines: list[dict[str, Any]] = cloud.calling(job) or []
        demand(bool(lines), "brands", f"{profile.name} gets no snapshot")
        usable = defaultdict(int, cloud.rows(_USABLE, cloud.clock()))
        key = device.secrets.store_key
        has = {
            phone_lookup(key, phone.e164): usable[self._holder(ground, member_id)]
            for phone, member_id in zip(PHONES, ground.member_ids, strict=True)
        }
        for line in lines:
            kind, body = line["kind"], line["body"]
            if kind == "member":
                fits = body["points"] == has.get(body["lookup"])
                demand(fits, "brands", f"{profile.name} is told {body['points']}, has {has.get(body['lookup'])}")
            if kind in ("request", "order"):
                table = "request" if kind == "request" else "customer_order"
                sql = f"SELECT store_id FROM {table} WHERE {kind}_id = ?"
                found = cloud.rows(sql, body[f"{kind}_id"])
                demand(found == [(profile.store_id,)], "brands", f"{profile.name} holds {kind} {body} of {found}")
            if kind == "menu":
                demand(body["menu_id"] in ground.menu_ids, "brands", f"{profile.name} holds the menu {body['name']}")
