"""HTTP of jobs: how they are, and making one due now."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.documents import answer, errors
from cloud_api.http import json_response
from cloud_api.jobs import runner

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

JOB_EXAMPLE = {
    "name": "coupon-notices",
    "next_ms": 1760054400000,
    "started_ms": 1759968000100,
    "finished_ms": 1759968003400,
    "done": 1240,
    "failures": 0,
    "error": None,
    "running": False,
}


@router.get(
    "",
    summary="What is done by the hour and the day",
    responses=errors("unauthorized") | {200: answer({"jobs": [JOB_EXAMPLE]}, "Every job")},
)
def jobs(cloud: TheCloud, _key: KeyId) -> Response:
    """``done`` is how much the last finished run did; ``error`` what the last failed one said."""
    with cloud.database.read() as conn:
        return json_response({"jobs": runner.overview(conn, cloud.clock())})


@router.post(
    "/{name}/run",
    status_code=202,
    summary="Make a job due now",
    responses=errors("unauthorized", "job_unknown") | {202: answer({"name": "coupon-notices"}, "Due")},
)
def run(name: Annotated[str, Path(pattern=r"^[a-z-]{1,40}$")], cloud: TheCloud, _key: KeyId) -> Response:
    """One process does it within seconds, unless one is at it already."""
    cloud.database.transact(lambda work: runner.run_soon(work, name))
    return json_response({"name": name}, 202)
