"""The identities of money.md section 7, on random histories."""

import json
from argparse import Namespace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from histories import MINTS, closed_histories, histories
from hypothesis import given
from hypothesis import strategies as st
from ledgers import book_of, ledger, told
from scenes import WALLET, Scene
from wires import enhanced, rpc

from walletjobs.commands.reading import entries_of, transactions_of
from walletjobs.core.behavior import behavior_of
from walletjobs.core.book import Book
from walletjobs.core.coverage import History, coverage_of
from walletjobs.core.entries import TRADES, Kind
from walletjobs.core.lots import METHODS
from walletjobs.core.pnl import wallet_of
from walletjobs.core.positions import Position, Standing
from walletjobs.core.rules import MODES, Rules
from walletjobs.core.tally import Tally
from walletjobs.core.tokens import tokens_of
from walletjobs.core.transaction import Transaction
from walletjobs.providers import enhanced as enhanced_form
from walletjobs.providers import rpc as rpc_form
from walletjobs.services.present import coverage_json, ledger_line, token_json, wallet_json
from walletjobs.services.presentbehavior import behavior_json

methods = st.sampled_from(list(METHODS))
modes = st.sampled_from(MODES)


def own_lamports(scene: Scene) -> int:
    """By another way than the core's: what the wallet and its token accounts gained together."""
    own = {WALLET, *(account for account, token in scene.tokens.items() if token.owner == WALLET)}
    return sum(scene.change_of(account) for account in own)


def everything(book: Book) -> dict[str, Any]:
    """All that is shown of a book."""
    tokens = tokens_of(book)
    return {
        "wallet": wallet_json(wallet_of(book, tokens)),
        "tokens": [token_json(token) for token in tokens],
        "coverage": coverage_json(coverage_of(book, History(None))),
        "behavior": behavior_json(behavior_of(book, 1_800_000_000)),
    }


def read_by(scenes: list[Scene], form: Any) -> dict[str, Any]:
    book = Book(WALLET)
    lines = [ledger_line(book.read(form(scene))) for scene in scenes]
    for line in lines:
        del line["label"], line["venue"]  # a node gives none
    return {"ledger": lines, **everything(book)}


@given(histories())
def test_components_sum_to_the_sol_delta_and_leave_nothing_unexplained(scenes: list[Scene]) -> None:
    for scene, entry in zip(scenes, ledger(*scenes), strict=True):
        assert entry.components.total() == entry.sol_delta == own_lamports(scene)
        assert entry.components.unexplained == 0


@given(histories(), methods, modes)
def test_cost_acquired_is_cost_disposed_and_open_cost(scenes: list[Scene], method: str, mode: str) -> None:
    for position in book_of(*scenes, method=method, mode=mode).positions.values():
        tally = position.tally
        gone = tally.cost_disposed + tally.cost_sent + tally.cost_unpriced
        assert tally.cost == gone + position.open_cost() + position.claims.cost()


@given(histories(), methods, modes)
def test_quantities_are_conserved_and_nothing_is_held_below_zero(
    scenes: list[Scene], method: str, mode: str
) -> None:
    held = dict.fromkeys(MINTS, 0)
    for entry in ledger(*scenes):
        for mint, amount in sorted(entry.tokens.items(), key=lambda item: item[1]):
            held[mint] = max(held[mint] + amount, 0)  # what is taken beyond what is known was never here
    book = book_of(*scenes, method=method, mode=mode)
    for mint, position in book.positions.items():
        assert position.held == held[mint]
        assert position.held == sum(lot.quantity for lot in position.open_lots())
        assert 0 <= position.held_known() <= position.held
        assert all(lot.quantity > 0 for lot in position.open_lots())


@given(histories(), methods)
def test_proceeds_are_either_verified_or_apart(scenes: list[Scene], method: str) -> None:
    proceeds = dict.fromkeys(MINTS, 0)
    for entry in ledger(*scenes):
        for mint, amount in entry.tokens.items():
            if entry.kind in TRADES and amount < 0 and entry.value is not None:
                proceeds[mint] += entry.sol_delta if entry.kind is Kind.SELL else entry.value
    strict, raw = (book_of(*scenes, method=method, mode=mode) for mode in ("strict", "raw"))
    for mint, position in strict.positions.items():
        tally = position.tally
        assert tally.proceeds + tally.unverified_proceeds == proceeds[mint]
        assert tally.realized_pnl == tally.proceeds - tally.cost_disposed
        assert raw.positions[mint].tally.proceeds == proceeds[mint]


@given(histories(), methods)
def test_what_was_never_bought_makes_no_profit(scenes: list[Scene], method: str) -> None:
    book = book_of(*scenes, method=method)
    for position in book.positions.values():
        if not position.tally.cost:
            assert position.tally.realized_pnl == position.tally.proceeds == position.tally.matched == 0
        assert position.tally.matched <= position.tally.bought


@given(closed_histories())
def test_identity_3_what_is_bought_and_sold_to_zero_made_what_its_sol_deltas_sum_to(
    scenes: list[Scene],
) -> None:
    expected = dict.fromkeys(MINTS, 0)
    for entry in ledger(*scenes):
        (mint,) = entry.tokens
        expected[mint] += entry.sol_delta
    for method in METHODS:
        book = book_of(*scenes, method=method)
        assert {mint: position.tally.realized_pnl for mint, position in book.positions.items()} == {
            mint: expected[mint] for mint in book.positions
        }
        assert not any(position.held or position.open_cost() for position in book.positions.values())


@given(histories(), methods, modes)
def test_wallet_tokens_days_and_matches_agree(scenes: list[Scene], method: str, mode: str) -> None:
    book = book_of(*scenes, method=method, mode=mode)
    tokens = tokens_of(book)
    wallet = wallet_of(book, tokens)
    assert wallet.realized_pnl == sum(token.tally.realized_pnl for token in tokens)
    assert wallet.realized_pnl == sum(pnl for _, pnl in wallet.days)
    assert wallet.realized_pnl == sum(book.columns.match_pnl)
    assert wallet.cost_disposed == sum(book.columns.match_cost)
    assert len(book.columns.trade_at) == wallet.buys + wallet.sells


@given(histories(), methods, st.integers(0, 13))
def test_a_window_and_what_came_before_it_are_the_whole(scenes: list[Scene], method: str, cut: int) -> None:
    since = scenes[cut].at if cut < len(scenes) else 2_000_000_000
    early = book_of(*(scene for scene in scenes if scene.at < since), method=method)
    late, whole = book_of(*scenes, method=method, since=since), book_of(*scenes, method=method)
    nothing = Tally()
    for mint, position in whole.positions.items():
        before, after = (
            book.positions[mint].tally if mint in book.positions else nothing for book in (early, late)
        )
        for name in ("realized_pnl", "cost", "proceeds", "unverified_proceeds", "bought", "sold", "buys"):
            assert getattr(before, name) + getattr(after, name) == getattr(position.tally, name), name
        if position.held:
            lots = [(lot.signature, lot.quantity, lot.cost) for lot in position.open_lots()]
            assert [
                (lot.signature, lot.quantity, lot.cost) for lot in late.positions[mint].open_lots()
            ] == lots


@given(histories())
def test_a_replay_gives_the_same_in_every_wire_format(scenes: list[Scene]) -> None:
    forms: list[Any] = [
        told,
        told,
        lambda scene: enhanced_form.read_transaction(json.dumps(enhanced(scene))),
        lambda scene: rpc_form.read_transaction(json.dumps(rpc(scene))),
        lambda scene: rpc_form.read_transaction(json.dumps(rpc(scene, parsed=True))),
        lambda scene: rpc_form.read_transaction(json.dumps(rpc(scene, static=2))),
    ]
    first, *others = [read_by(scenes, form) for form in forms]
    for other in others:
        assert other == first


@given(histories(), methods, modes, st.sampled_from([0, 1_700_005_000]))
def test_everything_shown_is_json_and_ratios_are_bounded(
    scenes: list[Scene], method: str, mode: str, since: int
) -> None:
    shown = everything(book_of(*scenes, method=method, mode=mode, since=since))
    json.dumps(shown, allow_nan=False)
    behavior = shown["behavior"]
    bounded = [
        behavior[name]["value"]
        for name in (
            "symmetry",
            "consistency",
            "reentryRate",
            "flipperScore",
            "fastRoundTrips",
            "failedShare",
            "focusScore",
        )
    ]
    bounded += [bucket[name] for bucket in behavior["holdTimeDistribution"] for name in ("share", "winRate")]
    bounded += [behavior["style"]["confidence"], *behavior["style"]["inputs"].values()]
    bounded += [behavior["currentHoldings"]["shareOfCost"], shown["coverage"]["verifiedShare"]]
    bounded += [shown["wallet"][name]["value"] for name in ("tokenWinRate", "cycleWinRate")]
    bounded += [shown["wallet"]["spread"]["topFiveShare"]]
    assert all(value is None or 0 <= value <= 1 for value in bounded)


@given(histories())
def test_no_one_elses_wallet_is_moved_by_what_does_not_touch_it(scenes: list[Scene]) -> None:
    stranger = "11111111111111111111111111111112"
    for entry in ledger(*scenes, wallet=stranger):
        assert entry.kind in (Kind.FEE, Kind.FAILED)
        assert (entry.sol_delta, entry.tokens, entry.components.total()) == (0, {}, 0)


@pytest.mark.parametrize("transaction", [told(Scene())])
def test_an_empty_transaction_is_an_entry_of_its_fee(transaction: Transaction) -> None:
    assert Book(WALLET).read(transaction).components.total() == -5000


def files_of(folder: Path, lines: list[str], chance: Random) -> list[Path]:
    """Two files that hold every line at least once, in no order."""
    lines = lines + chance.choices(lines, k=len(lines) // 2)
    chance.shuffle(lines)
    cut = chance.randrange(len(lines) + 1)
    files = []
    for name, part in (("one", lines[:cut]), ("two", lines[cut:])):
        files.append(folder / name)
        files[-1].write_text("\n".join(part))
    return files


@given(histories(), st.randoms(use_true_random=False))
def test_identity_5_pages_in_any_order_and_twice_change_nothing(scenes: list[Scene], chance: Random) -> None:
    once = Book(WALLET)
    lines = [json.dumps(enhanced(scene)) for scene in scenes]
    ledger_once = [once.read(enhanced_form.read_transaction(line)) for line in lines]
    with TemporaryDirectory() as folder:
        args = Namespace(data=files_of(Path(folder), lines, chance), wallet=WALLET, prices=None)
        book = Book(WALLET)
        again = list(entries_of(args, book, transactions_of(args)))
    assert again == ledger_once
    assert everything(book) == everything(once)


@given(histories(), methods, st.integers(0, 13))
def test_identity_6_going_on_from_where_lots_stood_is_the_whole_computation(
    scenes: list[Scene], method: str, cut: int
) -> None:
    whole, early = book_of(*scenes, method=method), book_of(*scenes[:cut], method=method)
    late = Book(WALLET, Rules(method))
    late.own = early.own
    for mint, position in early.positions.items():
        kept = msgspec.json.decode(msgspec.json.encode(position.standing()), type=Standing)
        late.positions[mint] = Position(mint, late.rules).resume(kept, position.decimals, position.events)
    for scene in scenes[cut:]:
        late.read(told(scene))
    assert tokens_of(late) == tokens_of(whole)
    for mint, position in whole.positions.items():
        assert late.positions[mint].standing() == position.standing()
