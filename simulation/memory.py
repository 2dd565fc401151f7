"""Owns what people were told: the screens' confirmations, which no later failure may make untrue."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from agent.approval.types import RequestCard
from agent.earn.types import Earned
from simulation.cloud import CloudMachine
from simulation.counter import CounterMachine
from simulation.outcomes import demand
from sync.protocol import FINAL_STATUSES

# A countdown runs late by the way of the answer, which a counter waits for this long at most (that of a long poll); and
# early by the way of a question about a countdown that was lost, because it counts from the question.
COUNTDOWN_LATE_MS = 35_100
COUNTDOWN_EARLY_MS = 5_100


@dataclass(frozen=True)
class Promise:
    """A screen said that this request is decided; ``remaining_ms`` is what its countdown showed."""

    counter: str
    how: str
    remaining_ms: int | None


@dataclass
class Memory:
    """Written by the shop, read by the checks."""

    cloud: CloudMachine
    operations: dict[str, set[str]] = field(default_factory=dict)  # ids of operations, by counter
    # By earn and counter, with the operation's id: a slip earns the same at two counters that have not heard of it.
    earns: dict[tuple[str, str], tuple[str, Earned]] = field(default_factory=dict)
    promises: dict[str, list[Promise]] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    lost_requests: set[str] = field(default_factory=set)  # by a restore of the cloud
    told: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)  # feed rows that were pruned since
    on_cards: Callable[[CounterMachine, Sequence[RequestCard]], None] = lambda _counter, _cards: None
    poisoned: int = 0
    revoked: dict[str, int] = field(default_factory=dict)  # when, by device
    results: dict[tuple[str, int, int], str] = field(default_factory=dict)

    def confirmed(self, counter: CounterMachine) -> None:
        """Whatever the counter has in its outbox now, a person has seen the effect of."""
        if counter.now is None:
            return
        known = self.operations.setdefault(counter.name, set())
        known.update(row[0] for row in counter.now.store.conn.execute("SELECT op_id FROM outbox"))

    def earned(self, counter: CounterMachine, answer: Earned) -> None:
        """The tablet showed points."""
        if counter.now is None:
            return
        sql = "SELECT op_id FROM earn WHERE earn_id = ?"
        found = counter.now.store.conn.execute(sql, (answer.earn_id,)).fetchone()
        demand(found is not None, "I3", f"{counter.name} showed {answer} and has no such earn")
        _, before = self.earns.setdefault((answer.earn_id, counter.name), (found[0], answer))
        demand(before == answer, "I10", f"{counter.name} showed {before}, then {answer}")

    def decided(self, counter: CounterMachine, request_id: str, how: str, remaining_ms: int | None) -> None:
        """The card said: done."""
        self.promises.setdefault(request_id, []).append(Promise(counter.name, how, remaining_ms))

    def saw_cards(self, counter: CounterMachine, cards: Sequence[RequestCard]) -> None:
        """APR-18: a countdown on a screen is the cloud's, whatever clocks, sleep and restarts did."""
        self.on_cards(counter, cards)
        now_ms = self.cloud.clock()
        # Until it has read what a restored cloud says, a counter shows what it knew: requests that are forgotten, and
        # countdowns that began anew. Its own ones end earlier then, and nobody is asked.
        read = counter.now is not None and counter.all_read(counter.now.cursor())
        unread = self.cloud.era > 0 and (self.cloud.awaits_word or not read)
        for card in cards:
            if card.remaining_ms is None or card.at_counter:
                continue
            found = self.cloud.rows("SELECT state, deadline_ms FROM request WHERE request_id = ?", card.request_id)
            if not found and unread and card.request_id in self.lost_requests:
                continue
            demand(len(found) == 1, "I4", f"a card of an unknown request {card.request_id}")
            state, deadline_ms = found[0]
            if state != "seen":
                continue
            true_ms = max(deadline_ms - now_ms, 0)
            begun_anew = unread and card.remaining_ms < true_ms
            fits = true_ms - COUNTDOWN_EARLY_MS <= card.remaining_ms <= true_ms + COUNTDOWN_LATE_MS or begun_anew
            demand(fits, "countdown", f"{counter.name} shows {card.remaining_ms} ms, the cloud has {true_ms} ms")

    def answered(self, body: bytes) -> None:
        """I3: what the cloud says it has taken is on its disk, before anybody hears so."""
        for result in json.loads(body)["results"]:
            if result["status"] in FINAL_STATUSES:
                kept = self.cloud.rows("SELECT 1 FROM device_op WHERE op_id IN (?, '')", result["op_id"])
                demand(bool(kept), "I3", f"the cloud acknowledged {result} and has it not")

    def cloud_went_back(self, requests: set[str]) -> None:
        """It came back from a backup: forget what it had said and done since."""
        self.lost_requests |= requests - {row[0] for row in self.cloud.rows("SELECT request_id FROM request")}
        self.withdrawn &= {row[0] for row in self.cloud.rows("SELECT request_id FROM request WHERE state='withdrawn'")}
        heads = self.cloud.heads()
        self.told = {place: row for place, row in self.told.items() if place[1] <= heads.get(place[0], 0)}
        self.results = {
            row[:3]: row[3] for row in self.cloud.rows("SELECT device_id, epoch, seq, result FROM device_op")
        }

    def replayed(self, device_id: str, epoch: int, seq: int) -> None:
        """A parked operation was applied after all: its answer may have changed, once."""
        sql = "SELECT result FROM device_op WHERE device_id = ? AND epoch = ? AND seq = ?"
        self.results[(device_id, epoch, seq)] = self.cloud.rows(sql, device_id, epoch, seq)[0][0]

    def result(self, device_id: str, epoch: int, seq: int, text: str) -> None:
        """The cloud answered an operation; it must always answer so."""
        before = self.results.setdefault((device_id, epoch, seq), text)
        if '"status":"parked"' in before:  # applied since, by an update that went down before it could say so
            self.results[(device_id, epoch, seq)] = text
            return
        demand(before == text, "I10", f"operation {seq} of {device_id} was answered {before}, then {text}")
