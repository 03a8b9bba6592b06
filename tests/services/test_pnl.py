"""What an analysis leaves: ledger, evidence, windows and figures, that agree with each other."""

from collections.abc import Callable
from typing import Any

import pytest
from psycopg import Connection
from stored import everything, evidence, invented, store

from walletjobs.core.audit import audit_of
from walletjobs.core.book import Book
from walletjobs.core.entries import Kind
from walletjobs.core.evidence import Period
from walletjobs.core.lots import METHODS
from walletjobs.core.rules import Rules
from walletjobs.core.windows import WINDOWS
from walletjobs.db.evidence import EvidenceRepository
from walletjobs.db.fence import Fence, take
from walletjobs.db.ledger import LedgerRepository
from walletjobs.db.results import ResultRepository
from walletjobs.db.tokenfilter import TokenFilter
from walletjobs.db.wallets import WalletRepository
from walletjobs.errors import LockLost
from walletjobs.providers.enhanced import read_transaction
from walletjobs.services.behavior import store_behavior
from walletjobs.services.figures import result_of
from walletjobs.services.history import history_of
from walletjobs.services.periods import period_metrics, period_result
from walletjobs.services.pnl import Analysis, analyze_pnl

DAY = 86_400
COUNT = 700


@pytest.fixture
def history() -> tuple[str, list[bytes]]:
    """A wallet and its transactions."""
    return invented(COUNT, seed=11)


@pytest.fixture
def analyze(connection: Connection[Any], history: tuple[str, list[bytes]]) -> Callable[..., Any]:
    """Stores the history, analyzes it, and returns the fence and the analysis."""

    def run(now: int | None = None) -> tuple[Fence, Analysis]:
        wallet, lines = history
        fence = take(connection, wallet, "test")
        store(connection, fence, lines)
        analysis = analyze_pnl(fence, connection, "run", now=now or last_time(lines))
        store_behavior(fence, connection, "run", analysis)
        return fence, analysis

    return run


def last_time(lines: list[bytes]) -> int:
    return max(read_transaction(line).block_time for line in lines)


def book_of(history: tuple[str, list[bytes]], method: str = "fifo") -> Book:
    wallet, lines = history
    book = Book(wallet, Rules(method))
    for line in lines:
        book.read(read_transaction(line))
    return book


def test_the_ledger_is_stored_in_order_and_read_by_place_by_period_and_by_signature(
    connection: Connection[Any], history: tuple[str, list[bytes]], analyze: Callable[..., Any]
) -> None:
    fence, analysis = analyze()
    book = Book(history[0])
    entries = [book.read(read_transaction(line)) for line in history[1]]
    ledger = LedgerRepository(connection)
    assert (analysis.entries, analysis.incremental, ledger.count(fence.wallet_id)) == (COUNT, False, COUNT)
    assert list(ledger.stream(fence.wallet_id)) == entries
    placed = list(enumerate(entries))
    assert ledger.naming(fence.wallet_id, range(250, 262), ()) == placed[250:262]
    assert ledger.naming(fence.wallet_id, range(690, 740), ()) == placed[690:]
    assert ledger.newest(fence.wallet_id, 5) == placed[-5:][::-1]
    mint = next(iter(next(entry for entry in entries if entry.tokens).tokens))
    names = [mint, Kind.SELL.value]
    sold = [(at, entry) for at, entry in placed if mint in entry.tokens and entry.kind is Kind.SELL]
    found = ledger.naming(fence.wallet_id, range(COUNT), names)
    assert [each for each in found if mint in each[1].tokens and each[1].kind is Kind.SELL] == sold != []
    assert len(found) < COUNT / 2
    middle = Period(entries[300].block_time, entries[500].block_time)
    assert list(ledger.stream(fence.wallet_id, middle)) == [
        entry for entry in entries if middle.holds(entry.block_time)
    ]
    for place in (0, 255, 256, COUNT - 1):
        assert ledger.of_signature(fence.wallet_id, entries[place].signature) == entries[place]


def test_evidence_of_every_token_adds_up_to_its_stored_figures(
    connection: Connection[Any], analyze: Callable[..., Any]
) -> None:
    fence, _ = analyze()
    found = {each.mint: each for each in evidence(connection, fence.wallet_id)}
    for method in METHODS:
        rows, total = ResultRepository(connection).tokens(fence.wallet_id, TokenFilter(method, limit=1000))
        assert total == len(found)
        for row in rows:
            each = found[row.figures["mint"]]
            assert EvidenceRepository(connection).of_token(fence.wallet_id, each.mint) == each
            for figure in ("realizedPnl", "openCost", "unverifiedProceeds", "cost"):
                assert audit_of(each, figure, method).total == row.figures[f"{figure}Lamports"]


def test_a_token_without_a_movement_has_no_evidence(
    connection: Connection[Any], analyze: Callable[..., Any]
) -> None:
    fence, _ = analyze()
    assert EvidenceRepository(connection).of_token(fence.wallet_id, fence.address) is None


def test_every_window_of_every_method_is_stored_and_is_what_its_evidence_comes_to(
    connection: Connection[Any], history: tuple[str, list[bytes]], analyze: Callable[..., Any]
) -> None:
    now = last_time(history[1])
    fence, _ = analyze(now)
    results = ResultRepository(connection)
    wallet = WalletRepository(connection).find(fence.address)
    assert wallet is not None
    with connection.transaction():
        for name, seconds in WINDOWS.items():
            period = Period(now - seconds)
            for method in METHODS:
                custom = period_result(connection, wallet, period, method)
                kept = results.pnl(fence.wallet_id, method, name)
                assert custom is not None
                assert kept is not None
                assert (custom.wallet, custom.coverage) == (kept.figures, kept.coverage)
                rows, total = results.tokens(fence.wallet_id, TokenFilter(method, window=name, limit=1000))
                tokens = {token["mint"]: token for token in custom.tokens}
                assert {row.figures["mint"]: row.figures for row in rows} == tokens
                assert total == len(tokens)
            stored = results.behavior(fence.wallet_id, name)
            metrics = period_metrics(connection, wallet, period)
            assert stored is not None
            assert metrics is not None
            held = stored.metrics.pop("currentHoldings"), metrics.pop("currentHoldings")
            assert held[0]["n"] == held[1]["n"]  # their age is told as of the time of asking
            assert stored.metrics == metrics


def test_the_whole_history_has_the_figures_of_a_book(
    connection: Connection[Any], history: tuple[str, list[bytes]], analyze: Callable[..., Any]
) -> None:
    fence, _ = analyze()
    wallet = WalletRepository(connection).find(fence.address)
    assert wallet is not None
    for method in METHODS:
        stored = ResultRepository(connection).pnl(fence.wallet_id, method)
        result = result_of(book_of(history, method), history_of(connection, wallet, 0))
        assert stored is not None
        assert (stored.figures, stored.coverage) == (result.wallet, result.coverage)


def test_a_second_analysis_leaves_the_same(connection: Connection[Any], analyze: Callable[..., Any]) -> None:
    fence, _ = analyze()
    before = everything(connection, fence.wallet_id)
    analyze()
    assert everything(connection, fence.wallet_id) == before


def test_a_fenced_out_analysis_leaves_nothing(
    connection: Connection[Any], history: tuple[str, list[bytes]]
) -> None:
    fence = take(connection, history[0], "first")
    store(connection, fence, history[1])
    take(connection, history[0], "second")
    with pytest.raises(LockLost):
        analyze_pnl(fence, connection, "run")
    assert LedgerRepository(connection).count(fence.wallet_id) == 0
    assert ResultRepository(connection).pnl(fence.wallet_id) is None
