"""What routes of integrators share: the cloud, and who is calling."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from cloud_api.bootstrap import Cloud
from cloud_api.integrators.service import authenticate


def cloud_of(request: Request) -> Cloud:
    """The cloud behind this application."""
    cloud: Cloud = request.app.state.cloud
    return cloud


TheCloud = Annotated[Cloud, Depends(cloud_of)]


def integrator(request: Request, cloud: TheCloud) -> str:
    """The id of the calling key. Raises ApiError ``unauthorized``."""
    with cloud.database.read() as conn:
        return authenticate(conn, request.headers.get("authorization"))


KeyId = Annotated[str, Depends(integrator)]
