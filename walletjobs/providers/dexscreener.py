"""DexScreener: what a token's deepest market says of it.

Source: https://docs.dexscreener.com/api/reference (tokens/v1)
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation

import msgspec
import redis
import requests
from msgspec import Raw, Struct

from walletjobs.config import ProviderConfig
from walletjobs.core.text import MAX_NAME, MAX_SYMBOL, clean_text
from walletjobs.core.token import Market, Metadata, sane_price
from walletjobs.core.urls import clean_image_url
from walletjobs.errors import ProviderUnavailable
from walletjobs.providers.http import Call, Pace, Provider, session
from walletjobs.providers.limiter import Limiter, OnWait

BATCH = 30  # mints, the most that one call takes
NAME = "DexScreener"
_NOTHING = Decimal(0)


class _Token(Struct):
    address: str
    name: str | None = None
    symbol: str | None = None


class _Liquidity(Struct):
    usd: Decimal | None = None


class _Info(Struct, rename="camel"):
    image_url: str | None = None


class _Pair(Struct, rename="camel"):
    base_token: _Token
    price_usd: str | None = None
    liquidity: _Liquidity | None = None
    info: _Info | None = None

    @property
    def depth(self) -> Decimal:
        """US dollars in the pool; none where it does not say."""
        depth = self.liquidity.usd if self.liquidity else None
        return depth if depth is not None and depth.is_finite() else _NOTHING


_PAIRS = msgspec.json.Decoder(list[Raw])
_PAIR = msgspec.json.Decoder(_Pair)


class DexScreenerClient:
    """DexScreener under the budget that all processes share."""

    def __init__(self, config: ProviderConfig, pace: Pace, http: requests.Session | None = None) -> None:
        self._config = config
        self._provider = Provider(NAME, http or session(), pace)

    def tokens(self, mints: Sequence[str]) -> dict[str, Market | None]:
        """The deepest market of up to BATCH mints; None for those that have none.

        Raises: ProviderUnavailable, RateLimited, QuotaExhausted, ProviderRefused.
        """
        url = f"{self._config.dexscreener_url}/tokens/v1/solana/{','.join(mints)}"
        pairs = self._provider.ask(Call("GET", url), read_pairs)
        return {mint: deepest(mint, pairs) for mint in mints}


def pace(client: redis.Redis, config: ProviderConfig, on_wait: OnWait | None = None) -> Pace:
    """The budget of this machine's address, which DexScreener counts by."""
    return Pace(Limiter(client, "dexscreener", config.dexscreener_rate), on_wait)


def read_pairs(body: bytes) -> list[_Pair]:
    """The pools of an answer, without those that are not what they should be.

    Raises: ProviderUnavailable for an answer that is no list.
    """
    try:
        return list(_readable(_PAIRS.decode(body)))
    except msgspec.MsgspecError as error:
        raise ProviderUnavailable(f"{NAME} answered with nonsense: {error}") from error


def _readable(entries: Iterable[Raw]) -> Iterable[_Pair]:
    for entry in entries:
        try:
            yield _PAIR.decode(entry)
        except msgspec.MsgspecError:
            continue  # one pair that is not what it should be says nothing about the others


def deepest(mint: str, pairs: Iterable[_Pair]) -> Market | None:
    """The deepest of the pools whose base is the mint: where it is the quote, the price is another token's."""
    own = [pair for pair in pairs if pair.base_token.address == mint]
    if not own:
        return None
    pair = max(own, key=lambda pair: pair.depth)
    return Market(
        metadata=Metadata(
            mint=mint,
            symbol=clean_text(pair.base_token.symbol, MAX_SYMBOL),
            name=clean_text(pair.base_token.name, MAX_NAME),
            image_url=clean_image_url(pair.info.image_url) if pair.info else None,
        ),
        price_usd=_price(pair.price_usd),
        liquidity_usd=sane_price(pair.depth),
    )


def _price(text: str | None) -> Decimal | None:
    try:
        return sane_price(Decimal(text)) if text else None
    except InvalidOperation:
        return None
