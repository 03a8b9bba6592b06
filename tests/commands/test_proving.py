"""``walletjobs audit`` and ``export``: what they print adds up to the figures of ``walletjobs pnl``."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ledgers import back, buy, gift, put, sell, send
from scenes import MINT, OTHER_MINT, START, WALLET
from wires import enhanced

from walletjobs import cli
from walletjobs.core.audit import FIGURES
from walletjobs.core.walletaudit import WALLET_FIGURES

HISTORY = [
    buy(MINT, 100, 1_000_000, 1),
    buy(MINT, 50, 900_000, 2),
    gift(MINT, 20, 3),
    sell(MINT, 120, 3_000_000, 4),
    sell(MINT, 60, 2_000_000, 5, at=START + 9 * 86_400),
    buy(OTHER_MINT, 10, 700_000, 6, at=START + 9 * 86_400),
    send(OTHER_MINT, 4, 7, at=START + 9 * 86_400),
]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """A command on the history: its exit code, output and complaints."""
    path = tmp_path / "data.jsonl"
    path.write_text("".join(json.dumps(enhanced(scene)) + "\n" for scene in HISTORY))

    def command(name: str, *arguments: str) -> tuple[int, str, str]:
        try:
            code = cli.main([name, "--data", str(path), "--wallet", WALLET, *arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        return code, *capsys.readouterr()

    return command


def pnl_of(run: Run, method: str) -> Any:
    return json.loads(run("pnl", "--method", method, "--json")[1])


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def shown_in_csv(cell: Any) -> str:
    if cell is None:
        return ""
    return json.dumps(cell) if isinstance(cell, list) else str(cell)


@pytest.mark.parametrize("method", ["fifo", "lifo", "hifo", "average"])
def test_a_tokens_figure_is_the_sum_of_the_lines_shown(run: Run, method: str) -> None:
    (token,) = [each for each in pnl_of(run, method)["tokens"] if each["mint"] == MINT]
    for figure in ("realizedPnl", "proceeds", "openCost", "unverifiedProceeds", "fees"):
        arguments = ("--figure", figure, "--mint", MINT, "--method", method, "--json")
        code, text, _ = run("audit", *arguments)
        audit = json.loads(text)
        assert code == 0
        assert int(audit["total"]) == token[f"{figure}Lamports"]
        assert sum(int(line["amount"]) for line in audit["lines"]) == int(audit["total"])
        if audit["terms"]:
            assert sum(int(term["amount"]) for term in audit["terms"]) == int(audit["total"])


def test_a_sale_leads_to_the_lots_that_it_used_up(run: Run) -> None:
    audit = json.loads(run("audit", "--figure", "realizedPnl", "--mint", MINT, "--json")[1])
    first, second, _ = HISTORY[0], HISTORY[1], HISTORY[2]
    lots = [(line["lot"]["signature"], line["quantity"]) for line in audit["lines"]]
    assert lots == [(first.signature, "100"), (second.signature, "20"), (second.signature, "30")]
    assert audit["missing"]["unverified"] == [HISTORY[4].signature]


def test_a_wallets_figure_is_the_sum_of_its_tokens(run: Run) -> None:
    wallet = pnl_of(run, "fifo")["wallet"]
    audit = json.loads(run("audit", "--figure", "realizedPnl", "--json")[1])
    assert int(audit["total"]) == wallet["realizedPnlLamports"]
    assert sum(int(part["amount"]) for part in audit["parts"]) == int(audit["total"])


def test_a_window_leaves_out_what_came_before_it(run: Run) -> None:
    audit = json.loads(run("audit", "--figure", "realizedPnl", "--window", "7d", "--json")[1])
    window = json.loads(run("pnl", "--window", "7d", "--json")[1])["wallet"]
    assert (
        int(audit["total"])
        == window["realizedPnlLamports"]
        != pnl_of(run, "fifo")["wallet"]["realizedPnlLamports"]
    )


def test_every_figure_can_be_asked_for_and_read(run: Run) -> None:
    for figure in WALLET_FIGURES:
        assert run("audit", "--figure", figure)[0] == 0
    for figure in FIGURES:
        code, text, _ = run("audit", "--figure", figure, "--mint", MINT)
        assert (code, text.splitlines()[0].split()[0]) == (0, figure)


@pytest.mark.parametrize("more", [(), ("--mint", MINT)])
def test_a_figure_without_a_formula_is_wrong_usage_in_one_line(run: Run, more: tuple[str, ...]) -> None:
    code, text, complaint = run("audit", "--figure", "luck", *more)
    assert (code, text, complaint.count("\n")) == (2, "", 1)
    assert "realizedPnl" in complaint


def test_a_token_that_the_wallet_never_moved_has_no_audit(run: Run) -> None:
    code, text, complaint = run("audit", "--figure", "realizedPnl", "--mint", WALLET)
    assert (code, text) == (1, "")
    assert "never moved" in complaint


def test_csv_and_json_export_the_same(run: Run) -> None:
    for what in ("ledger", "trades", "lots"):
        as_csv = rows_of(run("export", "--what", what)[1])
        as_json = json.loads(run("export", "--what", what, "--format", "json")[1])
        shown = [{name: shown_in_csv(cell) for name, cell in row.items()} for row in as_json]
        assert as_csv == shown
        assert as_csv


@pytest.mark.parametrize("method", ["fifo", "lifo", "hifo", "average"])
def test_exported_trades_and_lots_sum_to_realized_pnl(run: Run, method: str) -> None:
    wallet = pnl_of(run, method)["wallet"]
    for what in ("trades", "lots"):
        rows = rows_of(run("export", "--what", what, "--method", method)[1])
        total = sum(int(row["realizedPnlLamports"] or 0) for row in rows)
        assert total == wallet["realizedPnlLamports"]
    held = [row for row in rows if row["fate"] == "held"]
    assert sum(int(row["costLamports"]) for row in held) == wallet["openCostLamports"]


def test_a_wallet_without_transactions_exports_nothing_but_the_names_of_the_columns(tmp_path, capsys) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_text("")
    for what in ("ledger", "trades", "lots"):
        asked = ["export", "--data", str(path), "--wallet", WALLET, "--what", what]
        assert cli.main(asked) == 0
        assert len(capsys.readouterr().out.splitlines()) == 1
        assert cli.main([*asked, "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out) == []


def test_a_comparison_names_the_sales_whose_result_depends_on_the_method(run: Run) -> None:
    compared = json.loads(run("compare", "--json")[1])
    for method, each in compared["methods"].items():
        assert each["realizedPnlLamports"] == pnl_of(run, method)["wallet"]["realizedPnlLamports"]
    assert compared["count"] == len(compared["sales"]) == 2
    widest = compared["sales"][0]
    assert widest["mint"] == MINT
    assert widest["signature"] in {HISTORY[3].signature, HISTORY[4].signature}
    results = widest["realizedPnlLamports"].values()
    assert widest["spreadLamports"] == max(results) - min(results) > 0
    assert compared["sales"][1]["spreadLamports"] <= widest["spreadLamports"]


def test_a_comparison_can_be_read_and_cut_short(run: Run) -> None:
    code, text, _ = run("compare", "--most", "1")
    assert code == 0
    assert "2 sales differ" in text
    assert text.count(MINT) == 1
    assert all(method in text for method in ("fifo", "lifo", "hifo", "average"))


def test_lots_that_lie_in_claims_are_rows_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "data.jsonl"
    scenes = [buy(MINT, 100, 1_000_000, 1), put(MINT, 60, 2), back(MINT, 10, 3)]
    path.write_text("".join(json.dumps(enhanced(scene)) + "\n" for scene in scenes))
    assert cli.main(["export", "--data", str(path), "--wallet", WALLET, "--what", "lots"]) == 0
    rows = rows_of(capsys.readouterr().out)
    assert [(row["fate"], row["quantity"]) for row in rows] == [
        ("claimed", "0.00006"),
        ("held", "0.00004"),
        ("held", "0.00001"),
        ("in claim", "0.00005"),
    ]
    assert {row["acquiredSignature"] for row in rows} == {scenes[0].signature}
