"""One address's share of the recorded transactions, and the balances that follow from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from walletjobs.dev.replay.moves import Moves, TokenChange


@dataclass(frozen=True, slots=True)
class Holding:
    """A token account as it stands at the end of the recorded history."""

    token_account: str
    mint: str
    amount: int  # base units
    decimals: int


@dataclass(frozen=True, slots=True)
class Before:
    """Balances right before a transaction: of the address, its token accounts, and their lamports."""

    lamports: Mapping[str, int]  # by account
    tokens: Mapping[str, int]  # base units by token account


class _Account:
    """The running balance of one account; the opening balance is the least that never goes below zero."""

    __slots__ = ("least", "total")

    def __init__(self) -> None:
        self.total = 0
        self.least = 0

    def add(self, change: int) -> None:
        self.total += change
        self.least = min(self.least, self.total)

    def opened(self, prefix: int) -> int:
        return prefix - self.least


@dataclass(slots=True)
class History:
    """The positions at which an address took part, and running sums of what it held."""

    address: str
    positions: list[int] = field(default_factory=list)
    direct: list[bool] = field(default_factory=list)  # named itself, not only by a token account
    changed: list[bool] = field(default_factory=list)  # itself, or a balance of its token accounts
    _lamports: dict[str, _Account] = field(default_factory=dict)
    _tokens: dict[str, _Account] = field(default_factory=dict)
    _last: dict[str, TokenChange] = field(default_factory=dict)
    _prefix: dict[int, tuple[dict[str, int], dict[str, int]]] = field(default_factory=dict)

    def add(self, position: int, moved: Moves) -> None:
        """Count a transaction, if the address took part in it."""
        direct = moved.fee_payer == self.address or self.address in moved.parties
        direct = direct or any(row.account == self.address for row in moved.accounts)
        owned = [change for row in moved.accounts for change in row.tokens if change.owner == self.address]
        if not direct and not owned:
            return
        self.positions.append(position)
        self.direct.append(direct)
        self.changed.append(direct or bool(owned))
        lamports: dict[str, int] = {}
        tokens: dict[str, int] = {}
        for change in owned:
            tokens[change.token_account] = self._count(self._tokens, change.token_account, change.amount)
            self._last[change.token_account] = change
        for row in moved.accounts:
            if row.account == self.address or row.account in self._last:
                lamports[row.account] = self._count(self._lamports, row.account, row.lamports)
        self._prefix[position] = (lamports, tokens)

    @staticmethod
    def _count(accounts: dict[str, _Account], name: str, change: int) -> int:
        account = accounts.setdefault(name, _Account())
        prefix = account.total
        account.add(change)
        return prefix

    def before(self, position: int) -> Before:
        """What the address and its token accounts in that transaction held right before it."""
        lamports, tokens = self._prefix.get(position, ({}, {}))
        return Before(
            {name: self._lamports[name].opened(prefix) for name, prefix in lamports.items()},
            {name: self._tokens[name].opened(prefix) for name, prefix in tokens.items()},
        )

    def token_accounts(self) -> set[str]:
        """Every token account it was ever seen to own."""
        return set(self._last)

    def lamports(self) -> int:
        """Its native balance at the end, without what its token accounts hold."""
        account = self._lamports.get(self.address)
        return account.opened(account.total) if account else 0

    def lamports_of(self, account: str) -> int:
        """The native balance of one of its token accounts at the end."""
        kept = self._lamports.get(account)
        return kept.opened(kept.total) if kept else 0

    def holdings(self) -> list[Holding]:
        """Its token accounts that are open: they hold tokens, or the rent of an empty account."""
        found = []
        for name, change in self._last.items():
            amount = self._tokens[name].opened(self._tokens[name].total)
            if amount or self.lamports_of(name):
                found.append(Holding(name, change.mint, amount, change.decimals))
        return found
