"""Owns one counter's machine: the real agent on a disk that can crash, its loops driven by virtual time."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from agent.bootstrap import ASK_S, Agent
from agent.keys import StoreKeys
from agent.launch import AgentSettings
from printers.capture.spool import CapturedDocument
from simulation.agenda import Agenda, PcClock
from simulation.disks import Disk, MemoryStore
from simulation.enrolling import SimVault
from simulation.ground import Device
from simulation.outcomes import Crash
from simulation.wire import Line, Network
from sync.engine import WaitUntil
from sync.errors import StoreError, StoreFull
from sync.exchange import CHORES, FEED, PUSH, Exchange
from sync.ids import SeededIds
from sync.inbox import read_cursor
from sync.profile import require_identity
from sync.protocol import Cursor
from sync.secrets import FieldCipher
from sync.signing import RequestSigner
from sync.transport import Timeouts

T = TypeVar("T")
A = TypeVar("A")

LOOK_AGAIN_MS = 30_000  # as the worker does
TICK_MS = 2_500  # slower than the product's second, and still no jump to its watch over sleep
UPKEEP_MS = 60_000
PARKED_MS = 40_000  # a listener that hears nothing for so long asks by itself
MEMORY = Path("in-memory")


class Incarnation:
    """The running program, from its start to its crash. Nothing of it survives but what its disk made durable."""

    def __init__(self, machine: CounterMachine) -> None:
        clock = machine.clock
        self._machine = machine
        self._agenda = machine.agenda
        self._rng = machine.rng
        self.alive = True
        self.store = MemoryStore(machine.disk)
        device = machine.device = self._device()
        self.ids = SeededIds(machine.rng.getrandbits(48), clock)
        self.cipher = FieldCipher(device.secrets.field_key)
        self.agent = Agent(AgentSettings(folder=MEMORY), self.store, clock, self.ids)
        self.agent.keyring.install(StoreKeys(device.secrets.store_key, self.cipher))
        signer = RequestSigner(device.identity.device_id, device.secrets.signing_key(), clock=clock, ids=self.ids)
        self.exchange = Exchange(
            store=self.store,
            transport=Line(
                device.name,
                machine.network,
                lambda: self.alive,
                signer=signer,
                clock=clock,
                url=device.identity.base_url,
            ),
            cipher=self.cipher,
            appliers=self.agent.appliers(),
            on_result=self.agent.on_result,
            clock=clock,
            random_unit=machine.rng.random,
            on_change=lambda: None,
            on_network_back=self._network_back,
            renews=True,
        )
        self.agent.link.attach(self.exchange)
        self.agent.spend.attach(
            Line(
                device.name,
                machine.network,
                lambda: self.alive,
                signer=signer,
                clock=clock,
                url=device.identity.base_url,
                timeouts=Timeouts(ASK_S, ASK_S),
            )
        )
        self._push_busy = self._push_again = self._push_planned = False
        self._feed_busy = self._feed_planned = False
        self._looks = self._parks = 0
        self.parked = False

    def _device(self) -> Device:
        """Who this counter is, by its disk and its keyring."""
        with self.store.read() as conn:
            identity = require_identity(conn)
        return replace(self._machine.device, identity=identity, secrets=self._machine.vault.load(identity.vault_entry))

    def start(self) -> None:
        """What the product's background does when it starts."""
        self.store.after_commit(self._wake_push)
        self._plan_push(1)
        self._plan_feed(1)
        self._plan_chores(1)
        self._plan_tick()
        self._machine.later(self, UPKEEP_MS, self._upkeep)
        self.agent.approval.ask_again()

    # --- the loops of sync.worker, turn by turn ------------------------------------------------------------------

    def _network_back(self) -> None:
        self._plan_push(1)
        self._plan_feed(1)

    def _wake_push(self) -> None:
        self._plan_push(self._rng.randint(1, 25))

    def _plan_push(self, delay_ms: int) -> None:
        if self._push_busy:
            self._push_again = True
        elif not self._push_planned:
            self._push_planned = True
            self._machine.later(self, delay_ms, self._push)

    def _push(self) -> None:
        self._push_planned = False
        if self._push_busy:
            self._push_again = True
            return
        self._push_busy, self._push_again = True, False
        try:
            action = self._step(PUSH, self.exchange.push_step)
        finally:
            self._push_busy = False
        if action is None or self._push_again:
            self._plan_push(self._rng.randint(1, 10))
        elif isinstance(action, WaitUntil):
            self._plan_push(action.mono_ms - self._machine.clock.mono_ms())
        else:
            self._look_again()

    def _step(self, channel: str, step: Callable[[], A]) -> A | WaitUntil:
        """As the worker: what the store cannot take is tried again later."""
        try:
            return step()
        except StoreError:
            return WaitUntil(self.exchange.trouble(channel, "store_error"))

    def _look_again(self) -> None:
        """One timer besides all wake-ups, as the worker has it: a newer one replaces it."""
        self._looks += 1
        mine = self._looks
        self._machine.later(self, LOOK_AGAIN_MS, lambda: self._wake_push() if self._looks == mine else None)

    def _plan_feed(self, delay_ms: int) -> None:
        if not self._feed_planned and not self._feed_busy:
            self._feed_planned = True
            self.parked = False
            self._machine.later(self, delay_ms, self._feed)

    def _feed(self) -> None:
        self._feed_planned = False
        if self._feed_busy:
            return
        self._feed_busy = True
        try:
            action = self._step(FEED, self.exchange.feed_step)
        finally:
            self._feed_busy = False
        if isinstance(action, WaitUntil):
            self._plan_feed(action.mono_ms - self._machine.clock.mono_ms())
        elif self._machine.all_read(self.cursor()):
            # Listening: a long poll or a stream that has nothing to say. The call is made when there is something.
            self.parked = True
            self._parks += 1
            mine = self._parks
            self._machine.later(self, PARKED_MS, lambda: self._unpark(mine))
        else:
            self._plan_feed(self._rng.randint(1, 20))

    def _unpark(self, park: int) -> None:
        if self.parked and park == self._parks:
            self._plan_feed(0)

    def rows_came(self) -> None:
        """The cloud has rows for those who listen."""
        if self.parked:
            self._plan_feed(self._rng.randint(1, 150))

    def _plan_chores(self, delay_ms: int) -> None:
        self._machine.later(self, delay_ms, self._chores)

    def _chores(self) -> None:
        action = self._step(CHORES, self.exchange.chore_step)
        self._plan_chores(1 if action is None else action.mono_ms - self._machine.clock.mono_ms())

    def _plan_tick(self) -> None:
        self._machine.later(self, TICK_MS, self._tick)

    def _tick(self) -> None:
        self._plan_tick()
        self.agent.approval.tick()
        self.agent.earn.tick()

    def _upkeep(self) -> None:
        """sync.upkeep without its backups: they need files."""
        self._machine.later(self, UPKEEP_MS, self._upkeep)
        self.store.keep_reserve()

    def cursor(self) -> Cursor:
        with self.store.read() as conn:
            return read_cursor(conn)


class CounterMachine:
    """The PC at a counter: on, off or asleep. People and the POS act through ``acting``."""

    def __init__(
        self,
        device: Device,
        *,
        agenda: Agenda,
        network: Network,
        rng: random.Random,
        all_read: Callable[[Cursor], bool],
        small_pages: bool = False,
    ) -> None:
        self.device = device
        self.name = device.name
        self.agenda = agenda
        self.network = network
        self.rng = rng
        self.all_read = all_read
        self.clock = PcClock(agenda, mono_start_ms=rng.randint(10_000, 10_000_000))
        self.disk = Disk(device.name, device.small_pages if small_pages else device.image)
        self.vault = SimVault({device.identity.vault_entry: device.secrets})
        self.spool: list[CapturedDocument] = []  # files of the capture, which runs on its own
        self.crashes = 0
        self.asleep_until_ms = 0
        self.gone = False  # for good
        self.skipped: set[tuple[str, int, int]] = set()  # feed rows that a snapshot stood for, see CounterWatch
        self.now: Incarnation | None = None
        self.on_crash: Callable[[CounterMachine], None] = lambda _machine: None
        self.before_rewind: Callable[[], None] = lambda: None  # somebody makes it read its feeds from the start

    def start(self) -> None:
        """The program starts on what is durable."""
        self.now = None  # also when it crashes again while it starts
        try:
            incarnation = Incarnation(self)
        except Crash as crash:
            if crash.node != self.name:
                raise
            self.crashes += 1
            self.on_crash(self)
            return
        self.now = incarnation
        self._guarded(incarnation, incarnation.start)

    def later(self, incarnation: Incarnation, delay_ms: int, job: Callable[[], None]) -> None:
        """A step of the program itself; waits while the machine sleeps, is forgotten when it has crashed."""

        def step() -> None:
            if not incarnation.alive:
                return
            asleep_ms = self.asleep_until_ms - self.agenda.now_ms
            if asleep_ms > 0:
                self.agenda.after(asleep_ms, step)
                return
            self._guarded(incarnation, job)

        self.agenda.after(delay_ms, step)

    def acting(self, job: Callable[[Agent], T]) -> T | None:
        """Somebody uses the counter. None when it is off, asleep or crashes under their fingers."""
        incarnation = self.now
        if incarnation is None or not self.awake:
            return None
        return self._guarded(incarnation, lambda: job(incarnation.agent))

    @property
    def awake(self) -> bool:
        return self.now is not None and self.agenda.now_ms >= self.asleep_until_ms

    def _guarded(self, incarnation: Incarnation, job: Callable[[], T]) -> T | None:
        try:
            return job()
        except StoreFull:
            return None  # said on the screen; nothing was saved
        except Crash as crash:
            if crash.node != self.name:
                raise
            self.went_down(incarnation)
            return None

    def kill(self) -> None:
        """Power off between two steps."""
        if self.now is not None:
            self.disk.pull_plug(self.now.store.conn)
            self.went_down(self.now)

    def restart(self) -> None:
        """The program ends in order and starts again."""
        incarnation = self.now
        assert incarnation is not None
        incarnation.alive = False
        incarnation.store.dead = True
        self.disk.pull_plug(incarnation.store.conn)
        self.start()

    def went_down(self, incarnation: Incarnation) -> None:
        """Everything in memory is gone."""
        incarnation.alive = False
        incarnation.store.dead = True
        if self.now is incarnation:
            self.now = None
            self.crashes += 1
            self.on_crash(self)
