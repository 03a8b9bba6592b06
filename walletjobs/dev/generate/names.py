"""Addresses and signatures that look and decode like real ones, drawn from a seeded source."""

from random import Random

_ALPHABET = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LETTERS = bytes(
    _ALPHABET[byte % 58] for byte in range(256)
)  # some a little likelier: names need not be fair
# A text of 43 such letters is a number below 2^256, and above 2^248 where its first letter is at least "6":
# 32 bytes. In the same way 87 letters from "3" on are the 64 bytes of a signature.
_ADDRESS_HEADS = bytes(_ALPHABET[5 + byte % 53] for byte in range(256))
_SIGNATURE_HEADS = bytes(_ALPHABET[2 + byte % 56] for byte in range(256))


class Names:
    """Draws names one after the other."""

    def __init__(self, random: Random) -> None:
        self._bytes = random.randbytes

    def address(self) -> str:
        """A new address."""
        drawn = self._bytes(43)
        return (drawn[:1].translate(_ADDRESS_HEADS) + drawn[1:].translate(_LETTERS)).decode()

    def signature(self) -> str:
        """A new signature."""
        drawn = self._bytes(87)
        return (drawn[:1].translate(_SIGNATURE_HEADS) + drawn[1:].translate(_LETTERS)).decode()

    def text(self, letters: int) -> str:
        """Base58 without meaning."""
        return self._bytes(letters).translate(_LETTERS).decode()
