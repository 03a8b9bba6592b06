"""Any part of a history, put together from what an analysis took down: figures of a window nobody thought of before."""

from collections.abc import Iterable, Sequence
from typing import Any

from walletjobs.core.book import Book
from walletjobs.core.entries import Entry
from walletjobs.core.evidence import Disposal, Event, Evidence, OpenLot, Period, Proof
from walletjobs.core.legs import Role
from walletjobs.core.lots import Lot
from walletjobs.core.positions import Position, Standing
from walletjobs.core.recount import tally_of
from walletjobs.core.tally import Fate, Match

_Row = tuple[Any, ...]


def selected(book: Book, period: Period, entries: Iterable[Entry], evidence: Sequence[Evidence]) -> Book:
    """Fill an empty book with a period of the history: its sums, closed cycles, trades and realized matches.

    ``entries`` may reach beyond the period; ``evidence`` is of every token that moved in it or is held, from its first
    event in the period or earlier. What is held, and at which cost, is of the time of the analysis.
    Raises: InvalidData for entries out of order.
    """
    for entry in entries:
        if period.holds(entry.block_time):
            book.add(entry, legs=[])
    rows: list[_Row] = []
    for each in evidence:
        proof = each.proofs[book.rules.method]
        book.positions[each.mint] = _position(book, each, proof, period)
        rows += _rows(each, proof, period)
    rows.sort(key=lambda row: row[:4])
    for *_, happened in rows:
        if isinstance(happened, Event):
            book.columns.trade(happened.role, happened.value, happened.at)
        elif isinstance(happened, Match):
            book.columns.match(happened)
        else:
            book.columns.cycle(happened)
    return book


def _position(book: Book, evidence: Evidence, proof: Proof, period: Period) -> Position:
    lots, claims = _lots(proof.lots), _lots(proof.claims)
    cycles = sum(1 for cycle in proof.cycles if period.holds(cycle.closed_at))
    tally = tally_of(evidence, book.rules.method, period)
    standing = Standing(lots, tally, cycles, proof.open_cycle, claims)
    return Position(evidence.mint, book.rules).resume(standing, evidence.decimals, 0)


def _lots(lots: Iterable[OpenLot]) -> list[Lot]:
    return [Lot("", 0, lot.at, lot.quantity, lot.cost, lot.basis, lot.cost_usd) for lot in lots]


def _rows(evidence: Evidence, proof: Proof, period: Period) -> Iterable[_Row]:
    """What happened with one token, each behind its place in the ledger and inside its entry."""
    for event in evidence.events:
        if abs(event.role) == Role.BUY and period.holds(event.at):
            yield *event.order, 0, event
    for disposal in proof.disposals:
        event = evidence.event(disposal.event)
        if disposal.fate is Fate.REALIZED and period.holds(event.at):
            yield *event.order, 1, _match(event, disposal)
    for place, cycle in zip(proof.ended, proof.cycles, strict=True):
        if period.holds(cycle.closed_at):
            yield *evidence.event(place).order, 2, cycle


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
