"""Calls made from the OpenAPI document, by the thousand: none fails inside, every answer is one the document knows."""

from __future__ import annotations

import contextlib
import os
import sys

import pytest

from tests.cloud_api.calls import Caller, shown
from tests.cloud_api.test_stream import serving
from tests.cloud_api.world import World

SHORT = 600  # always the same ones; 20,000 others by night
CALLS = int(os.environ.get("WITHFOM_CALLS", SHORT))


@pytest.mark.timeout(3600)
@pytest.mark.expect_log("device_forked", "phone_lookups_limited", "epoch_renewed", "op_parked")
def test_no_call_that_the_document_allows_or_forbids_ends_in_a_failure(world: World) -> None:
    with serving(world) as url, contextlib.closing(Caller(world, url)) as caller:
        caller.run(CALLS, seed=None if CALLS == SHORT else int.from_bytes(os.urandom(4), "big"))

    sys.stdout.write("\n".join(shown(caller.answered)) + "\n")
    assert not caller.wrong, "\n\n".join(f"{kind}: {told}" for kind, told in caller.wrong.items())
    assert sum(caller.answered.values()) >= CALLS
    labels = {label for label, _ in caller.answered}
    assert labels == {
        f"{method.upper()} {path}" for path, operations in world.app.openapi()["paths"].items() for method in operations
    }
    refused = {label for label in labels if not any((label, ok) in caller.answered for ok in (200, 201))}
    # A new key would be the end of this caller's own signatures; test_device_keys.py gives one.
    assert {label for label in refused if "/v1/sync/" in label} <= {"POST /v1/sync/key"}
    assert len(refused) <= len(labels) // 5  # what needs more than chance: a second person, something decided before
    world.assert_book_is_sound()
