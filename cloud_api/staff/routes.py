"""HTTP of employees: setting them up, changing what they may, the log of what was done."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field, StrictBool, StrictStr
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.documents import EMPLOYEE_EXAMPLE, OPERATION_LOG_EXAMPLE, answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, IdempotencyKey, Name
from cloud_api.http import json_response
from cloud_api.integrators.service import Repeatable, once
from cloud_api.staff import oplog, service
from cloud_api.staff.service import Changes, NewEmployee
from cloud_api.stores.service import profile_of
from rules.recovery import Role

router = APIRouter(prefix="/v1/stores/{store_id}", tags=["stores"])

StoreId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$")]
EmployeeId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$")]
Pin = Annotated[StrictStr, Field(max_length=32, examples=["904731"])]
LOG_MAX = 500


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
        "store_unknown",
        "pin_refused",
        "owner_exists",
        "too_many_employees",
        "idempotency_conflict",
        "invalid",
    )
    | {201: answer(EMPLOYEE_EXAMPLE, "Set up; the store's devices know it a moment later")},
)
def employ(store_id: StoreId, body: Employ, cloud: TheCloud, key_id: KeyId) -> Response:
    """The PIN is kept as a hash only, and no answer ever repeats it."""
    # A plain hash of the body would tell a six-digit PIN to whoever reads the table.
    content = {**body.model_dump(mode="json"), "store_id": store_id, "pin": cloud.vault.digest(body.pin)}
    call = Repeatable(key_id, "employee", body.idempotency_key, content)
    wanted = NewEmployee(body.name, body.role, body.pin)
    made = cloud.database.transact(
        lambda work: once(work, call, lambda: service.add(work, cloud.vault, store_id, wanted))
    )
    return json_response(made, 201)


@router.get(
    "/employees",
    summary="Who works at a store",
    responses=errors("unauthorized", "store_unknown") | {200: answer({"employees": [EMPLOYEE_EXAMPLE]}, "All of them")},
)
def employees(store_id: StoreId, cloud: TheCloud, _key: KeyId) -> Response:
    """Removed ones too, with the time of it."""
    with cloud.database.read() as conn:
        if profile_of(conn, store_id) is None:
            raise ApiError("store_unknown")
        people = [service.shown(row) for row in service.roster(conn, store_id)]
    return json_response({"employees": people})


@router.post(
    "/employees/{employee_id}",
    summary="Change an employee's PIN or right to recover",
    responses=errors("unauthorized", "employee_unknown", "pin_refused", "invalid")
    | {200: answer(EMPLOYEE_EXAMPLE, "Changed")},
)
def change(store_id: StoreId, employee_id: EmployeeId, body: Change, cloud: TheCloud, _key: KeyId) -> Response:
    """``lift`` gives back a right that a limit suspended; what was counted before is not counted again."""
    wanted = Changes(body.pin, body.may_recover, body.lift)
    changed: dict[str, Any] = cloud.database.transact(
        lambda work: service.change(work, cloud.vault, store_id, employee_id, wanted)
    )
    return json_response(changed)


@router.post(
    "/employees/{employee_id}/remove",
    summary="Take an employee off",
    responses=errors("unauthorized", "employee_unknown") | {200: answer(EMPLOYEE_EXAMPLE, "Taken off")},
)
def remove(store_id: StoreId, employee_id: EmployeeId, cloud: TheCloud, _key: KeyId) -> Response:
    """What they did stays in the log with their name."""
    return json_response(cloud.database.transact(lambda work: service.remove(work, store_id, employee_id)))


@router.get(
    "/operation-log",
    summary="What people did about requests",
    responses=errors("unauthorized", "store_unknown", "invalid")
    | {200: answer({"entries": [OPERATION_LOG_EXAMPLE]}, "Newest first")},
)
def log(
    store_id: StoreId, cloud: TheCloud, _key: KeyId, limit: Annotated[int, Query(ge=1, le=LOG_MAX)] = 100
) -> Response:
    """Approvals, rejections and recoveries with who made them."""
    with cloud.database.read() as conn:
        if profile_of(conn, store_id) is None:
            raise ApiError("store_unknown")
        entries = oplog.of_store(conn, store_id, limit)
    return json_response({"entries": entries})
