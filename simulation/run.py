"""Owns one run: a seed, a world, faults, healing, rest, and the verdict."""

from __future__ import annotations

import logging
import random
import traceback
import zlib
from collections import Counter
from dataclasses import dataclass
from functools import partial

from simulation.agenda import Agenda
from simulation.cloud import CloudMachine
from simulation.counter import CounterMachine
from simulation.disks import AFTER, BEFORE, Disk
from simulation.faults import CLONED, CLOUD_CRASH, COUNTER_CRASH, OLD_COPY, REBOOT, FaultPlan, plan_faults
from simulation.ground import Ground
from simulation.inhabitants import inhabitants_of
from simulation.memory import Memory
from simulation.misfortunes import Misfortunes
from simulation.newcomers import Newcomers
from simulation.old_copy import come_back_old
from simulation.outcomes import Crash, Violation, demand
from simulation.people import quick_pins
from simulation.shop import Shop
from simulation.two_copies import work_side_by_side
from simulation.verdict import judge
from simulation.watch import CounterWatch, watch_cloud
from simulation.wire import Network
from sync.chores import TALLY_EVERY_MS
from sync.engine import BACKOFF_CAP_MS
from sync.protocol import Cursor

SAFETY_MS = (36_000, 90_000)
ACTIONS = (9, 16)
TIMEOUTS_MS = (60_000, 20_000, 8_000)
SWEEP_MS = 700
REST_WITHIN_MS = 15 * 60_000
REST_STEP_MS = 10_000
TALLIED_WITHIN_MS = int(1.2 * TALLY_EVERY_MS)
QUIET_MS = 65_000  # longer than every back-off, listening and look-again
CRASHES_MAX = 8
TRACE_SHOWN = 60


@dataclass(frozen=True)
class Outcome:
    """What came of a seed. ``digest`` is equal when two runs did exactly the same."""

    seed: int
    violation: str | None
    commits: int
    faults: Counter[str]
    crash_points: Counter[str]
    operations: int
    virtual_ms: int
    digest: int
    trace: tuple[str, ...]


class World:
    """Everything that one seed has."""

    def __init__(self, seed: int, ground: Ground) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.ground = ground
        self.agenda = Agenda()
        self.plan: FaultPlan = plan_faults(self.rng)
        who = inhabitants_of(seed)
        self._cloned = who.cloned
        if who.shut_out:
            self.plan.shut_somebody_out()
        self._never_told = who.never_told
        if who.never_told:
            self.plan.never_tell()
        if who.beside:  # nobody has written down what the other brand loses by them
            self.plan.cloud_restored, self.plan.prunes = None, False
        self.trace: list[str] = []
        self._copies: list[tuple[CounterMachine, bytes]] = []
        self.began_ms = self.agenda.now_ms
        image = ground.beside.cloud_image if who.beside and ground.beside is not None else ground.cloud_image
        self.cloud = CloudMachine(self.agenda, Disk("cloud", image), ground.engines, ground.vault, self.rng)
        self.cloud.never_told = who.never_told
        self.network = Network(self.agenda, self.cloud, self.plan, self.rng)
        self.counters = tuple(
            CounterMachine(
                device, agenda=self.agenda, network=self.network, rng=self.rng, all_read=self._all_read,
                small_pages=self.plan.full_disk,
            )
            for device in ground.devices[: 1 if self.rng.random() < 0.25 else 2]
        )  # fmt: skip
        self.memory = Memory(self.cloud)
        self.shop = Shop(self.agenda, self.rng, ground, self.cloud, self.counters, self.memory)
        self.misfortunes = Misfortunes(self)
        self._wire()
        self.newcomers = Newcomers(self, who)

    def _wire(self) -> None:
        self.network.note = self.note
        self.network.on_push_answer = self.memory.answered
        self.cloud.on_publish = self._rows_came
        self.cloud.on_crash = self._cloud_crashed
        self.cloud.on_results = self.memory.result
        self.cloud.on_replayed = lambda one: self.memory.replayed(one.device_id, one.epoch, one.seq)
        self.cloud.disk.on_commit = watch_cloud(self.cloud.clock)
        self.cloud.disk.on_crash_point = self._crashed_at
        for counter in self.counters:
            counter.disk.on_crash_point = self._crashed_at
            counter.on_crash = self._counter_crashed
            watch = CounterWatch(counter.name)
            counter.disk.on_commit, counter.before_rewind = watch.after_commit, watch.may_rewind
            counter.skipped = watch.skipped

    def note(self, text: str) -> None:
        self.trace.append(f"{self.agenda.now_ms - self.began_ms:>7} {text}")

    @property
    def commits(self) -> int:
        return self.cloud.disk.commits + sum(counter.disk.commits for counter in self.counters)

    # --- phases ------------------------------------------------------------------------------------------------------

    def live(self) -> None:
        """Faults, healing, rest, verdict. Raises Violation."""
        timeout_ms = self.rng.choice(TIMEOUTS_MS)
        self.cloud.calling(self.shop.consumers.set_policy(request_timeout_ms=timeout_ms))
        self._arm_cloud()
        for counter in self.counters:
            counter.start()
            self._arm_counter(counter)
        span_ms = self.rng.randint(*SAFETY_MS)
        self.shop.begin(self.rng.randint(*ACTIONS), span_ms)
        self.misfortunes.begin(span_ms)
        self.newcomers.begin(span_ms)
        self._plan_copies(span_ms)
        self._sweep()
        self.agenda.run_until(self.agenda.now_ms + span_ms)
        self._heal()
        self._rest()
        judge(self.cloud, self.counters, self.memory, self.shop.sales, self.ground.profile)
        self.newcomers.judge()
        if self._cloned:
            self._side_by_side()
            return
        self._copies = [(counter, image) for counter, image in self._copies if not counter.gone]
        if self._copies:
            counter, image = self.rng.choice(self._copies)
            offline = self.rng.random() < 0.5
            if come_back_old(self.cloud, self.network, counter, image, self.shop, offline=offline):
                self.plan.happened(OLD_COPY)

    def _side_by_side(self) -> None:
        counter = self.rng.choice([counter for counter in self.counters if not counter.gone])
        work_side_by_side(self.cloud, self.network, counter, self.shop, self.rng)
        self.plan.happened(CLONED)

    def _copy_disk(self, counter: CounterMachine) -> None:
        if counter.now is not None and not self.plan.healed:
            self._copies.append((counter, counter.now.store.conn.serialize()))

    def _plan_copies(self, span_ms: int) -> None:
        if self.plan.old_copy:
            for counter in self.counters:
                self.agenda.after(self.rng.randrange(span_ms), partial(self._copy_disk, counter))

    def _sweep(self) -> None:
        def step() -> None:
            self.cloud.sweep(lambda: self.agenda.pass_time(self.rng.choice((0, 900, 7_000, 7_000))))
            self._sweep()

        self.agenda.after(SWEEP_MS, step)

    def _heal(self) -> None:
        self.note("healed")
        self.plan.healed = True
        self.shop.open = False
        self.network.heal()
        self.cloud.disk.plan_crash(None)
        for counter in self.counters:
            counter.disk.plan_crash(None)
        self.misfortunes.end()

    def _rest(self) -> None:
        """I8 and I11: everything arrives within a bound; then nothing is sent any more."""
        self._come_to_rest()
        if self._never_told and not self.misfortunes.grown:
            # What a counter had acknowledged and does not send by itself, it misses at its next tally.
            self.misfortunes.lose_an_answer(self.rng.choice([at for at in self.counters if not at.gone]))
            self.shop.dark = True
            self.agenda.run_until(self.agenda.now_ms + TALLIED_WITHIN_MS)
            self.shop.dark = False
            self._come_to_rest()
        # A counter that has just started still shows the cloud its newest operation, once its pause is over.
        self.agenda.run_until(self.agenda.now_ms + BACKOFF_CAP_MS)
        before = self.network.pushes
        self.shop.dark = True
        self.agenda.run_until(self.agenda.now_ms + QUIET_MS)
        self.shop.dark = False
        demand(self.network.pushes == before, "I11", f"{self.network.pushes - before} pushes of a world at rest")
        restless = self._restless()
        demand(restless is None, "I8", f"the world woke up: {restless}")

    def _come_to_rest(self) -> None:
        end_ms = self.agenda.now_ms + REST_WITHIN_MS
        while (restless := self._restless()) is not None:
            self.newcomers.close()
            demand(self.agenda.now_ms < end_ms, "I8", f"after {REST_WITHIN_MS // 60_000} healed minutes: {restless}")
            self.agenda.run_until(self.agenda.now_ms + REST_STEP_MS)

    def _restless(self) -> str | None:
        if not self.cloud.up:
            return "the cloud is down"
        open_requests = self.cloud.rows("SELECT count(*) FROM request WHERE state IN ('requested', 'seen')")[0][0]
        if open_requests:
            return f"{open_requests} open requests"
        if self.misfortunes.awaited:
            return "somebody is on the way to help"
        if (waiting := self.newcomers.waiting()) is not None:
            return waiting
        for counter in self.counters:
            if counter.gone:
                continue
            if counter.now is None or counter.spool:
                return f"{counter.name} is {'busy' if counter.now else 'down'}"
            status = counter.now.exchange.status()
            if status.pending:
                return f"{counter.name} has {status.pending} operations waiting, last error {status.last_error}"
            if counter.now.exchange._push.showing_again:  # a question about them, which was not answered yet
                return f"{counter.name} is about to show operations again"
            if not self._all_read(counter.now.cursor()):
                return f"{counter.name} reads {counter.now.cursor()} of {self.cloud.heads()}, {status.last_error}"
        return None

    # --- crashes -----------------------------------------------------------------------------------------------------

    def _crashed_at(self, where: str) -> None:
        self.note(f"crash {where}")
        self.plan.crash_points[where] += 1

    def _crashes(self) -> int:
        return self.cloud.crashes + sum(counter.crashes for counter in self.counters)

    def _arm(self, disk: Disk, every: int | None) -> None:
        if every is None or self.plan.healed or self._crashes() >= CRASHES_MAX:
            disk.plan_crash(None)
            return
        disk.plan_crash(1 + int(self.rng.expovariate(1 / every)), self.rng.choice((BEFORE, AFTER)))

    def _arm_cloud(self) -> None:
        self._arm(self.cloud.disk, self.plan.cloud_crash_every)

    def _arm_counter(self, counter: CounterMachine) -> None:
        self._arm(counter.disk, self.plan.counter_crash_every)

    def _cloud_crashed(self) -> None:
        self.note("cloud crashed")
        self.plan.happened(CLOUD_CRASH)

        def again() -> None:
            self.cloud.start()
            self.note("cloud started")
            self._arm_cloud()
            self._rows_came()

        self.agenda.after(self.rng.randint(50, 15_000), again)

    def _counter_crashed(self, counter: CounterMachine) -> None:
        if counter.gone:
            return
        self.note(f"{counter.name} crashed")
        self.plan.happened(COUNTER_CRASH)

        def again() -> None:
            if counter.gone:
                return
            if self.plan.reboots and self.rng.random() < 0.6:
                self.plan.happened(REBOOT)
                counter.clock.reboot(self.rng.randint(5_000, 20_000_000))
            self.note(f"{counter.name} started")
            self._arm_counter(counter)
            counter.start()

        self.agenda.after(self.rng.randint(300, 12_000), again)

    # --- feeds -------------------------------------------------------------------------------------------------------

    def _rows_came(self) -> None:
        for counter in self.counters:
            if counter.now is not None:
                counter.now.rows_came()

    def _all_read(self, cursor: Cursor) -> bool:
        return self.all_read(self.ground, cursor)

    def all_read(self, ground: Ground, cursor: Cursor) -> bool:
        """Whether whoever stands there has every row of that shop and its brand."""
        if not self.cloud.up:
            return False
        heads = self.cloud.heads()
        profile = ground.profile
        store, brand = f"store:{profile.store_id}", f"brand:{profile.brand_id}"
        here = (cursor.generation, cursor.store_n, cursor.brand_n)
        if here != (self.cloud.generation(), heads.get(store), heads.get(brand)):
            return False
        if not self._never_told:
            return True
        return self._same_row(store, cursor.store_ms) and self._same_row(brand, cursor.brand_ms)

    def _same_row(self, feed_id: str, written_ms: int) -> bool:
        """Whether the counter stands behind the newest row, and not behind one of that number which is lost."""
        sql = "SELECT written_ms FROM feed_row WHERE feed_id = ? ORDER BY n DESC LIMIT 1"
        newest = self.cloud.rows(sql, feed_id)
        return not newest or written_ms in (0, newest[0][0])


def run_seed(seed: int, ground: Ground) -> Outcome:
    """Never raises for what the product does: an exception of its code is a violation like any other."""
    world = World(seed, ground)
    violation: str | None = None
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # what the product logs under faults is thousands of lines of the expected
    try:
        with quick_pins():
            world.live()
    except Violation as found:
        violation = str(found)
    except Crash as crash:
        violation = f"simulator: a crash got out: {crash}"
    except Exception as bug:
        place = traceback.extract_tb(bug.__traceback__)[-1]
        violation = f"unexpected: {type(bug).__name__}: {bug} (at {place.name}, line {place.lineno})"
    finally:
        logging.disable(disabled)
    return Outcome(
        seed=seed,
        violation=violation,
        commits=world.commits,
        faults=world.plan.counts,
        crash_points=world.plan.crash_points,
        operations=sum(len(found) for found in world.memory.operations.values()),
        virtual_ms=world.agenda.now_ms - world.began_ms,
        digest=zlib.crc32("\n".join(world.trace).encode()),
        trace=tuple(world.trace),
    )
