"""What instructions say beyond balances, from their bytes."""

import base58
from hypothesis import given
from hypothesis import strategies as st
from scenes import PUMP, key

from walletjobs.core.instructions import (
    ASSOCIATED_PROGRAM,
    SYSTEM_PROGRAM,
    TOKEN_2022_PROGRAM,
    TOKEN_PROGRAM,
    FactsBuilder,
    may_begin,
)
from walletjobs.core.transaction import Facts

PAYER, ACCOUNT, MINT, OWNER = map(key, ("payer", "account", "mint", "owner"))


def facts(program: str, accounts: tuple[str, ...], data: bytes) -> Facts:
    builder = FactsBuilder()
    builder.read(program, accounts, base58.b58encode(data).decode())
    return builder.facts()


def u32(number: int) -> bytes:
    return number.to_bytes(4, "little")


def u64(number: int) -> bytes:
    return number.to_bytes(8, "little")


def test_an_account_that_the_system_program_creates_is_created() -> None:
    data = u32(0) + u64(1) + u64(165) + base58.b58decode(PUMP)
    assert facts(SYSTEM_PROGRAM, (PAYER, ACCOUNT), data).created == {ACCOUNT}


def test_an_account_created_with_a_seed_is_created() -> None:
    seed = b"5hQ7cV3aTn1m8dLwKzXbRpYsJfGe2u4o"
    data = (
        u32(3) + base58.b58decode(OWNER) + u64(len(seed)) + seed + u64(1) + u64(165) + base58.b58decode(PUMP)
    )
    assert facts(SYSTEM_PROGRAM, (PAYER, ACCOUNT, OWNER), data).created == {ACCOUNT}


def test_an_account_that_already_had_lamports_is_created_by_its_allocation() -> None:
    assert facts(SYSTEM_PROGRAM, (ACCOUNT,), u32(8) + u64(165)).created == {ACCOUNT}


def test_a_system_transfer_creates_nothing() -> None:
    assert facts(SYSTEM_PROGRAM, (PAYER, ACCOUNT), u32(2) + u64(7)).created == frozenset()


def test_a_token_account_is_opened_for_the_owner_named_by_any_of_the_three_ways() -> None:
    owner = base58.b58decode(OWNER)
    for program in (TOKEN_PROGRAM, TOKEN_2022_PROGRAM):
        assert facts(program, (ACCOUNT, MINT, OWNER), b"\x01").opened == {ACCOUNT: OWNER}
        assert facts(program, (ACCOUNT, MINT), b"\x10" + owner).opened == {ACCOUNT: OWNER}
        assert facts(program, (ACCOUNT, MINT), b"\x12" + owner).opened == {ACCOUNT: OWNER}


def test_the_associated_program_opens_for_its_third_account() -> None:
    for data in (b"", b"\x00", b"\x01"):
        assert facts(ASSOCIATED_PROGRAM, (PAYER, ACCOUNT, OWNER, MINT), data).opened == {ACCOUNT: OWNER}


def test_burns_name_the_mint_and_closes_the_account() -> None:
    assert facts(TOKEN_PROGRAM, (ACCOUNT, MINT, OWNER), b"\x08" + u64(5)).burned == {MINT}
    assert facts(TOKEN_PROGRAM, (ACCOUNT, MINT, OWNER), b"\x0f" + u64(5) + b"\x06").burned == {MINT}
    assert facts(TOKEN_PROGRAM, (ACCOUNT, PAYER, OWNER), b"\x09").closed == {ACCOUNT: OWNER}


def test_the_same_bytes_for_another_program_say_nothing_but_its_name() -> None:
    assert facts(PUMP, (ACCOUNT, MINT, OWNER), b"\x08" + u64(5)) == Facts(programs=frozenset({PUMP}))


@given(
    st.sampled_from([SYSTEM_PROGRAM, TOKEN_PROGRAM, TOKEN_2022_PROGRAM, ASSOCIATED_PROGRAM]),
    st.lists(st.sampled_from([PAYER, ACCOUNT, MINT, OWNER]), max_size=4),
    st.one_of(
        st.text(max_size=100), st.binary(max_size=60).map(lambda data: base58.b58encode(data).decode())
    ),
)
def test_no_instruction_is_too_odd_to_be_read(program: str, accounts: list[str], data: str) -> None:
    builder = FactsBuilder()
    builder.read(program, accounts, data)
    assert builder.facts().programs == {program}


@given(st.binary(min_size=1, max_size=80))
def test_the_first_letters_never_rule_out_the_first_byte(data: bytes) -> None:
    assert may_begin(base58.b58encode(data).decode(), frozenset({data[0]}))


def test_the_first_letters_tell_a_transfer_from_what_is_read() -> None:
    for lamports in (0, 1, 10**9, 2**64 - 1):
        transfer = base58.b58encode(u32(2) + u64(lamports)).decode()
        assert not may_begin(transfer, frozenset({0, 3, 8, 9}))
        assert not may_begin(
            base58.b58encode(b"\x0c" + u64(lamports) + b"\x06").decode(), frozenset({7, 8, 9, 15})
        )


def test_text_that_is_no_base58_rules_nothing_out() -> None:
    assert may_begin("0OIl", frozenset({8}))
