"""The OpenAPI document as a vendor reads it: everything described, with examples that the routes take and give."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from cloud_api.app import create_app
from cloud_api.docs_page import page
from cloud_api.errors import CATALOGUE
from cloud_api.settings import Settings
from tests.cloud_api.world import World

Operations = list[tuple[str, str, dict[str, Any]]]


@pytest.fixture(scope="module")
def document(sqlite_template: Path, key_file: Path) -> Iterator[dict[str, Any]]:
    """The whole document, written once for everything that is asked about it."""
    app = create_app(Settings(f"sqlite:///{sqlite_template}", key_file))
    yield app.openapi()
    app.state.cloud.database.close()


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> Operations:
    paths = document["paths"]
    return [(method, path, found) for path, several in paths.items() for method, found in several.items()]


def test_every_route_says_what_it_does_and_shows_it(operations: Operations) -> None:
    for method, path, operation in operations:
        assert operation["summary"], (method, path)
        assert len(operation["description"]) > 10, (method, path)
        assert operation["tags"], (method, path)
        for status, answer in operation["responses"].items():
            content = answer.get("content", {})
            if status.startswith("2") and set(content) == {"application/json"}:
                assert "example" in content["application/json"], (method, path, status)
            if int(status) >= 400:
                shown = content["application/json"]["examples"]
                assert all(example["value"]["code"] == code for code, example in shown.items())
                assert all(CATALOGUE[code].status == int(status) for code in shown), (method, path, status)
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            assert "example" in operation["requestBody"]["content"]["application/json"], (method, path)


@pytest.mark.thorough
def test_every_example_of_a_body_is_one_that_its_route_takes(front: World, operations: Operations) -> None:
    """What it names does not exist here, which is another answer than that the body is wrong."""
    tried, wrong = 0, {}
    for method, path, operation in operations:
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if operation.get("security") != [{"integrator": []}] or body is None:
            continue
        example = body["example"]
        for name in ("store_id", "brand_id"):  # those exist
            if name in example:
                example = example | {name: getattr(front.store, name)}
        concrete = path.replace("{number}", "1").replace("{store_id}", front.store.store_id)
        answer = front.call(method.upper(), re.sub(r"{\w+}", "nobody", concrete), example)
        fields = answer.json().get("fields", ()) if answer.status_code == 422 else ()
        if any(one["field"].startswith("body") for one in fields):
            wrong[path] = (example, answer.json())
        tried += 1
    assert not wrong
    assert tried > 30


def test_how_a_key_may_be_refused_stands_at_every_route(operations: Operations) -> None:
    for method, path, operation in operations:
        if operation.get("security") == [{"integrator": []}]:
            assert {"401", "403", "429"} <= set(operation["responses"]), (method, path)
            assert operation["x-scope"].endswith((":read", ":write"))


class Reading(HTMLParser):
    """What a browser would find on a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attrs)
        self.links += [value for name in ("href", "src") if (value := named.get(name))]
        if named.get("id"):
            self.anchors.add(str(named["id"]))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_shows_every_route_and_code_and_fetches_nothing(
    tmp_path: Path, document: dict[str, Any], operations: Operations
) -> None:
    settings = Settings(f"sqlite:///{tmp_path / 'cloud.db'}", tmp_path / "keys", sweeper=False, serve_openapi=True)
    with World(settings) as world:
        world.app.openapi_schema = document
        answer = world.http.get("/docs")
    found = Reading(answer.text)
    words = "\n".join(found.words)

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert {tag for tag in found.tags if tag in ("script", "img", "link", "iframe")} == set()
    inside = {link.removeprefix("#") for link in found.links if link.startswith("#")}
    assert set(found.links) - {f"#{name}" for name in inside} == {"/openapi.json"}
    assert inside == found.anchors
    assert len(inside) == len(operations)
    assert all(path in words and operation["summary"] in words for _, path, operation in operations)
    assert all(code in words for code in CATALOGUE)


def test_what_a_document_says_cannot_become_markup(document: dict[str, Any]) -> None:
    document = json.loads(json.dumps(document))
    document["paths"]["/v1/health"]["get"]["description"] = "<script>alert(1)</script>"

    assert "<script" not in page(document)


def test_an_application_makes_no_route_of_its_own(front: World, tmp_path: Path) -> None:
    """Each costs a millisecond, and the first calls after a start would pay for all of them."""
    other = create_app(Settings(f"sqlite:///{tmp_path / 'other.db'}", tmp_path / "other.keys"))
    other.state.cloud.database.close()

    routes = [[route for route in app.routes if isinstance(route, APIRoute)] for app in (front.app, other)]

    assert len(routes[0]) > 100
    assert all(one is another for one, another in zip(*routes, strict=True))
