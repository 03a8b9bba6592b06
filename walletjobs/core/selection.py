"""Any part of a history, put together from what an analysis took down: figures of a window nobody thought of before."""

from collections.abc import Iterable, Sequence

from walletjobs.core.book import Book
from walletjobs.core.entries import Entry
from walletjobs.core.evidence import Disposal, Event, Evidence, Period, tally_of
from walletjobs.core.lots import Lot
from walletjobs.core.positions import Position, Rules
from walletjobs.core.tally import Fate, Match


def selected(book: Book, period: Period, entries: Iterable[Entry], evidence: Sequence[Evidence]) -> Book:
    """Fill an empty book with a period of the history: its sums, closed cycles and realized matches.

    ``entries`` may reach beyond the period; ``evidence`` is of every token that moved in it or is held.
    What is held, and at which cost, is of the time of the analysis. Raises: InvalidData for entries out of order.
    """
    for entry in entries:
        if period.holds(entry.block_time):
            book.add(entry, legs=[])
    for each in evidence:
        book.positions[each.mint] = _position(each, book.rules, period)
    for index, match in _matches(book.rules, evidence, period):
        book.columns.match(index, match)
    return book


def _position(evidence: Evidence, rules: Rules, period: Period) -> Position:
    proof = evidence.proofs[rules.method]
    kept = Position.restored(evidence.mint, evidence.decimals, proof.open_cycle)
    for lot in proof.lots:
        event = evidence.events[lot.lot]
        kept.hold(Lot(event.signature, event.slot, event.at, lot.quantity, lot.cost, lot.basis, lot.cost_usd))
    cycles = [cycle for cycle in proof.cycles if period.holds(cycle.closed_at)]
    return kept.within(tally_of(evidence, rules.method, period), cycles)


def _matches(rules: Rules, evidence: Sequence[Evidence], period: Period) -> list[tuple[int, Match]]:
    """The realized matches of all tokens, each with its token's index, in the order of the ledger."""
    found = [
        (event.entry, place, index, _match(event, disposal))
        for index, each in enumerate(evidence)
        for place, disposal in enumerate(each.proofs[rules.method].disposals)
        if disposal.fate is Fate.REALIZED and period.holds((event := each.events[disposal.event]).at)
    ]
    found.sort(key=lambda row: row[:3])
    return [(index, match) for _, _, index, match in found]


def _match(event: Event, disposal: Disposal) -> Match:
    return Match(
        disposal.fate,
        None,  # figures of money ask for its cost, not for its age
        event.signature,
        event.at,
        disposal.quantity,
        disposal.cost,
        disposal.proceeds,
        disposal.cost_usd,
        disposal.proceeds_usd,
    )
