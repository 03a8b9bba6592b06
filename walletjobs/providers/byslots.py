"""``getTransactionsForAddress``, which lists a history by slots: its parameters and its answers.

Source: https://www.helius.dev/docs/rpc/gettransactionsforaddress
"""

from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw, Struct

from walletjobs.core.history import Page, Row, Slots
from walletjobs.core.parts import TOP
from walletjobs.errors import ProviderUnavailable
from walletjobs.providers.listing import MINT, Signature, Slot

METHOD = "getTransactionsForAddress"
LISTED = 1000  # the most signatures that one call lists
CREDITS = 10  # a call; source: https://www.helius.dev/docs/billing/credits


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of an address's history is asked for."""

    address: str
    slots: Slots
    limit: int
    token: str | None = None  # where the page before ended
    ascending: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A signature as a provider lists it."""

    signature: str
    slot: int
    block_time: int | None  # unix seconds


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of signatures, in the order asked for."""

    entries: tuple[Listing, ...]
    token: str | None  # None: the last page


@dataclass(frozen=True, slots=True)
class Full:
    """A page of whole transactions, newest first."""

    page: Page
    token: str | None  # None: the last page


class _Entry(Struct, rename="camel"):
    signature: Signature
    slot: Slot
    block_time: int | None = None


class _Listed(Struct, rename="camel"):
    data: list[_Entry]
    pagination_token: str | None = None


class _Full(Struct, rename="camel"):
    data: list[Raw]
    pagination_token: str | None = None


_LISTED = msgspec.json.Decoder(_Listed)
_FULL = msgspec.json.Decoder(_Full)


class _Amount(Struct):
    amount: str


class _TokenBalance(Struct, rename="camel"):
    account_index: int
    mint: str
    ui_token_amount: _Amount
    owner: str | None = None


class _Meta(Struct, rename="camel"):
    pre_token_balances: list[_TokenBalance] | None = None
    post_token_balances: list[_TokenBalance] | None = None


class _Signed(Struct):
    signatures: list[Signature]


class _Transaction(Struct, rename="camel"):
    slot: Slot
    transaction: _Signed
    meta: _Meta
    block_time: int | None = None
    transaction_index: int = 0


_TRANSACTION = msgspec.json.Decoder(_Transaction)


def params(asked: Asked, *, full: bool) -> list[Any]:
    """The method's parameters, for whole transactions or for signatures."""
    options: dict[str, Any] = {
        "transactionDetails": "full" if full else "signatures",
        "sortOrder": "asc" if asked.ascending else "desc",
        "limit": asked.limit,
        "commitment": "finalized",  # what is only confirmed may yet vanish
        # else transfers that touch only token accounts are missing
        "filters": {"tokenAccounts": "balanceChanged", **_slot_filter(asked.slots)},
    }
    if full:
        options |= {"encoding": "jsonParsed", "maxSupportedTransactionVersion": 0}
    if asked.token is not None:
        options["paginationToken"] = asked.token
    return [asked.address, options]


def _slot_filter(slots: Slots) -> dict[str, dict[str, int]]:
    """The bounds that leave something out."""
    bounds = {"gte": slots.first} if slots.first else {}
    bounds |= {"lte": slots.last} if slots.last < TOP else {}
    return {"slot": bounds} if bounds else {}


def read_listed(name: str, result: Raw, asked: Asked) -> Listed:
    """The signatures of an answer, each once.

    Raises: ProviderUnavailable where it is not what was asked for.
    """
    try:
        answer = _LISTED.decode(result)
    except msgspec.MsgspecError as error:
        raise ProviderUnavailable(f"{name} answered with nonsense: {error}") from error
    entries = {each.signature: Listing(each.signature, each.slot, each.block_time) for each in answer.data}
    _check_slots(name, [entry.slot for entry in entries.values()], asked)
    return Listed(tuple(entries.values()), answer.pagination_token)


def read_full(name: str, result: Raw, asked: Asked) -> Full:
    """The transactions of an answer, each once, as they came.

    Raises: ProviderUnavailable where it, or one of its entries, is not what was asked for.
    """
    try:
        answer = _FULL.decode(result)
        rows = [_row(bytes(entry), asked.address) for entry in answer.data]
    except msgspec.MsgspecError as error:
        raise ProviderUnavailable(f"{name} answered with nonsense: {error}") from error
    rows.sort(key=lambda ranked: ranked[0], reverse=True)
    once = {row.signature: row for _, row in rows}
    _check_slots(name, [row.slot for row in once.values()], asked)
    return Full(Page(tuple(once.values()), "rpc"), answer.pagination_token)


def _check_slots(name: str, slots: list[int], asked: Asked) -> None:
    if any(slot not in asked.slots for slot in slots):
        raise ProviderUnavailable(f"{name} answered with slots that were not asked for.")


def _row(raw: bytes, address: str) -> tuple[tuple[int, int], Row]:
    """A transaction with its place in the chain."""
    read = _TRANSACTION.decode(raw)
    if not read.transaction.signatures:
        raise msgspec.ValidationError("a transaction without a signature")
    mints = frozenset(_mints(read.meta, address))
    row = Row(read.transaction.signatures[0], read.slot, read.block_time, raw, mints)
    return (read.slot, read.transaction_index), row


def _mints(meta: _Meta, address: str) -> set[str]:
    """Tokens of which an account of the address holds more or less than before."""
    before, after = (
        {
            (held.account_index, held.mint): held.ui_token_amount.amount
            for held in balances or ()
            if held.owner == address
        }
        for balances in (meta.pre_token_balances, meta.post_token_balances)
    )
    changed = (key for key in before | after if before.get(key, "0") != after.get(key, "0"))
    return {mint for _, mint in changed if MINT.fullmatch(mint)}
