"""Which transactions of an address a page shows: cursors, filters, order, limit."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from walletjobs.dev.replay.book import Book, Listed
from walletjobs.dev.replay.call import Refused
from walletjobs.dev.replay.options import Options


@dataclass(frozen=True, slots=True)
class Page:
    """What to list: between two positions (both left out), in an order, of a kind, so many."""

    newer_than: int | None = None
    older_than: int | None = None
    ascending: bool = False
    limit: int = 100
    keep: Callable[[Listed], bool] | None = None
    scan: int = 0  # give up after so many that were not kept; 0: never


@dataclass(frozen=True, slots=True)
class Found:
    """The positions on a page, and where the search gave up, if it did."""

    positions: list[int]
    gave_up_at: int | None = None


def find(
    book: Book, positions: Sequence[int], page: Page, options: Options, confirmed: bool = False
) -> Found:
    """One page of an address's positions (ascending); ``confirmed``: with what is not final yet."""
    first = 0 if page.newer_than is None else bisect_right(positions, page.newer_than)
    end = len(positions) if page.older_than is None else bisect_left(positions, page.older_than)
    order = range(first, end) if page.ascending else range(end - 1, first - 1, -1)
    found: list[int] = []
    for seen, at in enumerate(order):
        if page.scan and not found and seen >= page.scan:
            return Found([], positions[order[seen - 1]])
        row = book.rows[positions[at]]
        if visible(row, options, confirmed) and (page.keep is None or page.keep(row)):
            found.append(positions[at])
            if len(found) == page.limit:
                break
    return Found(found)


def visible(row: Listed, options: Options, confirmed: bool = False) -> bool:
    """Whether the transaction is on the chain, as far as the options let it be."""
    if options.head_slot and row.slot > options.head_slot:
        return False
    return row.signature not in options.hidden and (confirmed or row.signature not in options.unfinalized)


def owned(book: Book, address: str, token_accounts: str) -> Sequence[int]:
    """The positions of an address: named itself, or also through its token accounts.

    Raises: Refused where ``token_accounts`` is no such choice.
    """
    history = book.history(address)
    if token_accounts == "none":
        return [at for at, direct in zip(history.positions, history.direct, strict=True) if direct]
    if token_accounts == "balanceChanged":
        return history.positions
    if token_accounts == "all":
        return book.all_accounts(address)
    raise Refused("token accounts must be one of: none, balanceChanged, all")


def position_of(book: Book, signature: str) -> int:
    """Where a cursor points.

    Raises: Refused for a signature that was never recorded.
    """
    if signature not in book.positions:
        raise Refused(f"signature {signature} not found")
    return book.positions[signature]


def number(text: object, name: str, low: int, high: int) -> int:
    """A whole number within bounds.

    Raises: Refused otherwise.
    """
    try:
        value = int(str(text))
    except ValueError:
        raise Refused(f"{name} must be a whole number") from None
    if not low <= value <= high:
        raise Refused(f"{name} must be between {low} and {high}")
    return value
