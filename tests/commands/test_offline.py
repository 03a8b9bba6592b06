"""``walletjobs ledger``, ``pnl`` and ``behavior``: their JSON to the letter, their exit codes, any files."""

import gzip
import json
import random
from collections.abc import Callable, Iterable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from ledgers import buy, gift, sell, send
from scenes import MINT, START, WALLET, Scene
from wires import enhanced, rpc

from walletjobs import cli
from walletjobs.core.units import USDC

DAY = 86_400
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """A command's exit code, output and complaints."""

    def command(*arguments: object) -> tuple[int, str, str]:
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        return code, *capsys.readouterr()

    return command


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes forms as JSON lines; gzip by the name's ending."""

    def file(forms: Iterable[Any], name: str = "data.jsonl") -> Path:
        text = "".join(
            (form if isinstance(form, str) else json.dumps(form)) + "\n" for form in forms
        ).encode()
        path = tmp_path / name
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
        return path

    return file


def history() -> list[Scene]:
    """Oldest first: two of them in one slot, where the sell follows the buy."""
    return [
        gift(MINT, 5, 1),
        buy(MINT, 100, 1_000_000, 2),
        buy(MINT, 10, 900_000, 3, name="first in slot 3"),
        sell(MINT, 10, 800_000, 3, name="second in slot 3"),
        Scene(4, failed=True),
        sell(MINT, 60, 3_000_000, 5, at=START + 9 * DAY),
        send(MINT, 5, 6, at=START + 10 * DAY),
    ]


def ledger(run: Run, *files: Path) -> list[dict[str, Any]]:
    code, out, err = run("ledger", "--data", *files, "--wallet", WALLET, "--json")
    assert (code, err) == (0, "")
    return [json.loads(line) for line in out.splitlines()]


def pnl(run: Run, *arguments: object) -> dict[str, Any]:
    code, out, _ = run("pnl", "--data", *arguments, "--wallet", WALLET, "--json")
    assert code == 0
    result: dict[str, Any] = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} in JSON"))
    return result


def test_without_a_file_of_prices_own_conversions_price_their_minutes(
    run: Run, write: Callable[..., Path]
) -> None:
    converted = buy(USDC, 150_000_000, 10**9, 1, at=START)
    bought = buy(MINT, 100, 2 * 10**9, 2, at=START + 1)
    later = buy(MINT, 100, 2 * 10**9, 3, at=START + DAY)
    wallet = pnl(run, write([enhanced(scene) for scene in (converted, bought, later)]))["wallet"]
    assert wallet["usdGaps"] == 1, "the later one: nobody knows what SOL cost that day"
    assert pnl(run, write([enhanced(scene) for scene in (bought, later)]))["wallet"]["usdGaps"] == 2


def test_a_ledger_line_has_the_fields_of_the_specification(run: Run, write: Callable[..., Path]) -> None:
    line = ledger(run, write([enhanced(history()[1])]))[0]
    assert {
        "signature",
        "slot",
        "blockTime",
        "kind",
        "solDeltaLamports",
        "components",
        "rentLockedLamports",
        "tokens",
        "valueLamports",
        "valueSource",
        "flags",
    } <= line.keys()
    assert {
        "network_fee",
        "tip",
        "platform_fee",
        "rent_paid_for_others",
        "transfer_in",
        "transfer_out",
        "consideration",
        "unexplained",
    } <= line["components"].keys()
    assert [token.keys() for token in line["tokens"]] == [{"mint", "delta", "decimals"}]
    assert (line["kind"], line["slot"], line["blockTime"]) == ("buy", 2, START + 2)
    assert (line["solDeltaLamports"], line["valueLamports"], line["valueSource"]) == (
        -1_005_000,
        1_000_000,
        "own_leg",
    )
    assert sum(line["components"].values()) == line["solDeltaLamports"]


def test_a_result_has_the_fields_of_the_specification(run: Run, write: Callable[..., Path]) -> None:
    result = pnl(run, write(map(enhanced, history())), "--method", "fifo", "--mode", "strict")
    assert result.keys() == {"wallet", "tokens", "coverage"}
    (token,) = result["tokens"]
    assert {
        "mint",
        "bought",
        "sold",
        "held",
        "costLamports",
        "proceedsLamports",
        "realizedPnlLamports",
        "openCostLamports",
        "unverifiedQuantity",
        "unverifiedProceedsLamports",
        "feesLamports",
        "buys",
        "sells",
        "cycles",
        "firstTrade",
        "lastTrade",
    } <= token.keys()
    assert (token["bought"], token["sold"], token["held"]) == ("110", "70", "40")
    assert (token["buys"], token["sells"], token["unverifiedQuantity"]) == (2, 2, "5")
    assert token["feesLamports"] == 4 * 5000
    assert result["wallet"]["realizedPnlLamports"] == token["realizedPnlLamports"]


def test_behavior_is_one_object(run: Run, write: Callable[..., Path]) -> None:
    code, out, err = run("behavior", "--data", write(map(enhanced, history())), "--wallet", WALLET, "--json")
    assert (code, err) == (0, "")
    metrics = json.loads(out)
    assert (metrics["buys"], metrics["sells"], metrics["uniqueTokens"]) == (2, 2, 1)
    assert metrics["failedShare"] == {"value": round(1 / 6, 6), "n": 6}


@pytest.mark.parametrize("command", ["ledger", "pnl", "behavior"])
def test_people_get_text(command: str, run: Run, write: Callable[..., Path]) -> None:
    code, out, err = run(command, "--data", write(map(enhanced, history())), "--wallet", WALLET)
    assert (code, err) == (0, "")
    assert out
    with pytest.raises(ValueError):
        json.loads(out)


@pytest.mark.parametrize("name", ["data.jsonl", "data.jsonl.gz", "gz that is not called so"])
def test_plain_and_gzip_files_are_the_same(name: str, run: Run, write: Callable[..., Path]) -> None:
    plain = pnl(run, write(map(enhanced, history()), "plain"))
    path = write(map(enhanced, history()), name)
    if not name.startswith("data"):
        path.write_bytes(gzip.compress(path.read_bytes()))
    assert pnl(run, path) == plain


@pytest.mark.parametrize(
    "form", [enhanced, rpc, lambda scene: rpc(scene, parsed=True)], ids=["enhanced", "rpc", "parsed"]
)
def test_newest_first_and_oldest_first_are_the_same(
    form: Callable[[Scene], Any], run: Run, write: Callable[..., Path]
) -> None:
    forms = [form(scene) for scene in history()]
    oldest_first, newest_first = write(forms, "old"), write(forms[::-1], "new")
    lines = ledger(run, oldest_first)
    assert [line["signature"] for line in lines] == [scene.signature for scene in history()]
    assert ledger(run, newest_first) == lines
    assert pnl(run, newest_first) == pnl(run, oldest_first)


def test_both_wire_formats_give_the_same_result(run: Run, write: Callable[..., Path]) -> None:
    as_enhanced = pnl(run, write(map(enhanced, history()), "enhanced"))
    assert pnl(run, write(map(rpc, history()), "rpc")) == as_enhanced
    mixed = [enhanced(scene) if i % 2 else {"tx": rpc(scene)} for i, scene in enumerate(history())]
    assert pnl(run, write(mixed, "mixed")) == as_enhanced


def test_several_files_in_any_order_and_each_in_its_own_order_are_one_history(
    run: Run, write: Callable[..., Path]
) -> None:
    forms = [enhanced(scene) for scene in history()]
    whole = pnl(run, write(forms, "whole"))
    parts = [write(forms[4:][::-1], "a"), write(forms[1:4][::-1], "b"), write(forms[:2], "c")]
    for order in permutations(parts):
        assert pnl(run, *order) == whole


def test_duplicates_count_once(run: Run, write: Callable[..., Path]) -> None:
    forms = [enhanced(scene) for scene in history()]
    once = pnl(run, write(forms, "once"))
    doubled = [form for form in forms for _ in range(2)]
    assert pnl(run, write(doubled, "twice")) == once
    assert pnl(run, write(forms, "one"), write(forms, "two")) == once


def test_a_shuffled_file_is_the_same_where_slots_tell_the_order(run: Run, write: Callable[..., Path]) -> None:
    forms = [enhanced(scene) for scene in history() if scene.slot != 3]
    ordered = pnl(run, write(forms, "ordered"))
    random.Random(7).shuffle(forms)
    assert pnl(run, write(forms, "shuffled")) == ordered


def test_places_inside_the_slot_tell_the_order_of_a_shuffled_file(
    run: Run, write: Callable[..., Path]
) -> None:
    scenes = [buy(MINT, 10, 100, 1, index=4), sell(MINT, 10, 300, 1, index=5), buy(MINT, 10, 500, 1, index=9)]
    results = [pnl(run, write(map(enhanced, order), "placed")) for order in permutations(scenes)]
    assert all(result == results[0] for result in results)
    assert results[0]["tokens"][0]["unverifiedQuantity"] == "0"


def test_unreadable_lines_are_named_counted_and_lose_nothing_else(
    run: Run, write: Callable[..., Path]
) -> None:
    forms: list[Any] = [enhanced(scene) for scene in history()]
    whole = pnl(run, write(forms, "whole"))
    broken = write([forms[0], "{nonsense", *forms[1:], "[]", {**forms[1], "signature": None}], "broken")
    code, out, err = run("pnl", "--data", broken, "--wallet", WALLET, "--json")
    result = json.loads(out)
    assert (code, result["coverage"]["unreadable"]) == (0, 3)
    assert [line.split(":")[0] for line in err.splitlines()] == [
        "broken, line 2",
        "broken, line 9",
        "broken, line 10",
    ]
    assert result["tokens"] == whole["tokens"]


@pytest.mark.parametrize("command", ["ledger", "pnl", "behavior"])
def test_a_line_whose_instructions_cannot_be_read_is_unreadable_too(
    command: str, run: Run, write: Callable[..., Path]
) -> None:
    odd = {**enhanced(gift(MINT, 5, 9, name="odd").open(WALLET, MINT)), "instructions": [{"accounts": 7}]}
    path = write([*map(enhanced, history()), odd])
    code, out, err = run(command, "--data", path, "--wallet", WALLET, "--json")
    assert code == 0
    assert err.count("\n") == 1
    assert "instructions" in err
    if command == "pnl":
        assert json.loads(out)["coverage"]["unreadable"] == 1
        assert json.loads(out)["coverage"]["transactions"] == len(history())


def test_blank_lines_and_a_missing_last_newline_are_nothing(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "blanks"
    path.write_text("\n\n" + "\n  \n".join(json.dumps(enhanced(scene)) for scene in history()))
    assert len(ledger(run, path)) == len(history())


@pytest.mark.parametrize("name", ["empty", "empty.gz"])
def test_an_empty_file_is_an_empty_history(name: str, run: Run, write: Callable[..., Path]) -> None:
    path = write([], name)
    assert ledger(run, path) == []
    result = pnl(run, path)
    assert (result["tokens"], result["coverage"]["transactions"]) == ([], 0)
    assert pnl(run, path, "--window", "7d")["wallet"]["realizedPnlLamports"] == 0
    assert run("behavior", "--data", path, "--wallet", WALLET, "--json")[0] == 0


def test_a_wallet_that_is_in_no_transaction_has_an_empty_result(run: Run, write: Callable[..., Path]) -> None:
    path = write(map(enhanced, history()))
    code, out, _ = run("pnl", "--data", path, "--wallet", "11111111111111111111111111111111", "--json")
    assert (code, json.loads(out)["tokens"]) == (0, [])


def test_a_window_selects_events_and_leaves_lots_alone(run: Run, write: Callable[..., Path]) -> None:
    path = write(map(enhanced, history()))
    whole, week = pnl(run, path)["tokens"][0], pnl(run, path, "--window", "7d")["tokens"][0]
    assert (week["buys"], week["sells"], week["unverifiedQuantity"]) == (0, 1, "0")
    assert week["proceedsLamports"] == 2_995_000
    assert (week["held"], week["openCostLamports"]) == (whole["held"], whole["openCostLamports"])
    assert pnl(run, path, "--window", "all")["tokens"][0] == whole
    assert pnl(run, path, "--window", "30d")["tokens"][0] == whole
    assert pnl(run, path, "--window", "24h")["tokens"][0]["sells"] == 1


@pytest.mark.parametrize("method", ["fifo", "lifo", "hifo", "average"])
def test_every_method_is_offered(method: str, run: Run, write: Callable[..., Path]) -> None:
    path = write(map(enhanced, history()))
    token = pnl(run, path, "--method", method)["tokens"][0]
    spent = token["costDisposedLamports"] + token["costSentLamports"] + token["openCostLamports"]
    assert spent == token["costLamports"] == 1_910_000


@pytest.mark.parametrize(
    "arguments",
    [
        ("--window", "soon"),
        ("--window", "7"),
        ("--window", "0d"),
        ("--window", "-7d"),
        ("--window", ""),
        ("--method", "best"),
        ("--mode", "loose"),
        ("--nonsense",),
    ],
)
def test_wrong_usage_is_2_and_one_line(
    arguments: tuple[str, ...], run: Run, write: Callable[..., Path]
) -> None:
    code, out, err = run("pnl", "--data", write([]), "--wallet", WALLET, *arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert err.startswith("walletjobs")


@pytest.mark.parametrize("wallet", ["", "short", "0" * 44, WALLET + "1" * 9])
def test_a_wrong_address_is_2_and_one_line(wallet: str, run: Run, write: Callable[..., Path]) -> None:
    code, out, err = run("ledger", "--data", write([]), "--wallet", wallet)
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_a_window_is_refused_before_any_file_is_read(run: Run, tmp_path: Path) -> None:
    assert run("pnl", "--data", tmp_path / "absent", "--wallet", WALLET, "--window", "soon")[0] == 2


def test_a_file_that_is_absent_is_1_and_one_line(run: Run, tmp_path: Path) -> None:
    code, out, err = run("pnl", "--data", tmp_path / "absent", "--wallet", WALLET)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "absent" in err


def test_a_folder_is_no_file(run: Run, tmp_path: Path) -> None:
    code, out, err = run("pnl", "--data", tmp_path, "--wallet", WALLET)
    assert (code, out, err.count("\n")) == (1, "", 1)


def _damaged(data: bytes) -> list[bytes]:
    middle = len(data) // 2
    return [
        data[:middle],
        data[:11],
        data[:middle] + b"\xff" * 40 + data[middle + 40 :],
        data[:-6] + b"\0" * 6,
    ]


@pytest.mark.parametrize("way", range(4))
def test_a_damaged_gzip_file_is_1_and_one_line(way: int, run: Run, write: Callable[..., Path]) -> None:
    path = write(map(enhanced, history()), "data.gz")
    path.write_bytes(_damaged(path.read_bytes())[way])
    code, _, err = run("pnl", "--data", path, "--wallet", WALLET)
    assert (code, err.count("\n")) == (1, 1)
    assert "data.gz" in err


def test_a_file_of_nothing_readable_is_1(run: Run, write: Callable[..., Path]) -> None:
    code, _, err = run("pnl", "--data", write(["nonsense", "more"]), "--wallet", WALLET)
    assert code == 1
    assert "no line" in err.splitlines()[-1]
