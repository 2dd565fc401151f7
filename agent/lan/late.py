"""Receipts that met no number in time: credited by hand, or claimed with a slip. For tools and for the tablet."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from agent.earn.late import ClaimSlip, LateEarns, NotToBeHad, SlipOffer
from agent.earn.types import Earned, Refused, TooManyEntries
from agent.lan.api import earned_json, to_json
from agent.lan.http import ApiError, Guard, Reply, Request, Route, text_field
from agent.lan.tablet import PHONE_WORDS
from rules.claims import CLAIM_LETTERS_MAX, ClaimProblem

LAN_ACTOR, TABLET_ACTOR = "lan", "tablet"
_CLAIM_WORDS = {
    ClaimProblem.UNKNOWN: ("전표를 확인할 수 없어요.", "This slip is not known here."),
    ClaimProblem.EXPIRED: ("받는 기한이 지났어요.", "The time for this slip is over."),
    ClaimProblem.USED: ("이미 적립했거나 취소된 결제예요.", "This payment has earned already, or was cancelled."),
}


def late_routes(late: LateEarns, *, tool: Guard, tablet: Guard) -> Iterable[Route]:
    api = _LateApi(late)
    yield Route("GET", "/v1/numbers", api.numbers, tool)
    yield Route("POST", "/v1/receipts/{document_id}/credit", api.credit, tool)
    yield Route("POST", "/v1/receipts/{document_id}/claim", api.issue, tool)
    yield Route("POST", "/v1/tablet/claims/offer", api.offer, tablet)
    yield Route("POST", "/v1/tablet/claims", api.redeem, tablet)


class _LateApi:
    def __init__(self, late: LateEarns) -> None:
        self._late = late

    def numbers(self, _request: Request) -> Reply:
        """Numbers that wait for a receipt, masked."""
        return Reply({"numbers": to_json(self._late.waiting_numbers())})

    def credit(self, request: Request) -> Reply:
        """With the digits of a number, or with the id of one that waits."""
        document_id = request.parts["document_id"]
        entry_id = text_field(request.body, "entry_id", required=False)
        if entry_id:
            return _reply(self._late.credit_waiting(document_id, entry_id, LAN_ACTOR))
        digits = text_field(request.body, "digits", required=False, longest=1_000)
        return _reply(self._late.credit(document_id, digits, LAN_ACTOR))

    def issue(self, request: Request) -> Reply:
        slip = self._late.issue(request.parts["document_id"])
        if not isinstance(slip, ClaimSlip):
            return _reply(slip)
        words = {"code": slip.code, "paid_won": slip.paid_won, "points": slip.worth.points, "until_ms": slip.until_ms}
        return Reply(words, HTTPStatus.CREATED)

    def offer(self, request: Request) -> Reply:
        """What a slip would earn, before anybody types a number."""
        found = self._late.offer(text_field(request.body, "slip", longest=CLAIM_LETTERS_MAX))
        return Reply(earned_json(found)) if isinstance(found, SlipOffer) else _reply(found)

    def redeem(self, request: Request) -> Reply:
        """The slip's QR text or its eight letters, and the customer's number."""
        text = text_field(request.body, "slip", longest=CLAIM_LETTERS_MAX)
        digits = text_field(request.body, "digits", required=False, longest=1_000)
        return _reply(self._late.redeem(text, digits, TABLET_ACTOR))


def _reply(outcome: Earned | Refused | NotToBeHad | ClaimProblem | TooManyEntries) -> Reply:
    if isinstance(outcome, Earned):
        return Reply({"outcome": "earned", **earned_json(outcome)}, HTTPStatus.CREATED)
    if isinstance(outcome, Refused):
        korean, english = PHONE_WORDS[outcome.problem]
        extra = {"problem": outcome.problem.value}
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "not_a_number", korean, english, extra=extra)
    if isinstance(outcome, TooManyEntries):
        words = ("잠시 후 다시 해 주세요.", "Too many tries. Please wait.")
        wait = {"retry_after_ms": outcome.retry_after_ms}
        raise ApiError(HTTPStatus.TOO_MANY_REQUESTS, "too_many_tries", *words, extra=wait)
    if isinstance(outcome, NotToBeHad):
        korean, english = "이 영수증으로는 적립할 수 없어요.", "This receipt cannot earn."
        raise ApiError(HTTPStatus.CONFLICT, "not_creditable", korean, english)
    raise ApiError(HTTPStatus.CONFLICT, f"claim_{outcome.value}", *_CLAIM_WORDS[outcome])
