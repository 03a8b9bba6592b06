"""A wallet's book: entries go in, oldest first, and come to rest as lots, sums and cycles."""

from collections.abc import Callable, Iterable, Mapping
from copy import copy

from walletjobs.core.classify import entry_of
from walletjobs.core.columns import Columns
from walletjobs.core.deltas import OwnAccounts
from walletjobs.core.entries import TRADES, Components, Entry, Kind
from walletjobs.core.legs import BUY, RECEIVE, SELL, Leg, Role, is_charged, legs_of
from walletjobs.core.positions import Position
from walletjobs.core.rules import Rules
from walletjobs.core.tally import REALIZED, Cycle, Match, Tally, Totals
from walletjobs.core.transaction import Transaction
from walletjobs.core.value import Prices, no_prices
from walletjobs.core.windows import Checkpoint, fill_window
from walletjobs.errors import InvalidData

#: The last slot in which tokens moved, these, and those of them that moved at a place that is not known.
Tie = tuple[int, list[str], list[str]]


class Book:
    """The ledger of one wallet, kept by one set of rules.

    ``starts`` (unix seconds): windows that may be asked for later.
    """

    def __init__(self, wallet: str, rules: Rules = Rules(), starts: Iterable[int] = ()) -> None:  # noqa: B008 - a frozen value
        self.wallet = wallet
        self.rules = rules
        self.own = OwnAccounts(wallet)
        self.totals = Totals()
        self.columns = Columns()
        self.positions: dict[str, Position] = {}
        self.kinds: dict[str, int] = {}
        #: mint, place of a disposal among the token's events, its parts, the cycle that it closed
        self.on_disposal: Callable[[str, int, list[Match], Cycle | None], None] | None = None
        self._slot = -1  # the last one in which tokens moved
        self._moved: set[str] = set()  # tokens that moved in it
        self._unplaced: set[str] = set()  # those of them that an entry without an index moved
        self._checkpoints: dict[int, Checkpoint | None] = dict.fromkeys(starts)
        self._waiting = sorted(self._checkpoints, reverse=True)  # starts that no entry has reached yet

    def resume(self, totals: Totals, kinds: Mapping[str, int], tie: Tie) -> None:
        """Go on, a new book, from where another one stood; its positions are put in beside."""
        self.totals, self.kinds = copy(totals), dict(kinds)
        self._slot, self._moved, self._unplaced = tie[0], set(tie[1]), set(tie[2])

    @property
    def tie(self) -> Tie:
        """Where ties are counted from when the book goes on."""
        return self._slot, sorted(self._moved), sorted(self._unplaced)

    def read(self, transaction: Transaction, prices: Prices = no_prices) -> Entry:
        """Take in one transaction; they come oldest first.

        Raises: InvalidData if this one is older than the one before it.
        """
        entry = entry_of(transaction, self.own, prices)
        self.add(entry)
        return entry

    def add(self, entry: Entry, legs: list[Leg] | None = None) -> None:
        """Take in one entry; they come oldest first.

        ``legs``: its legs, where the caller has them already.

        Raises: InvalidData if this one is older than the one before it.
        """
        while self._waiting and entry.block_time >= self._waiting[-1]:
            self._checkpoints[self._waiting.pop()] = Checkpoint(self, entry)
        self._count(entry)
        if entry.tokens:
            self._count_tie(entry)
        if entry.kind is Kind.ARBITRAGE:
            self.totals.arbitrages += 1
            self.totals.arbitrage_pnl += entry.sol_delta
        self.totals.unpriced += entry.value is None and entry.kind in TRADES
        for leg in legs_of(entry) if legs is None else legs:
            self._move(entry, leg)

    def window(self, start: int) -> "Book":
        """What happened from ``start`` on, one of the book's ``starts``; to read, not to go on with.

        Its sums, closed cycles and columns are those of the window; what is held, and at which cost, is of now.
        """
        window = Book(self.wallet, self.rules)
        fill_window(window, self, self._checkpoints[start])
        return window

    def _count_tie(self, entry: Entry) -> None:
        """Two entries of one slot in one token: their order may matter, and unless the places of both are known, only
        the provider's listing tells it."""
        mints, placed = entry.tokens.keys(), entry.index is not None
        if self._slot != entry.slot:
            self._slot, self._moved, self._unplaced = entry.slot, set(mints), set(() if placed else mints)
            return
        self.totals.ties += not (self._unplaced if placed else self._moved).isdisjoint(mints)
        self._moved |= mints
        if not placed:
            self._unplaced |= mints

    def _count(self, entry: Entry) -> None:
        totals, components = self.totals, entry.components
        if totals.last_slot is None:
            totals.first_slot, totals.first_time = entry.slot, entry.block_time
        elif entry.slot < totals.last_slot:
            raise InvalidData(f"Transaction {entry.signature} is older than the one before it")
        totals.last_slot, totals.last_time = entry.slot, entry.block_time
        totals.transactions += 1
        totals.own += components.network_fee != 0
        totals.failed += entry.kind is Kind.FAILED and components.network_fee != 0
        totals.sol_delta += entry.sol_delta
        totals.rent_locked += entry.rent_locked
        totals.rent_deposit += components.rent_deposit
        totals.unexplained += abs(components.unexplained)
        totals.fees -= components.network_fee
        totals.tips -= components.tip
        totals.platform_fees -= components.platform_fee
        self.kinds[entry.kind] = self.kinds.get(entry.kind, 0) + 1

    def _move(self, entry: Entry, leg: Leg) -> None:
        """Bring one leg to its position."""
        role, position = leg.role, self.positions.get(leg.mint) or self._open(leg.mint, entry)
        traded = role is BUY or role is SELL
        for checkpoint in self._checkpoints.values():
            if checkpoint is not None:
                checkpoint.keep(position, entry.block_time if traded else None)
        matches: list[Match] = []
        if role is BUY:
            position.buy(entry, leg)
        elif role is SELL:
            matches = position.sell(entry, leg)
        elif role is RECEIVE:
            position.receive(entry, leg)
        else:
            matches = _OTHERS[role](position, entry, leg)
        if traded:
            self.columns.trade(role, leg.value, entry.block_time)
        if is_charged(entry, leg):
            _charge(position.tally, entry.components)
        if matches:
            self._record(position, matches)

    def _record(self, position: Position, matches: list[Match]) -> None:
        for match in matches:
            if match.fate is REALIZED:
                self.columns.match(match)
        ended, position.ended = position.ended, None
        if ended is not None:
            self.columns.cycle(ended)
        if self.on_disposal is not None:
            self.on_disposal(position.mint, position.events - 1, matches, ended)

    def _open(self, mint: str, entry: Entry) -> Position:
        position = self.positions[mint] = Position(mint, self.rules)
        position.decimals = entry.decimals[mint]
        return position


def _charge(tally: Tally, components: Components) -> None:
    tally.network_fees -= components.network_fee
    tally.tips -= components.tip
    tally.platform_fees -= components.platform_fee
    tally.rents -= components.rent_paid_for_others


def _withdraw(position: Position, entry: Entry, leg: Leg) -> list[Match]:
    position.withdraw(entry, leg.quantity)
    return []


#: What else moves lots, by its role.
_OTHERS: Mapping[Role, Callable[[Position, Entry, Leg], list[Match]]] = {
    Role.SEND: lambda position, entry, leg: position.send(entry, leg.quantity),
    Role.DEPOSIT: lambda position, entry, leg: position.deposit(entry, leg.quantity),
    Role.REDEEM: Position.redeem,
    Role.WITHDRAW: _withdraw,
}
