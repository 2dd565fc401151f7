"""Owns what is tried at a counter whose device is suspended because two copies of its disk ran: value goes out at
neither of them, with a line or without, until a person has enrolled them (docs/protocol.md, `forked`)."""

from __future__ import annotations

import random
from functools import partial

from agent.approval.types import Decided
from agent.bootstrap import Agent
from agent.spend.types import AskedOutcome, SpendAsked, SpendNotNow
from cloud_api.clock import DAY_MS
from rules.phone import Phone
from simulation.cloud import CloudMachine
from simulation.counter import CounterMachine
from simulation.ground import PHONES
from simulation.outcomes import demand
from simulation.shop import Shop
from simulation.wire import Network
from sync import outbox
from sync.snapshot import Why, ask_for

LIMITS = {"offline_store_day_won": 30_000, "offline_member_won": 5_000, "offline_snapshot_max_ms": DAY_MS}
PAYMENT_WON = 20_000
SET_BACK_SHARE = 0.6  # somebody sets the clock back behind the suspension
BACK_MS = -3_600_000
TOGETHER_MS = 4_000  # until a question has reached a counter
CUT_OFF_MS = 12_000
OVER_MS = 75_000  # longer than any countdown
_DECISIONS = ("request.decide", "request.recover", "request.keep", "points.spend", "order.advance")
_TAKEN = (
    "SELECT kind, result FROM device_op WHERE device_id = ? AND received_ms >= ? AND kind IN"
    f" ({', '.join(repr(kind) for kind in _DECISIONS)}) AND status IN ('applied', 'adjusted')"
)
_MOVED = (
    "SELECT posting.kind, posting.request_id FROM posting JOIN device_op ON device_op.op_id = posting.op_id"
    " WHERE device_op.device_id = ? AND device_op.received_ms >= ? AND posting.kind NOT IN ('earn', 'reversal')"
)
_ASKED = "SELECT request_id, state FROM request WHERE device_id = ? AND created_ms >= ?"
_NAMED = "SELECT request_id, state FROM request WHERE print_device = ? AND seen_ms >= ?"


def try_value_out(
    cloud: CloudMachine, network: Network, shop: Shop, both: list[CounterMachine], rng: random.Random
) -> None:
    """Runs the act when the device is suspended. Raises Violation."""
    device = both[0].device.identity.device_id
    suspended_ms = cloud.rows("SELECT suspended_ms FROM device WHERE device_id = ?", device)[0][0]
    if suspended_ms is None:
        return
    began_ms = cloud.clock()
    excused: set[str] = set()
    cloud.calling(shop.consumers.set_policy(**LIMITS))
    for at in both:
        if rng.random() < SET_BACK_SHARE:
            at.clock.jump(BACK_MS)
        at.acting(_fetch_members)
    shop.agenda.run_until(shop.agenda.now_ms + 2 * TOGETHER_MS)
    for at in rng.sample(both, len(both)):
        shop.sell_at(at)  # which one of them still sends, and hears what time it is
        shop.agenda.run_until(shop.agenda.now_ms + TOGETHER_MS)
        told = False
        for cut_off in rng.sample((True, False), 2):
            if not cut_off:
                shop.consumers.ask_coupon()
                shop.consumers.ask_points()
                shop.agenda.run_until(shop.agenda.now_ms + TOGETHER_MS)
            else:
                network.partition(at.name, CUT_OFF_MS)
            said = _spend(at, PHONES[0])  # who has just bought something here
            refused = not told or isinstance(said, SpendNotNow)
            demand(refused, "suspended", f"{at.name} was told that it is suspended, and then gave {said}")
            told = isinstance(said, SpendNotNow)
            if isinstance(said, SpendAsked) and (at.acting(_heard) or 0) < suspended_ms:
                # It has heard nothing since, and by its clock, which may be wrong, it was before: believed and flagged.
                excused.add(said.spend_id)
            _approve_all(shop, at)
            shop.agenda.run_until(shop.agenda.now_ms + CUT_OFF_MS + TOGETHER_MS)
    for at in both:
        _ask_past_the_agent(at, rng.choice(PHONES))
    shop.agenda.run_until(shop.agenda.now_ms + OVER_MS)
    _nothing_went_out(cloud, device, began_ms, excused)


def _heard(agent: Agent) -> int:
    with agent.store.read() as conn:
        return outbox.heard_ms(conn)


def _fetch_members(agent: Agent) -> None:
    with agent.store.transaction() as conn:
        ask_for(conn, Why.AGE)


def _approve_all(shop: Shop, at: CounterMachine) -> None:
    """Staff see what waits and say yes; whatever the screen answers, it is the cloud that must not believe it."""
    cards = at.acting(lambda agent: agent.approval.pending()) or ()
    at.acting(lambda agent: agent.approval.mark_shown([card.request_id for card in cards]))
    for card in cards:
        said = at.acting(partial(_approve, card.request_id))
        if isinstance(said, Decided):
            shop.memory.confirmed(at)


def _approve(request_id: str, agent: Agent) -> object:
    return agent.approval.approve(request_id, "staff:clone")


def _spend(at: CounterMachine, phone: Phone) -> AskedOutcome | None:
    def ask(agent: Agent) -> AskedOutcome:
        return agent.spend.ask(agent.spend.new_id(), phone.national, None, PAYMENT_WON)

    return at.acting(ask)


def _ask_past_the_agent(at: CounterMachine, phone: Phone) -> None:
    """Whoever has the disk has the keys, and need not run our program."""

    def ask(agent: Agent) -> None:
        port, request_id = agent.spend._port, agent.spend.new_id()
        assert port is not None
        port.ask_request({"request_id": request_id, "phone": phone.e164, "points": None, "payment_won": PAYMENT_WON})

    at.acting(ask)


def _nothing_went_out(cloud: CloudMachine, device: str, since_ms: int, excused: set[str]) -> None:
    """R4: of a suspended device earns are booked, and no word about value is taken. Showing a request is one, because
    time approves what was shown and nobody rejected."""
    taken = [row for row in cloud.rows(_TAKEN, device, since_ms) if not any(one in row[1] for one in excused)]
    demand(not taken, "suspended", f"{device} is suspended and was believed: {taken}")
    moved = [row for row in cloud.rows(_MOVED, device, since_ms) if row[1] not in excused]
    demand(not moved, "suspended", f"{device} is suspended and moved points: {moved}")
    asked = cloud.rows(_ASKED, device, since_ms)
    demand(not asked, "suspended", f"{device} is suspended and held points: {asked}")
    named = cloud.rows(_NAMED, device, since_ms)
    demand(not named, "suspended", f"{device} is suspended, showed and prints {named}")
