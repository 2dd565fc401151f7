"""Owns what may go wrong in one run, how often, and how often it did. Everything comes from the seed.

``simulation.misfortunes`` makes happen what is planned here."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

# What the line may do to one call. Every name is a kind of fault in the report.
LINE_FAULTS = (
    "drop_request",  # never arrives
    "late_request",  # arrives long after the counter has given up, behind later ones
    "duplicate_request",  # arrives twice; the second answer is thrown away
    "duplicate_answered",  # arrives twice; the first answer is thrown away, as by a proxy that tries again
    "lost_answer",  # the cloud did it, and the counter never hears so
    "truncated_body",  # half the body in a well-formed answer
    "cut_body",  # the connection breaks in the body
    "garbage_body",  # 200 with something else: a captive portal
    "older_answer",  # the answer of an earlier call of the same kind
    "status_413",
    "status_429",
    "status_502",
    "slow",  # several seconds each way
)
PARTITION, CLOUD_CRASH, COUNTER_CRASH = "partition", "cloud_crash", "counter_crash"
CLOCK_JUMP, SLEEP, REBOOT = "clock_jump", "sleep", "reboot"
FULL_DISK = "full_disk"  # SQLITE_FULL at any write of a counter, with the reserve or without
REVOKED, ENROLLED_AGAIN = "revoked", "enrolled_again"
DEAD_PC = "dead_pc"  # what it had not sent arrives in a sealed file, through another counter
BUGGY_CLOUD = "buggy_cloud"  # a version that parks sound operations; they are applied after its update
CLOUD_RESTORED = "cloud_restored"  # from a backup of earlier in the day, as mark-restored says before it starts
RESTORE_UNTOLD = "restore_untold"  # the same, and nobody says so until it has run for a while
RESTORE_NEVER_TOLD = "restore_never_told"  # the same, and nobody ever says so
PRUNED = "pruned"  # the cloud forgets feed rows that a counter may not have read
OLD_COPY = "old_copy"  # a counter's disk comes back from a copy, after everything else was judged
CLONED = "cloned"  # after everything else was judged, a second machine runs on a copy of a counter's disk
SMALL_PROXY = "small_proxy"  # a proxy that takes no body above its limit, also after everything else has healed
SMALL_PROXY_BYTES = 1_200


@dataclass
class FaultPlan:
    """One seed's rates; ``calm`` ends all of it."""

    rates: dict[str, float]
    cloud_crash_every: int | None  # commits, on average
    counter_crash_every: int | None
    reboots: bool
    partitions: int  # a counter
    jumps: int
    sleeps: int
    small_proxy: bool
    old_copy: bool
    full_disk: bool
    revoked: bool
    dead_pc: bool
    buggy_cloud: bool
    cloud_restored: str | None
    prunes: bool
    shut_out: bool = False  # what the version with the bug put aside is booked while its counter is revoked
    healed: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    crash_points: Counter[str] = field(default_factory=Counter)  # before or after which commit

    def shut_somebody_out(self) -> None:
        """What is put aside and a new enrollment meet here for certain; elsewhere hardly once in five hundred days."""
        self.shut_out = self.buggy_cloud = self.revoked = True
        self.dead_pc, self.cloud_restored = False, None

    def never_tell(self) -> None:
        """The cloud goes back to a backup, and nobody marks it."""
        self.cloud_restored = RESTORE_NEVER_TOLD
        self.dead_pc = self.revoked = False  # see plan_faults

    def happened(self, kind: str) -> None:
        self.counts[kind] += 1

    def draw(self, rng: random.Random) -> str | None:
        """What happens to this call; at most one thing."""
        if self.healed:
            return None
        roll = rng.random()
        for kind, rate in self.rates.items():
            roll -= rate
            if roll < 0:
                self.happened(kind)
                return kind
        return None


def plan_faults(rng: random.Random) -> FaultPlan:
    """Some seeds have a little of everything, some much of a few things."""
    chosen = rng.sample(LINE_FAULTS, rng.randint(3, len(LINE_FAULTS)))
    total = rng.choice((0.1, 0.25, 0.4, 0.55))
    weights = {kind: rng.random() for kind in chosen}
    scale = total / sum(weights.values())
    plan = FaultPlan(
        rates={kind: weight * scale for kind, weight in weights.items()},
        cloud_crash_every=rng.choice((None, 25, 60)),
        counter_crash_every=rng.choice((None, 12, 30)),
        reboots=rng.random() < 0.5,
        partitions=rng.choice((0, 1, 2, 3)),
        jumps=rng.choice((0, 0, 1, 2)),
        sleeps=rng.choice((0, 0, 1)),
        small_proxy=rng.random() < 0.25,
        old_copy=rng.random() < 0.2,
        full_disk=rng.random() < 0.15,
        revoked=(revoked := rng.random()) < 0.12,
        dead_pc=rng.random() < 0.08,
        buggy_cloud=rng.random() < 0.15,
        prunes=rng.random() < 0.12,
        cloud_restored=rng.choice((None, None, None, None, CLOUD_RESTORED, RESTORE_UNTOLD)),
    )
    # What is put aside and a new enrollment rarely meet by chance, and have to be right together.
    plan.revoked = revoked < (0.4 if plan.buggy_cloud else 0.12)
    if plan.cloud_restored is not None:
        # What the cloud acknowledged to a machine that is gone, or to an identity that was given up, only it had.
        plan.dead_pc = plan.revoked = False
    return plan
