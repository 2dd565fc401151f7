"""Owns the invariants of a world that has come to rest: what must be true once everything has arrived."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from typing import Any

from cloud_api.stores.service import Profile
from rules.requests import OPEN_STATES
from simulation.cloud import CloudMachine
from simulation.counter import CounterMachine
from simulation.ground import ADJUSTED_ALONE
from simulation.lots import check_corrections, check_expired
from simulation.memory import Memory
from simulation.outcomes import demand
from simulation.shop import Sale
from simulation.spend_checks import check_story
from simulation.watch import check_book
from sync.chain import verify_chain
from sync.outbox import read_head
from sync.profile import require_identity
from sync.tally import ALARM

# Written down a second time, apart from the product's rules, so that a change there is noticed here.
_REQUEST_MOVES = {
    "requested": {"seen", "approved", "rejected", "withdrawn", "expired"},
    "seen": {"approved", "auto_approved", "rejected", "withdrawn"},
    "approved": {"approved", "recovered"},  # staff asked for it back and wait for the owner, or are told no
    "auto_approved": {"approved", "rejected", "withdrawn", "auto_cancelled"},
}
_POSTINGS = {  # of a points request, by how it ended
    "requested": ["hold"],
    "seen": ["hold"],
    "approved": ["capture", "hold"],
    "auto_approved": ["capture", "hold"],
    "withdrawn": ["hold", "release"],
    "expired": ["hold", "release"],
    "recovered": ["capture", "hold", "return"],
    "auto_cancelled": ["capture", "hold", "return"],
}
# What a hold took before the line broke is given back when the spend is booked, and the spend may be taken back too.
_TWICE_BACK = "kind = 'return' AND request_id IN (SELECT request_id FROM request WHERE spend_op_id > '')"
_COUPONS = {"requested": "pending", "seen": "pending", "approved": "used", "auto_approved": "used"}


def judge(
    cloud: CloudMachine, counters: tuple[CounterMachine, ...], memory: Memory, sales: list[Sale], shop: Profile
) -> None:
    """The whole cloud, and this shop at its counters. Raises Violation."""
    check_book(cloud.conn)
    check_expired(cloud.conn, cloud.clock())
    check_corrections(cloud.conn, ADJUSTED_ALONE)
    effects_once(cloud)
    _sales(cloud, memory, sales, shop)
    _requests(cloud, memory)
    _revoked(cloud, memory)
    for counter in counters:
        _arrived(cloud, counter, memory)
        if counter.gone:
            continue
        _here_and_there(cloud, counter, memory)
        _chain(cloud, counter)
        _outbox(cloud, counter)
        _feed(cloud, counter, shop)
        _requests_here(cloud, counter, memory, shop)
        _orders_here(cloud, counter, shop)
        _told(counter)
        _earns_here(cloud, counter)


def effects_once(cloud: CloudMachine) -> None:
    """I2"""
    twice = "GROUP BY 1, 2 HAVING count(*) > 1"
    for what, sql in (
        ("receipts", f"SELECT store_id, receipt_no FROM earn WHERE receipt_no IS NOT NULL {twice}"),
        ("operations", f"SELECT op_id, kind FROM posting WHERE op_id IS NOT NULL {twice}"),
        (
            "requests",
            f"SELECT request_id, kind FROM posting WHERE request_id IS NOT NULL AND NOT ({_TWICE_BACK}) {twice}",
        ),
        ("earns taken back", f"SELECT store_id, reverses_id FROM posting WHERE reverses_id IS NOT NULL {twice}"),
        ("reversals", f"SELECT store_id, earn_id FROM reversal WHERE state = 'applied' {twice}"),
        ("chain places", f"SELECT device_id || epoch, op_id FROM device_op WHERE op_id <> '' {twice}"),
    ):
        found = cloud.rows(sql)
        demand(not found, "I2", f"{what} with more than one effect: {found}")


def _sales(cloud: CloudMachine, memory: Memory, sales: list[Sale], shop: Profile) -> None:
    """The till is the truth: a confirmed earn is booked over what was paid, a cancelled sale keeps no points."""
    sql = "SELECT receipt_no, paid_won, status, earn_id FROM earn WHERE store_id = ?"
    booked = {row[0]: row for row in cloud.rows(sql, shop.store_id)}
    for sale in sales:
        row = booked.get(sale.receipt_no)
        if row is None or sale.untold:
            continue
        demand(row[1] == sale.paid_won, "I3", f"{sale.receipt_no}: {sale.paid_won} won paid, {row[1]} booked")
        if not sale.cancelled:
            demand(row[2] == "posted", "I2", f"{sale.receipt_no} stands at the till and its points are {row[2]}")
        else:
            demand(row[2] == "reversed", "reversal", f"{sale.receipt_no} was cancelled and keeps its points")
    earn_ids = {row[0] for row in cloud.rows("SELECT earn_id FROM earn")}
    refused = {
        json.loads(result)["op_id"]
        for (result,) in cloud.rows("SELECT result FROM device_op WHERE kind = 'earn' AND status = 'rejected'")
        if json.loads(result)["code"] == "duplicate_receipt"
    }
    for (earn_id, _), (op_id, shown) in memory.earns.items():
        answered = earn_id in earn_ids or op_id in refused
        demand(answered, "I3", f"the tablet showed {shown}, the cloud has neither the earn nor another of its receipt")


def _requests(cloud: CloudMachine, memory: Memory) -> None:
    """I6: the story of every request, and what it moved."""
    stories: dict[str, list[tuple[int, str]]] = defaultdict(list)
    rows = {row[:2]: row[2:] for row in cloud.rows("SELECT feed_id, n, kind, body FROM feed_row")}
    for _, (feed_kind, body) in sorted({**memory.told, **rows}.items()):
        if feed_kind != "request":
            continue
        row = json.loads(body)
        stories[row["request_id"]].append((row["version"], row["state"]))
    postings: dict[str, list[str]] = defaultdict(list)
    for request_id, kind in cloud.rows("SELECT request_id, kind FROM posting WHERE request_id IS NOT NULL"):
        postings[request_id].append(kind)
    sql = "SELECT request_id, kind, state, coupon_id, spend_op_id FROM request"
    for request_id, kind, state, coupon_id, spend_op in cloud.rows(sql):
        story = stories.pop(request_id)
        demand([version for version, _ in story] == list(range(1, len(story) + 1)), "I6", f"{request_id}: {story}")
        states = [name for _, name in story]
        demand(states[-1] == state, "I6", f"{request_id} is {state}, told {states}")
        demand(state not in OPEN_STATES, "I8", f"{request_id} is still {state}")
        _promises(memory, request_id, states)
        if spend_op is not None:
            check_story(request_id, states)
            continue
        demand(states[0] == "requested", "I6", f"{request_id}: {states}")
        for before, after in itertools.pairwise(states):
            demand(after in _REQUEST_MOVES.get(before, ()), "I6", f"{request_id}: {states}")
        if kind == "points":
            wanted = _POSTINGS.get(state, ["hold", "release"])
            if state in ("rejected", "withdrawn") and "auto_approved" in states:
                wanted = ["capture", "hold", "return"]
            demand(sorted(postings[request_id]) == wanted, "I6", f"{request_id} {states}: {postings[request_id]}")
        if kind == "coupon":
            _coupon(cloud, request_id, coupon_id, state)
    demand(not stories, "I6", f"rows about requests that do not exist: {list(stories)}")


def _revoked(cloud: CloudMachine, memory: Memory) -> None:
    """R9: whoever is shut out has said nothing since."""
    for device_id, at_ms in memory.revoked.items():
        sql = "SELECT count(*) FROM device_op WHERE device_id = ? AND received_ms > ?"
        later = cloud.rows(sql, device_id, at_ms)[0][0]
        demand(later == 0, "revoked", f"{later} operations of {device_id} were taken after it was revoked")


def _coupon(cloud: CloudMachine, request_id: str, coupon_id: str, state: str) -> None:
    holder, coupon_state = cloud.rows("SELECT request_id, state FROM coupon WHERE coupon_id = ?", coupon_id)[0]
    wanted = _COUPONS.get(state)
    mine = holder == request_id
    demand(mine == (wanted is not None), "I6", f"coupon of {request_id} ({state}) is {coupon_state} for {holder}")
    demand(not mine or coupon_state == wanted, "I6", f"coupon of {request_id} ({state}) is {coupon_state}")


def _promises(memory: Memory, request_id: str, states: list[str]) -> None:
    """APR-19: a tap before 0 wins over the clock; only another person can have been faster."""
    for promise in memory.promises.get(request_id, ()):
        if promise.remaining_ms:
            demand(states[-1] != "auto_approved", "APR-19", f"{promise} on {request_id}, and time decided it: {states}")
    if request_id in memory.withdrawn:
        demand(states[-1] == "withdrawn", "I6", f"{request_id} was withdrawn and is {states}")


def _arrived(cloud: CloudMachine, counter: CounterMachine, memory: Memory) -> None:
    """I3: whatever a screen confirmed, by whichever way it came."""
    ids = {row[0] for row in cloud.rows("SELECT op_id FROM device_op")}
    confirmed = memory.operations.get(counter.name, set())
    demand(confirmed <= ids, "I3", f"{counter.name} confirmed {sorted(confirmed - ids)}, the cloud has none of them")


def _here_and_there(cloud: CloudMachine, counter: CounterMachine, memory: Memory) -> None:
    """I3: both sides have the same operations at the same places."""
    there = {row[:3]: row[3:] for row in cloud.rows("SELECT device_id, epoch, seq, hash, op_id FROM device_op")}
    confirmed = memory.operations.get(counter.name, set())
    here = {row[4]: tuple(row) for row in _here(counter, "SELECT device_id, epoch, seq, hash, op_id FROM outbox")}
    demand(confirmed <= here.keys(), "I3", f"{counter.name} no longer knows {sorted(confirmed - here.keys())}")
    for op_id, row in here.items():
        found = there.get(row[:3])
        same = found is not None and found[0] == row[3] and found[1] in (op_id, "")
        demand(same, "I3", f"{counter.name} says that {row} arrived; there is {found}")


def _chain(cloud: CloudMachine, counter: CounterMachine) -> None:
    """I9"""
    assert counter.now is not None
    with counter.now.store.read() as conn:
        identity = require_identity(conn)
        device, epoch = identity.device_id, identity.epoch
        broken = verify_chain(conn, counter.now.cipher)
        head = read_head(conn, device, epoch)
    demand(broken is None, "I9", f"{counter.name}'s chain breaks at {broken}")
    there = cloud.rows("SELECT last_seq, last_hash, suspended_ms, epoch FROM device WHERE device_id = ?", device)[0]
    demand(there[:2] == head, "I9", f"{counter.name} stands at {head}, the cloud at {there[:2]}")
    demand(there[2] is None, "I9", f"{counter.name} is suspended without a clone")
    demand(there[3] == epoch, "I9", f"{counter.name} is in epoch {epoch}, the cloud in {there[3]}")
    # A cloud that went back gives one to whoever had sent nothing by which it could tell.
    same = epoch == counter.device.identity.epoch or cloud.era > 0
    demand(same, "I9", f"{counter.name} has a new epoch without an old copy")
    forks = cloud.rows("SELECT seq, code FROM forked_op WHERE device_id = ?", device)
    demand(not forks, "I9", f"{counter.name} forked without a clone: {forks}")


def _outbox(cloud: CloudMachine, counter: CounterMachine) -> None:
    """I8, I10: nothing waits; both sides hold the same answers; nothing failed on the way."""
    answers = {
        (device, epoch, seq): json.loads(result)
        for device, epoch, seq, result in cloud.rows("SELECT device_id, epoch, seq, result FROM device_op")
    }
    for row in _here(
        counter,
        "SELECT device_id, epoch, seq, kind, status, code, result_json, local_error, body FROM outbox ORDER BY rowid",
    ):
        place = (row["device_id"], row["epoch"], row["seq"])
        where = f"{counter.name} {row['seq']} {row['kind']}"
        demand(row["status"] != "pending", "I8", f"{where} still waits")
        poison = "another version" in row["body"]
        demand(row["local_error"] is None or poison, "unexpected", f"{where}: {row['local_error']}")
        demand(json.loads(row["result_json"]) == answers[place], "I10", f"{where}: {row['result_json']}")
        demand((row["status"] == "parked") == poison, "I2", f"{where} is {row['status']} {row['code']}")


def _feed(cloud: CloudMachine, counter: CounterMachine, shop: Profile) -> None:
    """I7: every row of both feeds once, in order, as the cloud wrote it, but for those that a snapshot stood for."""
    failed = _here(counter, "SELECT feed, n, error FROM feed_row WHERE error IS NOT NULL")
    demand(not failed, "unexpected", f"{counter.name} could not apply rows: {[tuple(row) for row in failed]}")
    alarm = [row[0] for row in _here(counter, "SELECT value FROM meta WHERE key = ?", ALARM)]
    # Between a restore and the word of it a counter may compare what the cloud has forgotten.
    cured = cloud.ran_untold and all(json.loads(text)["corrected_wall_ms"] is not None for text in alarm)
    demand(cured or not alarm, "I4", f"{counter.name} once held something else than the tally says: {alarm}")
    generation = _here(counter, "SELECT generation FROM inbox_cursor")[0][0]
    for feed, feed_id in (("store", f"store:{shop.store_id}"), ("brand", f"brand:{shop.brand_id}")):
        there = cloud.rows("SELECT n, kind, body FROM feed_row WHERE feed_id = ? ORDER BY n", feed_id)
        n, pruned = cloud.rows("SELECT n, pruned_n FROM feed WHERE feed_id = ?", feed_id)[0]
        sql = "SELECT n, kind FROM feed_row WHERE feed = ? AND generation = ? AND n > ? ORDER BY n"
        here = [tuple(row) for row in _here(counter, sql, feed, generation, pruned)]
        wanted = [row[:2] for row in there]
        wanted = [row for row in wanted if row in here or (feed, generation, row[0]) not in counter.skipped]
        if cloud.never_told and cloud.era:  # it forgot its rows when it saw that the cloud had lost some of them
            if pruned:  # what was pruned cannot tell, and a counter that stood before it forgot nothing
                continue
            wanted = [row for row in wanted if row in here]
        demand(here == wanted, "I7", f"{counter.name} has {here} of the {feed} feed, not {wanted}")
        demand(n - pruned == len(there), "I7", f"the {feed} feed says {n} - {pruned} and has {len(there)} rows")


def _requests_here(cloud: CloudMachine, counter: CounterMachine, memory: Memory, shop: Profile) -> None:
    """I4: what the counter shows of requests is what stands; what a restored cloud has forgotten is over here too."""
    there = {
        row[0]: row
        for row in cloud.rows(
            "SELECT request_id, version, state, decided_by, reason FROM request WHERE store_id = ?", shop.store_id
        )
    }  # fmt: skip
    here = _here(
        counter, "SELECT request_id, version, state, decided_by, reason, local_decision, deadline_mono_ms FROM request"
    )
    lost = [row for row in here if row["request_id"] not in there]
    refused = {row[0] for row in _here(counter, "SELECT spend_id FROM spend WHERE state = 'dropped'")}  # by it alone
    for row in lost:
        gone = row["request_id"] in memory.lost_requests or row["request_id"] in refused
        over = gone and row["state"] not in OPEN_STATES
        demand(over, "I4", f"{counter.name} shows {tuple(row)}, and there is no such request")
    known = [row for row in here if row["request_id"] in there]
    # A snapshot names the requests of today as well: whoever jumped over rows knows how each of them ended.
    demand(len(known) == len(there), "I4", f"{counter.name} knows {len(known)} requests of {len(there)}")
    for row in known:
        same = tuple(row)[:5] == tuple(there[row["request_id"]])
        demand(same, "I4", f"{counter.name} shows {tuple(row)}, there is {there[row['request_id']]}")
        demand(row["local_decision"] is None, "I4", f"{counter.name} still waits for its word on {tuple(row)}")


def _orders_here(cloud: CloudMachine, counter: CounterMachine, shop: Profile) -> None:
    """I4"""
    sql = "SELECT order_id, version, state FROM customer_order WHERE store_id = ? ORDER BY 1"
    there = cloud.rows(sql, shop.store_id)
    here = [tuple(row) for row in _here(counter, "SELECT order_id, version, state FROM customer_order ORDER BY 1")]
    demand(here == there, "I4", f"{counter.name} shows orders {set(here) ^ set(there)}")


def _told(counter: CounterMachine) -> None:
    """I3: a card that counts as shown, or an earn, has its operation: both are committed together or not at all."""
    told = "SELECT json_extract(body, '$.request_id') FROM outbox WHERE kind = 'request.seen'"
    shown = (
        f"SELECT request_id FROM request WHERE seen_op AND request_id NOT IN ({told} UNION SELECT spend_id FROM spend)"
    )
    untold = [row[0] for row in _here(counter, shown)]
    untold += [
        row[0] for row in _here(counter, "SELECT earn_id FROM earn WHERE op_id NOT IN (SELECT op_id FROM outbox)")
    ]
    demand(not untold, "I3", f"{counter.name} did something about {untold} and told nobody")


def _earns_here(cloud: CloudMachine, counter: CounterMachine) -> None:
    """I4: no earn stays provisional, and its points are the booked ones."""
    there = {row[0]: row[1:] for row in cloud.rows("SELECT earn_id, status, points FROM earn")}
    answers = {
        row["earn_id"]: json.loads(row["result_json"])
        for row in _here(counter, "SELECT earn_id, result_json FROM earn JOIN outbox USING (op_id)")
    }
    for row in _here(counter, "SELECT earn_id, status, points, posted_points FROM earn"):
        where = f"{counter.name} shows {tuple(row)}"
        answer = answers[row["earn_id"]]
        if answer["status"] == "rejected":
            demand(row["status"] in ("rejected", "reversed"), "I4", f"{where}, the cloud said {answer}")
            continue
        demand(row["earn_id"] in there, "I3", f"{where}, the cloud has no such earn")
        status, points = there[row["earn_id"]]
        if status == "reversed":
            demand(row["status"] == "reversed", "I4", f"{where}, the cloud took it back")
        else:
            wanted = "posted" if points == row["points"] else "adjusted"
            demand(
                row["status"] == wanted and row["posted_points"] == points, "I4", f"{where}, there {status} {points}"
            )


def _here(counter: CounterMachine, sql: str, *values: Any) -> list[Any]:
    assert counter.now is not None
    with counter.now.store.read() as conn:
        return conn.execute(sql, values).fetchall()
