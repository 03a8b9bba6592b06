"""A transaction as the ledger needs it, whatever wire format it came in.

The types are msgspec structs, not dataclasses: a wire format subclasses them with its own field names and decodes
straight into them, a hundred thousand a second.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct


class Quantity(Struct, frozen=True, gc=False):
    """A signed amount of a token."""

    amount: int  # base units
    decimals: int


class TokenChange(Struct, frozen=True, gc=False):
    """How much of one mint a token account gained or lost."""

    owner: str
    account: str
    mint: str
    quantity: Quantity


class AccountChange(Struct, frozen=True, gc=False):
    """How much an account gained or lost, rent included."""

    account: str
    lamports: int
    tokens: Sequence[TokenChange] | None = None


class NativeTransfer(Struct, frozen=True, gc=False):
    """A movement of native SOL."""

    source: str | None
    destination: str | None
    lamports: int


class TokenTransfer(Struct, frozen=True, gc=False):
    """A movement of a token between two owners; says who, not exactly how much."""

    source: str | None  # owner
    destination: str | None  # owner
    mint: str
    source_account: str | None = None
    destination_account: str | None = None
    standard: str | None = None  # such as "NonFungible"


class HeldBalance(Struct, frozen=True, gc=False):
    """What one account held before and after a transaction."""

    account: str
    mint: str  # wrapped SOL's for lamports
    before: int  # base units
    after: int  # base units


class Facts(Struct, frozen=True, gc=False):
    """What the instructions say beyond balances."""

    programs: frozenset[str] = frozenset()
    created: frozenset[str] = frozenset()  # accounts that came into being
    opened: Mapping[str, str] = {}  # token account → owner
    closed: Mapping[str, str] = {}  # token account that was closed → who closed it: its owner
    burned: frozenset[str] = frozenset()  # mints
    minted: frozenset[str] = frozenset()  # mints
    orders: tuple[tuple[str, ...], ...] = ()  # accounts of each instruction of an order program
    claims: frozenset[str] = frozenset()  # what it may make a claim of: liquidity, staking, lending
    claimants: frozenset[str] = frozenset()  # accounts of the instructions that do


class Transaction(Struct, frozen=True, gc=False, kw_only=True):
    """One transaction of the chain: signed balance changes, and the labels that give them meaning."""

    signature: str
    slot: int
    block_time: int  # unix seconds
    fee: int  # lamports
    fee_payer: str
    label: str = ""  # the provider's type, to show: SWAP, TRANSFER, …
    venue: str = ""  # the provider's source, to show: JUPITER, RAYDIUM, …
    accounts: Sequence[AccountChange] = ()
    native_transfers: Sequence[NativeTransfer] = ()
    token_transfers: Sequence[TokenTransfer] = ()
    index: int | None = None  # place inside the slot, where the provider knows it
    retold: bool = (
        False  # its balance changes are not the provider's own, but put together from its transfers
    )

    @property
    def failed(self) -> bool:
        """Whether the chain refused it; only its fee was paid then."""
        return False

    def facts(self) -> Facts:
        """What the instructions say; read only where balances alone leave a question open."""
        return Facts()

    def balances_of(self, wallet: str) -> Sequence[HeldBalance]:
        """What the wallet and its token accounts in this transaction held before and after it, where the form says."""
        return ()
