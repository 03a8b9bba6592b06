"""A wallet's book: entries go in, oldest first, and come to rest as lots, sums and cycles.

The history's columns are arrays of machine integers: a million trades take tens of megabytes, not hundreds.
"""

from array import array
from collections.abc import Callable

from msgspec import Struct

from walletjobs.core.classify import entry_of
from walletjobs.core.deltas import OwnAccounts
from walletjobs.core.entries import Components, Entry, Kind
from walletjobs.core.lots import shares
from walletjobs.core.positions import Position, Rules
from walletjobs.core.tally import Match
from walletjobs.core.transaction import Transaction
from walletjobs.core.units import STABLECOINS, usd_of
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

    def add(self, entry: Entry, ordered: bool = True) -> None:
        """Take in one entry; they come oldest first. ``ordered``: its place inside the slot is certain.

        Raises: InvalidData if this one is older than the one before it.
        """
        if self._before_window and entry.block_time >= self.rules.since:
            self._begin_window()
        self._count(entry)
        if not ordered and entry.tokens:
            self._count_tie(entry)
        kind = entry.kind
        if kind is Kind.BUY or kind is Kind.SELL or kind is Kind.SWAP:
            self._trade(entry)
        elif kind is Kind.RECEIPT:
            for mint, amount in self._fungible(entry):
                self._position(mint, entry).receive(entry, amount)
        elif kind is Kind.SEND or kind is Kind.BURN:
            for mint, amount in self._fungible(entry):
                self._position(mint, entry).send(-amount)
        elif kind is Kind.ARBITRAGE:
            self.totals.arbitrages += 1
            self.totals.arbitrage_pnl += entry.sol_delta

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

    def _trade(self, entry: Entry) -> None:
        """All-in: what left with the trade is its cost, what arrived net of fees its proceeds."""
        legs = self._fungible(entry)
        bought = [(mint, amount) for mint, amount in legs if amount > 0]
        sold = [(mint, -amount) for mint, amount in legs if amount < 0]
        if entry.value is None:
            self.totals.unpriced += 1
        other_leg, other_leg_usd = _beside_sol(entry)
        price = entry.sol_price
        sol_usd = None if price is None else usd_of(entry.sol_delta, price)
        for mint, quantity in entry.passed.items():
            if quantity < 0:
                self._position(mint, entry).receive(entry, -quantity)
        proceeds = self._shares(entry, sold, other_leg + (0 if bought else entry.sol_delta))
        proceeds_usd = self._shares(entry, sold, _plus(other_leg_usd, 0 if bought else sol_usd))
        for mint, quantity in sold:
            self._sell(entry, mint, quantity, (proceeds[mint], proceeds_usd[mint]))
        costs = self._shares(entry, bought, other_leg - entry.sol_delta)
        costs_usd = self._shares(entry, bought, _plus(other_leg_usd, None if sol_usd is None else -sol_usd))
        for mint, quantity in bought:
            self._buy(entry, mint, quantity, (costs[mint], costs_usd[mint]))
        for mint, quantity in entry.passed.items():
            if quantity > 0:
                self._position(mint, entry).send(quantity)

    @staticmethod
    def _shares(entry: Entry, legs: list[tuple[str, int]], amount: int | None) -> dict[str, int | None]:
        """Mint → its share of ``amount``, what the side cost or brought, all-in; null without a value."""
        if entry.value is None or amount is None:
            return dict.fromkeys((mint for mint, _ in legs), None)
        if len(legs) <= 1 or entry.parts is None:
            return dict.fromkeys((mint for mint, _ in legs), amount)
        split = shares(amount, [entry.parts[mint] for mint, _ in legs], max(entry.value, 1))
        split[-2] += split.pop()  # the parts sum to the value: what is left over is rounding
        return {mint: share for (mint, _), share in zip(legs, split, strict=True)}

    def _buy(self, entry: Entry, mint: str, quantity: int, cost: tuple[int | None, int | None]) -> None:
        position = self._position(mint, entry)
        position.buy(entry, quantity, *cost)
        _charge(position, entry.components)
        self._column(mint, 1, entry.block_time, _part(entry, mint))

    def _sell(self, entry: Entry, mint: str, quantity: int, proceeds: tuple[int | None, int | None]) -> None:
        position, columns = self._position(mint, entry), self.columns
        matches = position.sell(entry, quantity, *proceeds)
        if entry.kind is Kind.SELL:
            _charge(position, entry.components)
        self._column(mint, -1, entry.block_time, _part(entry, mint))
        index = self._index[mint]
        for match in matches:
            columns.match_at.append(match.disposed_at)
            columns.match_mint.append(index)
            columns.match_cost.append(match.cost)
            columns.match_pnl.append(match.pnl)
            columns.match_pnl_usd.append(UNKNOWN_USD if match.pnl_usd is None else match.pnl_usd)
            columns.held_for.append(match.held_for)
            if self.on_match is not None:
                self.on_match(match)

    def _column(self, mint: str, side: int, at: int, value: int | None) -> None:
        columns = self.columns
        columns.trade_at.append(at)
        columns.trade_mint.append(self._index[mint])
        columns.side.append(side)
        columns.value.append(-1 if value is None else value)

    def _position(self, mint: str, entry: Entry) -> Position:
        position = self.positions.get(mint)
        if position is None:
            position = self.positions[mint] = Position(mint, self.rules)
            position.decimals = entry.decimals[mint]
            self._index[mint] = len(self._index)
        return position

    @staticmethod
    def _fungible(entry: Entry) -> list[tuple[str, int]]:
        """The entry's token changes that positions are kept of: no stablecoins, no NFTs."""
        tokens = entry.passed or entry.tokens
        if not entry.nfts and STABLECOINS.isdisjoint(tokens):
            return list(tokens.items())
        return [
            (mint, amount)
            for mint, amount in tokens.items()
            if mint not in STABLECOINS and mint not in entry.nfts
        ]


def _beside_sol(entry: Entry) -> tuple[int, int | None]:
    """What a trade was worth beside its SOL: in lamports, and in millionths of a USD; stablecoins are USD."""
    value, price = entry.value or 0, entry.sol_price
    if entry.kind is Kind.SWAP:
        return value, None if price is None else usd_of(value, price)
    stable = abs(sum(entry.tokens.get(mint, 0) for mint in STABLECOINS))
    return value - abs(entry.components.consideration) if entry.value is not None else 0, stable


def _plus(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _part(entry: Entry, mint: str) -> int | None:
    """What one token of a trade was worth before fees. Units: lamports."""
    return entry.value if entry.parts is None else entry.parts.get(mint)


def _charge(position: Position, components: Components) -> None:
    tally = position.tally
    tally.network_fees -= components.network_fee
    tally.tips -= components.tip
    tally.platform_fees -= components.platform_fee
    tally.rents -= components.rent_paid_for_others
