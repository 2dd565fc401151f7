"""HTTP of imports: a file goes up, is looked at, and is imported when somebody confirms what it would bring."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator, Field, StrictInt
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.bootstrap import Cloud
from cloud_api.documents import CSV, answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, Name, PathId, clean
from cloud_api.http import json_response
from cloud_api.imports import deciding, problems, service
from cloud_api.imports.files import inspect
from cloud_api.imports.problems import FileRefused
from cloud_api.imports.service import PART_BYTES, NewImport, Sums
from cloud_api.imports.words import WORDS_MAX

router = APIRouter(prefix="/v1/imports", tags=["imports"])

StoreId = Annotated[str, Query(pattern=r"^[A-Za-z0-9-]{1,64}$")]
Column = Annotated[str | None, Query(min_length=1, max_length=100)]
Count = Annotated[StrictInt, Field(ge=0, le=10**15)]
_EXAMPLE: dict[str, Any] = {
    "import_id": "0198c5c0-7a11-7000-8000-0000000000a1",
    "store_id": "0198c5c0-7a11-7000-8000-0000000000b1",
    "source": "예전 적립 서비스",
    "state": "checked",
    "format": None,
    "columns": {},
    "size_bytes": 48211,
    "problem": None,
    "rows_read": 1200,
    "new_members": 1100,
    "known_members": 60,
    "imported_before": 0,
    "duplicates": 8,
    "row_errors": 32,
    "sums": {"rows": 1160, "points": 2480300, "stamps": 4120},
    "grades": [{"word": "우수", "members": 120, "grade": "VIP"}],
    "progress": {"rows": 0, "percent": 0, "members_made": 0, "points": 0, "stamps": 0, "graded": 0, "skipped": 0},
    "created_ms": 1760000000000,
    "checked_ms": None,
    "confirmed_ms": None,
    "confirmed_by": None,
    "finished_ms": None,
}
_PROBLEM_EXAMPLE: dict[str, Any] = {
    "line": 17,
    "column": "휴대폰",
    "field": "phone",
    "other_line": None,
    **problems.told("phone_rounded", problems.ROW),
}
_FILE_BODY = {
    "requestBody": {
        "required": True,
        "description": "The file itself: CSV (CP949, UTF-8, UTF-16; comma, tab, semicolon) or .xlsx.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class GradeWord(Body):
    """``grade`` null: members who were called so begin with the entry grade."""

    word: Name
    grade: Name | None


class Confirm(Body):
    """The sums of the dry run, as a person has seen them, and who that was. ``grades``: for words of the list that
    should become another grade than the dry run found."""

    rows: Count
    points: Count
    stamps: Count
    by: Name
    grades: Annotated[tuple[GradeWord, ...], Field(max_length=WORDS_MAX)] = ()


@router.post(
    "",
    status_code=202,
    summary="Upload a list of members of another service",
    openapi_extra=_FILE_BODY,
    responses=errors("unauthorized", "store_unknown", "import_refused", "too_large", "wrong_content_type", "invalid")
    | {202: answer(_EXAMPLE, "Is being checked")},
)
async def upload(
    request: Request,
    cloud: TheCloud,
    key_id: KeyId,
    store_id: StoreId,
    source: Annotated[str, Query(max_length=60), AfterValidator(clean)] = "",
    phone: Column = None,
    points: Column = None,
    stamps: Column = None,
    name: Column = None,
    joined: Column = None,
    grade: Column = None,
) -> Response:
    """Changes no member: it is looked at first (``checking``, ``checked``). Columns are found by their names; each can
    be named by its title or its number from 1, and ``-`` leaves it out. ``source`` is the other service: a member's
    points come in once from each. The same file again is the same import."""
    named = {"phone": phone, "points": points, "stamps": stamps, "name": name, "joined": joined, "grade": grade}
    columns = {field: title for field, title in named.items() if title is not None}
    wanted = NewImport(store_id, f"key:{key_id}", source, columns)
    import_id = await run_in_threadpool(cloud.database.transact, partial(service.begin, wanted=wanted))
    try:
        received = await _receive(cloud, import_id, request.stream())
    except BaseException:  # also a caller who hangs up: what came of the file does not stay
        await run_in_threadpool(cloud.database.transact, partial(service.abandon, import_id=import_id))
        raise
    return json_response(await run_in_threadpool(_complete, cloud, import_id, received), 202)


async def _receive(cloud: Cloud, import_id: str, stream: AsyncIterator[bytes]) -> dict[str, Any]:
    """Piece after piece into the database, so that no more than one is in memory."""
    digest, size, parts, waiting = hashlib.sha256(), 0, 0, bytearray()

    async def keep(n: int, part: bytes) -> None:
        write = partial(service.receive, vault=cloud.vault, import_id=import_id, n=n, part=part)
        await run_in_threadpool(cloud.database.transact, write)

    async for chunk in stream:
        digest.update(chunk)
        size += len(chunk)
        waiting += chunk
        while len(waiting) >= PART_BYTES:
            await keep(parts, bytes(waiting[:PART_BYTES]))
            del waiting[:PART_BYTES]
            parts += 1
    if waiting:
        await keep(parts, bytes(waiting))
        parts += 1
    return {"parts": parts, "size_bytes": size, "content_hash": digest.hexdigest()}


def _complete(cloud: Cloud, import_id: str, received: dict[str, Any]) -> dict[str, Any]:
    with cloud.database.read() as conn:
        raw = service.content(conn, cloud.vault, import_id)
    try:
        inspect(raw)
    except FileRefused as refusal:
        cloud.database.transact(lambda work: service.abandon(work, import_id))
        problem = problems.told(refusal.code, problems.FILE)
        raise ApiError("import_refused", extra={"problem": problem}) from refusal
    del raw
    known = cloud.database.transact(lambda work: service.complete(work, import_id, **received))
    with cloud.database.read() as conn:
        return service.show(conn, known)


@router.get(
    "",
    summary="Imports of a store",
    responses=errors("unauthorized", "invalid") | {200: answer({"imports": [_EXAMPLE]}, "Newest first")},
)
def imports(
    cloud: TheCloud, _key: KeyId, store_id: StoreId, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> Response:
    """Also those that are over."""
    with cloud.database.read() as conn:
        return json_response({"imports": service.of_store(conn, store_id, limit)})


@router.get(
    "/{import_id}",
    summary="How an import is",
    responses=errors("unauthorized", "import_unknown") | {200: answer(_EXAMPLE, "As it is now")},
)
def show(import_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """``sums`` is what would come in, to be confirmed; ``progress`` what has come in. ``problem`` says why a file as a
    whole was refused."""
    with cloud.database.read() as conn:
        return json_response(service.show(conn, import_id))


@router.get(
    "/{import_id}/problems",
    summary="Lines that are left out",
    responses=errors("unauthorized", "import_unknown", "invalid")
    | {200: answer({"problems": [_PROBLEM_EXAMPLE]}, "In the order of the file")},
)
def problems_of(
    import_id: PathId,
    cloud: TheCloud,
    _key: KeyId,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = service.PROBLEMS_MAX,
) -> Response:
    """``after`` is the last line that is known already. What stands in the lines is not repeated."""
    with cloud.database.read() as conn:
        return json_response({"problems": service.problems_of(conn, import_id, after=after, most=limit)})


@router.get(
    "/{import_id}/problems.csv",
    summary="Lines that are left out, for a spreadsheet",
    responses=errors("unauthorized", "import_unknown") | {200: {"description": "CSV", "content": CSV}},
)
def problems_file(import_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """All of them; no cell of it is a formula."""
    with cloud.database.read() as conn:
        rows = service.problems_of(conn, import_id, most=service.ALL_PROBLEMS)
    named = {"content-disposition": f'attachment; filename="problems-{import_id}.csv"'}
    return Response(problems.as_csv(rows), media_type="text/csv", headers=named)


@router.post(
    "/{import_id}/confirm",
    summary="Import what was checked",
    responses=errors(
        *("unauthorized", "import_unknown", "import_not_ready", "import_under_way", "import_empty", "sums_differ"),
        *("grade_unknown", "no_grades"),
        "invalid",
    )
    | {200: answer(_EXAMPLE, "Is being imported")},
)
def confirm(import_id: PathId, body: Confirm, cloud: TheCloud, _key: KeyId) -> Response:
    """Only with the sums of the dry run. It goes on by itself, also after a crash; confirming twice imports once. A
    member gets the grade that the dry run shows beside the word, unless it is below the one they have; it stays for
    thirty days, then what they do here decides."""
    sums = Sums(body.rows, body.points, body.stamps)
    grades = {one.word: one.grade for one in body.grades}
    return json_response(cloud.database.transact(lambda work: deciding.confirm(work, import_id, sums, body.by, grades)))


@router.post(
    "/{import_id}/cancel",
    summary="Give up an import before it is confirmed",
    responses=errors("unauthorized", "import_unknown", "import_not_ready") | {200: answer(_EXAMPLE, "Cancelled")},
)
def cancel(import_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """The file and its rows are removed."""
    return json_response(cloud.database.transact(lambda work: deciding.cancel(work, import_id)))
