"""Jupiter: prices of tokens.

Source: https://dev.jup.ag/docs/price (v3)
"""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
import redis
import requests
from msgspec import Raw, Struct

from walletjobs.config import ProviderConfig
from walletjobs.core.token import sane_price
from walletjobs.errors import ProviderUnavailable
from walletjobs.providers.http import Call, Pace, Provider, session
from walletjobs.providers.limiter import Limiter, OnWait

BATCH = 50  # mints, the most that one call takes
NAME = "Jupiter"


class _Price(Struct, rename="camel"):
    usd_price: Decimal | None = None


_PRICES = msgspec.json.Decoder(dict[str, Raw])
_PRICE = msgspec.json.Decoder(_Price)


class JupiterClient:
    """Jupiter under the budget that all processes share."""

    def __init__(self, config: ProviderConfig, pace: Pace, http: requests.Session | None = None) -> None:
        self._config = config
        self._provider = Provider(NAME, http or session(), pace)

    def prices(self, mints: Sequence[str]) -> dict[str, Decimal | None]:
        """The price of up to BATCH mints; None for those that have none.

        Units: US dollars a whole token.
        Raises: ProviderUnavailable, RateLimited, QuotaExhausted, ProviderRefused.
        """
        key = {"x-api-key": self._config.jupiter_api_key} if self._config.jupiter_api_key else {}
        call = Call("GET", f"{self._config.jupiter_url}/price/v3", {"ids": ",".join(mints)}, headers=key)
        found = self._provider.ask(call, read_prices)
        return {mint: found.get(mint) for mint in mints}


def pace(client: redis.Redis, config: ProviderConfig, on_wait: OnWait | None = None) -> Pace:
    """The budget of this machine's address, or of its key."""
    return Pace(Limiter(client, "jupiter", config.jupiter_rate), on_wait)


def read_prices(body: bytes) -> dict[str, Decimal | None]:
    """The prices of an answer; None for those that are none.

    Raises: ProviderUnavailable for an answer that is no table.
    """
    try:
        return {mint: _price(entry) for mint, entry in _PRICES.decode(body).items()}
    except msgspec.MsgspecError as error:
        raise ProviderUnavailable(f"{NAME} answered with nonsense: {error}") from error


def _price(entry: Raw) -> Decimal | None:
    try:
        return sane_price(_PRICE.decode(entry).usd_price)
    except msgspec.MsgspecError:
        return None  # null, or one price that is none
