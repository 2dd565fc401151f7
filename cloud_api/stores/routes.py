"""HTTP of stores: their sums; and the server's own health."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.documents import errors
from cloud_api.errors import ApiError
from cloud_api.gateway import feeds
from cloud_api.http import json_response
from cloud_api.ledger.statement import sums_of_store
from cloud_api.settings import VERSION
from cloud_api.stores.service import profile_of

router = APIRouter(prefix="/v1", tags=["stores"])


@router.get("/stores/{store_id}/sums", summary="A store's sums", responses=errors("unauthorized", "store_unknown"))
def sums(store_id: Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$")], cloud: TheCloud, _key: KeyId) -> Response:
    """Sums over the book's entries; ``entries_sum`` is zero or the book is broken."""
    with cloud.database.read() as conn:
        if profile_of(conn, store_id) is None:
            raise ApiError("store_unknown")
        found = sums_of_store(conn, store_id)
    return json_response(found)


@router.get("/health", summary="Whether the server can work", responses=errors("internal"))
def health(cloud: TheCloud) -> Response:
    """Reads from the database, so that a good answer means a good database."""
    with cloud.database.read() as conn:
        generation = feeds.generation(conn)
    return json_response(
        {"status": "ok", "version": VERSION, "generation": generation, "database": cloud.database.kind}
    )
