"""Any part of a history, put together from what an analysis took down: figures of a window nobody thought of before."""

from collections.abc import Iterable, Sequence
from typing import Any

from walletjobs.core.book import Book
from walletjobs.core.entries import Entry
from walletjobs.core.evidence import Disposal, Event, Evidence, OpenLot, Period, Proof
from walletjobs.core.legs import Role
from walletjobs.core.lots import Lot
from walletjobs.core.positions import Position, Standing
from walletjobs.core.recount import disposals_tally, events_tally
from walletjobs.core.tally import Fate, Match, Tally

_Row = tuple[Any, ...]


def selected(
    books: Iterable[Book], period: Period, entries: Iterable[Entry], evidence: Sequence[Evidence]
) -> list[Book]:
    """Fill empty books, one a method, with a period of the history: sums, closed cycles, trades and realized matches.

    ``entries`` may reach beyond the period; ``evidence`` is of every token that moved in it or is held, from its first
    event in the period or earlier. What is held, and at which cost, is of the time of the analysis.
    Raises: InvalidData for entries out of order.
    """
    first, *others = books
    for entry in entries:
        if period.holds(entry.block_time):
            first.add(entry, legs=[])
    _trade(first, evidence, period)
    for book in others:  # what was traded is the same by every method
        book.resume(first.totals, first.kinds, first.tie)
        book.columns.trade_as(first.columns)
    sums = [events_tally(each, period) for each in evidence]
    for book in (first, *others):
        _dispose(book, period, evidence, sums)
    return [first, *others]


def _trade(book: Book, evidence: Iterable[Evidence], period: Period) -> None:
    """Bring the buys and sells of a period into the columns, in the order of the ledger."""
    trades = [
        (*event.order, event)
        for each in evidence
        for event in each.events
        if abs(event.role) == Role.BUY and period.holds(event.at)
    ]
    trades.sort(key=_place)
    for *_, event in trades:
        book.columns.trade(event.role, event.value, event.at)


def _dispose(book: Book, period: Period, evidence: Sequence[Evidence], sums: Sequence[Tally]) -> None:
    """Bring in what one method made of the period's disposals, and where it stands."""
    matches: list[_Row] = []
    cycles: list[_Row] = []
    for each, tally in zip(evidence, sums, strict=True):
        proof = each.proofs[book.rules.method]
        book.positions[each.mint] = _position(book, each, period, disposals_tally(tally, each, proof, period))
        matches += _matches(each, proof, period)
        for place, cycle in zip(proof.ended, proof.cycles, strict=True):
            if period.holds(cycle.closed_at):
                cycles.append((*each.event(place).order, cycle))
    matches.sort(key=_place)
    for *_, event, disposal in matches:
        book.columns.match(_match(event, disposal))
    cycles.sort(key=_place)
    for *_, cycle in cycles:
        book.columns.cycle(cycle)


def _place(row: _Row) -> tuple[Any, ...]:
    return row[:3]


def _matches(evidence: Evidence, proof: Proof, period: Period) -> Iterable[_Row]:
    """The realized disposals of one token, each behind the place of its event."""
    for disposal in proof.disposals:
        if disposal.fate is Fate.REALIZED:
            event = evidence.event(disposal.event)
            if period.holds(event.at):
                yield *event.order, event, disposal


def _position(book: Book, evidence: Evidence, period: Period, tally: Tally) -> Position:
    proof = evidence.proofs[book.rules.method]
    lots, claims = _lots(proof.lots), _lots(proof.claims)
    cycles = sum(1 for cycle in proof.cycles if period.holds(cycle.closed_at))
    standing = Standing(lots, tally, cycles, proof.open_cycle, claims)
    return Position(evidence.mint, book.rules).resume(standing, evidence.decimals, 0)


def _lots(lots: Iterable[OpenLot]) -> list[Lot]:
    return [Lot("", 0, lot.at, lot.quantity, lot.cost, lot.basis, lot.cost_usd) for lot in lots]


def _match(event: Event, disposal: Disposal) -> Match:
    """A match as columns take it in: its lot is told by its age alone."""
    lot = Lot("", 0, event.at - disposal.held, 0, 0)
    return Match(
        disposal.fate,
        lot,
        event.signature,
        event.at,
        disposal.quantity,
        disposal.cost,
        disposal.proceeds,
        disposal.cost_usd,
        disposal.proceeds_usd,
    )
