"""``withfom cloud employee``: the owner and staff of a store."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from withfom.commands.cloud.speaking import EXIT_FAILED, EXIT_USAGE, Verb, refuse, short_text, tell, verb, with_cloud

if TYPE_CHECKING:
    from cloud_api.bootstrap import Cloud
    from cloud_api.settings import Settings


def register(verbs: Any) -> dict[str, Verb]:
    """Adds this verb; answers what runs it."""
    people = verb(verbs, "employee", "대표와 직원 / the owner and staff of a store", prints_json=True)
    people.add_argument("action", choices=("add", "list", "pin", "allow", "forbid", "lift", "remove"))
    people.add_argument("--store", required=True, type=short_text, help="store id")
    people.add_argument("--employee", type=short_text, help="employee id")
    people.add_argument("--name", type=short_text)
    people.add_argument("--role", choices=("owner", "staff"), default="staff")
    return {"employee": _employee}


def _employee(settings: Settings, args: argparse.Namespace) -> int:
    from cloud_api.errors import ApiError
    from cloud_api.staff import service as staff
    from rules.recovery import Role

    if args.action == "add" and not args.name:
        return refuse("--name 이 필요해요 / --name is needed", EXIT_USAGE)
    if args.action not in ("add", "list") and not args.employee:
        return refuse("--employee 가 필요해요 / --employee is needed", EXIT_USAGE)
    changes = {
        "allow": staff.Changes(may_recover=True),
        "forbid": staff.Changes(may_recover=False),
        "lift": staff.Changes(lift=True),
    }

    def work_on(cloud: Cloud) -> int:
        vault = cloud.vault
        try:
            if args.action == "list":
                with cloud.database.read() as conn:
                    people = [staff.shown(row) for row in staff.roster(conn, args.store)]
                for one in people:
                    tell(args, f"{one['employee_id']} {one['role']} {one['name']}", one)
                return 0
            if args.action == "add":
                wanted = staff.NewEmployee(args.name, Role(args.role), _read_pin())
                made = cloud.database.transact(lambda work: staff.add(work, vault, args.store, wanted))
            elif args.action == "remove":
                made = cloud.database.transact(lambda work: staff.remove(work, args.store, args.employee))
            else:
                change = changes.get(args.action) or staff.Changes(pin=_read_pin())
                made = cloud.database.transact(
                    lambda work: staff.change(work, vault, args.store, args.employee, change)
                )
        except ApiError as error:
            return refuse(f"{error.problem.korean} / {error.problem.english}", EXIT_FAILED)
        return tell(args, made["employee_id"], made)

    return with_cloud(settings, work_on)


def _read_pin() -> str:
    """Never an argument: those stand in the list of running programs and in the shell's history."""
    if sys.stdin.isatty():
        from getpass import getpass

        return getpass("PIN: ").strip()
    return sys.stdin.readline().strip()
