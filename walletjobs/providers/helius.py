"""Helius: histories, balances and assets, over REST and JSON-RPC.

Source: https://www.helius.dev/docs/api-reference
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, TypeVar

import msgspec
import redis
import requests
from msgspec import Struct

from walletjobs.config import ProviderConfig
from walletjobs.core.balance import Balance, native
from walletjobs.core.classes import Account
from walletjobs.core.history import Page, Row
from walletjobs.core.token import Metadata
from walletjobs.errors import ProviderUnavailable
from walletjobs.providers import byslots, das, jsonrpc, listing
from walletjobs.providers.byslots import Asked, Full, Listed, Listing
from walletjobs.providers.http import ATTEMPTS, BACKOFF, READ_TIMEOUT, Call, Meter, Pace, Provider, session
from walletjobs.providers.limiter import Limiter, OnWait

T = TypeVar("T")

PAGE = 100  # transactions, the most that one call lists or parses
SIGNATURES = 1000  # the most that one call of getSignaturesForAddress lists
ASSETS = 1000  # the most that one call of getAssetBatch takes
#: Stretches that a filtered search may go on for inside one call of ours.
MAX_STRETCHES = 1000
NAME = "Helius"
#: Credits of a call; RPC methods that are not named here cost 1.
#: Source: https://www.helius.dev/docs/billing/credits
ENHANCED_CREDITS, LISTING_CREDITS = 100, 10
_CREDITS = {byslots.METHOD: byslots.CREDITS, "getSignaturesForAddress": LISTING_CREDITS, "getAssetBatch": 10}

_TOKEN_PROGRAMS = (
    "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
    "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb",
)


@dataclass(frozen=True, slots=True)
class HeliusLimits:
    """The two budgets of a key, and who hears of waiting for them."""

    rpc: Limiter
    rest: Limiter  # DAS and enhanced
    on_wait: OnWait | None = None
    backoff: float = BACKOFF  # seconds
    timeout: float = READ_TIMEOUT  # seconds between two bytes of an answer

    @classmethod
    def shared(cls, client: redis.Redis, config: ProviderConfig, on_wait: OnWait | None = None) -> Self:
        """The budgets that all processes with this key share on one Redis; the key's digest names them."""
        digest = hashlib.sha256(config.helius_api_key.encode()).hexdigest()[:12]
        return cls(
            rpc=Limiter(client, f"helius:{digest}:rpc", config.helius_rpc_rate),
            rest=Limiter(client, f"helius:{digest}:rest", config.helius_rest_rate),
            on_wait=on_wait,
        )


class _Listing(Struct, rename="camel"):
    signature: listing.Signature
    slot: listing.Slot
    block_time: int | None = None


class _Context(Struct):
    slot: int


class _NativeBalance(Struct):
    context: _Context
    value: int


class _TokenAmount(Struct):
    amount: str
    decimals: int


class _AccountInfo(Struct, rename="camel"):
    mint: str
    token_amount: _TokenAmount


class _Parsed(Struct):
    info: _AccountInfo


class _Data(Struct):
    parsed: _Parsed


class _Account(Struct):
    data: _Data


class _TokenAccount(Struct):
    account: _Account


class _TokenAccounts(Struct):
    context: _Context
    value: list[_TokenAccount]


class _AccountState(Struct):
    value: Account | None


_LISTINGS = msgspec.json.Decoder(list[_Listing])
_NATIVE_BALANCE = msgspec.json.Decoder(_NativeBalance)
_TOKEN_ACCOUNTS = msgspec.json.Decoder(_TokenAccounts)
_ACCOUNT_STATE = msgspec.json.Decoder(_AccountState)
_RAW = msgspec.json.Decoder(msgspec.Raw)


class HeliusClient:
    """One key's access to Helius; several threads may share it."""

    def __init__(
        self, config: ProviderConfig, limits: HeliusLimits, http: requests.Session | None = None
    ) -> None:
        self.config = config
        self._limits = limits
        self._http = http or session()
        self._key = {"api-key": config.helius_api_key} if config.helius_api_key else {}
        self.spent = Meter()
        pace = Pace(limits.rpc, limits.on_wait, limits.backoff, meter=self.spent, timeout=limits.timeout)
        self._rpc = Provider(NAME, self._http, pace)
        self._rest = Provider(NAME, self._http, replace(pace, limiter=limits.rest))

    def heard_by(self, on_wait: OnWait) -> "HeliusClient":
        """The same client, whose waiting ``on_wait`` hears of; what it spends is counted from here on."""
        return HeliusClient(self.config, replace(self._limits, on_wait=on_wait), self._http)

    def address_transactions(
        self,
        address: str,
        *,
        before: str | None = None,
        after: str | None = None,
        ascending: bool = False,
        limit: int = PAGE,
    ) -> Page:
        """Up to ``limit`` neighbours of the history next to a signature, newest first in the page.

        A short page says nothing; only an empty one says that the provider lists no more in this direction.
        Raises: ProviderUnavailable, RateLimited, QuotaExhausted, ProviderRefused.
        """
        params: dict[str, Any] = {
            **self._key,
            "limit": limit,
            "commitment": "finalized",
            "token-accounts": "balanceChanged",  # else transfers that touch only token accounts are missing
        }
        if ascending:
            params["sort-order"] = "asc"
        if after is not None:
            params["after-signature"] = after
        if before is not None:
            params["before-signature"] = before
        rows = self._search(address, params)
        newest_first = reversed(rows) if ascending else rows
        return Page(tuple(sorted(newest_first, key=lambda row: -row.slot)))

    def listed(self, asked: Asked) -> Listed:
        """Signatures of an address by slots, in the order asked for.

        Raises: NotOffered where the key's plan does not include it; ProviderUnavailable, …
        """
        call = self._rpc_call(byslots.METHOD, byslots.params(asked, full=False))
        return self._rpc.ask(call, lambda body: byslots.read_listed(NAME, _raw(body), asked))

    def full(self, asked: Asked) -> Full:
        """Whole transactions of an address by slots, newest first in the page.

        Raises: as ``listed``.
        """
        call = self._rpc_call(byslots.METHOD, byslots.params(asked, full=True))
        return self._rpc.ask(call, lambda body: byslots.read_full(NAME, _raw(body), asked))

    def parsed(self, listed: Sequence[Listing], address: str) -> Page:
        """Listed transactions in the order of their list; those that the provider leaves out are asked for again.

        Raises: ProviderUnavailable where a listed transaction is not served.
        """
        rows: dict[str, Row] = {}
        missing = [entry.signature for entry in listed]
        for _ in range(ATTEMPTS):
            rows |= self.parse_transactions(missing, address)
            missing = [entry.signature for entry in listed if entry.signature not in rows]
            if not missing:
                return Page(tuple(rows[entry.signature] for entry in listed))
        raise ProviderUnavailable(
            f"{NAME} lists {len(missing)} transactions that it does not serve, such as {missing[0]}."
        )

    def parse_transactions(self, signatures: Sequence[str], address: str = "") -> dict[str, Row]:
        """Those of the transactions that the provider serves, by signature; ``address`` says whose mints count."""
        url = f"{self.config.helius_rest_url}/v0/transactions"
        parsed: dict[str, Row] = {}
        for start in range(0, len(signatures), PAGE):
            wanted = list(signatures[start : start + PAGE])
            body = msgspec.json.encode({"transactions": wanted})
            headers = {"Content-Type": "application/json"}
            call = Call("POST", url, self._key, body, headers, credits=ENHANCED_CREDITS)
            rows = self._rest.ask(call, lambda answer: listing.read_some_rows(NAME, answer, address))
            parsed.update((row.signature, row) for row in rows if row.signature in wanted)
        return parsed

    def signatures(
        self, address: str, *, before: str | None = None, until: str | None = None, limit: int = SIGNATURES
    ) -> list[Listing]:
        """Signatures of an address, newest first; those that touch only its token accounts are not listed."""
        options = {"limit": limit, "before": before, "until": until, "commitment": "finalized"}
        given = {name: value for name, value in options.items() if value is not None}
        listed = self._call(self._rpc, "getSignaturesForAddress", [address, given], _LISTINGS)
        once = {entry.signature: entry for entry in listed}
        return [Listing(entry.signature, entry.slot, entry.block_time) for entry in once.values()]

    def account(self, address: str) -> Account | None:
        """What the chain says of the address itself; None where it knows no such account."""
        options = {"encoding": "base64", "dataSlice": {"offset": 0, "length": 0}, "commitment": "finalized"}
        found = self._call(self._rpc, "getAccountInfo", [address, options], _ACCOUNT_STATE)
        return found.value

    def native_balance(self, address: str) -> Balance:
        """The address's SOL, under the wrapped mint; what lies in token accounts is not in it."""
        found = self._call(self._rpc, "getBalance", [address, {"commitment": "finalized"}], _NATIVE_BALANCE)
        return native(found.value, found.context.slot)

    def token_balances(self, address: str) -> list[Balance]:
        """What each token account of the address holds, of both token programs."""
        balances: list[Balance] = []
        for program in _TOKEN_PROGRAMS:
            options = {"encoding": "jsonParsed", "commitment": "finalized"}
            params = [address, {"programId": program}, options]
            found = self._call(self._rpc, "getTokenAccountsByOwner", params, _TOKEN_ACCOUNTS)
            if not found.value:  # a busy node may answer with nothing: believed when it says so twice
                found = self._call(self._rpc, "getTokenAccountsByOwner", params, _TOKEN_ACCOUNTS)
            balances += (_balance(entry, found.context.slot) for entry in found.value)
        return balances

    def assets(self, mints: Sequence[str]) -> dict[str, Metadata | None]:
        """What DAS knows of up to ASSETS mints; None for those that it does not know."""
        if not mints:
            return {}
        entries = self._call(self._rest, "getAssetBatch", {"ids": list(mints)}, das.ENTRIES)
        return das.metadata_of(mints, entries)

    def _search(self, address: str, params: dict[str, Any]) -> list[Row]:
        url = f"{self.config.helius_rest_url}/v0/addresses/{address}/transactions"
        for _ in range(MAX_STRETCHES):
            call = Call("GET", url, params, readable=frozenset((200, 404)), credits=ENHANCED_CREDITS)
            try:
                return self._rest.ask(call, lambda answer: listing.read_rows(NAME, answer, address))
            except listing.SearchGoesOn as further:
                if params.get("before-signature") == further.signature:
                    break
                params = {**params, "before-signature": further.signature}
        raise ProviderUnavailable(f"{NAME} goes on searching without an end.")

    def _call(self, budget: Provider, method: str, params: Any, decoder: msgspec.json.Decoder[T]) -> T:
        call = self._rpc_call(method, params)
        return budget.ask(call, lambda answer: jsonrpc.result_of(NAME, answer, decoder))

    def _rpc_call(self, method: str, params: Any) -> Call:
        body = jsonrpc.request_body(method, params)
        headers = {"Content-Type": "application/json"}
        credits = _CREDITS.get(method, 1)
        return Call("POST", self.config.helius_rpc_url, self._key, body, headers, credits=credits)


def _raw(body: bytes) -> msgspec.Raw:
    return jsonrpc.result_of(NAME, body, _RAW)


def _balance(entry: _TokenAccount, slot: int) -> Balance:
    held = entry.account.data.parsed.info
    return Balance(held.mint, int(held.token_amount.amount), held.token_amount.decimals, slot)
