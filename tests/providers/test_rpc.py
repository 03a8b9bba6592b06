"""A node's form, in both encodings: the same as any other form of the same transaction, or invalid."""

import json
from contextlib import suppress
from typing import Any

import base58
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers import buy, gift, sell, send, swap, told
from odd_json import JSON, paths, replaced
from scenes import (
    BOT,
    FRIEND,
    JUPITER,
    MINT,
    OTHER_MINT,
    POOL,
    RELAYER,
    TIP,
    WALLET,
    Scene,
    key,
)
from wires import rpc

from walletjobs.core.book import Book
from walletjobs.core.instructions import SYSTEM_PROGRAM, TOKEN_PROGRAM
from walletjobs.core.transaction import Transaction
from walletjobs.core.units import WRAPPED_SOL
from walletjobs.errors import InvalidData
from walletjobs.providers.rpc import read_transaction
from walletjobs.services.present import ledger_line

SCENES = {
    "buy": buy(MINT, 10, 1_000_000).outside().open(WALLET, MINT).pay(WALLET, TIP, 70_000),
    "sell": sell(MINT, 10, 1_000_000).outside().close(WALLET, MINT).pay(WALLET, BOT, 9000),
    "swap": swap(MINT, 10, OTHER_MINT, 3, 800_000),
    "gift": gift(MINT, 10).open(WALLET, MINT),
    "send": send(MINT, 10).open(FRIEND, MINT),
    "burn": Scene().burn(MINT, WALLET, 5),
    "relayed": buy(MINT, 10, 1_000_000, payer=RELAYER),
    "failed": buy(MINT, 10, 1_000_000, failed=True),
    "limits": gift(MINT, 2**64 - 1),
    "placed": buy(MINT, 1, 1, index=7),
    "handed over": Scene().hand_over(MINT, WALLET, FRIEND, 12_827_324),
    "taken over": Scene(payer=FRIEND).hand_over(MINT, FRIEND, WALLET, 7).pay(FRIEND, BOT, 5),
    "wrapped SOL handed over": Scene().hand_over(WRAPPED_SOL, WALLET, FRIEND, 10_000_000),
    "wrapped": Scene(fee=10_000)
    .open(WALLET, WRAPPED_SOL, account=key("temporary"))
    .wrap(WALLET, 10_000_000, key("temporary"))
    .call(JUPITER)
    .move(WRAPPED_SOL, WALLET, POOL, 10_000_000, account=key("temporary"))
    .move(MINT, POOL, WALLET, 77)
    .outside()
    .close(WALLET, WRAPPED_SOL, account=key("temporary")),
}
GOOD = {parsed: rpc(SCENES["buy"], parsed) for parsed in (False, True)}
PATHS = {parsed: paths(form) for parsed, form in GOOD.items()}


def read(form: Any) -> Transaction:
    return read_transaction(json.dumps(form))


def line(transaction: Transaction) -> dict[str, Any]:
    """The wallet's ledger line, without the labels that a node does not give."""
    shown = ledger_line(Book(WALLET).read(transaction))
    return {name: value for name, value in shown.items() if name not in ("label", "venue")}


def read_all(form: Any) -> None:
    """Everything an analysis reads of a transaction; only InvalidData may come of it."""
    transaction = read(form)
    transaction.facts()
    Book(WALLET).read(transaction)


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize(
    ("parsed", "static"), [(False, None), (True, None), (False, 3)], ids=["json", "jsonParsed", "version 0"]
)
def test_the_ledger_is_the_same_in_every_encoding(name: str, parsed: bool, static: int | None) -> None:
    scene = SCENES[name]
    assert line(read(rpc(scene, parsed, static))) == line(told(scene))


@pytest.mark.parametrize("name", SCENES)
def test_facts_are_the_same_in_every_encoding(name: str) -> None:
    scene = SCENES[name]
    for parsed in (False, True):
        assert read(rpc(scene, parsed)).facts() == told(scene).facts()


def test_loaded_addresses_follow_the_messages_own_writable_first() -> None:
    scene = SCENES["swap"]
    accounts = [change.account for change in read(rpc(scene, static=2)).accounts]
    assert set(accounts) <= set(scene.accounts())
    assert accounts == [account for account in scene.accounts() if account in accounts]


def test_token_changes_come_in_the_order_listed() -> None:
    form = rpc(SCENES["swap"])
    mints = [token.mint for change in read(form).accounts for token in change.tokens or ()]
    listed = sorted(form["meta"]["preTokenBalances"], key=lambda row: row["accountIndex"])
    assert mints == [row["mint"] for row in listed]


@pytest.mark.parametrize("parsed", [False, True])
def test_a_creation_with_a_seed_moves_its_lamports(parsed: bool) -> None:
    account, seed = key("seeded"), "stake:0"
    form = rpc(Scene().pay(WALLET, account, 2_039_280), parsed)
    if parsed:
        info = {"source": WALLET, "newAccount": account, "base": WALLET, "seed": seed, "lamports": 2_039_280}
        instruction = {"programId": SYSTEM_PROGRAM, "parsed": {"type": "createAccountWithSeed", "info": info}}
    else:
        instruction = form["transaction"]["message"]["instructions"][0]
        instruction = {**instruction, "data": _created_with_seed(seed)}
    form["transaction"]["message"]["instructions"] = [instruction]
    transaction = read(form)
    assert transaction.facts().created == {account}
    assert [(move.destination, move.lamports) for move in transaction.native_transfers] == [
        (account, 2_039_280)
    ]


def _created_with_seed(seed: str) -> str:
    parts = [
        (3).to_bytes(4, "little"),
        base58.b58decode(WALLET),
        len(seed).to_bytes(8, "little"),
        seed.encode(),
    ]
    parts += [(2_039_280).to_bytes(8, "little"), (165).to_bytes(8, "little"), base58.b58decode(TOKEN_PROGRAM)]
    return base58.b58encode(b"".join(parts)).decode()


def test_a_parsed_instruction_of_a_program_we_do_not_read_is_only_named() -> None:
    form = rpc(SCENES["buy"], parsed=True)
    stake = {
        "programId": key("stake"),
        "parsed": {"type": "transfer", "info": {"source": [1], "lamports": "x"}},
    }
    form["transaction"]["message"]["instructions"].append(stake)
    assert key("stake") in read(form).facts().programs


def test_a_memo_that_is_parsed_to_a_text_is_only_named() -> None:
    form = rpc(SCENES["buy"], parsed=True)
    form["transaction"]["message"]["instructions"].append({"programId": key("memo"), "parsed": "hello"})
    assert key("memo") in read(form).facts().programs


def without_owners(form: dict[str, Any]) -> dict[str, Any]:
    """As nodes told it before slot 111,491,819."""
    for row in form["meta"]["preTokenBalances"] + form["meta"]["postTokenBalances"]:
        del row["owner"]
    return form


@pytest.mark.parametrize("name", ["gift", "buy", "sell", "send", "wrapped"])
def test_a_balance_without_an_owner_is_the_wallets_where_its_address_or_its_opening_says_so(
    name: str,
) -> None:
    scene = SCENES[name]
    old, new = read(without_owners(rpc(scene))), told(scene)
    for field in ("kind", "tokens", "solDeltaLamports"):
        assert line(old).get(field) == line(new).get(field)


def test_a_balance_without_an_owner_is_nobodys_elsewhere() -> None:
    scene = Scene(payer=FRIEND).move(MINT, FRIEND, WALLET, 10, to_account=key("auxiliary account"))
    assert Book(WALLET).read(read(without_owners(rpc(scene)))).tokens == {}


def test_null_lists_of_older_transactions_are_empty() -> None:
    form = rpc(Scene().pay(WALLET, FRIEND, 5))
    form["meta"] |= {"preTokenBalances": None, "postTokenBalances": None, "innerInstructions": None}
    form["blockTime"] = None
    assert read(form).block_time == 0
    assert line(read(form))["solDeltaLamports"] == -5005


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("meta",), None),
        (("transaction",), None),
        (("slot",), None),
        (("slot",), -5),
        (("meta", "preBalances"), None),
        (("meta", "preBalances"), []),
        (("meta", "postBalances"), [1, 2]),
        (("meta", "preBalances", 0), 10**19),
        (("meta", "preBalances", 0), -(10**19)),
        (("meta", "fee"), "much"),
        (("transaction", "signatures"), []),
        (("transaction", "signatures"), None),
        (("transaction", "message", "accountKeys"), []),
        (("transaction", "message", "accountKeys"), None),
        (("transaction", "message", "instructions", 0, "programIdIndex"), 99),
        (("transaction", "message", "instructions", 0, "programIdIndex"), -1),
        (("transaction", "message", "instructions", 0, "accounts"), None),
        (("meta", "preTokenBalances", 0, "accountIndex"), 99),
        (("meta", "preTokenBalances", 0, "accountIndex"), -1),
        (("meta", "preTokenBalances", 0, "uiTokenAmount", "decimals"), 10**9),
        (("meta", "preTokenBalances", 0, "uiTokenAmount", "amount"), "1.5"),
        (("meta", "innerInstructions"), [{"index": 0}]),
    ],
)
def test_a_form_that_does_not_hold_together_is_invalid(path: tuple[Any, ...], value: Any) -> None:
    with pytest.raises(InvalidData):
        read(replaced(GOOD[False], path, value))


def test_a_transaction_without_any_account_is_invalid() -> None:
    form = rpc(Scene())
    form["transaction"]["message"] = {"accountKeys": [], "instructions": []}
    form["meta"] |= {"preBalances": [], "postBalances": [], "preTokenBalances": [], "postTokenBalances": []}
    with pytest.raises(InvalidData):
        read(form)


@pytest.mark.parametrize(
    "info",
    [{"lamports": "many"}, {"lamports": [1]}, {"source": 7}, {"source": {"a": 1}}, {"lamports": 10**30}, [1]],
)
def test_parsed_info_of_another_type_is_invalid(info: Any) -> None:
    form = rpc(Scene().pay(WALLET, FRIEND, 5), parsed=True)
    form["transaction"]["message"]["instructions"][0]["parsed"]["info"] = info
    with pytest.raises(InvalidData):
        read(form)


@given(JSON)
def test_random_json_is_invalid(value: Any) -> None:
    with pytest.raises(InvalidData):
        read(value)


@given(st.binary(max_size=200))
def test_random_bytes_are_invalid(line: bytes) -> None:
    with pytest.raises(InvalidData):
        read_transaction(line)


@pytest.mark.parametrize("parsed", [False, True])
@given(st.data())
def test_a_transaction_with_one_odd_value_is_read_or_invalid(parsed: bool, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(PATHS[parsed]))
    with suppress(InvalidData):
        read_all(replaced(GOOD[parsed], path, data.draw(JSON)))


@given(st.integers(0, len(json.dumps(GOOD[False])) - 1))
def test_a_truncated_transaction_is_invalid(length: int) -> None:
    with pytest.raises(InvalidData):
        read_transaction(json.dumps(GOOD[False])[:length])
