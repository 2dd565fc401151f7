"""Joining a store from the command line, without a window."""

from __future__ import annotations

from agent.bootstrap import Agent
from agent.console import complain, say
from agent.enroll.types import EnrollOutcome, EnrollRefused
from agent.errors import BadSettings
from agent.launch import AgentSettings
from agent.logbook import open_log

LOG_FOLDER = "log"


def redeem_code(agent: Agent) -> EnrollOutcome:
    """Redeem the code of the command line; a device that belongs to a store already stays there. Raises BadSettings."""
    settings = agent.settings
    if not settings.cloud_url or not settings.enroll_code:
        raise BadSettings(
            "매장 코드를 쓰려면 --cloud 와 --enroll-code 가 모두 필요해요.",
            "To join a store, give both --cloud and --enroll-code.",
        )
    return agent.enroll.redeem_now(settings.cloud_url, settings.enroll_code)


def enroll_only(settings: AgentSettings) -> int:
    """Join the store and end: 0 joined, 1 refused with the reason in both languages."""
    open_log(settings.folder / LOG_FOLDER, "agent")
    agent = Agent.open(settings)
    try:
        outcome = redeem_code(agent)
    finally:
        agent.close()
    if isinstance(outcome, EnrollRefused):
        tell_refusal(outcome)
        return 1
    say(f"{outcome.profile.name}에 등록됐어요 · joined {outcome.profile.name}")
    return 0


def tell_refusal(refused: EnrollRefused) -> None:
    complain(refused.user_message, refused.user_message_en)
