"""Owns what a person does at a counter that the cloud no longer believes: a new code, and a queue that goes along."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from agent.bootstrap import Agent
from cloud_api.bootstrap import Cloud
from cloud_api.devices import enrollment
from cloud_api.errors import ApiError
from simulation.cloud import CloudMachine
from simulation.outcomes import demand
from sync import enroll
from sync.errors import VaultUnreadable
from sync.outcomes import Denied, Reason, Redeemed, RedeemOutcome, Unavailable
from sync.profile import read_identity
from sync.secrets import DeviceSecrets, DeviceVault

if TYPE_CHECKING:
    from simulation.counter import CounterMachine

ADDRESS = "192.0.2.1"


class SimVault(DeviceVault):
    """The keyring of one PC: it outlives crashes and old copies of the disk."""

    def __init__(self, entries: dict[str, DeviceSecrets]) -> None:
        self._entries = entries

    def save(self, entry: str, secrets: DeviceSecrets) -> str:
        self._entries[entry] = secrets
        return "keyring"

    def load(self, entry: str) -> DeviceSecrets:
        if entry not in self._entries:
            raise VaultUnreadable(entry)
        return self._entries[entry]

    def forget_others(self, keep: str) -> None:
        """A copy of the disk may come back and needs them; whether they are forgotten is tested with real vaults."""


class _Redeemer:
    """The one unsigned call, without a line."""

    def __init__(self, machine: CloudMachine) -> None:
        self._machine = machine

    def redeem(self, fields: dict[str, Any], *, language: str = "ko") -> RedeemOutcome:
        del language

        def job(cloud: Cloud) -> RedeemOutcome:
            wanted = enrollment.Redemption(fields["code"], fields["public_key"], fields["proof"], fields["label"])
            try:
                return Redeemed(enrollment.redeem(cloud.database, cloud.vault, wanted, address=ADDRESS))
            except ApiError as refused:
                return Denied(refused.code)

        found: RedeemOutcome | None = self._machine.calling(job)
        return found if found is not None else Unavailable(Reason.CUT)


def enroll_again(machine: CloudMachine, counter: CounterMachine, rng: random.Random) -> bool:
    """Whether the counter has a new identity; False when one of the two machines is down, or goes down in it."""
    incarnation = counter.now
    if incarnation is None or not counter.awake or not machine.up:
        return False
    store_id, name = counter.device.identity.store_id, counter.name
    issued = machine.calling(
        lambda cloud: cloud.database.transact(lambda work: enrollment.issue_code(work, store_id, "agent", name))
    )
    if issued is None:
        return False
    private = rng.randbytes(32)

    def job(agent: Agent) -> bool:
        welcome = enroll._ask(_Redeemer(machine), issued.code, name, private)
        if isinstance(welcome, enroll.EnrollRefused):
            demand(not machine.up, "enroll", f"{name} was refused: {welcome}")
            return False
        with agent.store.read() as conn:
            before = read_identity(conn)
        counter.before_rewind()
        base_url = counter.device.identity.base_url
        enroll._keep(
            base_url, name, before, private, welcome, store=agent.store, vault=counter.vault, ids=incarnation.ids
        )
        return True

    done = counter.acting(job)
    if not done:
        return False
    counter.restart()
    return True
