"""What a wallet's own trades last said that a token is worth: the basis of receipts in adjusted mode."""

from walletjobs.core.legs import Leg

HOUR = 3_600  # seconds: an older trade says nothing of the market any more


class LastPrice:
    """One token's last trade with a known value."""

    __slots__ = ("_at", "_quantity", "_value")

    def __init__(self) -> None:
        self._at, self._quantity, self._value = 0, 0, 0

    def note(self, leg: Leg, at: int) -> None:
        """Take in a trade."""
        if leg.value is not None:
            self._at, self._quantity, self._value = at, leg.quantity, leg.value

    def cost(self, quantity: int, at: int) -> int | None:
        """So much at the price of the last trade, before fees; null where it is more than an hour old or none was.

        Units: lamports, rounded down.
        """
        if not self._quantity or at - self._at > HOUR:
            return None
        return self._value * quantity // self._quantity
