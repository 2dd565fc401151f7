"""What routes share before their own work begins."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from cloud_api.access import caller
from tests.cloud_api.world import World


def _calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    for needed in dependant.dependencies:
        assert needed.call is not None
        yield needed.call
        yield from _calls(needed)


def test_only_what_asks_the_database_is_sent_to_a_thread_before_a_call(front: World) -> None:
    """Each hop to a thread and back costs more than a dependency that only looks at the request."""
    routes = [route for route in front.app.routes if isinstance(route, APIRoute)]

    needed = {call for route in routes for call in _calls(route.dependant)}

    assert len(needed) > 5
    assert {call for call in needed if not inspect.iscoroutinefunction(call)} == {caller}
