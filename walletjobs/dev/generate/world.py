"""The wallet's world while its history is invented: clock, purse, tokens with their pools and prices."""

from collections import Counter
from dataclasses import dataclass, field, replace
from math import exp
from random import Random

from walletjobs.dev.generate.books import TokenBook
from walletjobs.dev.generate.draft import RENT, TOKEN_2022, Coin, Draft, Head, Holder
from walletjobs.dev.generate.names import Names

LAMPORTS = 1_000_000_000  # in a SOL
SLOT_SECONDS = 0.4
#: Jito's tip accounts are public. Source: Jito documentation, ``getTipAccounts``.
TIP_ACCOUNTS = (
    "96gYZGLnJYVFmbjzopPSU6QiEV5fGqZNyN9nmNhvrZU5",
    "HFqU5x63VTqvQss8hp11i4wVV8bD44PvwucfZ2bU7gRe",
    "Cw8CFyM9FkoMi7K7Crf6HNQqf4uEMzpKw6QNghXLvLkY",
    "ADaUMid9yfUytqMBgopwjb2DTLSokTSzL1zt6iGPaS49",
)
#: Label and program of the venues. Source: the programs' own addresses.
VENUES = {
    "PUMP_FUN": "6EF8rrecthR5Dkzon8Nwu78hRvfCKubJ14M5uBEwF6P",
    "PUMP_AMM": "pAMMBay6oceH9fJKBRHGP5D4bD4sWpmSwMn52FMfXEA",
    "RAYDIUM": "675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8",
    "METEORA": "LBUZKhRxPF3XUpBCjp4YzTKgLccjZhTSDM9YuVaPwxo",
    "JUPITER": "JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4",
}
RENT_2022 = 2_074_080  # lamports: an account of Token-2022 with its immutable owner


@dataclass(slots=True)
class Pool:
    """A market of one token: whoever owns both vaults is the counterparty."""

    owner: str
    vault: Holder
    sol_vault: Holder
    venue: str

    @property
    def curve(self) -> bool:
        """Whether it takes native SOL, as a bonding curve does."""
        return self.venue == "PUMP_FUN"


@dataclass(slots=True)
class Token:
    """A token as the wallet meets it."""

    coin: Coin
    pool: Pool
    account: Holder  # the wallet's
    first_price: float  # lamports a base unit
    price: float  # now
    book: TokenBook
    held: int = 0  # base units in the account, those from before the history among them
    open: bool = False
    before: int = 0  # base units held since before the history begins
    pooled: int = 0  # base units in a pool of liquidity
    withheld: int = 0  # basis points of every transfer (Token-2022)

    @property
    def rent(self) -> int:
        """Lamports that its account deposits."""
        return RENT_2022 if self.coin.program == TOKEN_2022 else RENT


@dataclass(frozen=True, slots=True)
class Order:
    """Tokens in escrow, for a keeper to sell."""

    token: Token
    account: str  # of the order itself; it owns the escrow
    escrow: Holder
    quantity: int  # base units


@dataclass(frozen=True, slots=True)
class Line:
    """What an event truly is: one line of the true ledger, told by whoever invented it."""

    kind: str
    components: Counter[str] = field(default_factory=Counter)  # lamports, signed
    rent_locked: int = 0  # lamports
    tokens: dict[str, int] = field(default_factory=dict)  # mint → base units, signed
    decimals: dict[str, int] = field(default_factory=dict)
    value: int | None = None  # lamports
    traps: tuple[str, ...] = ()

    def tagged(self, *traps: str) -> "Line":
        """The same, with traps that it springs."""
        return replace(self, traps=(*self.traps, *(trap for trap in traps if trap not in self.traps)))


class World:
    """State and chance; everything that follows is drawn from one seed."""

    def __init__(self, seed: int, mints: int, wallet: str = "") -> None:
        self.random = Random(seed)
        self.names = Names(self.random)
        self.wallet = wallet or self.names.address()
        self.slot = 320_000_000
        self.time = 1_740_000_000
        self.purse = 0  # lamports of the wallet itself
        self.mints = mints
        self.tokens: list[Token] = []
        self.books: dict[str, TokenBook] = {}
        self.own: dict[str, None] = {}  # token accounts of the wallet
        self.bot = self.names.address()  # takes the trading bot's fee
        self.curve_fees = self.names.address()  # takes the bonding curve's fee
        self.friends = [self.names.address() for _ in range(12)]
        self.wrapped = Holder(self.names.address(), self.wallet)  # the wallet's lasting wrapped SOL account
        self.own[self.wrapped.account] = None
        self.wrapped_open = False
        self.wrapped_held = 0  # lamports in it, without its rent
        self.orders: list[Order] = []
        self.staked: Token | None = None  # the token of a stake pool
        self.together = False  # the next transaction shares its slot with the last one
        self.brief = False  # transactions without instructions, but for those that tell

    def chance(self, probability: float) -> bool:
        """Whether it happens this time."""
        return self.random.random() < probability

    def head(self, payer: str = "") -> Head:
        """The next transaction: often seconds later, sometimes in the same slot, sometimes after a night."""
        draw = self.random.random()
        if draw > 0.12 and not self.together:
            seconds = self.random.expovariate(1 / (30_000 if draw > 0.995 else 60))
            self.slot += 1 + int(seconds / SLOT_SECONDS)
            self.time += 1 + int(seconds)
        self.together = False
        fee = 5000 + (self.random.randrange(200_000) if self.chance(0.8) else 0)
        return Head(self.names.signature(), self.slot, self.time, payer or self.wallet, fee)

    def pass_days(self, days: int) -> None:
        """Nothing happens for so long."""
        self.time += days * 86_400
        self.slot += int(days * 86_400 / SLOT_SECONDS)

    def pool(self) -> Pool:
        """A new market."""
        owner = self.names.address()
        vaults = Holder(self.names.address(), owner), Holder(self.names.address(), owner)
        return Pool(owner, *vaults, self.random.choice([name for name in VENUES if name != "JUPITER"]))

    def move_to_pool(self, token: Token) -> None:
        """The token's trades go on in another pool, which takes wrapped SOL."""
        token.pool = self.pool()
        while token.pool.curve:
            token.pool = self.pool()

    def launch(self, coin: Coin | None = None, withheld: int = 0, before: bool = False) -> Token:
        """A token that the wallet has not met in this history; ``before``: surely held since before it."""
        coin = coin or Coin(self.names.address(), self.random.choice((6, 6, 6, 6, 9, 5)))
        account = Holder(self.names.address(), self.wallet)
        price = 10 ** self.random.uniform(-2.5, 1.0) * 10 ** (6 - coin.decimals)
        book = TokenBook(coin.mint, coin.decimals)
        token = Token(coin, self.pool(), account, price, price, book, withheld=withheld)
        if (
            self.chance(0.06) or before
        ):  # held since before the history begins: will be sold beyond what was bought
            token.held = token.before = int(self.random.uniform(0.2, 3.0) * LAMPORTS / price) + 1
            token.open = True
        self.tokens.append(token)
        self.books[coin.mint] = book
        self.own[account.account] = None
        return token

    def drift(self, token: Token) -> None:
        """The price moves on."""
        token.price *= exp(self.random.gauss(-0.03, 0.3))
        token.price = min(max(token.price, token.first_price / 100), token.first_price * 20)

    def holding(self) -> Token | None:
        """A token the wallet holds, rather a recent one."""
        for _ in range(12):
            if not self.tokens:
                return None
            at = len(self.tokens) - 1 - int(min(self.random.expovariate(1 / 8), len(self.tokens) - 1))
            if self.tokens[at].held:
                return self.tokens[at]
        return None

    def draft(self, label: str, venue: str, payer: str = "") -> Draft:
        """A new transaction."""
        draft = Draft(self.head(payer), label, venue)
        draft.brief = self.brief
        return draft

    def temporary(self) -> Holder:
        """A token account of the wallet that ends with its transaction."""
        return Holder(self.names.address(), self.wallet)


def decimals_of(*tokens: Token) -> dict[str, int]:
    """By mint."""
    return {token.coin.mint: token.coin.decimals for token in tokens}
