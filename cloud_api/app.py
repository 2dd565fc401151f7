"""The web application: routes, the outer gate, and what runs beside the requests."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from cloud_api import documents
from cloud_api.bootstrap import Cloud, build, prepare
from cloud_api.claims.routes import router as claims
from cloud_api.clock import Clock, system_clock
from cloud_api.coupons.advertiser_routes import router as advertisers
from cloud_api.coupons.automatic_routes import router as issuing
from cloud_api.coupons.board_routes import router as coupon_boards
from cloud_api.coupons.counter_routes import router as counter_boards
from cloud_api.coupons.routes import router as coupons
from cloud_api.database import normalise_url
from cloud_api.devices.leaving_routes import router as leaving
from cloud_api.devices.routes import of_store as store_devices
from cloud_api.devices.routes import router as devices
from cloud_api.docs_page import POLICY, page
from cloud_api.earns.routes import router as earns
from cloud_api.errors import ApiError
from cloud_api.gateway.bell import Bell
from cloud_api.gateway.holding_routes import router as holdings
from cloud_api.gateway.routes import push_operations
from cloud_api.gateway.routes import router as gateway
from cloud_api.grades.routes import router as grades
from cloud_api.http import PUSH_PATH, Gate, error_response
from cloud_api.imports.routes import router as imports
from cloud_api.jobs.catalogue import JOBS, long_jobs
from cloud_api.jobs.routes import router as jobs
from cloud_api.jobs.runner import Runner
from cloud_api.layouts.routes import router as layouts
from cloud_api.ledger.routes import router as ledger
from cloud_api.ledger.trade_routes import router as trades
from cloud_api.loops import keep_at
from cloud_api.members.group_routes import router as member_groups
from cloud_api.members.leaving_routes import router as leaving_members
from cloud_api.members.person_routes import router as persons
from cloud_api.members.routes import router as members
from cloud_api.members.search_routes import router as member_search
from cloud_api.menu.product_routes import router as products
from cloud_api.menu.routes import router as menu
from cloud_api.monitors.routes import router as monitors
from cloud_api.notices.centre_routes import router as centre
from cloud_api.notices.message_routes import router as messages
from cloud_api.notices.routes import router as notices
from cloud_api.orders.routes import router as orders
from cloud_api.requests.counter_routes import router as counters
from cloud_api.requests.dispute_routes import router as disputes
from cloud_api.requests.routes import router as requests
from cloud_api.requests.sweeper import Sweeper
from cloud_api.rewards.routes import router as rewards
from cloud_api.settings import VERSION, Settings
from cloud_api.shares.routes import router as shares
from cloud_api.staff.routes import joining
from cloud_api.staff.routes import router as staff
from cloud_api.stamps.routes import router as stamps
from cloud_api.stock.routes import router as stock
from cloud_api.stores.application_routes import router as applications
from cloud_api.stores.detail_routes import router as details
from cloud_api.stores.earning_routes import router as earning
from cloud_api.stores.routes import router as stores
from cloud_api.webhooks.delivery import Deliverer
from cloud_api.webhooks.routes import router as webhooks
from cloud_api.webhooks.sending import Sender

log = logging.getLogger("cloud")

TITLE = "WithFoM Cloud"
_HTTP_CODES = {404: "not_found", 405: "method_not_allowed"}


def create_app(settings: Settings, *, clock: Clock = system_clock) -> FastAPI:
    """The application; its database is migrated when it starts. Raises StartError."""
    cloud = build(settings, clock=clock)
    app = _routes(serve_openapi=settings.serve_openapi)
    app.state.cloud = cloud
    return app


def _routes(*, serve_openapi: bool) -> FastAPI:
    app = FastAPI(
        title=TITLE,
        version=VERSION,
        lifespan=_lifespan,
        openapi_url="/openapi.json" if serve_openapi else None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    # What comes most is found first and handed over as it is: its own route is for the document that describes it.
    app.router.add_route(PUSH_PATH, push_operations, methods=["POST"], include_in_schema=False)
    for router in (
        devices,
        gateway,
        holdings,
        members,
        leaving_members,
        member_search,
        persons,
        member_groups,
        coupons,
        coupon_boards,
        counter_boards,
        issuing,
        advertisers,
        earns,
        claims,
        counters,
        leaving,
        requests,
        notices,
        centre,
        messages,
        monitors,
        disputes,
        orders,
        staff,
        joining,
        applications,
        stores,
        earning,
        stamps,
        grades,
        details,
        store_devices,
        rewards,
        stock,
        layouts,
        menu,
        products,
        ledger,
        trades,
        shares,
        webhooks,
        jobs,
        imports,
    ):
        # As they are: include_router would make each route once more, in every process at its first call.
        app.router.routes.extend(router.routes)
    if serve_openapi:
        app.router.add_route("/docs", _docs, methods=["GET"], include_in_schema=False)
    app.add_exception_handler(ApiError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_middleware(Gate)
    app.openapi = lambda: openapi_document(app)  # type: ignore[method-assign]
    return app


async def _docs(request: Request) -> Response:
    return HTMLResponse(page(openapi_document(request.app)), headers={"Content-Security-Policy": POLICY})


def openapi_document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document with examples and the error catalogue."""
    if app.openapi_schema is None:
        app.openapi_schema = documents.complete(get_openapi(title=TITLE, version=VERSION, routes=app.routes))
    return app.openapi_schema


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    cloud: Cloud = app.state.cloud
    prepare(cloud)
    cloud.hub.bind(asyncio.get_running_loop())
    stopping = asyncio.Event()
    bell = None if cloud.database.is_sqlite else _bell(cloud)

    def every_ms() -> int:
        listening = bell is not None and bell.listening
        return cloud.settings.safety_poll_ms if listening else cloud.settings.feed_poll_ms

    tasks = [
        asyncio.create_task(cloud.hub.poll(cloud.database, stopping, every_ms=every_ms)),
        asyncio.create_task(cloud.hub.shut_out(cloud.database, stopping, every_ms=cloud.settings.trust_every_ms)),
        asyncio.create_task(_follow_keys(cloud, stopping)),
    ]
    if bell is not None:
        tasks.append(asyncio.create_task(bell.run(stopping)))
    runners: list[Runner] = []
    if cloud.settings.sweeper:
        sweeper = Sweeper(cloud.database, cloud.clock, every_ms=cloud.settings.sweep_every_ms)
        tasks.append(asyncio.create_task(sweeper.run(stopping)))
        for these in (JOBS, long_jobs(cloud.vault)):
            runner = Runner(cloud.database, cloud.clock, these, holder=cloud.ids.uuid7())
            tasks.append(asyncio.create_task(runner.run(stopping, every_ms=cloud.settings.jobs_every_ms)))
            runners.append(runner)
        tasks.append(asyncio.create_task(_deliverer(cloud).run(stopping, every_ms=cloud.settings.webhooks_every_ms)))
    try:
        yield
    finally:
        cloud.hub.close()
        # Told, not cancelled: a cancelled task would leave its thread working on a database that closes.
        stopping.set()
        for runner in runners:
            runner.stop()
        await asyncio.gather(*tasks)
        cloud.database.close()


def _deliverer(cloud: Cloud) -> Deliverer:
    sender = Sender(cloud.settings.webhook_hosts)
    return Deliverer(cloud.database, cloud.vault, cloud.clock, sender, holder=cloud.ids.uuid7())


async def _follow_keys(cloud: Cloud, stopping: asyncio.Event) -> None:
    """New keys are used soon after ``rotate-keys`` put them into the file."""

    async def once() -> None:
        await run_in_threadpool(cloud.vault.refresh)

    await keep_at(once, stopping, every_ms=lambda: cloud.settings.keys_every_ms, log=log, word="keys_not_followed")


def _bell(cloud: Cloud) -> Bell:
    bell = Bell(normalise_url(cloud.settings.database_url), cloud.hub.wake, cloud.hub.wake_all)
    cloud.hub.tell_others(bell.ring)
    return bell


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error_response(error, request.scope)


async def _invalid(request: Request, error: Exception) -> Response:
    """Says which field is wrong, without repeating its value: it may be somebody's number."""
    assert isinstance(error, RequestValidationError)
    fields = [
        {"field": ".".join(str(part) for part in item["loc"]), "problem": item["type"]} for item in error.errors()[:20]
    ]
    code = "phone_invalid" if any(item["field"] == "body.phone" for item in fields) else "invalid"
    return error_response(ApiError(code, extra={"fields": fields}), request.scope)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _HTTP_CODES.get(error.status_code, "invalid" if error.status_code < 500 else "internal")
    return error_response(ApiError(code, headers=dict(error.headers or {})), request.scope)
