"""What paging needs of an enhanced transaction: where it stands in the history, and whose tokens moved.

The whole transaction is read later, from the same bytes, by the reader of its wire format.
"""

import re
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from walletjobs.core.history import Row
from walletjobs.errors import ProviderUnavailable

#: 64 bytes take 64 to 88 letters of base58.
Signature = Annotated[str, Meta(pattern="^[1-9A-HJ-NP-Za-km-z]{64,88}$")]
Slot = Annotated[int, Meta(ge=0, le=2**63 - 1)]

#: Feeds write words such as "native" where a mint belongs; one of them spoils a whole batch of questions.
MINT = re.compile(r"[1-9A-HJ-NP-Za-km-z]{32,44}")
_CONTINUE = re.compile(r"before-signature`? parameter set to ([1-9A-HJ-NP-Za-km-z]{64,88})")


class _Transfer(Struct, rename="camel"):
    mint: str = ""
    from_user_account: str | None = None
    to_user_account: str | None = None


class _TokenChange(Struct, rename="camel"):
    mint: str = ""
    user_account: str | None = None


class _Account(Struct, rename="camel"):
    token_balance_changes: list[_TokenChange] | None = None


class _Listed(Struct, rename="camel"):
    signature: Signature
    slot: Slot
    timestamp: int | None = None
    token_transfers: list[_Transfer] | None = None
    account_data: list[_Account] | None = None


class _Apology(Struct):
    error: str


_LIST = msgspec.json.Decoder(list[Raw])
_LISTED = msgspec.json.Decoder(_Listed)
_APOLOGY = msgspec.json.Decoder(_Apology)


class SearchGoesOn(Exception):
    """Nothing was found in one stretch of a filtered search; it goes on below a signature."""

    def __init__(self, signature: str) -> None:
        super().__init__(signature)
        self.signature = signature


def read_rows(name: str, body: bytes, address: str) -> list[Row]:
    """The transactions of an answer, as it lists them; those that it lists twice once.

    Raises: ProviderUnavailable where the answer, or one of its entries, is not what it should be;
    SearchGoesOn where the provider asks for another call.
    """
    try:
        entries = _LIST.decode(body)
        rows = [_row(bytes(entry), address) for entry in entries]
    except msgspec.MsgspecError as error:
        fault = f"{name} answered with nonsense: {error}"
    else:
        return list({row.signature: row for row in rows}.values())
    raise _apology(name, body) or ProviderUnavailable(fault)


def read_some_rows(name: str, body: bytes, address: str) -> list[Row]:
    """The transactions of an answer that may leave some out, as null or altogether.

    Raises: ProviderUnavailable as ``read_rows``.
    """
    try:
        return [_row(bytes(entry), address) for entry in _LIST.decode(body) if bytes(entry) != b"null"]
    except msgspec.MsgspecError as error:
        raise ProviderUnavailable(f"{name} answered with nonsense: {error}") from error


def _row(raw: bytes, address: str) -> Row:
    listed = _LISTED.decode(raw)
    return Row(listed.signature, listed.slot, listed.timestamp, raw, frozenset(_mints(listed, address)))


def _mints(listed: _Listed, address: str) -> set[str]:
    transfers = listed.token_transfers or ()
    moved = {move.mint for move in transfers if address in (move.from_user_account, move.to_user_account)}
    changes = (
        change for account in listed.account_data or () for change in account.token_balance_changes or ()
    )
    moved.update(change.mint for change in changes if change.user_account == address)
    return {mint for mint in moved if MINT.fullmatch(mint)}


def _apology(name: str, body: bytes) -> Exception | None:
    """The error object that comes in place of a list, if this is one."""
    try:
        said = _APOLOGY.decode(body).error
    except msgspec.MsgspecError:
        return None
    found = _CONTINUE.search(said)
    return SearchGoesOn(found[1]) if found else ProviderUnavailable(f"{name} answered with an error.")
