"""Asking in one exchange what booking a single earn will ask: a counter with a line reports each sale by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloud_api.database import Work
from cloud_api.exchange import Answer, Asked, Statement
from cloud_api.ledger.earns import known_question, moved_accounts
from cloud_api.ledger.facts import EarnFact
from cloud_api.ledger.reversals import waits_question
from cloud_api.ledger.service import balances_question
from cloud_api.members.service import ids_question
from cloud_api.vault import Vault

# One member and the accounts that an earn moves, locked as lock_balances does. Several members are not locked before
# all of them are known: two pushes could come to wait for each other.
_WORDS = (
    "SELECT member.phone_lookup, member.member_id, member.grades, account.account_id, account.balance FROM member"
    " JOIN account ON account.account_id {among} WHERE member.phone_lookup = $1 ORDER BY account.account_id"
)
_NAMES = "'member:' || member.member_id, 'member_debt:' || member.member_id"
_MEMBER = Statement(
    _WORDS.format(among=f"= ANY(ARRAY[{_NAMES}])"),
    locks="FOR UPDATE OF account",
    sqlite=_WORDS.format(among=f"IN ({_NAMES})"),
)


@dataclass(frozen=True)
class Foresight:
    """Questions to ask ahead of an earn; without an earn, none."""

    plain: tuple[Asked, ...] = ()
    lookup: str | None = None  # the number under which the member is looked for, when there is only one

    @classmethod
    def of(cls, work: Work, vault: Vault, store_id: str, fact: EarnFact) -> Foresight:
        """For this earn."""
        lookups = vault.phone_lookups(fact.phone)
        plain = (known_question(work, store_id, [fact]), waits_question(store_id))
        return cls(plain, lookups[0] if len(lookups) == 1 else None)

    def questions(self) -> list[Asked]:
        """To be asked after the store is locked; what other pushes of the store wrote is seen by then."""
        return [*self.plain, *([Asked(_MEMBER, (self.lookup,))] if self.lookup is not None else [])]

    def learn(self, work: Work, answers: Sequence[Answer]) -> None:
        """Keeps the answers, in the order of the questions, for when they are asked for."""
        for asked, answer in zip(self.plain, answers, strict=False):
            work.foresee(asked, answer.rows)
        if self.lookup is None:
            return
        rows = answers[len(self.plain)].rows
        known = {row[:3] for row in rows}
        work.foresee(ids_question(work, [self.lookup]), list(known))
        for _, member_id, _ in known:
            balances = [row[3:] for row in rows]
            work.foresee(balances_question(work, moved_accounts([member_id])), balances)
