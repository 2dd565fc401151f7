"""Asking ahead, by the customer's number, what a single earn of stamps reads of the card (docs/adr/0019)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloud_api.database import Work
from cloud_api.exchange import Answer, Asked, Statement
from cloud_api.ledger.models import AccountKind
from cloud_api.ledger.purses import stamps_holder
from cloud_api.stamps.earning import LOTS, card_questions, day_of
from cloud_api.stores.earning import Terms

_PURSE = "(SELECT member_id FROM member WHERE phone_lookup = $1) || CAST($2 AS TEXT)"
_ACCOUNTS = Statement(
    "SELECT account_id, balance FROM account WHERE account_id IN ("
    + ", ".join(f"'{kind.value}:' || {_PURSE}" for kind in (AccountKind.MEMBER_BOARDS, AccountKind.MEMBER_STAMPS))
    + ") ORDER BY account_id",
    locks="FOR UPDATE",
)
_LOTS = Statement(LOTS.replace("$1", "$3").format(purses=f"= {_PURSE}"))
_TODAY = Statement(
    f"SELECT coalesce(sum(stamps - taken_back), 0) FROM stamp_grant WHERE purse_id = {_PURSE} AND day = $3"
)


@dataclass(frozen=True)
class CardAhead:
    """The card, at this store, of whoever has this number, as far as a sale of that moment reads it; by the terms that
    the store had when it was last seen."""

    terms: Terms
    store_id: str
    lookup: str
    occurred_ms: int

    def questions(self, now_ms: int) -> list[Asked]:
        """To be asked in this order; the accounts are locked before the lots are read."""
        purse = (self.lookup, self._purse_of(""))
        asked = [Asked(_ACCOUNTS, purse), Asked(_LOTS, (*purse, now_ms))]
        if self._counts_days:
            asked.append(Asked(_TODAY, (*purse, day_of(self.terms, self.occurred_ms))))
        return asked

    def learn(self, work: Work, member_id: str, answers: Sequence[Answer]) -> None:
        """Keeps the answers for when the same is asked by the card's name."""
        purse_id, day = self._purse_of(member_id), day_of(self.terms, self.occurred_ms)
        rows = [answer.rows for answer in answers]
        if self._counts_days:
            rows[-1] = [(purse_id, day, *counted) for counted in rows[-1]]
        asked = card_questions(work, self.terms.program, [purse_id], [(purse_id, day)])
        for question, found in zip(asked, rows, strict=True):
            work.foresee(question, found)

    @property
    def _counts_days(self) -> bool:
        stamps = self.terms.program.stamps
        return stamps is not None and stamps.day_max is not None

    def _purse_of(self, member_id: str) -> str:
        return stamps_holder(member_id, self.terms.program.scope, self.terms.brand_id, self.store_id)
