"""The settings of a process, read once from the environment, loud on bad values."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Self
from urllib.parse import urlsplit

from walletjobs.errors import InvalidSetting

#: Requests a second by Helius plan: (RPC bucket, DAS and enhanced bucket).
#: Source: https://www.helius.dev/docs/billing/rate-limits
HELIUS_PLANS = {"free": (10, 2), "developer": (50, 10), "business": (200, 50), "professional": (500, 100)}

#: Ways to read a wallet's history, each with what to try where a key's plan does not include it: by slots, many calls
#: at a time (getTransactionsForAddress); page after page (enhanced); by signatures, which are then parsed.
HELIUS_ROUTES = ("slots", "pages", "signatures")

#: How the names end of counts that nothing would work with if they were 0.
NEVER_ZERO = ("_rate", "_processes", "_threads", "_sockets", "_transactions", "_per_minute", "_page")


SHORTEST_SECRET = 16  # letters of a secret that we choose


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """Where providers answer, and how much we may ask of them."""

    helius_api_key: str = field(default="", repr=False)
    helius_rpc_url: str = "https://mainnet.helius-rpc.com"
    helius_rest_url: str = "https://api-mainnet.helius-rpc.com"
    helius_rpc_rate: int = 10  # requests a second
    helius_rest_rate: int = 2  # requests a second: DAS and enhanced together
    helius_route: str = "pages"  # one of HELIUS_ROUTES
    helius_full_page: int = 100  # transactions that a page by slots may hold
    dexscreener_url: str = "https://api.dexscreener.com"
    dexscreener_rate: int = 5  # requests a second
    jupiter_url: str = "https://lite-api.jup.ag"
    jupiter_api_key: str = field(default="", repr=False)
    jupiter_rate: int = 1  # requests a second
    binance_url: str = "https://data-api.binance.vision"
    binance_rate: int = 10  # requests a second
    coinbase_url: str = "https://api.exchange.coinbase.com"
    coinbase_rate: int = 5  # requests a second


@dataclass(frozen=True, slots=True)
class Config:
    """Every setting; ``from_env`` reads the variable of the same name in capitals."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    providers: ProviderConfig = ProviderConfig()
    use_dashboard_job_system: bool = False
    analysis_max_transactions: int = 50_000  # per wallet and analysis
    freshness_hours: int = 24
    exchange_list: str = ""  # a CSV file of addresses and names, instead of ours
    analyses_per_minute: int = 5  # per key or client
    helius_webhook_secret: str = field(default="", repr=False)  # what deliveries show; empty refuses them
    api_auth: str = "off"  # "off" binds to loopback only
    admin_api_key: str = field(default="", repr=False)  # guards /ops/rq; empty closes it
    ops_allow_actions: bool = False  # rq-dashboard may requeue and delete, not only show
    trusted_proxies: int = 0  # hops in front of us whose X-Forwarded-For we believe
    allowed_origins: tuple[str, ...] = ()  # of websockets, beside our own
    max_sockets: int = 80  # per web process
    host: str = "127.0.0.1"
    port: int = 8000
    web_processes: int = 2
    web_threads: int = 100
    worker_pool: str = (
        "analysis-operations wallet-operations enrichment-operations maintenance,analysis-background"
    )
    retention_days: int = 90  # ended jobs and batches are kept so long; 0: for ever
    log_format: str = "text"  # "text" or "json"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """The settings of this process.

        Raises: InvalidSetting that names the variable.
        """
        settings: dict[str, object] = {
            "database_url": _database_url(environ),
            "redis_url": _url(environ, "REDIS_URL", ("redis", "rediss", "unix")),
            "providers": _providers(environ),
        }
        for entry in fields(cls):
            name = entry.name.upper()
            if entry.name not in settings and environ.get(name, "") != "":
                settings[entry.name] = _read(name, environ[name], entry.default)
        config = cls(**settings)  # type: ignore[arg-type]
        config._check()
        return config

    def _check(self) -> None:
        if self.api_auth not in ("off", "on"):
            raise InvalidSetting(f"API_AUTH is {self.api_auth!r}; use 'on' or 'off'")
        if self.log_format not in ("text", "json"):
            raise InvalidSetting(f"LOG_FORMAT is {self.log_format!r}; use 'text' or 'json'")
        if self.providers.helius_route not in HELIUS_ROUTES:
            raise InvalidSetting(
                f"HELIUS_ROUTE is {self.providers.helius_route!r}; use one of {', '.join(HELIUS_ROUTES)}"
            )
        if self.providers.helius_full_page > 1000:
            raise InvalidSetting(f"HELIUS_FULL_PAGE is {self.providers.helius_full_page}; the most is 1000")
        if 0 < len(self.helius_webhook_secret) < SHORTEST_SECRET:
            raise InvalidSetting(f"HELIUS_WEBHOOK_SECRET is too short; use {SHORTEST_SECRET} letters or more")
        if self.port > 65535:
            raise InvalidSetting(f"PORT is {self.port}; the last one is 65535")
        for owner in (self, self.providers):
            for entry in fields(owner):
                if entry.name.endswith(NEVER_ZERO) and getattr(owner, entry.name) == 0:
                    raise InvalidSetting(f"{entry.name.upper()} is 0; use 1 or more")


def _providers(environ: Mapping[str, str]) -> ProviderConfig:
    plan = environ.get("HELIUS_PLAN") or "free"
    if plan not in HELIUS_PLANS:
        raise InvalidSetting(f"HELIUS_PLAN is {plan!r}; use one of {', '.join(HELIUS_PLANS)}")
    rpc_rate, rest_rate = HELIUS_PLANS[plan]
    settings: dict[str, object] = {
        "helius_rpc_rate": rpc_rate,
        "helius_rest_rate": rest_rate,
        "helius_route": "pages" if plan == "free" else "slots",
    }
    for entry in fields(ProviderConfig):
        name = entry.name.upper()
        if environ.get(name, "") != "":
            settings[entry.name] = _read(name, environ[name], entry.default)
            if name.endswith("_URL"):
                settings[entry.name] = _url(environ, name, ("http", "https")).rstrip("/")
    return ProviderConfig(**settings)  # type: ignore[arg-type]


def _read(name: str, text: str, default: object) -> object:
    if isinstance(default, bool):
        if text.lower() not in ("true", "false", "1", "0"):
            raise InvalidSetting(f"{name} is {text!r}; use 'true' or 'false'")
        return text.lower() in ("true", "1")
    if isinstance(default, int):
        if not text.isascii() or not text.isdigit():
            raise InvalidSetting(f"{name} is {text!r}; use a whole number, 0 or more")
        return int(text)
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _database_url(environ: Mapping[str, str]) -> str:
    url = _url(environ, "DATABASE_URL", ("postgres", "postgresql"))
    return url.replace("postgres://", "postgresql://", 1)  # Heroku's spelling


def _url(environ: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str:
    url = environ.get(name, "")
    if not url:
        raise InvalidSetting(f"{name} is not set")
    if urlsplit(url).scheme not in schemes:
        raise InvalidSetting(f"{name} must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    return url
