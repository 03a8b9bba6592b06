"""An address is 32 bytes in base58, and nothing else passes for one."""

import base58
import pytest
from hypothesis import given
from hypothesis import strategies as st

from walletjobs.core.address import base58_bytes, parse_address
from walletjobs.errors import InvalidAddress


@given(st.binary(min_size=32, max_size=32))
def test_any_32_bytes_are_an_address(key: bytes) -> None:
    text = base58.b58encode(key).decode()
    assert parse_address(text) == text


@given(st.binary(max_size=64).filter(lambda key: len(key) != 32))
def test_any_other_length_is_refused(key: bytes) -> None:
    with pytest.raises(InvalidAddress):
        parse_address(base58.b58encode(key).decode())


@given(st.text(max_size=50))
def test_any_text_is_an_address_or_an_invalid_address(text: str) -> None:
    try:
        address = parse_address(text)
    except InvalidAddress:
        return
    assert len(base58.b58decode(address)) == 32


@pytest.mark.parametrize("size", [31, 33])
def test_a_byte_more_or_less_is_said(size: int) -> None:
    with pytest.raises(InvalidAddress, match=f"32 bytes; this one has {size}"):
        parse_address(base58.b58encode(b"\0" * size).decode())


@pytest.mark.parametrize("text", ["0" * 44, "O" * 44, "l" * 44, "I" * 44, "é" * 44, "１" * 44, "a b" * 14])
def test_a_letter_outside_the_alphabet_is_said(text: str) -> None:
    with pytest.raises(InvalidAddress, match="does not use"):
        parse_address(text)


@pytest.mark.parametrize("blank", [" ", "\n", "\t"])
def test_a_blank_behind_a_shorter_address_makes_no_second_one(blank: str) -> None:
    shorter = base58.b58encode(b"\x04" * 32).decode()
    assert parse_address(shorter) == shorter
    assert len(shorter) == 43
    with pytest.raises(InvalidAddress, match="does not use"):
        parse_address(shorter + blank)


def test_too_many_letters_are_refused_before_they_are_decoded() -> None:
    with pytest.raises(InvalidAddress, match="at most 44"):
        parse_address("1" * 1_000_000)


@pytest.mark.parametrize("value", [None, "", 7, b"1" * 32, ["1" * 32], {}])
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(InvalidAddress, match="is a text"):
        parse_address(value)


@given(st.binary(max_size=96))
def test_base58_text_gives_back_its_bytes(data: bytes) -> None:
    assert base58_bytes(base58.b58encode(data).decode()) == data


@pytest.mark.parametrize("text", ["0", "1O", "é", "\udcff", "?", "ab c"])
def test_what_is_no_base58_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="base58 does not use"):
        base58_bytes(text)
