"""Addresses and signatures that look and decode like real ones, drawn from a seeded source."""

from random import Random

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# A text of 43 such letters is a number below 2^256, and above 2^248 where its first letter is at least "6":
# 32 bytes. In the same way 87 letters from "3" on are the 64 bytes of a signature.
_ADDRESS_HEADS = _ALPHABET[5:]
_SIGNATURE_HEADS = _ALPHABET[2:]


class Names:
    """Draws names one after the other."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def address(self) -> str:
        """A new address."""
        return self._random.choice(_ADDRESS_HEADS) + "".join(self._random.choices(_ALPHABET, k=42))

    def signature(self) -> str:
        """A new signature."""
        return self._random.choice(_SIGNATURE_HEADS) + "".join(self._random.choices(_ALPHABET, k=86))

    def text(self, letters: int) -> str:
        """Base58 without meaning."""
        return "".join(self._random.choices(_ALPHABET, k=letters))
