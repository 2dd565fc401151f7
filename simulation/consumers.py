"""Owns consumers and head office: requests, orders, withdrawals and new policies, through the cloud's own routes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from cloud_api.bootstrap import Cloud
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.ledger import adjustments
from cloud_api.ledger.expiry import expire_all
from cloud_api.orders import routes as order_routes
from cloud_api.requests import routes as request_routes
from cloud_api.stores.service import policy_of, set_policy
from simulation.cloud import body_of
from simulation.ground import ADJUSTED_ALONE, KEY_ID, PRICE_WON
from simulation.outcomes import demand

if TYPE_CHECKING:
    from simulation.shop import Shop


class Consumers:
    """People with the app of the brand, and whoever sets its policy."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def ask_coupon(self) -> None:
        member = self._shop.rng.choice(self._shop.ground.member_ids)
        body = request_routes.UseCoupon(
            kind="coupon",
            store_id=self._shop.ground.profile.store_id,
            member_id=member,
            coupon_id=self._shop.rng.choice(self._shop.ground.coupon_ids[member]),
            idempotency_key=f"{self._shop.app}-{self._shop.next_number():05d}",
        )
        self._ask(lambda cloud: body_of(request_routes.ask(body, cloud, KEY_ID)))

    def ask_points(self) -> None:
        rich = self._shop.cloud.rows(
            "SELECT owner_id, balance FROM account WHERE kind = 'member' AND balance >= 10 ORDER BY owner_id"
        )
        rich = [(self._shop.member_of(owner), has) for owner, has in rich if self._shop.holds(owner)]
        if not rich:
            return
        member, balance = self._shop.rng.choice(rich)
        points = self._shop.rng.randint(1, min(balance + 5, 4_000))  # sometimes more than there is
        body = request_routes.UsePoints(
            kind="points",
            store_id=self._shop.ground.profile.store_id,
            member_id=member,
            points=points,
            payment_won=points + self._shop.rng.randint(0, 9_000),
            idempotency_key=f"{self._shop.app}-{self._shop.next_number():05d}",
        )
        self._ask(lambda cloud: body_of(request_routes.ask(body, cloud, KEY_ID)))

    def order(self) -> None:
        items = (order_routes.Item(menu_id=self._shop.rng.choice(self._shop.ground.menu_ids)),)
        body = order_routes.NewOrder(
            store_id=self._shop.ground.profile.store_id,
            nickname="민지",
            channel=self._shop.rng.choice(("in_store", "take_out", "app_order")),
            items=items,
            total_won=PRICE_WON,
            payment="prepaid",
            idempotency_key=f"{self._shop.app}-{self._shop.next_number():05d}",
        )
        self._ask(lambda cloud: dict(body_of(order_routes.take_in(body, cloud, KEY_ID))["request"]))

    def _ask(self, call: Any, tries: int = 0, earlier: dict[str, Any] | None = None, era: int = 0) -> None:
        """A consumer's app asks until it has an answer; sometimes the answer is lost and it asks again."""
        if era != self._shop.cloud.era:
            earlier = None  # a restored cloud has forgotten it
        try:
            answer = self._shop.cloud.calling(call)
        except ApiError as refused:
            # Not enough points, coupon gone: fine the first time, never for a call that had an answer.
            demand(earlier is None, "I10", f"one idempotency key, {earlier} and then {refused.code}")
            return
        if answer is None:
            if tries < 5 and self._shop.open:
                self._shop.later(1_000, 6_000, lambda: self._ask(call, tries + 1, earlier, era))
            return
        demand(earlier is None or earlier == answer, "I10", f"one idempotency key, two answers: {earlier}, {answer}")
        if earlier is not None or not self._shop.open:
            return
        heard = self._shop.cloud.era
        if self._shop.rng.random() < 0.15:
            self._shop.later(100, 8_000, lambda: self._ask(call, tries, answer, heard))
        if self._shop.rng.random() < 0.2:
            self._shop.later(300, 70_000, lambda: self.withdraw(answer["request_id"]))

    def withdraw(self, request_id: str) -> None:
        """The consumer takes the request back, if nobody has decided."""
        if not self._shop.open:
            return

        def job(cloud: Cloud) -> bool:
            try:
                request_routes.withdraw(request_id, cloud, KEY_ID)
            except ApiError:
                return False
            return True

        if self._shop.cloud.calling(job):
            self._shop.memory.withdrawn.add(request_id)

    def new_policy(self) -> None:
        """The brand changes its rate: what counters computed with the old one is adjusted."""
        self._shop.cloud.calling(self.set_policy(rate_bp=self._shop.rng.choice((300, 500, 700))))

    def set_policy(self, **changes: Any) -> Callable[[Cloud], None]:
        """Some fields of the brand's policy become others."""
        brand_id = self._shop.ground.profile.brand_id

        def change(work: Work) -> None:
            set_policy(work, brand_id, replace(policy_of(work.conn, brand_id), **changes))

        return lambda cloud: cloud.database.transact(change)

    def expire(self) -> None:
        """The expiry job runs, at whatever time somebody put into its timer."""
        self._shop.cloud.calling(lambda cloud: expire_all(cloud.database))

    def correct(self) -> None:
        """Head office corrects a balance by hand; above the limit a second person has to agree."""
        rng = self._shop.rng
        proposal = adjustments.Proposal(
            store_id=self._shop.ground.profile.store_id,
            member_id=rng.choice(self._shop.ground.member_ids),
            points=rng.choice((-1, 1, 1)) * rng.choice((40, 300, ADJUSTED_ALONE + 500)),
            reason="영수증 누락",
            by="본사 김",
        )
        proposed = self._shop.cloud.calling(
            lambda cloud: _or_refused(lambda: cloud.database.transact(lambda w: adjustments.propose(w, proposal)))
        )
        if not proposed or proposed["state"] != "pending":
            return
        for person in rng.sample(("본사  김", "본사 이", "본사 이"), 2):
            confirm = partial(adjustments.confirm, adjustment_id=proposed["adjustment_id"], by=person)
            self._shop.later(100, 40_000, lambda job=confirm: self._confirm(job))

    def _confirm(self, job: Callable[[Work], dict[str, Any]]) -> None:
        self._shop.cloud.calling(lambda cloud: _or_refused(lambda: cloud.database.transact(job)))


def _or_refused(job: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    try:
        return job()
    except ApiError:
        return None
