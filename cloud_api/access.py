"""What routes of integrators share: the cloud, who is calling, and whether that key may."""

from __future__ import annotations

import logging
from typing import Annotated

from fastapi import Depends, Request

from cloud_api.bootstrap import Cloud
from cloud_api.errors import ApiError
from cloud_api.integrators import reach, scopes
from cloud_api.integrators.keys import Caller, authenticate

log = logging.getLogger("cloud")


def cloud_of(request: Request) -> Cloud:
    """The cloud behind this application."""
    cloud: Cloud = request.app.state.cloud
    return cloud


async def _cloud_here(request: Request) -> Cloud:
    """The same for a route's arguments. A plain function there is sent to a thread of its own with every call, which
    costs more than what it does; so whatever neither reads nor waits is a coroutine."""
    return cloud_of(request)


TheCloud = Annotated[Cloud, Depends(_cloud_here)]


def caller(request: Request, cloud: TheCloud) -> Caller:
    """The calling key, which may make this call.

    Raises ApiError ``unauthorized``, ``rate_limited``, ``scope_missing``, ``key_restricted`` or that something that
    the call names does not exist for this key.
    """
    with cloud.database.ask() as conn:
        found = authenticate(conn, request.headers.get("authorization"), cloud.clock())
    _within_its_rate(request, cloud, found)
    route = (request.method, request.scope["route"].path)
    scope = scopes.needed(*route)
    if not scopes.covers(found.scopes, scope):
        raise ApiError("scope_missing", extra={"scope": scope})
    if found.restricted:
        named = reach.named_in(request.path_params, dict(request.query_params), request.scope["state"].get("body"))
        with cloud.database.read() as conn:
            reach.check(conn, found, route, scope.partition(":")[2], named)
    return found


def _within_its_rate(request: Request, cloud: Cloud, found: Caller) -> None:
    if not found.rate_per_minute:
        return
    allowed = cloud.meter.take(cloud.database, found.key_id, found.rate_per_minute)
    request.scope["state"]["headers"] = allowed.headers
    if allowed.wait_s:
        log.warning("rate_limited key=%s", found.key_id)
        raise ApiError("rate_limited", headers={"Retry-After": str(allowed.wait_s)})


TheCaller = Annotated[Caller, Depends(caller)]


async def integrator(found: TheCaller) -> str:
    """The id of the calling key."""
    return found.key_id


KeyId = Annotated[str, Depends(integrator)]
