"""A wallet's book: entries go in, oldest first, and come to rest as lots, sums and cycles.

The history's columns are arrays of machine integers: a million trades take tens of megabytes, not hundreds.
"""

from array import array
from collections.abc import Callable

from msgspec import Struct

from walletjobs.core.classify import entry_of
from walletjobs.core.deltas import OwnAccounts
from walletjobs.core.entries import TRADES, Components, Entry, Kind
from walletjobs.core.legs import Leg, Role, legs_of
from walletjobs.core.positions import Position, Rules
from walletjobs.core.tally import Match
from walletjobs.core.transaction import Transaction
from walletjobs.core.value import Prices, no_prices
from walletjobs.errors import InvalidData

UNKNOWN_USD = -(2**63)


class Columns:
    """What behavior and windows need of every trade and every match, a column a figure."""

    __slots__ = (
        "held_for",
        "match_at",
        "match_cost",
        "match_mint",
        "match_pnl",
        "match_pnl_usd",
        "side",
        "trade_at",
        "trade_mint",
        "value",
    )

    def __init__(self) -> None:
        self.trade_at = array("q")  # unix seconds
        self.trade_mint = array("l")  # index of the mint
        self.side = array("b")  # 1 buy, −1 sell
        self.value = array("q")  # lamports before fees, −1 where unknown
        self.match_at = array("q")  # unix seconds of the disposal
        self.match_mint = array("l")
        self.match_cost = array("q")  # lamports
        self.match_pnl = array("q")  # lamports
        self.match_pnl_usd = array("q")  # millionths of a USD, or UNKNOWN_USD
        self.held_for = array("q")  # seconds


class Totals(Struct, gc=False):
    """Sums over all entries of a wallet, its own or not in any token. Units: lamports."""

    transactions: int = 0
    failed: int = 0
    own: int = 0  # transactions the wallet itself paid for
    sol_delta: int = 0
    rent_locked: int = 0
    rent_deposit: int = 0
    unexplained: int = 0
    fees: int = 0  # network fees, of every transaction
    tips: int = 0
    platform_fees: int = 0
    arbitrages: int = 0
    arbitrage_pnl: int = 0
    unpriced: int = 0  # trades without a value
    ties: int = 0  # entries whose order inside a slot could change a figure
    first_slot: int | None = None
    last_slot: int | None = None
    first_time: int | None = None  # unix seconds
    last_time: int | None = None


class Book:
    """The ledger of one wallet, kept by one set of rules."""

    def __init__(self, wallet: str, rules: Rules = Rules()) -> None:  # noqa: B008 - a frozen value
        self.wallet = wallet
        self.rules = rules
        self.own = OwnAccounts(wallet)
        self.totals = Totals()
        self.columns = Columns()
        self.positions: dict[str, Position] = {}
        self.kinds: dict[str, int] = {}
        self.on_match: Callable[[Match], None] | None = None
        self._index: dict[str, int] = {}
        self._slot: tuple[int, set[str]] = (-1, set())
        self._before_window = rules.since > 0

    @property
    def mints(self) -> list[str]:
        """The traded mints, in the order of their indexes in the columns."""
        return list(self._index)

    def read(self, transaction: Transaction, prices: Prices = no_prices) -> Entry:
        """Take in one transaction; they come oldest first.

        Raises: InvalidData if this one is older than the one before it.
        """
        entry = entry_of(transaction, self.own, prices)
        self.add(entry, transaction.index is not None)
        return entry

    def add(self, entry: Entry, ordered: bool = True, legs: list[Leg] | None = None) -> None:
        """Take in one entry; they come oldest first.

        ``ordered``: its place inside the slot is certain. ``legs``: its legs, where the caller has them already.

        Raises: InvalidData if this one is older than the one before it.
        """
        if self._before_window and entry.block_time >= self.rules.since:
            self._begin_window()
        self._count(entry)
        if not ordered and entry.tokens:
            self._count_tie(entry)
        if entry.kind is Kind.ARBITRAGE:
            self.totals.arbitrages += 1
            self.totals.arbitrage_pnl += entry.sol_delta
        self.totals.unpriced += entry.value is None and entry.kind in TRADES
        for leg in legs_of(entry) if legs is None else legs:
            self._move(entry, leg)

    def finish(self) -> None:
        """No more entries: a window that nothing fell into is empty."""
        if self._before_window:
            self._begin_window()

    def _begin_window(self) -> None:
        self._before_window = False
        self.columns, self.kinds = Columns(), {}
        self.totals = Totals(last_slot=self.totals.last_slot)
        for position in self.positions.values():
            position.begin_window()

    def _count_tie(self, entry: Entry) -> None:
        """Two entries of one slot in one token: their order, which only the provider's listing tells, may matter."""
        slot, mints = self._slot
        if slot != entry.slot:
            self._slot = (entry.slot, set(entry.tokens))
            return
        self.totals.ties += not mints.isdisjoint(entry.tokens)
        mints |= entry.tokens.keys()

    def _count(self, entry: Entry) -> None:
        totals, components = self.totals, entry.components
        if totals.last_slot is not None and entry.slot < totals.last_slot:
            raise InvalidData(f"Transaction {entry.signature} is older than the one before it")
        if totals.first_slot is None:
            totals.first_slot, totals.first_time = entry.slot, entry.block_time
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
        mint, role = leg.mint, leg.role
        position = self._position(mint, entry)
        if role is Role.BUY:
            position.buy(entry, leg)
            _charge(position, entry.components)
            self._column(leg, entry.block_time)
        elif role is Role.SELL:
            matches = position.sell(entry, leg)
            if entry.kind is Kind.SELL:
                _charge(position, entry.components)
            self._column(leg, entry.block_time)
            self._record(mint, matches)
        elif role is Role.RECEIVE:
            position.receive(entry, leg.quantity)
        else:
            position.send(leg.quantity)

    def _record(self, mint: str, matches: list[Match]) -> None:
        columns, index = self.columns, self._index[mint]
        for match in matches:
            columns.match_at.append(match.disposed_at)
            columns.match_mint.append(index)
            columns.match_cost.append(match.cost)
            columns.match_pnl.append(match.pnl)
            columns.match_pnl_usd.append(UNKNOWN_USD if match.pnl_usd is None else match.pnl_usd)
            columns.held_for.append(match.held_for)
            if self.on_match is not None:
                self.on_match(match)

    def _column(self, leg: Leg, at: int) -> None:
        columns = self.columns
        columns.trade_at.append(at)
        columns.trade_mint.append(self._index[leg.mint])
        columns.side.append(leg.role)
        columns.value.append(-1 if leg.value is None else leg.value)

    def _position(self, mint: str, entry: Entry) -> Position:
        position = self.positions.get(mint)
        if position is None:
            position = self.positions[mint] = Position(mint, self.rules)
            position.decimals = entry.decimals[mint]
            self._index[mint] = len(self._index)
        return position


def _charge(position: Position, components: Components) -> None:
    tally = position.tally
    tally.network_fees -= components.network_fee
    tally.tips -= components.tip
    tally.platform_fees -= components.platform_fee
    tally.rents -= components.rent_paid_for_others
