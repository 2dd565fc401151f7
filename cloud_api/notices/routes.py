"""HTTP of notices: what consumers' apps have to tell their people."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.documents import NOTICES_EXAMPLE, answer, errors
from cloud_api.http import json_response
from cloud_api.notices import service

router = APIRouter(prefix="/v1/notices", tags=["requests"])


@router.get(
    "",
    summary="What consumers have to be told",
    responses=errors("unauthorized", "cursor_reset", "invalid") | {200: answer(NOTICES_EXAMPLE, "After the cursor")},
)
def notices(
    cloud: TheCloud,
    _key: KeyId,
    cursor: Annotated[str, Query(max_length=80, pattern=r"^([0-9]{1,15}\.[0-9]{1,15})?$")] = "",
    limit: Annotated[int, Query(ge=1, le=service.PAGE_MAX)] = service.PAGE_MAX,
) -> Response:
    """In commit order and without gaps; keep the cursor and ask again. Without one: from the oldest kept."""
    with cloud.database.read() as conn:
        found = service.read(conn, cursor, limit)
    return json_response({"notices": found.notices, "cursor": found.cursor, "has_more": found.has_more})
