"""Lessons of one shop for all of its brand: approved, told to counters, new ones too, and withdrawn (PNT-07)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.cloud_api.world import World

DUE = {"label": "받으실돈", "meaning": "due"}
CARD = {"label": "모아비씨", "meaning": "card"}


def approve(world: World, *lessons: dict[str, str], pos_model: str = "OKPOS") -> list[dict[str, Any]]:
    body = {"brand_id": world.store.brand_id, "pos_model": pos_model, "lessons": list(lessons)}
    found: list[dict[str, Any]] = world.ok("POST", "/v1/layouts/approve", body)["rules"]
    return found


def withdraw(world: World, *labels: str) -> list[dict[str, Any]]:
    body = {"brand_id": world.store.brand_id, "labels": list(labels)}
    found: list[dict[str, Any]] = world.ok("POST", "/v1/layouts/withdraw", body)["rules"]
    return found


def test_what_head_office_approves_reaches_every_counter_of_the_brand_once(world: World) -> None:
    device = world.device()

    approved = approve(world, DUE, CARD)
    again = approve(world, DUE)

    card, due = ({**one, "pos_model": "OKPOS", "version": 1} for one in (CARD, DUE))
    assert approved == again == [card, due]
    assert sorted(device.rows("layout"), key=lambda row: row["label"]) == [card, due]
    assert world.ok("GET", f"/v1/layouts?brand_id={world.store.brand_id}")["rules"] == [card, due]


def test_head_office_looks_at_the_lessons_of_one_pos(world: World) -> None:
    """PNT-07"""
    approve(world, DUE)
    approve(world, CARD, pos_model="이지포스")

    def labels(pos_model: str) -> list[str]:
        query = {"brand_id": world.store.brand_id, "pos_model": pos_model}
        return [one["label"] for one in world.ok("GET", f"/v1/layouts?{urlencode(query)}")["rules"]]

    assert (labels("OKPOS"), labels("이지포스"), labels("")) == (["받으실돈"], ["모아비씨"], [])


def test_a_withdrawn_lesson_is_told_as_such_and_can_come_back(world: World) -> None:
    device = world.device()
    approve(world, DUE)

    withdrawn = withdraw(world, "받으실돈", "모르는말")
    withdraw(world, "받으실돈")
    approve(world, DUE, pos_model="이지포스")

    gone = {"label": "받으실돈", "meaning": None, "pos_model": "OKPOS", "version": 2}
    assert withdrawn == [gone]
    assert device.rows("layout") == [
        {**DUE, "pos_model": "OKPOS", "version": 1},
        gone,
        {**DUE, "pos_model": "이지포스", "version": 3},
    ]


def test_a_new_counter_is_told_with_everything_else(world: World) -> None:
    """AGT-11: withdrawn ones as well, because a counter from a backup may still have them."""
    approve(world, DUE, CARD)
    withdraw(world, "모아비씨")

    lines = [json.loads(line) for line in world.device().get("/v1/sync/snapshot").text.splitlines()]

    held = [line["body"] for line in lines if line["kind"] == "layout"]
    assert [(one["label"], one["meaning"]) for one in held] == [("모아비씨", None), ("받으실돈", "due")]


@pytest.mark.parametrize(
    "lesson",
    [
        {"label": "", "meaning": "due"},
        {"label": "받으실 돈", "meaning": "due"},
        {"label": "x" * 21, "meaning": "due"},
        {"label": "01012345678", "meaning": "due"},
        {"label": "홍길동4821", "meaning": "due"},
        {"label": "받으실돈", "meaning": "discount"},
        {"label": "받으실돈", "meaning": None},
        {"label": "받으실\u0000돈", "meaning": "due"},
        {"label": "받으실\u202e돈", "meaning": "due"},
    ],
)
def test_what_no_counter_could_use_is_refused_and_changes_nothing(world: World, lesson: dict[str, Any]) -> None:
    body = {"brand_id": world.store.brand_id, "lessons": [DUE, lesson]}

    answer = world.call("POST", "/v1/layouts/approve", body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert world.ok("GET", f"/v1/layouts?brand_id={world.store.brand_id}")["rules"] == []


def test_an_unknown_brand_has_no_layouts(world: World) -> None:
    for method, path, body in (
        ("GET", "/v1/layouts?brand_id=nobody", None),
        ("POST", "/v1/layouts/approve", {"brand_id": "nobody", "lessons": [DUE]}),
        ("POST", "/v1/layouts/withdraw", {"brand_id": "nobody", "labels": ["받으실돈"]}),
    ):
        answer = world.call(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (404, "brand_unknown")
