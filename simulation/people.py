"""Owns the people of a shop: who signs in by PIN, wrong PINs and closed doors, with a line and without, and whose word
takes value out or back (APR-16, 17, 31, 34; docs/adr/0015)."""

from __future__ import annotations

import random
from collections import defaultdict
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from agent.approval.types import Recovering, WaitsForOwner
from agent.bootstrap import Agent
from agent.staff.service import ANYBODY
from agent.staff.types import NobodyThere, PinLocked, PinRight
from cloud_api.bootstrap import Cloud
from cloud_api.database import Work
from cloud_api.staff import service as staff
from rules.recovery import Role
from simulation.counter import CounterMachine, Incarnation
from simulation.outcomes import demand

if TYPE_CHECKING:
    from simulation.run import World

ROSTER = (("대표 한", Role.OWNER, "294817"), ("김서연", Role.STAFF, "580296"))
SIGN_INS = (5, 10)
WRONG_SHARE = 0.9
REGRET_SHARE = 0.6
CUT_MS = (10_000, 40_000)
# Written down a second time, apart from the product's rules.
TRIES, FIRST_LOCK_MS, LONGEST_LOCK_MS = 5, 30_000, 900_000
OWNER_MINUTE_MS = 60_000
_LOG = "SELECT request_id, action, actor_id, at_ms FROM operation_log WHERE request_id > '' ORDER BY log_id"


def quick_pins() -> AbstractContextManager[object]:
    """Hashing takes a tenth of a second on purpose, as long as a whole seed."""
    return patch.multiple("rules.pin", ARGON_ROUNDS=1, ARGON_KIB=64)


@dataclass
class Door:
    """How many wrong PINs in a row one counter has seen for one person: between these, when it was cut off in a try."""

    least: int = 0
    most: int = 0
    last_wall_ms: int = 0

    def locked_ms(self, failures: int, wall_ms: int) -> int:
        """A clock that is set back shortens nothing."""
        lock_ms = 0 if failures < TRIES else min(FIRST_LOCK_MS << (failures - TRIES), LONGEST_LOCK_MS)
        return lock_ms - max(wall_ms - self.last_wall_ms, 0)


class People:
    """Of one world. Draws from a stream of its own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rng = random.Random(f"people {world.rng.random()}")
        self._pins: dict[str, str] = {}
        self._roles: dict[str, Role] = {}
        self._doors: dict[tuple[str, str], Door] = defaultdict(Door)
        self._duty: dict[str, tuple[Incarnation, str]] = {}  # who signed in at a counter, in which run of its program
        self._decided: dict[str, set[str | None]] = defaultdict(set)  # who tapped, by request
        self._asked_back: dict[str, set[str]] = defaultdict(set)
        self._owner_words: set[str] = set()  # requests that somebody with the owner's PIN took back
        world.shop.actor_of = self._actor
        world.shop.on_decided = self._has_decided
        world.shop.takes_back = self._take_back

    def begin(self, span_ms: int) -> None:
        """They are set up in the morning, and the day is a coming and going."""
        self._world.cloud.calling(self._set_up)
        for _ in range(self._rng.randint(*SIGN_INS)):
            self._world.agenda.after(self._rng.randrange(4_000, span_ms), self._come)

    def _set_up(self, cloud: Cloud) -> None:
        store_id = self._world.ground.profile.store_id

        def job(work: Work) -> dict[str, tuple[Role, str]]:
            made = {}
            for name, role, pin in ROSTER:
                said = staff.add(work, cloud.vault, store_id, staff.NewEmployee(name, role, pin))
                made[str(said["employee_id"])] = (role, pin)
            return made

        for employee_id, (role, pin) in cloud.database.transact(job).items():
            self._roles[employee_id], self._pins[employee_id] = role, pin

    def _come(self) -> None:
        """Somebody signs in; who has forgotten the PIN tries until the door closes, and once more."""
        counter = self._rng.choice(self._world.counters)
        if not self._pins or not self._world.shop.open:
            return
        employee_id = self._rng.choice(sorted(self._pins))
        if self._rng.random() < 0.4 and not self._world.plan.healed:
            self._world.network.partition(counter.name, self._rng.randint(*CUT_MS))
        wrong = self._rng.choice((0, 0, 1, 3, 6)) if self._rng.random() < WRONG_SHARE else 0
        for _ in range(wrong):
            self._try(counter, employee_id, "000001", sign_in=True)
        self._try(counter, employee_id, self._pins[employee_id], sign_in=True)
        later = partial(self._try, counter, employee_id, self._pins[employee_id], sign_in=True)
        self._world.shop.later(500, FIRST_LOCK_MS + 5_000, later)

    def _try(self, counter: CounterMachine, employee_id: str, pin: str, *, sign_in: bool) -> bool:
        """Whether the PIN was taken; what the screen says must be what this door has seen."""

        def job(agent: Agent) -> Any:
            return (agent.staff.sign_in if sign_in else agent.staff.check)(employee_id, pin)

        right = pin == self._pins[employee_id]
        door, wall_ms = self._doors[counter.name, employee_id], counter.clock.wall_ms()
        surely = door.locked_ms(door.least, wall_ms) > 0
        perhaps = door.locked_ms(door.most, wall_ms) > 0
        incarnation, on = counter.now, counter.awake
        outcome = counter.acting(job)
        where = f"{counter.name} after {door.least} to {door.most} wrong PINs says {outcome} to a {right} one"
        if outcome is None and on:  # it went down in between, or had no room
            door.least, door.most, door.last_wall_ms = 0 if right else door.least, door.most + 1, wall_ms
        if outcome is None or isinstance(outcome, NobodyThere):
            return False
        taken = isinstance(outcome, PinRight)
        demand(right or not taken, "people", f"{where}, which is wrong")
        demand(not surely or isinstance(outcome, PinLocked), "people", f"{where}, and its door is closed")
        demand(perhaps or taken == right, "people", f"{where}, and its door is open")
        if taken:
            door.least = door.most = 0
            if sign_in and incarnation is not None:
                self._duty[counter.name] = (incarnation, employee_id)
        elif not right and not surely:
            door.least, door.most, door.last_wall_ms = door.least + (not perhaps), door.most + 1, wall_ms
        return taken

    # --- whose word ------------------------------------------------------------------------------------------------

    def _on_duty(self, counter: CounterMachine) -> str | None:
        incarnation, employee_id = self._duty.get(counter.name, (None, None))
        return employee_id if incarnation is counter.now else None

    def _actor(self, counter: CounterMachine, agent: Agent) -> str:
        """Whom this counter names: who signed in since its program started, and nobody else."""
        actor, who = agent.staff.actor(), self._on_duty(counter)
        fits = actor == ANYBODY if who is None else actor.endswith(who)
        demand(fits, "people", f"{counter.name} acts for {actor}, and {who} has signed in")
        return actor

    def _has_decided(self, counter: CounterMachine, request_id: str) -> None:
        self._decided[request_id].add(self._on_duty(counter))
        if self._rng.random() < REGRET_SHARE:
            self._world.shop.later(500, 30_000, partial(self._think_better, counter, request_id))

    def _think_better(self, counter: CounterMachine, request_id: str) -> None:
        if self._world.shop.open:
            self._take_back(counter, request_id)

    def _take_back(self, counter: CounterMachine, request_id: str) -> None:
        """The owner comes with the PIN, or somebody without one tries; or staff ask for it."""
        if not self._roles:
            return  # the cloud was down in the morning, and nobody was set up
        owner = next(one for one, role in self._roles.items() if role is Role.OWNER)
        by_owner = self._rng.random() < 0.5
        if by_owner:
            pin = self._pins[owner] if self._rng.random() < 0.7 else "000002"
            if not self._try(counter, owner, pin, sign_in=False):
                return
        who = owner if by_owner else self._on_duty(counter)
        if who is None:
            return
        actor = f"{'owner' if self._roles[who] is Role.OWNER else 'staff'}:{who}"
        said = counter.acting(lambda agent: agent.approval.recover(request_id, actor))
        if isinstance(said, Recovering | WaitsForOwner):
            self._world.memory.confirmed(counter)
        if said is None or isinstance(said, Recovering | WaitsForOwner):  # None: it may have been written
            self._asked_back[request_id].add(who)
            if self._roles[who] is Role.OWNER:
                self._owner_words.add(request_id)

    def judge(self) -> None:
        """The log names whoever signed in and tapped; what comes back had the owner's PIN, or staff and a minute."""
        approved: dict[str, int] = {}
        for request_id, action, actor_id, at_ms in self._world.cloud.rows(_LOG):
            verb = action.rpartition("_")[2] if not action.endswith("cancel_auto") else "cancel_auto"
            where = f"{action} of {request_id} is logged for {actor_id}"
            if verb in ("approve", "reject"):
                approved[request_id] = at_ms
                demand(actor_id in self._decided[request_id], "people", f"{where}, not {self._decided[request_id]}")
            elif verb in ("recover", "cancel_auto", "back"):
                demand(actor_id in self._asked_back[request_id], "people", f"{where}, who never asked")
            if verb == "cancel_auto":
                demand(request_id in self._owner_words, "people", f"{where}, and the owner gave no PIN")
            if verb == "recover" and request_id not in self._owner_words:
                waited = at_ms - approved.get(request_id, 0) >= OWNER_MINUTE_MS
                demand(waited, "people", f"{where} at once, and the owner gave no PIN")
