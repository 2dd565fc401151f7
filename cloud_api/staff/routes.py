"""HTTP of employees: setting them up, inviting them, changing what they may, the logs of what was done."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field, StrictBool, StrictStr
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.database import Work
from cloud_api.documents import EMPLOYEE_EXAMPLE, OPERATION_LOG_EXAMPLE, answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, IdempotencyKey, Name, PathId, PhoneNumber
from cloud_api.http import json_response
from cloud_api.integrators.service import Repeatable, once
from cloud_api.staff import audit, invitations, oplog, service
from cloud_api.staff.acting import Acting, HeadOffice, may
from cloud_api.staff.service import Changes, NewEmployee
from cloud_api.stores.service import profile_of
from rules.permissions import Permission
from rules.phone import Phone
from rules.recovery import Role

router = APIRouter(prefix="/v1/stores/{store_id}", tags=["stores"])
joining = APIRouter(prefix="/v1", tags=["stores"])

Pin = Annotated[StrictStr, Field(max_length=32, examples=["904731"])]
LOG_MAX = 500
TIME_MS_MAX = 2**47

ForPeople = Annotated[Acting, Depends(may(Permission.STAFF))]
ForHistory = Annotated[Acting, Depends(may(Permission.RECOVERY_HISTORY))]

AUDIT_EXAMPLE = {
    "log_id": "0198c5c0-7a11-7000-8000-0000000000b7",
    "at_ms": 1760000000000,
    "store_id": None,
    "key_id": "0198c5c0-7a11-7000-8000-0000000000c1",
    "employee_id": None,
    "actor_name": "정민아",
    "address": "203.0.113.7",
    "program": "partner-app/1.4",
    "action": "employee.change",
    "target": "0198c5c0-7a11-7000-8000-0000000000f1",
    "before": None,
    "after": None,
    "reason": "",
}


class Employ(Body):
    name: Name
    role: Role
    pin: Pin
    idempotency_key: IdempotencyKey


class Change(Body):
    pin: Pin | None = None
    may_recover: StrictBool | None = None
    lift: StrictBool = False


@router.post(
    "/employees",
    status_code=201,
    summary="Set up an owner or an employee",
    responses=errors(
        "unauthorized",
        "not_allowed",
        "employee_unknown",
        "store_unknown",
        "pin_refused",
        "owner_exists",
        "owner_first",
        "too_many_employees",
        "idempotency_conflict",
        "invalid",
    )
    | {201: answer(EMPLOYEE_EXAMPLE, "Set up; the store's devices know it a moment later")},
)
def employ(store_id: PathId, body: Employ, cloud: TheCloud, key_id: KeyId, by: ForPeople) -> Response:
    """The owner comes first. The PIN is kept as a hash only, and no answer ever repeats it."""
    # A plain hash of the body would tell a six-digit PIN to whoever reads the table.
    *before, content = (
        {**body.model_dump(mode="json"), "store_id": store_id, "pin": digest}
        for digest in cloud.vault.digests(body.pin)
    )
    call = Repeatable(key_id, "employee", body.idempotency_key, content, before=tuple(before))
    wanted = NewEmployee(body.name, body.role, body.pin)

    def make(work: Work) -> dict[str, Any]:
        made = service.add(work, cloud.vault, store_id, wanted)
        return _written(work, by, "employee.add", made, after={"name": body.name, "role": body.role.value})

    return json_response(cloud.database.transact(lambda work: once(work, call, lambda: make(work))), 201)


def _written(work: Work, by: Acting, action: str, made: dict[str, Any], **told: Any) -> dict[str, Any]:
    audit.write(work, by.author, action, made["employee_id"], store_id=made["store_id"], **told)
    return made


@router.get(
    "/employees",
    summary="Who works at a store",
    responses=errors("unauthorized", "store_unknown") | {200: answer({"employees": [EMPLOYEE_EXAMPLE]}, "All of them")},
)
def employees(store_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """Removed ones too, with the time of it."""
    with cloud.database.read() as conn:
        if profile_of(conn, store_id) is None:
            raise ApiError("store_unknown")
        people = [service.shown(row) for row in service.roster(conn, store_id)]
    return json_response({"employees": people})


@router.post(
    "/employees/{employee_id}",
    summary="Change an employee's PIN or right to recover",
    responses=errors("unauthorized", "not_allowed", "employee_unknown", "pin_refused", "invalid")
    | {200: answer(EMPLOYEE_EXAMPLE, "Changed")},
)
def change(store_id: PathId, employee_id: PathId, body: Change, cloud: TheCloud, by: ForPeople) -> Response:
    """``lift`` gives back a right that a limit suspended; what was counted before is not counted again."""
    wanted = Changes(body.pin, body.may_recover, body.lift)

    def job(work: Work) -> dict[str, Any]:
        before = service.find(work.conn, store_id, employee_id)
        made = service.change(work, cloud.vault, store_id, employee_id, wanted)
        was, became = audit.changed({} if before is None else service.shown(before), made)
        if body.pin is not None:
            became["pin"] = "changed"
        return _written(work, by, "employee.change", made, before=was, after=became)

    return json_response(cloud.database.transact(job))


@router.post(
    "/employees/{employee_id}/remove",
    summary="Take an employee off",
    responses=errors("unauthorized", "not_allowed", "employee_unknown", "owner_needed", "invalid")
    | {200: answer(EMPLOYEE_EXAMPLE, "Taken off")},
)
def remove(store_id: PathId, employee_id: PathId, cloud: TheCloud, by: ForPeople) -> Response:
    """What they did stays in the log with their name."""

    def job(work: Work) -> dict[str, Any]:
        made = service.remove(work, store_id, employee_id)
        return _written(work, by, "employee.remove", made, before={"name": made["name"]})

    return json_response(cloud.database.transact(job))


@router.post(
    "/employees/{employee_id}/hand-over",
    summary="Make an employee the owner",
    responses=errors("unauthorized", "not_allowed", "store_unknown", "employee_unknown", "invalid")
    | {200: answer(EMPLOYEE_EXAMPLE | {"role": "owner"}, "The owner before is an employee now")},
)
def hand_over(store_id: PathId, employee_id: PathId, cloud: TheCloud, by: ForPeople) -> Response:
    """A store has one owner at any moment."""

    def job(work: Work) -> dict[str, Any]:
        made = service.hand_over(work, store_id, employee_id)
        return _written(work, by, "employee.hand_over", made, after={"role": made["role"]})

    return json_response(cloud.database.transact(job))


class Invite(Body):
    name: Name
    phone: PhoneNumber


@router.post(
    "/invitations",
    status_code=201,
    summary="Invite an employee",
    responses=errors(
        "unauthorized",
        "not_allowed",
        "store_unknown",
        "employee_unknown",
        "owner_first",
        "too_many_employees",
        "phone_invalid",
        "invalid",
    )
    | {
        201: answer(
            {
                "invitation_id": "0198c5c0-7a11-7000-8000-0000000000b8",
                "code": "482913",
                "phone_masked": "010-****-5678",
                "expires_ms": 1760000600000,
            },
            "Send the code to the number; it is nowhere else",
        )
    },
)
def invite(store_id: PathId, body: Invite, cloud: TheCloud, by: ForPeople) -> Response:
    """The number is not kept. The code is good for ten minutes and five tries."""
    phone = Phone(body.phone)

    def job(work: Work) -> dict[str, Any]:
        made = invitations.invite(work, cloud.vault, store_id, body.name, phone)
        after = {"name": body.name, "phone": made.phone_masked}
        audit.write(work, by.author, "employee.invite", made.invitation_id, store_id=store_id, after=after)
        return {
            "invitation_id": made.invitation_id,
            "code": made.code,
            "phone_masked": made.phone_masked,
            "expires_ms": made.expires_ms,
        }

    return json_response(cloud.database.transact(job), 201)


class Accept(Body):
    code: Annotated[StrictStr, Field(pattern=r"^[0-9]{6}$")]
    pin: Pin


@joining.post(
    "/invitations/{invitation_id}/accept",
    status_code=201,
    summary="Join a store",
    responses=errors(
        "unauthorized",
        "invitation_unknown",
        "invitation_expired",
        "invitation_code",
        "owner_first",
        "too_many_employees",
        "pin_refused",
        "invalid",
    )
    | {201: answer(EMPLOYEE_EXAMPLE, "Set up; the store's devices know it a moment later")},
)
def accept(invitation_id: PathId, body: Accept, cloud: TheCloud, _key: KeyId) -> Response:
    """With the code that reached the number, and a PIN of their own."""
    service.refuse_weak(body.pin)
    return json_response(invitations.accept(cloud.database, cloud.vault, invitation_id, body.code, body.pin), 201)


@router.get(
    "/operation-log",
    summary="What people did about requests",
    responses=errors("unauthorized", "not_allowed", "store_unknown", "employee_unknown", "invalid")
    | {200: answer({"entries": [OPERATION_LOG_EXAMPLE]}, "Newest first")},
)
def log(
    store_id: PathId, cloud: TheCloud, by: ForHistory, limit: Annotated[int, Query(ge=1, le=LOG_MAX)] = 100
) -> Response:
    """Approvals, rejections and recoveries with who made them; an employee sees their own."""
    with cloud.database.read() as conn:
        if profile_of(conn, store_id) is None:
            raise ApiError("store_unknown")
        entries = oplog.of_store(conn, store_id, limit, of=by.own)
    return json_response({"entries": entries})


@joining.get(
    "/audit-log",
    summary="What was changed by whom",
    responses=errors("unauthorized", "not_allowed", "invalid")
    | {200: answer({"entries": [AUDIT_EXAMPLE]}, "Newest first")},
)
def audit_log(
    cloud: TheCloud,
    _by: HeadOffice,
    store_id: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,64}$")] = None,
    before_ms: Annotated[int, Query(ge=0, le=TIME_MS_MAX)] = TIME_MS_MAX,
    limit: Annotated[int, Query(ge=1, le=audit.PAGE_MAX)] = 100,
) -> Response:
    """Head office's. ``before_ms`` goes on to older ones."""
    with cloud.database.read() as conn:
        found = audit.entries(conn, store_id=store_id, before_ms=before_ms, limit=limit)
    return json_response({"entries": found})
