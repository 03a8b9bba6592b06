"""Helius' enhanced form: what is read, and that nothing else passes or breaks."""

import json
from contextlib import suppress
from typing import Any

import base58
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers import buy, gift, send, told
from odd_json import JSON, paths, replaced
from scenes import FRIEND, JUPITER, MINT, POOL, WALLET, Scene, key
from wires import enhanced

from walletjobs.core.book import Book
from walletjobs.core.units import WRAPPED_SOL
from walletjobs.errors import InvalidData
from walletjobs.providers.enhanced import read_transaction

GOOD = enhanced(buy(MINT, 10, 1_000_000))


def raw(**changes: Any) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def read_all(line: bytes) -> None:
    """Everything an analysis reads of a transaction; only InvalidData may come of it."""
    transaction = read_transaction(line)
    transaction.facts()
    Book(WALLET).read(transaction)


PATHS = paths(GOOD)


def test_every_field_that_the_ledger_needs_is_read() -> None:
    scene = gift(MINT, 10**18, index=3)
    transaction = read_transaction(json.dumps(enhanced(scene)))
    same = told(scene)
    for field in ("signature", "slot", "block_time", "fee", "fee_payer", "label", "index", "failed"):
        assert getattr(transaction, field) == getattr(same, field), field
    assert transaction.facts() == same.facts()


def test_amounts_are_exact_to_the_limits_of_64_bits() -> None:
    scene = Scene().move(MINT, FRIEND, WALLET, 2**64 - 1)
    amounts = [
        token.quantity.amount
        for account in read_transaction(json.dumps(enhanced(scene))).accounts
        for token in account.tokens or ()
    ]
    assert sorted(amounts) == [-(2**64) + 1, 2**64 - 1]


def test_a_failed_transaction_is_told_by_its_error() -> None:
    assert read_transaction(raw(transactionError={"InstructionError": [0, {"Custom": 1}]})).failed
    assert read_transaction(raw(transactionError="AccountNotFound")).failed
    assert not read_transaction(raw(transactionError=None)).failed


def test_fields_we_do_not_know_are_left_alone() -> None:
    assert read_transaction(raw(lighthouseData=None, events={"swap": [1]}, description="☃")).slot == 1000


def test_lists_may_be_empty_and_token_changes_null() -> None:
    accounts = [{"account": WALLET, "nativeBalanceChange": -5000, "tokenBalanceChanges": None}]
    transaction = read_transaction(
        raw(accountData=accounts, nativeTransfers=[], tokenTransfers=[], instructions=[])
    )
    assert transaction.accounts[0].lamports == -5000
    assert transaction.facts().programs == frozenset()


@pytest.mark.parametrize("field", ["signature", "slot", "timestamp", "fee", "feePayer", "accountData"])
def test_a_field_that_is_missing_or_null_is_invalid(field: str) -> None:
    with pytest.raises(InvalidData, match=field):
        read_transaction(raw(**{field: None}))
    with pytest.raises(InvalidData, match=field):
        read_transaction(json.dumps({name: value for name, value in GOOD.items() if name != field}))


@pytest.mark.parametrize(
    "changes",
    [
        {"nativeTransfers": None},
        {"tokenTransfers": None},
        {"accountData": [None]},
        {"accountData": {}},
        {"slot": -1},
        {"slot": 2**63},
        {"slot": 1.5},
        {"slot": True},
        {"fee": 10**30},
        {"fee": "a lot"},
        {"timestamp": 10**18},
        {"timestamp": "2024-01-01"},
        {"signature": 7},
        {"feePayer": ["a"]},
        {"accountData": [{"account": WALLET, "nativeBalanceChange": 10**19, "tokenBalanceChanges": []}]},
        {"nativeTransfers": [{"fromUserAccount": WALLET, "toUserAccount": POOL, "amount": 1.5}]},
    ],
)
def test_a_value_of_another_type_or_beyond_the_chain_is_invalid(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidData):
        read_transaction(raw(**changes))


@pytest.mark.parametrize("decimals", [-1, 256, 10**9, None, "six"])
def test_decimals_that_no_mint_has_are_invalid(decimals: Any) -> None:
    path = next(path for path in PATHS if path[-1:] == ("decimals",))
    with pytest.raises(InvalidData):
        read_transaction(json.dumps(replaced(GOOD, path, decimals)))


@pytest.mark.parametrize(
    "instructions", ["none", {}, [1], [{"accounts": []}], [{"programId": "x", "accounts": None}], [[]]]
)
def test_instructions_of_another_form_are_invalid_once_they_are_asked(instructions: Any) -> None:
    with pytest.raises(InvalidData, match="instructions"):
        read_transaction(raw(instructions=instructions)).facts()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b"7",
        b'"text"',
        b"{}",
        b"\xff\xfe",
        b"{",
        raw()[:-1],
        raw() + b"x",
        raw().replace(b'"UNKNOWN"', b'"\xff\xfe"'),
        raw().replace(b'"UNKNOWN"', b'"\\ud800"'),
        raw()[:-1] + b', "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        raw()[:-1] + b', "transactionError": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        raw(slot=0).replace(b'"slot": 0', b'"slot": 1e400'),
        raw(slot=0).replace(b'"slot": 0', b'"slot": ' + b"9" * 5000),
        raw(slot=0).replace(b'"slot": 0', b'"slot": NaN'),
    ],
)
def test_what_is_no_transaction_is_invalid(line: bytes) -> None:
    with pytest.raises(InvalidData):
        read_transaction(line)


def test_instructions_nested_without_end_are_invalid() -> None:
    deep = b'[{"programId": "x", "innerInstructions": ' * 50_000 + b"[]" + b"}]" * 50_000
    with pytest.raises(InvalidData):
        read_all(raw()[:-1] + b', "instructions": ' + deep + b"}")


def test_instructions_as_deep_as_a_decoder_goes_are_read() -> None:
    deep: list[Any] = []
    for _ in range(120):
        deep = [{"programId": "x", "accounts": [], "data": "", "innerInstructions": deep}]
    assert read_transaction(raw(instructions=deep)).facts().programs == {"x"}


@pytest.mark.parametrize("address", ["", "0OIl", "é", "x" * 50, "1" * 10_000])
def test_an_address_that_is_none_is_nobodys_account(address: str) -> None:
    opened = {"account": POOL, "nativeBalanceChange": 2_039_280, "tokenBalanceChanges": []}
    idle = {"account": address, "nativeBalanceChange": 0, "tokenBalanceChanges": []}
    payer = {"account": WALLET, "nativeBalanceChange": -2_044_280, "tokenBalanceChanges": []}
    read_all(raw(accountData=[payer, opened, idle]))


@given(JSON)
def test_random_json_is_invalid(value: Any) -> None:
    with pytest.raises(InvalidData):
        read_transaction(json.dumps(value))


@given(st.binary(max_size=200))
def test_random_bytes_are_invalid(line: bytes) -> None:
    with pytest.raises(InvalidData):
        read_transaction(line)


@given(st.sampled_from(PATHS), JSON)
def test_a_transaction_with_one_odd_value_is_read_or_invalid(path: tuple[Any, ...], value: Any) -> None:
    with suppress(InvalidData):
        read_all(json.dumps(replaced(GOOD, path, value)).encode())


@given(st.integers(0, len(raw()) - 1))
def test_a_truncated_transaction_is_invalid(length: int) -> None:
    with pytest.raises(InvalidData):
        read_transaction(raw()[:length])


def without_balances(scene: Scene, **changes: Any) -> bytes:
    """The scene as a provider tells it that lost its balance changes."""
    return json.dumps({**enhanced(scene), "accountData": [], **changes}).encode()


ROUND_TRIP = (
    Scene(fee=10_000)
    .open(WALLET, WRAPPED_SOL)
    .wrap(WALLET, 10_000_000)
    .call(JUPITER)
    .move(WRAPPED_SOL, WALLET, POOL, 10_000_000)
    .move(MINT, POOL, WALLET, 77)
    .outside()
    .close(WALLET, WRAPPED_SOL)
)


@pytest.mark.parametrize(
    "scene",
    [
        buy(MINT, 12_345_678_901, 1_000_000),
        gift(MINT, 7),
        send(MINT, 10**15),
        ROUND_TRIP,
        buy(MINT, 1, 1, failed=True),
    ],
)
def test_without_balance_changes_the_transfers_tell_the_same_exactly(scene: Scene) -> None:
    same, retold = (
        Book(WALLET).read(told(scene)),
        Book(WALLET).read(read_transaction(without_balances(scene))),
    )
    assert (retold.kind, retold.tokens, retold.sol_delta, retold.value) == (
        same.kind,
        same.tokens,
        same.sol_delta,
        same.value,
    )
    assert retold.flags == ("from_transfers",)
    assert (retold.components.total(), retold.components.unexplained) == (retold.sol_delta, 0)


def test_without_balance_changes_own_transfers_cancel_out() -> None:
    scene = Scene().move(MINT, WALLET, WALLET, 10, to_account=key("auxiliary account"))
    assert Book(WALLET).read(read_transaction(without_balances(scene))).tokens == {}


def test_a_plain_transfer_tells_the_decimals_by_the_same_amount_in_base_units() -> None:
    form = enhanced(send(MINT, 1_353_211, decimals={MINT: 3}))
    (instruction,) = form["instructions"]
    source, _, destination, owner = instruction["accounts"]
    amount = base58.b58encode(b"\x03" + (1_353_211).to_bytes(8, "little")).decode()
    plain = {**instruction, "accounts": [source, destination, owner], "data": amount}
    transaction = read_transaction(json.dumps({**form, "accountData": [], "instructions": [plain]}))
    sent = Book(WALLET).read(transaction)
    assert (sent.tokens, sent.decimals) == ({MINT: -1_353_211}, {MINT: 3})


def test_without_balance_changes_and_decimals_the_amounts_are_not_guessed() -> None:
    with pytest.raises(InvalidData, match="decimals"):
        read_transaction(without_balances(send(MINT, 10), instructions=[]))
    transfer = {**enhanced(send(MINT, 10))["tokenTransfers"][0], "tokenAmount": 1.23456789}
    with pytest.raises(InvalidData, match="decimal places"):
        read_transaction(without_balances(send(MINT, 10), tokenTransfers=[transfer]))
