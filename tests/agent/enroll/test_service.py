"""Joining a store against a cloud on a real socket: no restart, words for every refusal."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.bootstrap import Agent
from agent.enroll.types import Enrolled, EnrollOutcome, EnrollRefused, NotEnrolled
from agent.launch import AgentSettings
from sync.errors import NotEnrolled as NoKeys
from tests.helpers.agent_process import CODE, welcome
from tests.helpers.fake_cloud import FakeCloud, running
from tests.helpers.waiting import wait_until


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    found = FakeCloud()
    with running(found):
        welcome(found)
        yield found


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    found = Agent.open(AgentSettings(folder=tmp_path))
    yield found
    found.close()


def test_a_code_makes_the_device_part_of_the_store_without_a_restart(agent: Agent, cloud: FakeCloud) -> None:
    """The next number is taken at once, and the line to the cloud runs."""
    assert agent.enroll.state() == NotEnrolled()
    answers: queue.Queue[EnrollOutcome] = queue.Queue()

    agent.enroll.redeem(cloud.base_url, CODE, answers.put)

    outcome = answers.get(timeout=20)
    assert isinstance(outcome, Enrolled)
    assert outcome.profile.name == "느린오후 커피"
    assert agent.enroll.state() == outcome
    agent.earn.submit_phone(agent.earn.open_entry(), "01012345678")
    wait_until(agent.link.online, "the line is up")
    assert (agent.settings.spool_folder / "approval.key").exists()


def test_a_wrong_code_is_refused_in_both_languages(agent: Agent, cloud: FakeCloud) -> None:
    outcome = agent.enroll.redeem_now(cloud.base_url, "ZZZZZZZZ")

    assert isinstance(outcome, EnrollRefused)
    assert any("가" <= letter <= "힣" for letter in outcome.user_message)
    assert outcome.user_message_en.isascii()
    assert agent.enroll.state() == NotEnrolled()


def test_without_a_cloud_the_answer_is_words(agent: Agent) -> None:
    outcome = agent.enroll.redeem_now("http://127.0.0.1:9", CODE)

    assert isinstance(outcome, EnrollRefused)
    assert agent.enroll.state() == NotEnrolled()


def test_before_a_store_nobody_can_leave_a_number(agent: Agent) -> None:
    agent.background.start()
    entry = agent.earn.open_entry()

    with pytest.raises(NoKeys):
        agent.earn.submit_phone(entry, "01012345678")


@pytest.mark.thorough
def test_an_enrolled_device_goes_online_by_itself(agent: Agent, cloud: FakeCloud, tmp_path: Path) -> None:
    agent.enroll.redeem_now(cloud.base_url, CODE)
    agent.close()

    again = Agent.open(AgentSettings(folder=tmp_path))
    try:
        again.background.start()
        wait_until(again.link.online, "the line is up")
        cloud.publish("policy", {"version": 7, "rate_bp": 300, "minimum_payment_won": 0, "request_timeout_ms": 1})
        wait_until(lambda: again.link.policy().rate_bp == 300, "the brand's new policy arrives")
    finally:
        again.close()
