"""Every figure that is served leads to what it is made of, and that adds up to it."""

import csv
import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
from jobservice import until
from psycopg import Connection
from redis import Redis
from webworld import OTHER, MakeApp

from api.app import create_app
from walletjobs.config import Config, ProviderConfig
from walletjobs.core.audit import FIGURES
from walletjobs.core.evidence import ALWAYS, Period
from walletjobs.core.lots import METHODS
from walletjobs.core.units import WRAPPED_SOL
from walletjobs.core.walletaudit import WALLET_FIGURES, Sources, wallet_audit_of
from walletjobs.db.connection import connect
from walletjobs.db.evidence import EvidenceRepository
from walletjobs.db.fence import take
from walletjobs.db.tokenfilter import AMOUNTS
from walletjobs.db.wallets import WalletRepository
from walletjobs.dev.generate import Inventor, Plan, shares_of
from walletjobs.dev.replay import Book, Options, ReplayServer
from walletjobs.providers.helius import HeliusClient, HeliusLimits
from walletjobs.services.balances import fetch_balances

INVENTOR = Inventor(Plan(500, 21, traps=shares_of("all=0.5"), mints=40))
HISTORY = [json.loads(raw) for raw, _ in INVENTOR.history()]
LATER = int(time.time()) - 3600 - HISTORY[-1]["timestamp"]  # seconds: it ends an hour ago
for each in HISTORY:
    each["timestamp"] += LATER
WALLET = INVENTOR.world.wallet
HERE = f"/api/v1/wallets/{WALLET}"

Ask = Callable[..., Any]
Databases = Callable[[], AbstractContextManager[str]]


@pytest.fixture(scope="module")
def served() -> Iterator[ProviderConfig]:
    """Providers that tell of the invented wallet."""
    with ReplayServer(Book([[json.dumps(each).encode() for each in HISTORY]]), Options()) as server:
        urls = {"DATABASE_URL": "postgresql://", "REDIS_URL": "redis://", "HELIUS_PLAN": "professional"}
        yield Config.from_env({**urls, **server.environment()}).providers


@pytest.fixture(scope="module")
def database(databases: Databases) -> Iterator[str]:
    """A database of this module: one analysis is read by all its tests, and none of them writes."""
    with databases() as url:
        yield url


@pytest.fixture(scope="module")
def ask(database: str, standing_redis: str, served: ProviderConfig) -> Iterator[Ask]:
    """Asks an application that has analyzed the invented wallet."""
    app = create_app(Config(database, standing_redis, served, use_dashboard_job_system=False))
    client = app.test_client()
    client.post("/analyses/wallets/trigger-analysis", json={"walletAddresses": [WALLET]})
    with connect(database) as connection:
        until(lambda: (found := WalletRepository(connection).find(WALLET)) and found.analyzed_at, 120)

    def get(path: str, status: int = 200, **query: Any) -> Any:
        answer = client.get(f"{HERE}{path}", query_string=query)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json() if answer.is_json else answer.get_data(as_text=True)

    yield get
    app.extensions["in_process"].stop()
    app.extensions["hub"].stop()
    app.extensions["doors"].close()


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("method", METHODS)
def test_a_wallets_figure_is_the_sum_of_its_parts_and_each_part_of_its_lines(ask: Ask, method: str) -> None:
    figures = ask("/pnl", method=method)
    for name in ("realizedPnl", "openCost", "unverifiedProceeds", "fees", "maxDrawdown", "expectancy"):
        audit = ask("/audit", figure=name, method=method, limit=5000)
        assert int(audit["total"]) == figures[f"{name}Lamports"]
    audit = ask("/audit", figure="realizedPnl", method=method, limit=5000)
    assert sum(int(part["amount"]) for part in audit["parts"]) == int(audit["total"])
    for part in audit["parts"][:5]:
        token = ask("/audit", figure="realizedPnl", method=method, mint=part["mint"], limit=5000)
        assert token["total"] == part["amount"]
        assert sum(int(line["amount"]) for line in token["lines"]) == int(token["total"])
        assert token["count"] == len(token["lines"])


@pytest.mark.parametrize("window", ["all", "7d", "90d"])
@pytest.mark.parametrize("method", METHODS)
def test_what_is_stored_of_each_token_is_what_its_evidence_adds_up_to(
    ask: Ask, database: str, method: str, window: str
) -> None:
    since = ask("/pnl", method=method, window=window).get("since", ALWAYS.start)
    with connect(database) as connection, connection.transaction():
        found = WalletRepository(connection).find(WALLET)
        assert found is not None
        evidence = list(EvidenceRepository(connection).stream(found.id))
    for name in AMOUNTS:
        told = ask("/audit", figure=name, method=method, window=window, limit=5000)
        audit = wallet_audit_of(Sources(evidence, (), method, Period(since)), name)
        assert [(part["mint"], int(part["amount"])) for part in told["parts"]] == [
            (each.mint, each.amount) for each in audit.addends
        ]
        assert int(told["total"]) == audit.total


def test_a_wallets_audit_and_comparison_are_put_together_once_an_analysis(
    ask: Ask, standing_redis: str
) -> None:
    def asked() -> list[Any]:
        audits = [
            ask("/audit", figure=figure, window=window, limit=limit)
            for figure in ("realizedPnl", "fees", "cycleWinRate")
            for window in ("all", "30d")
            for limit in (3, 100)
        ]
        return [*audits, ask("/pnl/comparison"), ask("/pnl/comparison", limit=2)]

    with Redis.from_url(standing_redis) as redis:
        for key in redis.keys("walletjobs:kept:*"):
            redis.delete(key)
        first = asked()
        kept = redis.keys("walletjobs:kept:*")
        assert (len(kept), all(redis.ttl(key) > 0 for key in kept)) == (7, True)
        assert asked() == first
        assert set(redis.keys("walletjobs:kept:*")) == set(kept)
    assert [len(each.get("parts", each.get("sales"))) for each in (first[0], first[-1])] == [3, 2]


def test_every_figure_with_a_formula_is_explained(ask: Ask) -> None:
    mint = ask("/tokens", pageSize=1)["items"][0]["mint"]
    for name in WALLET_FIGURES:
        assert ask("/audit", figure=name)["formula"]
    for name in FIGURES:
        assert ask("/audit", figure=name, mint=mint)["formula"]


def test_a_long_audit_says_how_much_of_it_is_shown(ask: Ask) -> None:
    audit = ask("/audit", figure="networkFees", limit=3)
    assert len(audit["parts"]) == 3 < audit["count"]


def test_a_figure_without_a_formula_is_refused_with_those_that_have_one(ask: Ask) -> None:
    problem = ask("/audit", 400, figure="luck")
    assert "realizedPnl" in problem["errors"]["figure"][0]
    assert ask("/audit", 404, figure="realizedPnl", mint=OTHER)["code"] == "token_not_found"


def test_the_ledger_is_read_page_by_page_newest_first_each_line_once(ask: Ask) -> None:
    lines, cursor = [], None
    while True:
        page = ask("/trades", limit=70, **({} if cursor is None else {"cursor": cursor}))
        lines += page["items"]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert [line["place"] for line in lines] == list(reversed(range(len(HISTORY))))
    assert [line["signature"] for line in lines] == [each["signature"] for each in reversed(HISTORY)]
    for line in lines:
        assert sum(line["components"].values()) == line["solDeltaLamports"]


def test_the_ledger_of_one_token_has_its_lines_alone(ask: Ask) -> None:
    token = ask("/tokens", sort="trades", pageSize=1)["items"][0]
    lines = ask("/trades", mint=token["mint"], limit=200)["items"]
    trades = [line for line in lines if line["kind"] in ("buy", "sell", "swap")]
    assert len(trades) == token["buys"] + token["sells"]
    assert all(token["mint"] in [each["mint"] for each in line["tokens"]] for line in lines)
    assert {line["kind"] for line in ask("/trades", kind="failed")["items"]} == {"failed"}


@pytest.mark.parametrize("method", METHODS)
def test_wallet_tokens_series_calendar_and_exports_agree_to_the_lamport(ask: Ask, method: str) -> None:
    total = ask("/pnl", method=method)["realizedPnlLamports"]
    tokens = ask("/tokens", method=method, pageSize=200)
    assert len(tokens["items"]) == tokens["total"]
    assert sum(token["realizedPnlLamports"] for token in tokens["items"]) == total
    series, calendar = ask("/pnl/series", method=method), ask("/pnl/calendar", method=method)
    assert series["totalLamports"] == series["days"][-1]["cumulativeLamports"] == total
    assert sum(month["realizedLamports"] for month in calendar["months"]) == total
    figures = ask("/pnl", method=method)
    if figures["realizedPnlUsd"] is not None:
        assert series["days"][-1]["cumulativeUsd"] == series["totalUsd"] == figures["realizedPnlUsd"]
    assert [day for month in calendar["months"] for day in month["days"]] == series["days"]
    for what in ("trades", "lots"):
        rows = rows_of(ask("/export.csv", what=what, method=method))
        assert sum(int(row["realizedPnlLamports"] or 0) for row in rows) == total


def test_a_period_of_ones_own_has_its_own_evidence_and_curve(ask: Ask) -> None:
    middle = datetime.fromtimestamp(HISTORY[250]["timestamp"], UTC).isoformat()
    parts = []
    for period in ({"to": middle}, {"from": middle}):
        figures = ask("/pnl", **period)
        assert figures["window"] == "custom"
        for name in ("realizedPnl", "fees", "unverifiedProceeds"):
            audit = ask("/audit", figure=name, limit=5000, **period)
            assert int(audit["total"]) == figures[f"{name}Lamports"]
        series = ask("/pnl/series", **period)
        assert series["totalLamports"] == sum(day["realizedLamports"] for day in series["days"])
        parts.append(figures["realizedPnlLamports"])
    assert sum(parts) == ask("/pnl")["realizedPnlLamports"]
    assert 0 not in parts


@pytest.mark.parametrize("window", ["24h", "7d", "30d"])
def test_a_window_has_its_own_evidence_and_curve(ask: Ask, window: str) -> None:
    figures = ask("/pnl", window=window)
    for name in ("realizedPnl", "fees", "unverifiedProceeds", "maxDrawdown"):
        audit = ask("/audit", figure=name, window=window, limit=5000)
        assert int(audit["total"]) == figures[f"{name}Lamports"]
    tokens = ask("/tokens", window=window, pageSize=200)["items"]
    total = sum(token["realizedPnlLamports"] for token in tokens)
    assert total == figures["realizedPnlLamports"] == ask("/pnl/series", window=window)["totalLamports"]
    since = datetime.fromtimestamp(figures["since"], UTC).isoformat()
    custom = ask("/pnl", **{"from": since})
    assert {**custom, "window": window} == figures


def test_exports_give_the_same_as_csv_and_as_json(ask: Ask) -> None:
    for what in ("ledger", "trades", "lots"):
        rows, objects = rows_of(ask("/export.csv", what=what)), ask("/export.json", what=what)
        assert len(rows) == len(objects) > 0
        assert [row["mint"] if what != "ledger" else row["signature"] for row in rows] == [
            each["mint"] if what != "ledger" else each["signature"] for each in objects
        ]


def test_a_comparison_names_sales_whose_result_the_method_decides(ask: Ask) -> None:
    comparison = ask("/pnl/comparison", limit=500)
    totals = {method: ask("/pnl", method=method)["realizedPnlLamports"] for method in METHODS}
    assert {name: each["realizedPnlLamports"] for name, each in comparison["methods"].items()} == totals
    assert comparison["count"] == len(comparison["sales"])
    realized = [each["realizedPnlLamports"] for each in comparison["sales"]]
    apart = sum(each["lifo"] - each["fifo"] for each in realized)
    assert apart == totals["lifo"] - totals["fifo"]


def test_the_ledger_agrees_with_the_chain_but_for_what_was_held_before_it(
    ask: Ask, database: str, served: ProviderConfig, redis_client: "Redis[bytes]"
) -> None:
    before = ask("/reconciliation")
    assert (before["verified"], before["balancesSlot"], before["assets"]) == (None, None, [])
    with connect(database) as connection:
        limits = HeliusLimits.shared(redis_client, served)
        fetch_balances(take(connection, WALLET, "test"), HeliusClient(served, limits), connection)
    answer = ask("/reconciliation")
    unseen = {each.coin.mint: each.before for each in INVENTOR.world.tokens if each.before}
    assert {
        each["mint"]: int(each["residual"]) for each in answer["assets"] if not each["verified"]
    } == unseen
    sol = next(each for each in answer["assets"] if each["mint"] == WRAPPED_SOL)
    assert int(sol["reported"]) >= INVENTOR.world.purse > 0
    assert answer["verified"] is (not unseen)
    assert answer["ledgerSlot"] == HISTORY[-1]["slot"]


def test_an_unknown_wallet_is_404_and_nothing_is_created(
    make_app: MakeApp, connection: Connection[Any]
) -> None:
    asking = make_app().test_client()
    for path in (
        "audit?figure=roi",
        "trades",
        "pnl/series",
        "pnl/comparison",
        "reconciliation",
        "export.csv",
    ):
        answer = asking.get(f"/api/v1/wallets/{OTHER}/{path}")
        assert (answer.status_code, answer.get_json()["code"]) == (404, "wallet_not_found")
    assert WalletRepository(connection).find(OTHER) is None
