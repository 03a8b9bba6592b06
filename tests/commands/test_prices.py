"""``walletjobs prices`` on a real database, and ``--prices`` of the offline commands."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from scenes import JUPITER, MINT, POOL, START, WALLET, Scene
from wires import enhanced

from walletjobs import cli
from walletjobs.core.series import HOUR, MINUTE, OWN_LEG, Bar
from walletjobs.core.units import LAMPORTS_PER_SOL, USDC
from walletjobs.db.prices import PriceRepository

NOON = 1_759_968_000


@pytest.fixture
def prices(
    connection: psycopg.Connection[Any], database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> PriceRepository:
    """The prices of this test's database, which is the command's too."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    return PriceRepository(connection)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "prices.csv"


def walletjobs(*arguments: object) -> int:
    return cli.main([str(each) for each in arguments])


def test_imported_prices_replace_what_was_known(
    prices: PriceRepository, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prices.store([Bar(NOON, MINUTE, 1, "binance"), Bar(NOON + 60, MINUTE, 2, OWN_LEG)])
    file.write_text(f"time,price,resolution\n{NOON},150.5,60\n2025-10-09T00:01:00Z,151,\n{NOON},149,3600\n")
    assert walletjobs("prices", "import", file) == 0
    assert capsys.readouterr().out == "Imported 2 prices of a minute and 1 of an hour.\n"
    assert list(prices.all()) == [
        Bar(NOON, HOUR, 149_000_000, "csv"),
        Bar(NOON, MINUTE, 150_500_000, "csv"),
        Bar(NOON + 60, MINUTE, 151_000_000, "csv"),
    ]


def test_a_file_with_one_bad_line_imports_nothing(
    prices: PriceRepository, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(f"{NOON},150\n{NOON + 60},151\n{NOON + 120},\n")
    assert walletjobs("prices", "import", file) == 1
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert "line 3: '' is no price" in told.err
    assert list(prices.all()) == []


def test_what_is_exported_can_be_imported_elsewhere(
    prices: PriceRepository,
    connection: psycopg.Connection[Any],
    file: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    prices.store([Bar(NOON, MINUTE, 150_000_001, "coinbase"), Bar(NOON, HOUR, 7, "binance")])
    assert walletjobs("prices", "export") == 0
    text = capsys.readouterr().out
    assert text.splitlines() == [
        "time,price,resolution,source",
        "2025-10-09T00:00:00Z,0.000007,3600,binance",
        "2025-10-09T00:00:00Z,150.000001,60,coinbase",
    ]
    stored = list(prices.all())
    connection.execute("TRUNCATE sol_price")
    file.write_text(text)
    assert walletjobs("prices", "import", file) == 0
    assert list(prices.all()) == stored


@pytest.mark.parametrize("arguments", [(), ("import",), ("nonsense",), ("export", "more")])
def test_wrong_usage_is_2(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        walletjobs("prices", *arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A token bought for USDC and sold for USDC five minutes later."""
    scenes = [
        Scene(1, at=START).call(JUPITER).move(USDC, WALLET, POOL, 30_000_000).move(MINT, POOL, WALLET, 900),
        Scene(2, at=START + 300)
        .call(JUPITER)
        .move(MINT, WALLET, POOL, 900)
        .move(USDC, POOL, WALLET, 45_000_000),
    ]
    path = tmp_path / "history.jsonl"
    path.write_text("".join(json.dumps(enhanced(scene)) + "\n" for scene in scenes))
    return path


def test_offline_commands_value_stablecoins_by_a_file_of_prices(
    data: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(f"{START},150\n{START + 300},200\n")
    given = ("--data", data, "--wallet", WALLET, "--json", "--prices", file)
    assert walletjobs("ledger", *given) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["valueLamports"], line["valueSource"]) for line in lines] == [
        (LAMPORTS_PER_SOL // 5, "price_series"),
        (45 * LAMPORTS_PER_SOL // 200, "price_series"),
    ]
    assert [line["solPriceUsd"] for line in lines] == ["150", "200"]
    assert walletjobs("pnl", *given) == 0
    wallet = json.loads(capsys.readouterr().out)["wallet"]
    assert wallet["realizedPnlLamports"] == 45 * LAMPORTS_PER_SOL // 200 - LAMPORTS_PER_SOL // 5 - 10_000
    assert walletjobs("behavior", *given) == 0


def test_offline_commands_without_prices_say_that_there_is_none(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert walletjobs("ledger", "--data", data, "--wallet", WALLET, "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["valueLamports"], line["flags"]) for line in lines] == [(None, ["no_price"])] * 2


def test_a_file_of_prices_that_cannot_be_read_fails_in_one_line(
    data: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("soon,150\n")
    assert walletjobs("pnl", "--data", data, "--wallet", WALLET, "--prices", file) == 1
    assert "prices.csv, line 1: 'soon' is no time" in capsys.readouterr().err
