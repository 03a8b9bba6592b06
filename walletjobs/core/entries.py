"""The lines of a wallet's ledger: one a transaction, its SOL change explained to the lamport."""

from enum import StrEnum

from msgspec import Struct


class Kind(StrEnum):
    """The kinds of entry. Source: money.md section 3."""

    BUY = "buy"
    SELL = "sell"
    SWAP = "swap"
    CONVERSION = "conversion"
    RECEIPT = "receipt"
    SEND = "send"
    BURN = "burn"
    ARBITRAGE = "arbitrage"
    CLAIM = "claim"  # put into liquidity, a stake or a loan, or taken back
    ORDER = "order"  # opened or taken back: what it keeps in escrow is still the wallet's
    NFT = "nft"
    TRANSFER = "transfer"
    FEE = "fee"
    FAILED = "failed"


TRADES = frozenset({Kind.BUY, Kind.SELL, Kind.SWAP})


class Components(Struct, gc=False):
    """The SOL delta in parts that sum to it exactly, each signed as it changed the wallet. Units: lamports."""

    network_fee: int = 0
    tip: int = 0
    platform_fee: int = 0
    rent_paid_for_others: int = 0
    rent_deposit: int = 0  # into, or back from, an account that only an instruction calls the wallet's
    transfer_in: int = 0
    transfer_out: int = 0
    consideration: int = 0
    unexplained: int = 0

    def total(self) -> int:
        """The sum of all parts: the SOL delta."""
        return (
            self.network_fee
            + self.tip
            + self.platform_fee
            + self.rent_paid_for_others
            + self.rent_deposit
            + self.transfer_in
            + self.transfer_out
            + self.consideration
            + self.unexplained
        )


class Entry(Struct, frozen=True, gc=False):
    """One transaction in the wallet's ledger."""

    signature: str
    slot: int
    block_time: int  # unix seconds
    kind: Kind
    sol_delta: int  # lamports
    components: Components
    rent_locked: int  # lamports put into (+) or taken out of (−) deposits of own token accounts
    tokens: dict[str, int]  # mint → base units, signed
    decimals: dict[str, int]
    nfts: tuple[str, ...]  # mints among ``tokens`` that are not fungible
    passed: dict[
        str, int
    ]  # mint → base units only passed through: bought and sent on (+), received and sold (−)
    value: int | None  # lamports: what the tokens of a trade were worth, before fees
    value_source: str | None  # own_leg, intermediate or price_series; flags say why there is none
    parts: dict[str, int] | None  # mint → lamports of ``value``, where several tokens share it
    sol_price: int | None  # millionths of a USD, at the time
    flags: tuple[str, ...]
    label: str
    venue: str
    escrowed: dict[
        str, int
    ] = {}  # mint → base units of ``tokens``, or of SOL, that moved in escrows of its orders
    claims: tuple[
        str, ...
    ] = ()  # mints among ``tokens`` that stand for something in a pool, a stake or a loan
    index: int | None = None  # place inside the slot, where the provider knows it
