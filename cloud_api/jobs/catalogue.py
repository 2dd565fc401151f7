"""The jobs of the cloud. What must happen within seconds is the sweeper's; these are due by the hour or the day."""

from __future__ import annotations

from functools import partial

from cloud_api.clock import Clock
from cloud_api.coupons.automatic import Birthdays, give_due
from cloud_api.coupons.expiry import tell_ending
from cloud_api.coupons.telling import tell_lives
from cloud_api.database import Database
from cloud_api.devices.health import tell_silent
from cloud_api.grades.jobs import after_earns, nightly
from cloud_api.imports import service as imports
from cloud_api.imports.job import Importer
from cloud_api.jobs.closures import close, suspect
from cloud_api.jobs.records import forget_records
from cloud_api.jobs.reminders import remind
from cloud_api.jobs.runner import Job
from cloud_api.jobs.schedule import Daily, Every
from cloud_api.ledger.expiry import expire_some
from cloud_api.members.announcing import announce
from cloud_api.members.dormancy import turn_some
from cloud_api.members.former import settle_late
from cloud_api.members.purge import purge_some
from cloud_api.monitors.counting import count_some
from cloud_api.monitors.report_rates import tell_rates
from cloud_api.notices.centre import forget_some
from cloud_api.notices.messages import tell_moves
from cloud_api.notices.points import tell_ending_points
from cloud_api.orders.due import tell_due
from cloud_api.pruning import Keep, prune
from cloud_api.vault import Vault
from cloud_api.webhooks.service import forget_tries


def _tell_ending_coupons(database: Database, _clock: Clock) -> int:
    return database.transact(tell_ending)


def _expire_points(database: Database, _clock: Clock) -> int:
    return database.transact(expire_some).lots


def _forget_tries(database: Database, _clock: Clock) -> int:
    return database.transact(forget_tries)


def _tell_ending_points(database: Database, _clock: Clock) -> int:
    return database.transact(tell_ending_points)


def _tell_moves(database: Database, _clock: Clock) -> int:
    return database.transact(tell_moves) + database.transact(tell_lives)


def _announce(database: Database, _clock: Clock) -> int:
    return database.transact(announce)


def _tell_due(database: Database, _clock: Clock) -> int:
    return database.transact(tell_due)


def _count(database: Database, _clock: Clock) -> int:
    return database.transact(count_some)


def _forget_notices(database: Database, _clock: Clock) -> int:
    return database.transact(forget_some)


def _turn_dormant(database: Database, _clock: Clock) -> int:
    return database.transact(turn_some)


def _settle_former(database: Database, clock: Clock) -> int:
    return settle_late(database, clock())


def _purge_members(database: Database, clock: Clock) -> int:
    return purge_some(database, clock())


def _forget(database: Database, clock: Clock, *, keep: Keep) -> int:
    prune(database, clock(), keep)  # works in short transactions of its own
    return 0


JOBS = (
    # Up within a minute of the earn that led there; both ways at night (MEM-18, MEM-19).
    Job("grades", Every(1), after_earns),
    Job("grade-review", Daily(30), nightly),
    Job("coupon-notices", Daily(9 * 60), _tell_ending_coupons),
    Job("points-notices", Daily(9 * 60 + 5), _tell_ending_points),
    Job("member-messages", Every(1), _tell_moves),
    Job("member-events", Every(1), _announce),
    Job("coupon-issue", Every(1), give_due),  # behind the two that hand on to it
    Job("monitors", Every(1), _count),
    Job("orders-due", Every(1), _tell_due),
    Job("report-rates", Daily(10 * 60 + 30), tell_rates),
    Job("notice-retention", Daily(4 * 60 + 5), _forget_notices),
    Job("report-reminders", Every(5), remind),
    Job("webhook-attempts", Daily(4 * 60 + 20), _forget_tries),
    Job("silent-devices", Every(5), tell_silent),
    Job("suspected-closures", Daily(6 * 60), suspect),
    Job("store-closures", Every(60), close),
    # Before anybody opens: whoever comes today is no member who was not here for a year.
    Job("member-dormancy", Daily(3 * 60), _turn_dormant),
    Job("member-purge", Daily(3 * 60 + 30), _purge_members),
    Job("former-members", Every(10), _settle_former),
    Job("records", Daily(4 * 60 + 40), forget_records),
    Job("retention", Daily(4 * 60), partial(_forget, keep=Keep())),
)


def long_jobs(vault: Vault) -> tuple[Job, ...]:
    """Jobs that may take minutes, which the others must not wait for: a runner of their own does them."""
    return (
        # Points are worth nothing from their moment on, written down or not. A million may lapse at one midnight, and
        # somebody may be selling then: it rests between its portions.
        Job("points-expiry", Every(5), _expire_points, rests=0.7),
        Job(imports.JOB, Every(1), Importer(vault).portion, rests=0.1),
        # In the morning, when people are up. The first one after an update opens every profile.
        Job("coupon-birthdays", Daily(8 * 60), Birthdays(vault).portion, rests=0.1),
    )
