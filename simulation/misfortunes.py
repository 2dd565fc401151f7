"""Owns what happens to a shop besides crashes and a bad line: clocks, sleep, full disks, revoked and dead machines, and
a version of the cloud with a bug. Everything is planned when the day begins; ``end`` brings help for what is left.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from agent.bootstrap import Agent
from cloud_api.devices import enrollment
from cloud_api.pruning import Keep, prune
from simulation import faults
from simulation.counter import CounterMachine
from simulation.enrolling import enroll_again
from simulation.outcomes import demand
from sync import outbox_file

if TYPE_CHECKING:
    from simulation.run import World

PASSPHRASE = "열글자가넘는암호입니다"
HELP_MS = (2_000, 30_000)
TRY_AGAIN_MS = (1_000, 5_000)
GROWN_SHARE = 0.5
BACKUP_AGE_MS = (3_000, 12_000)
APART_MS = (25_000, 45_000)
QUESTIONS = 8
JUMPS_MS = (-3_600_000, 3_600_000, -400_000, 90_000)


class Misfortunes:
    """Of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._agenda, self._rng, self._plan = world.agenda, world.rng, world.plan
        self._backup: bytes | None = None
        self.grown = False  # a restore that nobody marks, and the numbers of lost rows are given to others
        self.awaited = 0  # helpers on their way
        self._replays = False  # the update of the cloud has to be tried once more

    def begin(self, span_ms: int) -> None:
        """Spreads them over the day."""
        plan, rng = self._plan, self._rng
        for counter in self._world.counters:
            for _ in range(plan.partitions):
                length_ms = rng.randint(3_000, 90_000)
                self._sometime(span_ms, partial(self._world.network.partition, counter.name, length_ms))
            for _ in range(plan.jumps):
                jump_ms = rng.choice(JUMPS_MS)
                self._sometime(span_ms, partial(self.jump, counter, jump_ms))
            for _ in range(plan.sleeps):
                sleep_ms = rng.randint(5_000, 90_000)
                self._sometime(span_ms, partial(self._sleep, counter, sleep_ms))
            if plan.counter_crash_every is not None:
                self._sometime(span_ms, partial(self._cut_power, counter))
            if plan.full_disk:
                self._sometime(span_ms, partial(self._fill_disk, counter))
        if plan.shut_out:
            shut_ms = rng.randint(span_ms // 3, span_ms - 1)
            self._agenda.after(shut_ms, lambda: self._revoke(rng.choice(self._world.counters)))
        elif plan.revoked:
            self._sometime(span_ms, lambda: self._revoke(rng.choice(self._world.counters)))
        if plan.dead_pc and len(self._world.counters) > 1:
            self._sometime(span_ms, self._lose_pc)
        if plan.buggy_cloud:
            self._world.cloud.stumbles = True
            self._happened(faults.BUGGY_CLOUD, "the cloud has a bug")
            if not plan.shut_out:
                self._sometime(span_ms, self.update_cloud)
        if plan.prunes:
            for _ in range(2):
                self._sometime(span_ms, self._prune)
        self.grown = self._world.cloud.never_told and rng.random() < GROWN_SHARE
        if self.grown:
            self._plan_untold(span_ms)
        elif plan.cloud_restored is not None:
            backup_ms = rng.randrange(span_ms)
            self._agenda.after(backup_ms, self._back_up)
            restored_ms = rng.randint(backup_ms, span_ms)
            self._agenda.after(restored_ms, self._restore)
            if rng.random() < 0.3:  # it was not what they hoped for, and they put the same one back once more
                self._agenda.after(rng.randint(restored_ms, span_ms), self._restore)

    def end(self) -> None:
        """Somebody helps where nobody has helped yet."""
        for counter in self._world.counters:
            counter.asleep_until_ms = 0
            self._tidy_disk(counter)
        self.update_cloud()
        if not self._world.cloud.never_told:
            self._mark_restored()

    def _sometime(self, span_ms: int, job: Callable[[], None]) -> None:
        self._agenda.after(self._rng.randrange(span_ms), lambda: None if self._plan.healed else job())

    def _later(self, bounds_ms: tuple[int, int], job: Callable[[], None]) -> None:
        def help_comes() -> None:
            self.awaited -= 1
            job()

        self.awaited += 1
        self._agenda.after(self._rng.randint(*bounds_ms), help_comes)

    def _happened(self, kind: str, text: str) -> None:
        self._world.note(text)
        self._plan.happened(kind)

    # --- one machine -------------------------------------------------------------------------------------------------

    def jump(self, counter: CounterMachine, ms: int) -> None:
        """Somebody sets the counter's clock."""
        self._happened(faults.CLOCK_JUMP, f"{counter.name} clock {ms:+}")
        counter.clock.jump(ms)

    def _sleep(self, counter: CounterMachine, ms: int) -> None:
        self._happened(faults.SLEEP, f"{counter.name} sleeps {ms}")
        counter.asleep_until_ms = self._agenda.now_ms + ms

    def _cut_power(self, counter: CounterMachine) -> None:
        counter.kill()

    def _fill_disk(self, counter: CounterMachine) -> None:
        if counter.now is None:
            return
        pages, reserve = self._rng.choice((0, 0, 1, 2, 4, 9, 30)), self._rng.random() < 0.5
        self._happened(faults.FULL_DISK, f"{counter.name} disk full, {pages} pages left, reserve {reserve}")
        counter.disk.fill(pages, reserve=reserve)
        self._later((5_000, 60_000), lambda: self._tidy_disk(counter))

    def _tidy_disk(self, counter: CounterMachine) -> None:
        if counter.disk.pages_max is None:
            return
        self._world.note(f"{counter.name} has room again")
        counter.disk.give_room()

    # --- a device and its queue --------------------------------------------------------------------------------------

    def _revoke(self, counter: CounterMachine) -> None:
        """HQ shuts the device out; hours later, here seconds, somebody comes with a new code."""
        device_id = counter.device.identity.device_id
        if counter.gone:
            return
        cloud = self._world.cloud
        said = cloud.calling(lambda up: up.database.transact(lambda work: enrollment.revoke(work, device_id)))
        # A cloud that went down after its commit said nothing, and did it.
        if not said and cloud.rows("SELECT revoked_ms FROM device WHERE device_id = ?", device_id)[0][0] is None:
            return
        self._world.memory.revoked[device_id] = self._agenda.now_ms
        self._happened(faults.REVOKED, f"{counter.name} revoked")
        if cloud.stumbles and (
            self._plan.shut_out or self._rng.random() < 0.5
        ):  # whoever looks after the shop updates the cloud first
            self._agenda.after(self._rng.randrange(HELP_MS[0]), self.update_cloud)
        self._later(HELP_MS, lambda: self.enroll(counter))

    def enroll(self, counter: CounterMachine) -> None:
        """A person enrolls the counter again, and tries again until it is done."""
        if counter.gone:
            return
        if enroll_again(self._world.cloud, counter, self._rng):
            self._happened(faults.ENROLLED_AGAIN, f"{counter.name} enrolled again")
        else:
            self._later(TRY_AGAIN_MS, lambda: self.enroll(counter))

    def _lose_pc(self) -> None:
        """A PC dies; a technician saves its queue in a sealed file, which another counter takes."""
        dying, heir = self._rng.sample(self._world.counters, 2)
        if not dying.awake or dying.gone or heir.gone:
            return
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "outbox.withfom"
            exported = dying.acting(lambda agent: self._export(agent, dying, path))
            if exported is None:
                return
            content = path.read_bytes()
        self._world.memory.confirmed(dying)
        self._world.shop.till_lost(dying)
        dying.gone = True
        dying.kill()
        self._happened(faults.DEAD_PC, f"{dying.name} is dead, {exported} operations in the file")
        self._later(HELP_MS, lambda: self._take_file(heir, content))
        if self._rng.random() < 0.5:  # the file comes twice, as when two people help
            self._later(HELP_MS, lambda: self._take_file(heir, content))

    def _export(self, agent: Agent, counter: CounterMachine, path: Path) -> int:
        assert counter.now is not None
        with quick_sealing():
            exported = outbox_file.export_outbox(agent.store, path, PASSPHRASE, cipher=counter.now.cipher)
        demand(exported.unreadable == 0, "I3", f"{counter.name} could not save {exported}")
        return exported.written

    def _take_file(self, heir: CounterMachine, content: bytes) -> None:
        def job(agent: Agent) -> bool:
            assert heir.now is not None
            with tempfile.TemporaryDirectory() as folder, quick_sealing():
                path = Path(folder) / "outbox.withfom"
                path.write_bytes(content)
                taken = outbox_file.import_outbox(agent.store, path, PASSPHRASE, cipher=heir.now.cipher)
            demand(isinstance(taken, outbox_file.Imported), "I3", f"{heir.name} refused the file: {taken}")
            return True

        if heir.acting(job):
            self._world.note(f"{heir.name} took the file")
            self._world.memory.confirmed(heir)
        else:
            self._later(TRY_AGAIN_MS, lambda: self._take_file(heir, content))

    # --- a long absence ----------------------------------------------------------------------------------------------

    def _prune(self) -> None:
        """Seconds here are the weeks after which the cloud forgets; whoever did not read meanwhile takes a snapshot."""
        cloud, keep_ms = self._world.cloud, self._rng.choice((0, 5_000, 30_000))
        rows = cloud.rows("SELECT feed_id, n, kind, body FROM feed_row")
        before = cloud.rows("SELECT feed_id, pruned_n FROM feed")
        cloud.calling(lambda up: prune(up.database, up.clock(), Keep(feed_ms=keep_ms)))
        if cloud.rows("SELECT feed_id, pruned_n FROM feed") == before:
            return
        self._world.memory.told.update({row[:2]: row[2:] for row in rows})
        self._happened(faults.PRUNED, f"rows older than {keep_ms} ms are forgotten")
        for counter in self._world.counters:
            counter.before_rewind()

    # --- a backup of the cloud ---------------------------------------------------------------------------------------

    def _back_up(self) -> None:
        cloud = self._world.cloud
        if cloud.up and not cloud.conn.in_transaction:
            self._backup = cloud.conn.serialize()

    def _plan_untold(self, span_ms: int) -> None:
        """A restore that nobody marks, and before a counter comes back the numbers of its lost rows are given to
        others."""
        rng = self._rng
        restored_ms = rng.randint(span_ms // 3, span_ms * 2 // 3)
        self._agenda.after(restored_ms - rng.randint(*BACKUP_AGE_MS), self._back_up)
        self._agenda.after(restored_ms, self._restore)
        for counter in self._world.counters:
            apart = partial(self._world.network.partition, counter.name, rng.randint(*APART_MS))
            self._agenda.after(restored_ms, apart)
        asks = self._world.shop.consumers
        for before_ms in range(1_000, BACKUP_AGE_MS[0], 1_000):
            self._agenda.after(restored_ms - before_ms, asks.order)
        for _ in range(QUESTIONS):
            self._agenda.after(restored_ms + rng.randrange(APART_MS[0]), rng.choice((asks.ask_coupon, asks.order)))

    def lose_an_answer(self, counter: CounterMachine) -> None:
        """At rest: a counter's operation is acknowledged, and a backup without it comes back before anybody reads its
        row. Nothing is sent any more that would tell."""
        self._back_up()
        network = self._world.network
        heard = network.on_push_answer

        def answered(body: bytes) -> None:
            heard(body)
            if json.loads(body)["results"] and network.on_push_answer is answered:
                network.on_push_answer = heard
                self._agenda.after(0, self._go_back)

        network.on_push_answer = answered
        self._world.shop.sell_at(counter)
        self._world.memory.confirmed(counter)

    def _restore(self) -> None:
        """What only the cloud had since then is lost, and the world knows it: requests, withdrawals, answers."""
        if self._backup is not None and not self._plan.healed:
            self._go_back()

    def _go_back(self) -> None:
        assert self._backup is not None
        cloud, kind = self._world.cloud, self._plan.cloud_restored
        assert kind is not None
        requests = {row[0] for row in cloud.rows("SELECT request_id FROM request")}
        self._happened(kind, "the cloud goes back to its backup")
        cloud.go_back(self._backup, untold=kind != faults.CLOUD_RESTORED)
        self._world.memory.cloud_went_back(requests)
        for counter in self._world.counters:
            counter.before_rewind()
        self._replays = True  # what was parked at the time of the backup
        self._later(HELP_MS, self.update_cloud)
        if kind == faults.RESTORE_UNTOLD:
            self._later((5_000, 60_000), self._mark_restored)

    def _mark_restored(self) -> None:
        cloud = self._world.cloud
        cloud.untold = False
        if cloud.unmarked and not cloud.mark_restored():
            self._later(TRY_AGAIN_MS, self._mark_restored)

    # --- the cloud ---------------------------------------------------------------------------------------------------

    def update_cloud(self) -> None:
        """The version with the bug goes, what it parked is applied."""
        if not self._world.cloud.stumbles and not self._replays:
            return
        self._replays = not self._world.cloud.update()
        if self._replays:
            self._later(TRY_AGAIN_MS, self.update_cloud)
        else:
            self._world.note("the cloud was updated")


def quick_sealing() -> AbstractContextManager[object]:
    """Another way from passphrase to key, because scrypt takes as long as half a seed on purpose."""
    return patch.object(outbox_file, "_key", lambda word, salt: hashlib.sha256(word.encode() + salt).digest())
