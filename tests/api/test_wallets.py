"""What is served of an analyzed wallet, and that asking changes nothing."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from jobservice import trades, until
from psycopg import Connection
from psycopg.types.json import Jsonb
from redis import Redis
from webworld import ANALYSIS, OTHER, WALLET, MakeApp, nothing_created

from walletjobs.config import ProviderConfig
from walletjobs.core.series import MINUTE, Bar
from walletjobs.core.units import WRAPPED_SOL
from walletjobs.db.prices import PriceRepository
from walletjobs.db.tokens import TokenRepository
from walletjobs.db.wallets import WalletRepository

HERE = f"/api/v1/wallets/{WALLET}"
ROUTES = ["", "/tokens", "/pnl", "/behavior", "/coverage"]
TRADES = 40  # of four tokens: each five times bought for 0.1 SOL and sold for 0.12


@pytest.fixture
def client(
    make_app: MakeApp, providers: Callable[..., ProviderConfig], connection: Connection[Any]
) -> FlaskClient:
    """Asks an application that has analyzed the wallet, when a SOL cost 150 dollars."""
    PriceRepository(connection).store([Bar(1_699_999_980, MINUTE, 150_000_000, "test")])
    app = make_app(use_dashboard_job_system=False, providers=providers(trades(TRADES)))
    asking = app.test_client()
    asking.post("/analyses/wallets/trigger-analysis", json={"walletAddresses": [WALLET]})
    until(lambda: (found := WalletRepository(connection).find(WALLET)) and found.analyzed_at)
    return asking


def test_the_summary_says_what_the_wallet_earned_and_what_that_rests_on(client: FlaskClient) -> None:
    wallet = client.get(HERE).get_json()
    assert (wallet["walletAddress"], wallet["status"], wallet["class"]) == (WALLET, "CURRENT", "normal")
    assert (wallet["transactions"], wallet["runningJobId"]) == (TRADES, None)
    assert wallet["lastAnalyzedAt"].endswith("Z")
    pnl = wallet["pnl"]
    # 20 round trips of 0.02 SOL, less 40 fees of 5,000 lamports.
    assert (pnl["realizedLamports"], pnl["realizedSol"]) == (399_800_000, "0.3998")
    assert (pnl["method"], pnl["mode"], pnl["window"]) == ("fifo", "strict", "all")
    assert (pnl["tokens"], pnl["buys"], pnl["sells"]) == (4, 20, 20)
    assert (pnl["feesSol"], pnl["openCostSol"], pnl["unverifiedProceedsSol"]) == ("0.0002", "0", "0")
    assert (pnl["unrealizedSol"], pnl["totalSol"], pnl["unrealizedReason"]) == ("0", "0.3998", None)
    assert (pnl["realizedUsd"], pnl["unrealizedUsd"], pnl["totalUsd"]) == ("59.97", "0.00", "59.97")
    assert pnl["solPriceUsd"] is None  # of now
    assert wallet["winRate"]["tokens"] == {"value": 1.0, "n": 4, "winners": 4, "losers": 0, "breakEven": 0}
    assert wallet["winRate"]["cycles"]["n"] == 20
    assert (wallet["coverage"]["complete"], wallet["coverage"]["transactions"]) == (True, TRADES)
    assert wallet["style"]["speed"] == "SNIPER"
    assert wallet["style"]["sentence"]
    assert wallet["balance"] is None


def test_what_is_held_is_valued_at_the_newest_prices(
    client: FlaskClient, connection: Connection[Any]
) -> None:
    connection.execute(
        "UPDATE token_result SET held = 2000000, held_known = 1000000, open_cost = 100000000,"
        " figures = figures || %s WHERE mint = (SELECT min(mint) FROM token_result)",
        [Jsonb({"held": "2000000", "heldKnown": "1000000", "openCostLamports": 100_000_000})],
    )
    pnl = client.get(HERE).get_json()["pnl"]
    assert (pnl["unrealizedSol"], pnl["totalSol"], pnl["totalUsd"]) == (None, None, None)
    assert (pnl["unrealizedReason"], pnl["unpricedHoldings"]) == ("sol_price_missing", 1)
    prices = TokenRepository(connection)
    prices.store_prices("test", {WRAPPED_SOL: Decimal(200)})
    assert client.get(HERE).get_json()["pnl"]["unrealizedReason"] == "prices_missing"
    (mint,) = connection.execute("SELECT min(mint) FROM token_result").fetchall()[0]
    prices.store_prices("test", {mint: Decimal(50)})
    pnl = client.get(HERE).get_json()["pnl"]
    # Two tokens at a quarter of a SOL; the one with a known cost has gained 0.15.
    assert (pnl["marketValueSol"], pnl["unrealizedSol"], pnl["unrealizedUsd"]) == ("0.5", "0.15", "30.00")
    assert (pnl["totalSol"], pnl["totalUsd"], pnl["solPriceUsd"]) == ("0.5498", "89.97", "200")
    (token,) = client.get(f"{HERE}/tokens?holding=held").get_json()["items"]
    assert (token["priceUsd"], token["marketValueSol"], token["unrealizedPnlSol"]) == ("50", "0.5", "0.15")


def test_what_holdings_are_worth_is_computed_once_until_prices_or_figures_change(
    client: FlaskClient, connection: Connection[Any], redis_client: Redis
) -> None:
    def worths() -> int:
        return len(redis_client.keys("walletjobs:worth:*"))

    first = client.get(HERE).get_json()
    assert (client.get(HERE).get_json(), worths()) == (first, 1)
    TokenRepository(connection).store_prices("test", {WRAPPED_SOL: Decimal(200)})
    client.get(HERE)
    assert worths() == 2
    connection.execute("UPDATE pnl_result SET computed_at = now()")
    client.get(HERE)
    assert worths() == 3
    assert all(redis_client.ttl(key) > 0 for key in redis_client.keys("walletjobs:worth:*"))


def test_tokens_are_sorted_searched_filtered_and_paged(
    client: FlaskClient, connection: Connection[Any]
) -> None:
    first = client.get(f"{HERE}/tokens?pageSize=3&sort=lastTrade&order=asc").get_json()
    assert (first["total"], first["page"], first["pageSize"], len(first["items"])) == (4, 1, 3, 3)
    second = client.get(f"{HERE}/tokens?pageSize=3&sort=lastTrade&order=asc&page=2").get_json()
    items = first["items"] + second["items"]
    assert [item["lastTrade"] for item in items] == sorted(item["lastTrade"] for item in items)
    assert sum(item["realizedPnlLamports"] for item in items) == 399_800_000
    one = items[0]
    assert (one["buys"], one["sells"], one["held"], one["heldText"], one["cycles"]) == (5, 5, "0", "0", 5)
    assert (one["enriched"], one["symbol"], one["priceUsd"]) == (False, None, None)
    connection.execute(
        "INSERT INTO token (mint, symbol, name, metadata_asked_at) VALUES (%s, 'CAT', '100%% cat_', now())",
        [one["mint"]],
    )
    for search in ("cat", "100%", "t_", one["mint"][:20]):
        found = client.get(f"{HERE}/tokens", query_string={"search": search}).get_json()
        assert [(item["mint"], item["symbol"], item["enriched"]) for item in found["items"]] == [
            (one["mint"], "CAT", True)
        ]
    for query, total in [
        ("holding=held", 0),
        ("holding=exited", 4),
        ("holding=unverified", 0),
        ("pnl=profit", 4),
        ("pnl=loss", 0),
        ("minTrades=10", 4),
        ("minTrades=11", 0),
        ("search=dog", 0),
        ("method=average", 4),
        ("page=9", 4),
    ]:
        assert client.get(f"{HERE}/tokens?{query}").get_json()["total"] == total, query


@pytest.mark.parametrize(
    "sort", ["realizedPnl", "roi", "cost", "held", "trades", "firstTrade", "proceeds", "openCost"]
)
def test_every_sort_gives_every_token(client: FlaskClient, sort: str) -> None:
    for order in ("asc", "desc"):
        items = client.get(f"{HERE}/tokens?sort={sort}&order={order}").get_json()["items"]
        assert len({item["mint"] for item in items}) == 4


def test_figures_of_every_method_are_served(client: FlaskClient) -> None:
    for method in ("fifo", "lifo", "hifo", "average"):
        pnl = client.get(f"{HERE}/pnl?method={method}").get_json()
        assert (pnl["method"], pnl["realizedPnlLamports"], pnl["coverage"]["gaps"]) == (
            method,
            399_800_000,
            0,
        )
        assert pnl["days"]  # what the schema does not name is served too


def test_a_window_counts_what_happened_in_it(client: FlaskClient) -> None:
    for window in ("24h", "7d", "30d", "90d"):  # the trades are years old
        pnl = client.get(f"{HERE}/pnl?window={window}&method=lifo").get_json()
        assert (pnl["window"], pnl["method"], pnl["realizedPnlLamports"]) == (window, "lifo", 0)
        assert pnl["coverage"]["transactions"] == 0
        assert client.get(f"{HERE}/tokens?window={window}").get_json()["total"] == 0
        assert client.get(f"{HERE}/behavior?window={window}").get_json()["buys"] == 0
    assert client.get(f"{HERE}/pnl?window=3d").status_code == 400


def test_a_period_of_ones_own_counts_what_happened_in_it(client: FlaskClient) -> None:
    # 40 trades, a second each, from 1,700,000,000 on: four buys, four sales, and so on.
    query = {"from": "2023-11-14T22:13:28Z", "to": "2023-11-14T22:13:38Z"}  # seconds 8 to 17
    pnl = client.get(f"{HERE}/pnl", query_string=query).get_json()
    assert (pnl["window"], pnl["buys"], pnl["sells"]) == ("custom", 6, 4)
    assert pnl["realizedPnlLamports"] == 4 * (20_000_000 - 10_000)
    assert pnl["coverage"]["transactions"] == 10
    behavior = client.get(f"{HERE}/behavior", query_string=query).get_json()
    assert (behavior["buys"], behavior["sells"], behavior["holdTime"]["n"]) == (6, 4, 4)
    rest = client.get(f"{HERE}/pnl", query_string={"from": query["to"], "method": "average"}).get_json()
    assert (rest["buys"], rest["sells"]) == (10, 12)


def test_behavior_and_coverage_are_served_with_their_samples(client: FlaskClient) -> None:
    behavior = client.get(f"{HERE}/behavior").get_json()
    assert (behavior["walletAddress"], behavior["uniqueTokens"], behavior["buys"]) == (WALLET, 4, 20)
    assert behavior["style"]["n"] == 20
    assert sum(bucket["matches"] for bucket in behavior["holdTimeDistribution"]) == 20
    coverage = client.get(f"{HERE}/coverage").get_json()
    assert (coverage["complete"], coverage["unexplainedLamports"]) == (True, 0)


@pytest.mark.parametrize("route", ROUTES)
def test_who_has_the_answer_is_told_so(client: FlaskClient, connection: Connection[Any], route: str) -> None:
    answer = client.get(HERE + route)
    tag = answer.headers["ETag"]
    again = client.get(HERE + route, headers={"If-None-Match": tag})
    assert (again.status_code, again.get_data(), again.headers["ETag"]) == (304, b"", tag)
    assert client.get(HERE + route, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("route", ROUTES)
def test_asking_writes_nothing(
    client: FlaskClient, connection: Connection[Any], redis_client: "Redis[bytes]", route: str
) -> None:
    def rows() -> list[Any]:
        tables = [
            "wallet",
            "analysis_run",
            "pnl_result",
            "token_result",
            "behavior_result",
            "token",
            "raw_page",
        ]
        return [
            connection.execute(f"SELECT t.*, t.xmin FROM {table} t ORDER BY t".encode()).fetchall()
            for table in tables
        ]

    def keys() -> list[bytes]:
        caches = (b"walletjobs:worth:", b"walletjobs:kept:")
        return [key for key in redis_client.keys("*") if not key.startswith(caches)]

    before, kept = rows(), keys()
    for address in (WALLET, OTHER):
        client.get(f"/api/v1/wallets/{address}{route}")
    assert (rows(), keys()) == (before, kept)


@pytest.mark.parametrize("route", ROUTES)
def test_an_unknown_wallet_is_a_clear_problem_and_nothing_is_created(
    make_app: MakeApp, connection: Connection[Any], redis_client: "Redis[bytes]", route: str
) -> None:
    client = make_app().test_client()
    unknown = client.get(f"/api/v1/wallets/{OTHER}{route}")
    assert (unknown.status_code, unknown.get_json()["code"]) == (404, "wallet_not_found")
    for text in ("nonsense", "1" * 33, "%00", WALLET + "x"):
        wrong = client.get(f"/api/v1/wallets/{text}{route}")
        assert (wrong.status_code, wrong.get_json()["code"]) == (400, "invalid_address")
    assert nothing_created(connection, redis_client)


def test_a_wallet_whose_first_analysis_runs_has_no_figures_yet(
    make_app: MakeApp, connection: Connection[Any]
) -> None:
    client = make_app().test_client()
    job_id = client.post(ANALYSIS, json={"walletAddress": OTHER}).get_json()["jobId"]
    connection.execute("INSERT INTO wallet (address) VALUES (%s)", [OTHER])  # as the job does
    wallet = client.get(f"/api/v1/wallets/{OTHER}").get_json()
    assert (wallet["status"], wallet["runningJobId"]) == ("IN_PROGRESS", job_id)
    assert wallet["pnl"] is wallet["coverage"] is wallet["style"] is wallet["winRate"] is None
    assert client.get(f"/api/v1/wallets/{OTHER}/pnl").status_code == 404


def test_wallets_are_listed_by_their_last_analysis_and_found_by_their_beginning(
    client: FlaskClient, connection: Connection[Any]
) -> None:
    connection.execute("INSERT INTO wallet (address) VALUES (%s)", [OTHER])
    items = client.get("/api/v1/wallets").get_json()["items"]
    assert [(item["walletAddress"], item["status"], item["realizedSol"]) for item in items] == [
        (WALLET, "CURRENT", "0.3998")
    ]
    found = client.get("/api/v1/wallets", query_string={"search": OTHER[:5]}).get_json()["items"]
    assert [(item["walletAddress"], item["status"], item["realizedSol"]) for item in found] == [
        (OTHER, "MISSING", None)
    ]
    assert client.get("/api/v1/wallets?search=%25").get_json()["items"] == []


@pytest.mark.parametrize(
    "query",
    [
        "sort=luck",
        "order=up",
        "page=0",
        "pageSize=1000",
        "holding=maybe",
        "search=%00",
        "method=best",
        "odd=1",
    ],
)
def test_a_bad_question_about_tokens_is_refused(make_app: MakeApp, query: str) -> None:
    answer = make_app().test_client().get(f"{HERE}/tokens?{query}")
    assert (answer.status_code, answer.get_json()["code"]) == (400, "invalid_request")


def test_the_results_of_a_quick_scope_are_asked_for_by_its_name(
    client: FlaskClient, connection: Connection[Any]
) -> None:
    whole = {route: client.get(f"{HERE}{route}").get_json() for route in ROUTES}
    for table in ("pnl_result", "token_result", "behavior_result"):
        connection.execute(f"UPDATE {table} SET scope = '7d'".encode())
    for route in ROUTES:
        assert client.get(f"{HERE}{route}?scope=7d").get_json() == whole[route]
    assert client.get(HERE).get_json()["pnl"] is None
    assert client.get(f"{HERE}/pnl").status_code == 404
    assert client.get(f"{HERE}/pnl?scope=30d").status_code == 404


@pytest.mark.parametrize("route", ["/pnl", "/behavior", "/tokens"])
def test_windows_are_of_the_whole_history(client: FlaskClient, route: str) -> None:
    assert client.get(f"{HERE}{route}?scope=7d&window=30d").status_code == 400
    assert client.get(f"{HERE}{route}?scope=1y").status_code == 400
