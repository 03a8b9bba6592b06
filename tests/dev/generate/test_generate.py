"""Invented wallets: every transaction consistent, every figure true, the same seed the same bytes."""

import gzip
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from walletjobs.cli import main
from walletjobs.core.address import parse_address
from walletjobs.core.balance import Balance, holdings, native
from walletjobs.core.classify import entry_of
from walletjobs.core.deltas import OwnAccounts
from walletjobs.core.reconciliation import Replay, reconciled
from walletjobs.dev.generate import Inventor, Plan, shares_of, truth_of
from walletjobs.dev.generate.traps import TRAPS
from walletjobs.dev.replay import Book
from walletjobs.errors import InvalidArgument
from walletjobs.services.books import READERS

WRAPPED_SOL = "So11111111111111111111111111111111111111112"
EVERY_TRAP = shares_of("all=0.6")
few_examples = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def invent(
    count: int, seed: int = 0, **more: Any
) -> tuple[Inventor, list[dict[str, Any]], list[dict[str, Any]]]:
    """The inventor, its transactions, and the true ledger."""
    inventor = Inventor(Plan(count, seed, **more))
    made = list(inventor.history())
    return inventor, [json.loads(raw) for raw, _ in made], [line for _, line in made]


def changes(transaction: dict[str, Any]) -> list[dict[str, Any]]:
    return [change for row in transaction["accountData"] for change in row["tokenBalanceChanges"]]


def amount(change: dict[str, Any]) -> int:
    return int(change["rawTokenAmount"]["tokenAmount"])


@few_examples
@given(seed=st.integers(0, 10**9), size=st.sampled_from(["small", "large"]))
def test_lamports_change_hands_and_only_the_fee_is_burned(seed, size):
    _, made, _ = invent(120, seed, size=size, traps=EVERY_TRAP)
    for transaction in made:
        assert sum(row["nativeBalanceChange"] for row in transaction["accountData"]) == -transaction["fee"]
        accounts = [row["account"] for row in transaction["accountData"]]
        assert len(set(accounts)) == len(accounts)


@few_examples
@given(seed=st.integers(0, 10**9))
def test_tokens_change_hands_but_for_burns_and_transfer_fees(seed):
    inventor, made, truth = invent(150, seed, traps=EVERY_TRAP)
    for transaction, line in zip(made, truth, strict=True):
        moved: Counter[str] = Counter()
        for change in changes(transaction):
            moved[change["mint"]] += amount(change)
        del moved[WRAPPED_SOL]  # wrapping makes it
        lost = {mint: left for mint, left in moved.items() if left}
        if line["kind"] in ("burn", "claim"):  # a claim token is made and ends
            own = {token["mint"]: token["delta"] for token in line["tokens"]}
            assert lost.items() <= own.items()
        else:
            taxed = {token.coin.mint for token in inventor.world.tokens if token.withheld}
            assert all(left < 0 and mint in taxed for mint, left in lost.items())


@few_examples
@given(seed=st.integers(0, 10**9))
def test_the_true_ledger_says_what_the_balances_say(seed):
    inventor, made, truth = invent(150, seed, traps=EVERY_TRAP)
    own = inventor.world.own
    for transaction, line in zip(made, truth, strict=True):
        wallet = inventor.world.wallet
        sol = sum(
            row["nativeBalanceChange"]
            for row in transaction["accountData"]
            if row["account"] == wallet or row["account"] in own
        )
        tokens: Counter[str] = Counter()
        for change in changes(transaction):
            if change["tokenAccount"] in own and change["mint"] != WRAPPED_SOL:
                tokens[change["mint"]] += amount(change)
        assert sum(line["components"].values()) == line["solDeltaLamports"] == sol
        wanted = {token["mint"]: token["delta"] for token in line["tokens"]}
        assert {mint: delta for mint, delta in tokens.items() if delta} == wanted


@few_examples
@given(seed=st.integers(0, 10**9))
def test_transfers_name_accounts_that_take_part(seed):
    _, made, _ = invent(100, seed, traps=EVERY_TRAP)
    for transaction in made:
        if transaction["transactionError"] is None:
            named = {row["account"] for row in transaction["accountData"]}
            for move in transaction["tokenTransfers"]:
                assert {move["fromTokenAccount"], move["toTokenAccount"]} <= named | {""}
            for move in transaction["nativeTransfers"]:
                assert {move["fromUserAccount"], move["toUserAccount"]} <= named


@few_examples
@given(seed=st.integers(0, 10**9))
def test_quantities_and_costs_are_conserved_by_every_method(seed):
    inventor, _, _ = invent(400, seed, mints=12, traps=EVERY_TRAP)
    for book in inventor.world.books.values():
        results = set()
        for sums in book.methods.values():
            assert sums.realized_pnl == sums.proceeds - sums.cost_disposed
            assert sums.held >= 0 <= sums.open_cost <= book.cost
            assert sums.cost_disposed + sums.open_cost <= book.cost
            results.add((sums.held, sums.proceeds + sums.unverified_proceeds))
        assert len(results) == 1  # methods differ in which lots, not in how much


def test_a_token_bought_and_sold_to_zero_earns_the_sum_of_its_trades():
    inventor, _, truth = invent(2000, 5)
    spent: Counter[str] = Counter()
    kinds: dict[str, set[str]] = {}
    for line in truth:
        for token in line["tokens"]:
            spent[token["mint"]] += line["solDeltaLamports"]
            kinds.setdefault(token["mint"], set()).add(line["kind"])
    closed = [
        book
        for book in inventor.world.books.values()
        if kinds.get(book.mint) == {"buy", "sell"} and book.bought == book.sold
    ]
    assert len(closed) > 20
    for book in closed:
        if not book.methods["fifo"].unverified_quantity:
            assert {sums.realized_pnl for sums in book.methods.values()} == {spent[book.mint]}


def test_the_same_seed_makes_the_same_wallet():
    first, again, other = (list(Inventor(Plan(200, seed)).history()) for seed in (4, 4, 5))
    assert first == again
    assert first != other


def test_a_history_is_in_order_of_slots_and_shares_some():
    _, made, _ = invent(600, 2)
    slots = [transaction["slot"] for transaction in made]
    assert slots == sorted(slots)
    assert 20 < len(slots) - len(set(slots)) < 200
    assert len({transaction["signature"] for transaction in made}) == 600


def test_addresses_and_signatures_decode():
    _, made, _ = invent(50, 3)
    for transaction in made:
        for row in transaction["accountData"]:
            parse_address(row["account"])
        assert 87 <= len(transaction["signature"]) <= 88


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_comes_in_the_proportion_asked_for(trap):
    _, _, truth = invent(400, 1, traps={trap: 0.25})
    sprung = sum(trap in line["traps"] for line in truth)
    assert 30 < sprung < 250


def test_ordinary_events_spring_the_traps_that_need_no_asking():
    inventor, _, truth = invent(3000, 9)
    sprung = {trap for line in truth for trap in line["traps"]}
    assert {"T13", "T14", "T17", "T20", "T21", "T22", "T29", "T30"} <= sprung
    figures = truth_of(inventor)
    assert any(token["unverifiedQuantity"] for token in figures["tokens"])
    assert len({sums["realizedPnlLamports"] for sums in figures["methods"].values()}) > 1
    assert {line["kind"] for line in truth} >= {
        "buy",
        "sell",
        "swap",
        "conversion",
        "failed",
        "receipt",
        "send",
    }


@pytest.mark.parametrize(("size", "low", "high"), [("small", 1800, 3000), ("large", 6200, 7600)])
def test_transactions_have_the_size_asked_for(size, low, high):
    made = [raw for raw, _ in Inventor(Plan(300, 6, size=size)).history()]
    assert low < sum(map(len, made)) / len(made) < high


def test_wrong_plans_are_refused():
    for wrong in (
        Plan(0),
        Plan(1, size="huge"),
        Plan(1, traps={"T99": 0.1}),
        Plan(1, traps={"T3": 0.7, "T4": 0.7}),
    ):
        with pytest.raises(InvalidArgument):
            Inventor(wrong)
    with pytest.raises(InvalidArgument):
        shares_of("T3=much")


@pytest.mark.parametrize("method", ["fifo", "lifo", "hifo", "average"])
def test_the_core_finds_the_true_figures(method, tmp_path, capsys):
    files = [str(tmp_path / name) for name in ("wallet.jsonl.gz", "truth.json")]
    asked = ["generate", "--transactions", "1500", "--seed", "11", "--traps", "all=0.5", "--mints", "60"]
    assert main([*asked, "--out", files[0], "--truth", files[1]]) == 0
    wallet = capsys.readouterr().out.strip()
    assert main(["pnl", "--data", files[0], "--wallet", wallet, "--method", method, "--json"]) == 0
    found = {token["mint"]: token for token in json.loads(capsys.readouterr().out)["tokens"]}
    with open(files[1]) as file:
        truth = json.load(file)
    assert truth["wallet"] == wallet
    assert found.keys() == {token["mint"] for token in truth["tokens"]}
    for token in truth["tokens"]:
        named = ("bought", "sold", "received", "sent", "deposited", "withdrawn", "buys", "sells")
        named += ("costLamports", "feesLamports", "firstTrade", "lastTrade")
        wanted = {**{name: token[name] for name in named}, **token["methods"][method]}
        del wanted["costDisposedLamports"]
        got = found[token["mint"]]
        assert {name: got[name] if got[name] is None else int(got[name]) for name in wanted} == wanted


@pytest.mark.parametrize("form", ["enhanced", "rpc"])
def test_the_core_finds_the_true_ledger_in_either_form(form, tmp_path, capsys):
    files = [str(tmp_path / name) for name in ("wallet.jsonl", "ledger.jsonl.gz")]
    asked = ["generate", "--transactions", "900", "--seed", "12", "--traps", "all=0.6", "--size", "large"]
    assert main([*asked, "--form", form, "--out", files[0], "--ledger", files[1]]) == 0
    wallet = capsys.readouterr().out.strip()
    assert main(["ledger", "--data", files[0], "--wallet", wallet, "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for line in found:
        line["components"] = {name: part for name, part in line["components"].items() if part}
    with gzip.open(files[1]) as file:
        truth = [json.loads(line) for line in file]
    assert len(found) == len(truth) == 900
    names = ("signature", "slot", "blockTime", "kind", "solDeltaLamports", "rentLockedLamports")
    for line, true in zip(found, truth, strict=True):
        assert {name: line[name] for name in names} == {name: true[name] for name in names}
        assert line["components"] == {name: part for name, part in true["components"].items() if part}
        wanted = {token["mint"]: token["delta"] for token in true["tokens"]}
        assert {token["mint"]: int(token["delta"]) for token in line["tokens"]} == wanted


@few_examples
@given(seed=st.integers(0, 10**9))
def test_the_replayed_balances_are_what_the_wallet_was_left_with(seed):
    inventor, made, _ = invent(300, seed, traps=EVERY_TRAP)
    history = Book([[json.dumps(transaction).encode() for transaction in made]]).history(
        inventor.world.wallet
    )
    assert history.lamports() == inventor.world.purse
    held = {row.token_account: row.amount for row in history.holdings()}
    for token in inventor.world.tokens:
        if not token.before:
            assert held.get(token.account.account, 0) == token.held


@pytest.mark.parametrize("form", ["enhanced", "rpc"])
def test_the_ledger_of_an_invented_wallet_agrees_with_its_balances(form):
    inventor = Inventor(Plan(900, 12, traps=EVERY_TRAP, form=form))
    wallet, made = inventor.world.wallet, [raw for raw, _ in inventor.history()]
    own, replay = OwnAccounts(wallet), Replay()
    for raw in made:
        replay.take(entry_of(READERS[form](raw), own))
    left = Book([made]).history(wallet)
    lamports = native(left.lamports(), 1)
    accounts = [Balance(row.mint, row.amount, row.decimals, 1) for row in left.holdings()]
    assets = reconciled(replay.assets(), holdings(lamports, accounts))
    unseen = {token.coin.mint: token.before for token in inventor.world.tokens if token.before}
    assert {each.mint: each.residual for each in assets if not each.verified} == unseen
    assert any(each.in_orders for each in assets)
