"""Owns customers who bring a claim slip (PNT-09): to a counter, to their app, to both, to two counters; and what must
have become of the receipts on those slips at rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from agent.bootstrap import Agent
from agent.earn.late import ClaimSlip
from agent.earn.types import Earned
from cloud_api.bootstrap import Cloud
from cloud_api.claims import routes as claim_routes
from cloud_api.errors import ApiError
from cloud_api.integrators import scopes
from cloud_api.integrators.keys import Caller
from simulation.cloud import body_of
from simulation.counter import CounterMachine
from simulation.ground import KEY_ID, PHONES
from simulation.outcomes import demand
from simulation.shop import Sale

if TYPE_CHECKING:
    from simulation.run import World

SALES = (3, 7)
TRIES = 4
CALLER = Caller(KEY_ID, frozenset((scopes.ALL,)), None, None, 0)
_STANDING = "SELECT earn_id, status FROM earn WHERE receipt_no = ?"


@dataclass
class Slip:
    """One printed slip and what its bearers were told."""

    sale: Sale
    printed: ClaimSlip
    counter: CounterMachine
    app_era: int | None = None  # how often the cloud had gone back when an app said that it earned
    app_answers: list[dict[str, Any]] = field(default_factory=list)
    said_used_era: int | None = None


class Claimants:
    """Of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rng, self._shop = world.rng, world.shop
        self._slips: list[Slip] = []

    def begin(self, span_ms: int) -> None:
        """Sales that meet no number, and their slips, over the day."""
        for _ in range(self._rng.randint(*SALES)):
            self._world.agenda.after(self._rng.randrange(span_ms), self._sell)

    def _sell(self) -> None:
        if not self._shop.open:
            return
        counters = self._world.counters
        captured_by = counters if self._rng.random() < 0.4 else (self._rng.choice(counters),)
        sale = self._shop.sell_unclaimed(captured_by)
        for counter in captured_by:
            self._shop.later(2_000, 25_000, partial(self._print, counter, sale, TRIES))
        if self._rng.random() < 0.15:
            self._shop.later(2_000, 90_000, partial(self._shop.cancel_sale, sale))

    def _print(self, counter: CounterMachine, sale: Sale, tries: int) -> None:
        """Staff press the button on the receipt; a second slip of one receipt is the same claim."""
        if not self._shop.open:
            return
        issued = counter.acting(partial(_issue, sale.receipt_no))
        if issued is None and tries:
            self._shop.later(2_000, 9_000, partial(self._print, counter, sale, tries - 1))
        if not isinstance(issued, ClaimSlip):
            return
        slip = Slip(sale, issued, counter)
        self._slips.append(slip)
        for _ in range(self._rng.choice((1, 1, 2, 2, 3))):
            bring = self._at_an_app if self._rng.random() < 0.5 else self._at_a_counter
            self._shop.later(200, 60_000, partial(bring, slip, self._rng.choice(PHONES).national, TRIES))

    def _at_a_counter(self, slip: Slip, digits: str, tries: int) -> None:
        if not self._shop.open:
            return
        counter = slip.counter if self._rng.random() < 0.8 else self._rng.choice(self._world.counters)
        text = self._rng.choice((slip.printed.qr, slip.printed.code))
        answer = counter.acting(lambda agent: agent.late_earns.redeem(text, digits, "tablet"))
        if answer is None:
            if tries:
                self._shop.later(2_000, 8_000, partial(self._at_a_counter, slip, digits, tries - 1))
            return
        self._world.memory.confirmed(counter)
        if isinstance(answer, Earned):
            self._world.memory.earned(counter, answer)

    def _at_an_app(self, slip: Slip, digits: str, tries: int) -> None:
        """The app repeats a call whose answer it did not get, with the same key."""
        body = claim_routes.UseClaim(
            slip=slip.printed.qr, phone=digits, idempotency_key=f"app-claim-{self._shop.next_number():05d}"
        )
        self._call(slip, partial(_claim, body), tries, None)

    def _call(self, slip: Slip, call: Any, tries: int, earlier: tuple[int, Any] | None) -> None:
        cloud = self._world.cloud
        if not self._shop.open:
            return
        try:
            answer = cloud.calling(call)
        except ApiError as refused:
            demand(
                earlier is None or earlier[0] != cloud.era,
                "I10",
                f"{slip.sale.receipt_no}: {earlier}, then {refused.code}",
            )
            if refused.code == "claim_used":
                slip.said_used_era = cloud.era
            return
        if answer is None:
            if tries:
                self._shop.later(1_000, 6_000, partial(self._call, slip, call, tries - 1, earlier))
            return
        if earlier is not None and earlier[0] == cloud.era:
            demand(earlier[1] == answer, "I10", f"{slip.sale.receipt_no}: {earlier[1]}, then {answer}")
        slip.app_era = cloud.era
        slip.app_answers.append(answer)
        if self._rng.random() < 0.3 and earlier is None:
            self._shop.later(100, 8_000, partial(self._call, slip, call, 0, (cloud.era, answer)))

    def judge(self) -> None:
        """I2, I3: a receipt earns once, for whoever an app or a counter told so; nobody was sent away for nothing."""
        cloud = self._world.cloud
        for slip in self._slips:
            what = f"{slip.sale.receipt_no} (slip of {slip.printed.document_id})"
            rows = cloud.rows(_STANDING, slip.sale.receipt_no)
            demand(len(rows) <= 1, "I2", f"{what} earned {rows}")
            apps = {answer["earn_id"] for answer in slip.app_answers}
            if slip.app_era == cloud.era:
                demand(bool(rows), "I3", f"an app said that {what} earned, and it did not")
                demand(len(apps) > 1 or cloud.era > 0 or rows[0][0] in apps, "I2", f"{what}: app {apps}, cloud {rows}")
            if slip.said_used_era == cloud.era and not slip.sale.untold:
                over = bool(rows) or slip.sale.cancelled
                demand(over, "I3", f"a bearer of {what} was told it is used, and nobody has its points")


def _claim(body: claim_routes.UseClaim, cloud: Cloud) -> dict[str, Any]:
    return body_of(claim_routes.use(body, cloud, CALLER))


def _issue(receipt_no: str, agent: Agent) -> object:
    """None while the counter has not taken that receipt in."""
    with agent.store.read() as conn:
        found = conn.execute(
            "SELECT document_id FROM document WHERE receipt_no = ? AND outcome IN ('waiting', 'unmatched')",
            (receipt_no,),
        ).fetchone()
    return None if found is None else agent.late_earns.issue(str(found[0]))
