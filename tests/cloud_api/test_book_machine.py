"""The whole book against a model of a few dicts: any order of calls, repetitions and time leaves both the same."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test
from sqlalchemy import select, text

from cloud_api.clock import DAY_MS
from cloud_api.ledger import adjustments, earns, holds, lots
from cloud_api.ledger.adjustments import WAITS_MS, same_person
from cloud_api.ledger.expiry import expire_all
from cloud_api.ledger.lots import NEVER_MS
from cloud_api.ledger.models import account, lot
from cloud_api.ledger.service import credit_member
from cloud_api.settings import Settings
from cloud_api.stores.service import Policy, policy_of, set_policy
from rules.requests import OPEN_STATES, USED_STATES
from tests.cloud_api.world import OTHER_PHONE, PHONE, Device, World, new_id

LIMIT_POINTS = 150  # of what one person corrects alone
PAYMENT_WON = 1_000_000


@dataclass
class Lot:
    expires_ms: int
    points: int
    remaining: int = 0
    lapsed: int = 0

    def __post_init__(self) -> None:
        self.remaining = self.points


@dataclass
class Asked:
    """A request for points, or points spent offline."""

    phone: str
    points: int
    state: str
    loss: int = 0
    taken: dict[int, int] = field(default_factory=dict)  # number of the lot → points it still has from there


@dataclass
class Wallet:
    lots: list[Lot] = field(default_factory=list)
    debt: int = 0


class Model:
    """What the book must come to, said as simply as possible."""

    def __init__(self) -> None:
        self.wallets = {PHONE: Wallet(), OTHER_PHONE: Wallet()}
        self.accounts = dict.fromkeys(
            ("store_issuance", "store_redemption", "offline_loss", "breakage", "adjustment"), 0
        )
        self.sales: dict[str, tuple[str, int, Lot | None]] = {}
        self.cancelled: set[str] = set()
        self.slips: set[str] = set()
        self.asked: dict[str, Asked] = {}

    def spendable(self, phone: str, now_ms: int) -> int:
        return sum(lot.remaining for lot in self.wallets[phone].lots if lot.expires_ms > now_ms)

    def held(self, phone: str) -> int:
        return sum(one.points for one in self.asked.values() if one.phone == phone and one.state in OPEN_STATES)

    def give(self, phone: str, points: int, expires_ms: int) -> Lot | None:
        """The lot that it made, unless a debt took everything."""
        left = self.repay(phone, points)
        if not left:
            return None
        self.wallets[phone].lots.append(Lot(expires_ms, left))
        return self.wallets[phone].lots[-1]

    def repay(self, phone: str, points: int) -> int:
        """What is left for the member."""
        repaid = min(self.wallets[phone].debt, points)
        self.wallets[phone].debt -= repaid
        return points - repaid

    def take(self, phone: str, points: int, now_ms: int) -> dict[int, int]:
        """Soonest expiry first, then oldest."""
        lots = self.wallets[phone].lots
        taken: dict[int, int] = {}
        for number in sorted(range(len(lots)), key=lambda n: (lots[n].expires_ms, n)):
            part = min(points - sum(taken.values()), lots[number].remaining)
            if lots[number].expires_ms > now_ms and part > 0:
                lots[number].remaining -= part
                taken[number] = part
        return taken

    def charge(self, phone: str, points: int, now_ms: int) -> int:
        """Takes back; returns what became a debt."""
        missing = points - sum(self.take(phone, points, now_ms).values())
        self.wallets[phone].debt += missing
        return missing

    def put_back(self, one: Asked) -> None:
        left = self.repay(one.phone, one.points - one.loss)
        lots = self.wallets[one.phone].lots
        for number in sorted(one.taken, key=lambda n: (-lots[n].expires_ms, -n)):
            part = min(left, one.taken[number])
            lots[number].remaining += part
            one.taken[number] -= part
            left -= part
        assert left == 0

    def expire(self, now_ms: int) -> int:
        over = [lot for wallet in self.wallets.values() for lot in wallet.lots if lot.expires_ms <= now_ms]
        points = sum(lot.remaining for lot in over)
        for one in over:
            one.lapsed += one.remaining
            one.remaining = 0
        self.accounts["breakage"] += points
        return points

    def becomes(self, request_id: str, state: str) -> None:
        """What a request's change of state means for the points."""
        one = self.asked[request_id]
        before, one.state = one.state, state
        if before in OPEN_STATES and state in USED_STATES:
            self.accounts["store_redemption"] += one.points
        elif before in OPEN_STATES and state not in OPEN_STATES:
            self.put_back(one)
        elif before in USED_STATES and state not in USED_STATES:
            self.accounts["store_redemption"] -= one.points
            self.accounts["offline_loss"] += one.loss
            self.put_back(one)


class BookMachine(RuleBasedStateMachine):
    """Two counters, two members, one store."""

    requests: Bundle[str] = Bundle("requests")
    proposals: Bundle[str] = Bundle("proposals")

    phones = st.sampled_from([PHONE, PHONE, OTHER_PHONE])
    counters = st.integers(0, 1)
    receipts = st.integers(0, 9)
    amounts = st.integers(1, 60)
    valid_days = st.sampled_from([0, 4, 30])
    people = st.sampled_from(["김본사", "이본사"])

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.model = Model()
        self.devices = [world.device(), world.device()]
        self.members = {PHONE: world.member(PHONE, "가나"), OTHER_PHONE: world.member(OTHER_PHONE, "다라")}
        self.days = 30
        self.pushed: list[tuple[Device, bytes, Any]] = []
        self.called: list[tuple[str, dict[str, Any], str]] = []
        self.proposed: dict[str, dict[str, Any]] = {}

    def teardown(self) -> None:
        self.world.close()

    # -- helpers ---------------------------------------------------------------------------------------------------

    @property
    def now_ms(self) -> int:
        return self.world.clock()

    @property
    def expires_ms(self) -> int:
        return self.now_ms + self.days * DAY_MS if self.days else NEVER_MS

    def push(self, counter: int, make: Callable[[Device], dict[str, Any]]) -> Any:
        """One operation, and its result."""
        self.world.clock.advance(1)
        device = self.devices[counter]
        body = device.batch(make(device))
        answer = device.push_raw(body).json()
        self.pushed.append((device, body, answer["results"]))
        return answer["results"][0]

    def call(self, path: str, body: dict[str, Any]) -> Any:
        """A call that may be repeated, and its answer."""
        self.world.clock.advance(1)
        body = {"store_id": self.world.store.store_id, "idempotency_key": new_id("machine")} | body
        answer = self.world.call("POST", path, body)
        if answer.is_success:
            self.called.append((path, body, answer.text))
        return answer

    def look_at(self, request_id: str) -> None:
        """The model follows the state that the request has now."""
        self.model.becomes(request_id, self.world.request(request_id)["state"])

    def change_policy(self, days: int) -> None:
        """PNT-04: new points live by the new policy, old ones as they did."""
        brand_id = self.world.store.brand_id
        self.world.cloud.database.transact(
            lambda work: set_policy(work, brand_id, replace(policy_of(work.conn, brand_id), lot_valid_days=days))
        )
        self.days = days

    # -- sales -----------------------------------------------------------------------------------------------------

    @rule(counter=counters, phone=phones, receipt=receipts, points=st.integers(20, 90), days=valid_days)
    def earn(self, counter: int, phone: str, receipt: int, points: int, days: int) -> None:
        """PNT-07, PNT-09: the same receipt earns once, whichever counter captured it and whoever typed a number."""
        self.change_policy(days)
        name = f"sale-{receipt}"
        result = self.push(counter, lambda device: device.earn(points * 100, phone=phone, fingerprint=name))
        if name in self.model.sales:
            assert (result["status"], result["code"]) == ("rejected", "duplicate_receipt")
            return
        self.model.accounts["store_issuance"] -= points
        self.model.sales[name] = (phone, points, self.model.give(phone, points, self.expires_ms))
        if any(slip.startswith(f"{name}/") for slip in self.model.slips):
            assert (result["status"], result["code"]) == ("adjusted", "cancelled_first")
            self.take_back(name)
        else:
            assert (result["status"], result["body"]["points"]) == ("applied", points)

    @rule(counter=counters, receipt=receipts, slip=st.integers(0, 1))
    def cancel(self, counter: int, receipt: int, slip: int) -> None:
        """PNT-09, PNT-16: also before its sale; once per slip and once per sale."""
        name, paper = f"sale-{receipt}", f"sale-{receipt}/{slip}"
        result = self.push(
            counter, lambda device: device.reverse(sale_fingerprint=name, cancel_fingerprint=paper, amount_won=100)
        )
        if paper in self.model.slips:
            assert (result["status"], result["code"]) == ("rejected", "duplicate_cancel")
        elif name in self.model.cancelled:
            assert (result["status"], result["code"]) == ("rejected", "already_reversed")
        elif name not in self.model.sales:
            assert (result["status"], result["code"]) == ("applied", "waiting_for_sale")
            self.model.slips.add(paper)
        else:
            self.model.slips.add(paper)
            debt = self.take_back(name)
            assert (result["status"], result["body"]["debt_points"]) == ("applied", debt)

    def take_back(self, name: str) -> int:
        phone, points, lot = self.model.sales[name]
        if lot is not None:  # what is over cannot be taken back
            points -= lot.lapsed + (lot.remaining if lot.expires_ms <= self.now_ms else 0)
        self.model.cancelled.add(name)
        self.model.accounts["store_issuance"] += points
        return self.model.charge(phone, points, self.now_ms)

    # -- requests --------------------------------------------------------------------------------------------------

    @rule(target=requests, phone=phones, points=amounts)
    def ask(self, phone: str, points: int) -> Any:
        """Hold: soonest expiry first; not more than there is."""
        terms = {"kind": "points", "member_id": self.members[phone], "points": points, "payment_won": PAYMENT_WON}
        answer = self.call("/v1/requests", terms)
        if points > self.model.spendable(phone, self.now_ms):
            assert answer.json()["code"] == "insufficient_points"
            return multiple()
        request_id = answer.json()["request_id"]
        taken = self.model.take(phone, points, self.now_ms)
        self.model.asked[request_id] = Asked(phone, points, "requested", taken=taken)
        return request_id

    @rule(
        target=requests, counter=counters, phone=phones, ending=st.sampled_from(["withdraw", "reject", "approve", ""])
    )
    def cancel_what_is_on_hold(self, counter: int, phone: str, ending: str) -> Any:
        """PNT-09: everything is on hold when its sale is cancelled; what comes back repays the debt first."""
        sales = [name for name, (whose, *_) in self.model.sales.items() if whose == phone]
        open_sales = [name for name in sales if name not in self.model.cancelled]
        points = self.model.spendable(phone, self.now_ms + 1)
        if not open_sales or not points:
            return multiple()
        request_id = self.ask(phone, points)
        self.cancel(counter, int(open_sales[0].removeprefix("sale-")), 1)
        if ending == "withdraw":
            self.withdraw(request_id)
        elif ending:
            self.decide(counter, request_id, ending)
        return request_id

    @rule(counter=counters, request_id=requests)
    def see(self, counter: int, request_id: str) -> None:
        self.push(counter, lambda device: device.seen(request_id))
        self.look_at(request_id)

    @rule(counter=counters, request_id=requests, decision=st.sampled_from(["approve", "reject"]))
    def decide(self, counter: int, request_id: str, decision: str) -> None:
        """Capture or release; the second decision changes nothing (APR-36)."""
        self.push(counter, lambda device: device.decide(request_id, decision))
        self.look_at(request_id)

    @rule(counter=counters, request_id=requests)
    def recover(self, counter: int, request_id: str) -> None:
        """Return (APR-15, APR-17)."""
        body = {"request_id": request_id, "occurred_ms": self.now_ms}
        self.push(counter, lambda device: device.op("request.recover", body, actor="owner"))
        self.look_at(request_id)

    @rule(request_id=requests)
    def withdraw(self, request_id: str) -> None:
        self.world.clock.advance(1)
        self.world.call("POST", f"/v1/requests/{request_id}/withdraw")
        self.look_at(request_id)

    @rule(target=requests, counter=counters, phone=phones, points=amounts)
    def spend_offline(self, counter: int, phone: str, points: int) -> Any:
        """PNT-10: always booked; what the balance does not cover is the store's loss."""
        spend_id = new_id("spend")
        body = {
            "spend_id": spend_id,
            "phone": phone,
            "points": points,
            "payment_won": PAYMENT_WON,
            "decided_by_default": False,
            "occurred_ms": self.now_ms + 1,
            "snapshot_ms": self.now_ms,
        }
        result = self.push(counter, lambda device: device.op("points.spend", body))
        taken = self.model.take(phone, points, self.now_ms)
        loss = points - sum(taken.values())
        assert (result["body"]["covered_points"], result["body"]["loss_points"]) == (points - loss, loss)
        self.model.asked[spend_id] = Asked(phone, points, "approved", loss, taken)
        self.model.accounts["store_redemption"] += points
        self.model.accounts["offline_loss"] -= loss
        return spend_id

    # -- corrections by hand ---------------------------------------------------------------------------------------

    @rule(target=proposals, phone=phones, points=st.integers(-90, 200).filter(bool), by=people)
    def adjust(self, phone: str, points: int, by: str) -> Any:
        """PNT-01: alone up to the limit, never below zero."""
        terms = {"member_id": self.members[phone], "points": points, "reason": "정정", "by": by}
        answer = self.call("/v1/adjustments", terms)
        alone = sum(
            abs(one["points"])
            for one in self.proposed.values()
            if one["state"] == "confirmed"
            and same_person(one["proposed_by"], by)
            and same_person(one["decided_by"], by)
            and one["member_id"] == self.members[phone]
            and one["proposed_ms"] > self.now_ms - DAY_MS
        )
        if alone + abs(points) > LIMIT_POINTS:
            assert answer.json()["state"] == "pending"
        elif -points > self.model.spendable(phone, self.now_ms):
            assert answer.json()["code"] == "insufficient_points"
            return multiple()
        else:
            assert answer.json()["state"] == "confirmed"
            self.correct(phone, points)
        self.proposed[answer.json()["adjustment_id"]] = answer.json() | {"phone": phone}
        return answer.json()["adjustment_id"]

    @rule(adjustment_id=proposals, by=people, word=st.sampled_from(["confirm", "refuse"]))
    def second_person(self, adjustment_id: str, by: str, word: str) -> None:
        """Of four eyes the second two; twice is once."""
        self.world.clock.advance(1)
        one = self.proposed[adjustment_id]
        answer = self.world.call("POST", f"/v1/adjustments/{adjustment_id}/{word}", {"by": by}).json()
        wanted = {"confirm": "confirmed", "refuse": "refused"}[word]
        if one["state"] != "pending":
            assert answer.get("code", answer.get("state")) == (wanted if one["state"] == wanted else "already_decided")
        elif one["proposed_ms"] <= self.now_ms - WAITS_MS:
            assert answer["code"] == "already_decided"
        elif word == "confirm" and by == one["proposed_by"]:
            assert answer["code"] == "second_person_needed"
        elif word == "confirm" and -one["points"] > self.model.spendable(one["phone"], self.now_ms):
            assert answer["code"] == "insufficient_points"
        else:
            assert answer["state"] == wanted
            one.update(answer)
            if word == "confirm":
                self.correct(one["phone"], one["points"])

    def correct(self, phone: str, points: int) -> None:
        self.model.accounts["adjustment"] -= points
        if points > 0:
            self.model.give(phone, points, self.expires_ms)
        else:
            self.model.take(phone, -points, self.now_ms)

    # -- time ------------------------------------------------------------------------------------------------------

    @rule(ms=st.sampled_from([1_000, 61_500, 660_000, 2 * DAY_MS, 5 * DAY_MS]))
    def let_time_pass(self, ms: int) -> None:
        """APR-07, APR-18: minutes run out by themselves."""
        self.world.clock.advance(ms)
        self.world.sweep()
        # Time-outs are swept before what nobody showed, each in order of time, which is the order they were made in.
        waiting = [(key, one) for key, one in self.model.asked.items() if one.state in OPEN_STATES]
        for key, _ in sorted(waiting, key=lambda item: item[1].state != "seen"):
            self.look_at(key)

    @rule()
    def book_expiry(self) -> None:
        """PNT-17: once, and what is on hold waits."""
        assert expire_all(self.world.cloud.database).points == self.model.expire(self.now_ms)

    # -- repetitions -----------------------------------------------------------------------------------------------

    @rule(which=st.integers(0, 1_000))
    def push_again(self, which: int) -> None:
        """I10: the same answer, and nothing changes."""
        if self.pushed:
            device, body, results = self.pushed[which % len(self.pushed)]
            assert device.push_raw(body).json()["results"] == results

    @rule(which=st.integers(0, 1_000))
    def call_again(self, which: int) -> None:
        """I10."""
        if self.called:
            path, body, text = self.called[which % len(self.called)]
            assert self.world.call("POST", path, body).text == text

    # -- after every step ------------------------------------------------------------------------------------------

    @invariant()
    def members_have_what_the_model_says(self) -> None:
        """PNT-09, PNT-17, I5."""
        for phone, member in self.members.items():
            expected = (
                self.model.spendable(phone, self.now_ms),
                self.model.held(phone),
                self.model.wallets[phone].debt,
            )
            assert self.world.points(member) == expected

    @invariant()
    def lots_and_accounts_are_what_the_model_says(self) -> None:
        """I1, I6."""
        with self.world.cloud.database.read() as conn:
            lots = conn.execute(select(lot).order_by(lot.c.posting_id)).all()
            accounts = conn.execute(select(account).where(account.c.kind.in_(self.model.accounts))).all()
        for phone, member in self.members.items():
            found = [(row.expires_ms, row.points, row.remaining) for row in lots if row.member_id == member]
            assert found == [(one.expires_ms, one.points, one.remaining) for one in self.model.wallets[phone].lots]
        assert {row.kind: row.balance for row in accounts} == self.model.accounts

    @invariant()
    def the_book_proves_itself(self) -> None:
        """PNT-01."""
        self.world.assert_book_is_sound()


EXAMPLES_MAX = 200  # of the nightly run


def _run(make: Callable[[int], str], key_file: Path, **settings: Any) -> None:
    """Each example on a database of its own."""
    profile = hypothesis.settings.default
    examples = min(max(profile.max_examples // 8, 3), EXAMPLES_MAX)
    numbers = itertools.count()
    policy = Policy(lot_valid_days=30, adjustment_limit_points=LIMIT_POINTS)

    def machine() -> BookMachine:
        return BookMachine(World(Settings(make(next(numbers)), key_file, sweeper=False), policy=policy))

    terms = {"max_examples": examples, "stateful_step_count": 40} | settings
    run_state_machine_as_test(machine, settings=hypothesis.settings(profile, **terms))


@pytest.fixture
def copies(sqlite_template: Path, tmp_path: Path) -> Callable[[int], str]:
    """Fresh SQLite files."""

    def copy(number: int) -> str:
        path = tmp_path / f"{number}.db"
        shutil.copy(sqlite_template, path)
        return f"sqlite:///{path}"

    return copy


@pytest.mark.timeout(600)
def test_any_order_of_calls_leaves_the_book_as_the_model_says(copies: Callable[[int], str], key_file: Path) -> None:
    """PNT-01, PNT-09, PNT-10, PNT-16, PNT-17."""
    _run(copies, key_file)


@pytest.mark.postgres
@pytest.mark.timeout(600)
def test_the_same_on_postgresql(empty_postgres: Callable[[], str], key_file: Path) -> None:
    """PNT-01, PNT-09, PNT-10, PNT-16, PNT-17."""
    _run(lambda _: empty_postgres(), key_file)


def _sql(module: Any, name: str, old: str, new: str) -> Callable[[], Any]:
    changed = str(getattr(module, name)).replace(old, new)
    assert changed != str(getattr(module, name))
    return lambda: patch.object(module, name, text(changed))


@pytest.mark.thorough
@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param(_sql(lots, "_TO_TAKE", "BY expires_ms, posting_id", "BY posting_id"), id="oldest first"),
        pytest.param(_sql(lots, "_TO_TAKE", "expires_ms > :now_ms AND", ""), id="expired points are spent"),
        pytest.param(_sql(lots, "_TAKEN", "expires_ms DESC", "expires_ms"), id="put back in the wrong order"),
        pytest.param(
            lambda: patch.object(earns, "expiry_ms", lambda now_ms, _days: now_ms + 30 * DAY_MS), id="always 30 days"
        ),
        pytest.param(
            lambda: patch.object(
                holds, "credit_member", lambda member, points, _owed: credit_member(member, points, 0)
            ),
            id="a released hold repays no debt",
        ),
        pytest.param(
            lambda: patch.object(adjustments, "_adjusted_alone", lambda _work, _wanted: 0), id="large in small pieces"
        ),
    ],
)
@pytest.mark.expect_log(r".*")
def test_the_machine_sees_what_somebody_could_do_wrong(
    copies: Callable[[int], str], key_file: Path, mistake: Callable[[], Any]
) -> None:
    with mistake(), pytest.raises(BaseException):  # noqa: B017, PT011 - whatever step fails first
        _run(copies, key_file, max_examples=40, phases=[hypothesis.Phase.generate], derandomize=True)
