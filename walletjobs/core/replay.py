"""One token's events again, from the first: what each method makes of them, and where it ends up."""

from collections.abc import Iterable

from walletjobs.core.book import Book
from walletjobs.core.entries import Components, Entry, Kind
from walletjobs.core.evidence import Event, Note, Notes
from walletjobs.core.legs import Leg
from walletjobs.core.lots import METHODS
from walletjobs.core.positions import Standing
from walletjobs.core.rules import Rules


def replayed(mint: str, decimals: int, events: Iterable[Event]) -> tuple[list[Note], dict[str, Standing]]:
    """The notes of a token's events, oldest first, and where it stands after them by each method.

    Raises: InvalidData for events out of order.
    """
    books = {method: Book("", Rules(method)) for method in METHODS}
    scribe, notes = Notes(books.values()), []
    for event in events:
        entry = _entry(event, mint, decimals)
        leg = Leg(event.role, mint, event.quantity, event.amount, event.amount_usd, event.value)
        for book in books.values():
            book.add(entry, [leg])
        ((_, note),) = scribe.take(entry, [leg])
        notes.append(Note(event, note.decisions))
    return notes, {method: book.positions[mint].standing() for method, book in books.items()}


def _entry(event: Event, mint: str, decimals: int) -> Entry:
    """As much of the event's entry as a position looks at; fees are the event's, whatever kind it was."""
    fees = Components(-event.network_fee, -event.tip, -event.platform_fee, -event.rent)
    return Entry(
        event.signature,
        event.slot,
        event.at,
        Kind.SELL,
        0,
        fees,
        0,
        {},
        {mint: decimals},
        (),
        {},
        None,
        None,
        None,
        None,
        (),
        "",
        "",
    )
