"""HTTP of webhooks: where an integrator wants to be told, and how that goes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field, StrictInt, StrictStr, model_validator
from starlette.responses import Response

from cloud_api.access import TheCaller, TheCloud
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, PathId
from cloud_api.http import json_response
from cloud_api.webhooks import events, service
from cloud_api.webhooks.addresses import URL_MAX, RefusedAddress, checked
from cloud_api.webhooks.service import State

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

HOUR_MS = 3_600_000
_EXAMPLE: dict[str, Any] = {
    "endpoint_id": "0198c5c0-7a11-7000-8000-0000000000aa",
    "url": "https://pos.example.com/withfom",
    "state": "active",
    "created_ms": 1760000000000,
    "succeeded_ms": None,
    "old_until_ms": None,
    "kinds": ["earn.*", "request.changed"],
}
_SECRET = _EXAMPLE | {"secret": "whsec_3q2-7w…"}
_SHOWN = _EXAMPLE | {"rows_behind": 0, "failing_since_ms": None}
_TRY = {
    "event_id": "1760000000000.41.0198c5c0-7a11-7000-8000-0000000000b1",
    "kind": "earn.posted",
    "outcome": "delivered",
    "answered": 200,
    "error": None,
    "took_ms": 41,
    "tried_ms": 1760000000400,
}


class NewWebhook(Body):
    """``kinds`` are kinds of events, ``noun.*`` or ``*``."""

    url: Annotated[StrictStr, Field(min_length=8, max_length=URL_MAX, examples=["https://pos.example.com/withfom"])]
    kinds: Annotated[
        tuple[Annotated[StrictStr, Field(pattern=r"^(\*|[a-z]{1,20}\.(\*|[a-z]{1,20}))$")], ...],
        Field(min_length=1, max_length=len(events.SCOPES), examples=[["earn.*", "request.changed"]]),
    ]


@router.post(
    "",
    status_code=201,
    summary="Be told what happens",
    responses=errors("unauthorized", "address_refused", "webhook_exists", "webhooks_full", "invalid")
    | {201: answer(_SECRET, "Registered; the secret is shown here only")},
)
def register(body: NewWebhook, cloud: TheCloud, caller: TheCaller) -> Response:
    """Everything that happens from now on is posted there, signed. The key needs the read scope of each kind, and a key
    of one brand or store is told what happens there."""
    try:
        checked(body.url, cloud.settings.webhook_hosts)
    except RefusedAddress as refused:
        raise ApiError("address_refused", extra={"detail": str(refused)}) from refused
    made = cloud.database.transact(lambda work: service.register(work, cloud.vault, caller, body.url, body.kinds))
    return json_response(made, 201)


@router.get(
    "",
    summary="Where this key is told",
    responses=errors("unauthorized") | {200: answer({"webhooks": [_EXAMPLE]}, "Oldest first")},
)
def list_all(cloud: TheCloud, caller: TheCaller) -> Response:
    """Every endpoint of the calling key, without secrets."""
    with cloud.database.read() as conn:
        return json_response({"webhooks": service.list_of(conn, caller)})


@router.get(
    "/{endpoint_id}",
    summary="How an endpoint is",
    responses=errors("unauthorized", "webhook_unknown") | {200: answer(_SHOWN, "As it is")},
)
def show(endpoint_id: PathId, cloud: TheCloud, caller: TheCaller) -> Response:
    """``rows_behind`` counts what was not looked at yet, ``failing_since_ms`` is since when an event does not get
    through. ``state`` is active, paused, gone (it answered 410) or failing (nothing got through for three days)."""
    with cloud.database.read() as conn:
        return json_response(service.show(conn, caller, endpoint_id))


@router.get(
    "/{endpoint_id}/attempts",
    summary="How the newest calls of an endpoint went",
    responses=errors("unauthorized", "webhook_unknown") | {200: answer({"attempts": [_TRY]}, "Newest first")},
)
def attempts(
    endpoint_id: PathId,
    cloud: TheCloud,
    caller: TheCaller,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """``outcome`` is delivered, failed (tried again later), dead (given up after three days) or gone; kept for 30 days.
    ``answered`` is the status; without one, ``error`` says why."""
    with cloud.database.read() as conn:
        return json_response({"attempts": service.tries(conn, caller, endpoint_id, limit)})


@router.post(
    "/{endpoint_id}/pause",
    summary="Tell nothing for a while",
    responses=errors("unauthorized", "webhook_unknown") | {200: answer(_EXAMPLE | {"state": "paused"}, "Paused")},
)
def pause(endpoint_id: PathId, cloud: TheCloud, caller: TheCaller) -> Response:
    """Events wait, for up to 90 days."""
    return json_response(
        cloud.database.transact(lambda work: service.set_state(work, caller, endpoint_id, State.PAUSED))
    )


@router.post(
    "/{endpoint_id}/resume",
    summary="Go on telling",
    responses=errors("unauthorized", "webhook_unknown") | {200: answer(_EXAMPLE, "Active")},
)
def resume(endpoint_id: PathId, cloud: TheCloud, caller: TheCaller) -> Response:
    """Where it stopped, whatever the reason was; at once."""
    return json_response(
        cloud.database.transact(lambda work: service.set_state(work, caller, endpoint_id, State.ACTIVE))
    )


class Replay(Body):
    """Exactly one of the two: a moment, or the event with which to begin again in its store."""

    since_ms: Annotated[StrictInt, Field(ge=0, le=10_000_000_000_000)] | None = None
    from_event_id: Annotated[StrictStr, Field(pattern=r"^[0-9]{1,15}\.[0-9]{1,15}\.[A-Za-z0-9-]{1,64}$")] | None = None

    @model_validator(mode="after")
    def _one_point(self) -> Replay:
        if (self.since_ms is None) == (self.from_event_id is None):
            raise ValueError("exactly one of since_ms and from_event_id is needed")
        return self


@router.post(
    "/{endpoint_id}/replay",
    summary="Be told again",
    responses=errors("unauthorized", "webhook_unknown", "event_unknown", "invalid")
    | {200: answer(_EXAMPLE | {"rows_again": 12}, "From there on")},
)
def replay(endpoint_id: PathId, body: Replay, cloud: TheCloud, caller: TheCaller) -> Response:
    """Everything since then comes again, each event with the id that it had; up to 90 days back."""
    told = service.replay(cloud.database, caller, endpoint_id, since_ms=body.since_ms, from_event=body.from_event_id)
    return json_response(told)


class NewSecret(Body):
    old_hours: Annotated[StrictInt, Field(ge=0, le=720)] = 24


@router.post(
    "/{endpoint_id}/secret",
    summary="Change an endpoint's secret",
    responses=errors("unauthorized", "webhook_unknown", "invalid")
    | {200: answer(_SECRET | {"old_until_ms": 1760086400000}, "The new secret, shown here only")},
)
def change_secret(endpoint_id: PathId, body: NewSecret, cloud: TheCloud, caller: TheCaller) -> Response:
    """For ``old_hours`` events carry two signatures, one of each secret."""
    old_for_ms = body.old_hours * HOUR_MS
    changed = cloud.database.transact(
        lambda work: service.rotate_secret(work, cloud.vault, caller, endpoint_id, old_for_ms)
    )
    return json_response(changed)


@router.post(
    "/{endpoint_id}/remove",
    summary="Be told nothing any more",
    responses=errors("unauthorized", "webhook_unknown")
    | {200: answer({"endpoint_id": _EXAMPLE["endpoint_id"]}, "Removed")},
)
def remove(endpoint_id: PathId, cloud: TheCloud, caller: TheCaller) -> Response:
    """Its attempts are gone as well."""
    cloud.database.transact(lambda work: service.remove(work, caller, endpoint_id))
    return json_response({"endpoint_id": endpoint_id})
