"""Random histories of a few tokens, kept by every method at once, with the evidence taken down beside the books."""

from dataclasses import dataclass

from hypothesis import strategies as st
from ledgers import back, buy, gift, put, sell, send, told
from scenes import MINT, OTHER_MINT, START, WALLET, Scene

from walletjobs.core.book import Book
from walletjobs.core.classify import entry_of
from walletjobs.core.deltas import OwnAccounts
from walletjobs.core.entries import Entry
from walletjobs.core.evidence import Evidence, Note, Notes, evidence_of
from walletjobs.core.legs import legs_of
from walletjobs.core.lots import METHODS
from walletjobs.core.rules import Rules
from walletjobs.core.value import Prices, no_prices

MINTS = (MINT, OTHER_MINT)
#: what happens, of which token, how many base units, for how many lamports, how many seconds later
Move = tuple[str, str, int, int, int]

moves = st.lists(
    st.tuples(
        st.sampled_from(["buy", "buy", "sell", "sell", "gift", "send", "put", "back"]),
        st.sampled_from(MINTS),
        st.integers(1, 1000) | st.integers(1, 2**60),
        st.integers(10_000, 10**12),
        st.integers(0, 50_000),
    ),
    min_size=1,
    max_size=40,
)


#: the same in amounts that a whole supply can hold many times
small_moves = st.lists(
    st.tuples(
        st.sampled_from(["buy", "buy", "sell", "gift", "send", "put", "back"]),
        st.sampled_from(MINTS),
        st.integers(1, 50) | st.integers(1, 2**40),
        st.integers(10_000, 10**11),
        st.integers(0, 50_000),
    ),
    min_size=1,
    max_size=14,
)


def histories() -> st.SearchStrategy[list[Scene]]:
    """Random scenes, oldest first: oversold, gifted and sent on as chance has it."""
    return small_moves.map(scenes_of)


def closed_histories() -> st.SearchStrategy[list[Scene]]:
    """Random buys and sells that end with nothing left of anything."""
    return small_moves.map(_closed).map(scenes_of)


def _closed(history: list[Move]) -> list[Move]:
    """The history's buys, and its sells as far as there is something; in the end the rest is sold."""
    held = dict.fromkeys(MINTS, 0)
    closed: list[Move] = []
    for what, mint, quantity, lamports, later in history:
        if what in ("buy", "gift"):
            held[mint] += quantity
            closed.append(("buy", mint, quantity, lamports, later))
        elif held[mint]:
            sold = min(quantity, held[mint])
            held[mint] -= sold
            closed.append(("sell", mint, sold, lamports, later))
    return closed + [("sell", mint, rest, 10**9, 60) for mint, rest in held.items() if rest]


@dataclass(frozen=True)
class Kept:
    """What keeping a history's books leaves."""

    entries: list[Entry]
    books: dict[str, Book]
    evidence: list[Evidence]


def scenes_of(history: list[Move]) -> list[Scene]:
    """The moves as transactions, oldest first."""
    at, scenes = START, []
    for slot, (what, mint, quantity, lamports, later) in enumerate(history, 1000):
        at += later
        if what in ("buy", "sell"):
            scenes.append((buy if what == "buy" else sell)(mint, quantity, lamports, slot, at=at))
        else:
            make = {"gift": gift, "send": send, "put": put, "back": back}[what]
            scenes.append(make(mint, quantity, slot, at=at))
    return scenes


def keep(scenes: list[Scene], starts: list[int], prices: Prices = no_prices) -> Kept:
    """The books of every method, with windows from ``starts`` on, and the evidence."""
    books = {method: Book(WALLET, Rules(method), starts) for method in METHODS}
    notes, own, entries = Notes(books.values()), OwnAccounts(WALLET), []
    found: dict[str, list[Note]] = {}
    for scene in scenes:
        entry = entry_of(told(scene), own, prices)
        entries.append(entry)
        legs = legs_of(entry)
        for book in books.values():
            book.add(entry, legs=legs)
        for mint, note in notes.take(entry, legs):
            found.setdefault(mint, []).append(note)
    return Kept(entries, books, [_evidence(mint, books, noted) for mint, noted in found.items()])


def _evidence(mint: str, books: dict[str, Book], notes: list[Note]) -> Evidence:
    standings = {method: book.positions[mint].standing() for method, book in books.items()}
    return evidence_of(mint, books["fifo"].positions[mint].decimals, notes, standings)
