"""Find out what the world says of tokens: names, images, markets, prices."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import redis
from psycopg import Connection

from walletjobs.config import ProviderConfig
from walletjobs.core.address import is_address
from walletjobs.core.units import WRAPPED_SOL
from walletjobs.db.connection import translated
from walletjobs.db.tokens import Ages, Token, TokenRepository
from walletjobs.errors import (
    ProviderRefused,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
    WalletjobsError,
)
from walletjobs.providers import dexscreener, helius, http, jupiter
from walletjobs.providers.limiter import OnWait

#: Hears of tokens as they become known: those of a batch, how many are known by now, of how many.
OnTokens = Callable[[Sequence[Token], int, int], None]

#: Tokens that one event tells of at most.
EVENT = 100
_DOWN = (ProviderUnavailable, RateLimited, QuotaExhausted, ProviderRefused)


@dataclass(frozen=True, slots=True)
class Sources:
    """Who is asked."""

    helius: helius.HeliusClient
    dexscreener: dexscreener.DexScreenerClient
    jupiter: jupiter.JupiterClient

    @classmethod
    def shared(cls, client: redis.Redis, config: ProviderConfig, on_wait: OnWait | None = None) -> Self:
        """All of them, under the budgets that every process on one Redis shares."""
        opened = http.session()
        limits = helius.HeliusLimits.shared(client, config, on_wait)
        return cls(
            helius.HeliusClient(config, limits, opened),
            dexscreener.DexScreenerClient(config, dexscreener.pace(client, config, on_wait), opened),
            jupiter.JupiterClient(config, jupiter.pace(client, config, on_wait), opened),
        )


@dataclass(frozen=True, slots=True)
class EnrichmentReceipt:
    """What became known, and what is missing because a provider failed."""

    total: int
    enriched: int  # tokens with a name or a price
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # provider → mints it owes
    reasons: Mapping[str, str] = field(default_factory=dict)  # provider → why


@dataclass(frozen=True, slots=True)
class _Round:
    """One provider's turn."""

    name: str
    due: Sequence[str]
    batch: int
    ask: Callable[[Sequence[str]], Mapping[str, Any]]
    store: Callable[[str, Mapping[str, Any]], None]


@translated()
def enrich(
    mints: Collection[str],
    sources: Sources,
    connection: Connection[Any],
    on_tokens: OnTokens,
    ages: Ages | None = None,
) -> EnrichmentReceipt:
    """Ask for what is unknown or too old, batch by batch; each batch is stored and told before the next one.

    What is no address is left out: one of them would have a provider refuse the others of its batch.
    A provider that fails is not asked again, and what it owes is in the receipt.
    Raises: a provider's error, where nobody answered and nothing was known before; DatabaseUnavailable,
    QueueUnavailable, and what ``on_tokens`` raises.
    """
    tokens = TokenRepository(connection)
    teller = _Teller(tokens, mints, on_tokens)
    rounds = _rounds(tokens, sources, [*teller.mints, WRAPPED_SOL], ages or Ages())
    teller.tell(teller.mints)  # what is known already, old or not
    failures: dict[str, WalletjobsError] = {}
    missing: dict[str, tuple[str, ...]] = {}
    answered = False
    for turn in rounds:
        owed = tuple(turn.due)
        try:
            while owed:
                batch, rest = owed[: turn.batch], owed[turn.batch :]
                turn.store(turn.name, turn.ask(batch))
                answered, owed = True, rest
                teller.tell(batch)
        except _DOWN as error:
            failures[turn.name], missing[turn.name] = error, owed
    if failures and not answered and not teller.known:
        raise next(iter(failures.values()))
    reasons = {name: error.detail for name, error in failures.items()}
    return EnrichmentReceipt(len(teller.mints), len(teller.known), missing, reasons)


def _rounds(
    tokens: TokenRepository, sources: Sources, mints: Sequence[str], ages: Ages
) -> tuple[_Round, ...]:
    due = tokens.due(mints, ages)
    return (
        _Round(
            helius.NAME.lower(), due.metadata, helius.ASSETS, sources.helius.assets, tokens.store_metadata
        ),
        _Round(
            dexscreener.NAME.lower(),
            due.market,
            dexscreener.BATCH,
            sources.dexscreener.tokens,
            tokens.store_markets,
        ),
        _Round(jupiter.NAME.lower(), due.price, jupiter.BATCH, sources.jupiter.prices, tokens.store_prices),
    )


class _Teller:
    """Tells of tokens as they become known, and counts them."""

    def __init__(self, tokens: TokenRepository, mints: Collection[str], on_tokens: OnTokens) -> None:
        self.mints = [mint for mint in dict.fromkeys(mints) if is_address(mint)]
        self.known: set[str] = set()
        self._wanted = frozenset(self.mints)
        self._tokens = tokens
        self._on_tokens = on_tokens

    def tell(self, mints: Sequence[str]) -> None:
        """Tell of those of the mints that something is known of, EVENT at a time."""
        found = self._tokens.find([mint for mint in mints if mint in self._wanted])
        told = [found[mint] for mint in mints if mint in found and _says_something(found[mint])]
        for start in range(0, len(told), EVENT):
            part = told[start : start + EVENT]
            self.known.update(token.mint for token in part)
            self._on_tokens(part, len(self.known), len(self.mints))


def _says_something(token: Token) -> bool:
    return token.symbol is not None or token.name is not None or token.price_usd is not None
