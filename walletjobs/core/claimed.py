"""One token's lots that lie in liquidity, stakes and loans: still the wallet's, with their cost and age."""

from collections.abc import Iterable, Iterator

from walletjobs.core.lots import Basis, Fifo, Lot, Part, take


class Claimed:
    """Lots that were put in and have not come back; the longest there comes back first."""

    __slots__ = ("_pool", "quantity")

    def __init__(self) -> None:
        self.quantity = 0  # base units
        self._pool: Fifo | None = (
            None  # made when it is needed: an empty deque takes 700 bytes, and most stay so
        )

    def __iter__(self) -> Iterator[Lot]:
        return (lot for lot in self._pool or () if lot.quantity)

    def cost(self) -> int:
        """Cost of what lies here with a known basis. Units: lamports."""
        return sum(lot.cost for lot in self._pool or ())

    def add(self, lot: Lot) -> None:
        """Put in a lot as it is."""
        if self._pool is None:
            self._pool = Fifo()
        self._pool.add(lot)
        self.quantity += lot.quantity

    def put(self, parts: Iterable[Part]) -> None:
        """Put in what was taken of lots; what had no lot leaves nothing here."""
        for part in parts:
            if part.lot is not None:
                self.add(_carried(part.lot, part))

    def take(self, quantity: int) -> list[Lot]:
        """Up to ``quantity`` base units as lots of their own."""
        if self._pool is None:
            return []
        lots = [_carried(part.lot, part) for part in take(self._pool, quantity) if part.lot is not None]
        self.quantity -= sum(lot.quantity for lot in lots)
        return lots


def _carried(lot: Lot, part: Part) -> Lot:
    """What was taken of a lot, with its age; a known cost is carried."""
    basis = Basis.UNKNOWN if lot.basis is Basis.UNKNOWN else Basis.CARRIED
    return Lot(
        lot.signature, lot.slot, lot.block_time, part.quantity, part.cost, basis, part.cost_usd, lot.place
    )
