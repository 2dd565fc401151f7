"""Who stands behind a call of a program: head office, or an employee it names, who may do only what RBA-01 says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.concurrency import run_in_threadpool

from cloud_api.access import TheCaller, TheCloud
from cloud_api.bootstrap import Cloud
from cloud_api.errors import ApiError
from cloud_api.fields import PathId
from cloud_api.staff import service
from cloud_api.staff.audit import Author
from rules.permissions import Grant, Permission, grant
from rules.recovery import Role

ActingEmployee = Annotated[
    str | None,
    Header(
        pattern=r"^[A-Za-z0-9-]{1,64}$",
        description="The employee on whose behalf the program calls; without it, the program is head office's.",
    ),
]


@dataclass(frozen=True)
class Acting:
    """``grant`` is YES or, where people see what is theirs, OWN."""

    author: Author
    grant: Grant = Grant.YES

    @property
    def own(self) -> str | None:
        """Only what this employee did may be shown; None: everything."""
        return self.author.employee_id if self.grant is Grant.OWN else None


async def office(request: Request, caller: TheCaller) -> Author:
    """The program itself."""
    address = request.client.host if request.client else "unknown"
    return Author(caller.key_id, address=address, program=request.headers.get("user-agent", ""))


Office = Annotated[Author, Depends(office)]


async def head_office(by: Office, caller: TheCaller, acting_employee: ActingEmployee = None) -> Author:
    """What no store does for itself. Raises ApiError ``not_allowed`` for a program that speaks for an employee, and for
    the key of one store."""
    if acting_employee is not None or caller.store_id is not None:
        raise ApiError("not_allowed")
    return by


HeadOffice = Annotated[Author, Depends(head_office)]


def may(permission: Permission) -> Callable[..., Awaitable[Acting]]:
    """A dependency: whoever acts for a store, if they may. Raises ApiError ``not_allowed``, ``employee_unknown``."""

    async def check(store_id: PathId, cloud: TheCloud, by: Office, acting_employee: ActingEmployee = None) -> Acting:
        if acting_employee is None:
            return Acting(by)
        row = await run_in_threadpool(_employee, cloud, store_id, acting_employee)
        if row is None:
            raise ApiError("employee_unknown")
        granted = grant(Role(row.role), permission, may_recover=row.may_recover and row.suspended_ms is None)
        if granted not in (Grant.YES, Grant.OWN):
            raise ApiError("not_allowed")
        return Acting(Author(by.key_id, row.employee_id, row.name, by.address, by.program), granted)

    return check


def _employee(cloud: Cloud, store_id: str, employee_id: str) -> Any:
    with cloud.database.read() as conn:
        return service.find(conn, store_id, employee_id)
