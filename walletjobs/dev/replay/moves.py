"""What one transaction moved, read from either wire form; for the replay server's index and balances."""

from dataclasses import dataclass

import msgspec

from walletjobs.errors import InvalidData


@dataclass(frozen=True, slots=True)
class TokenChange:
    """The change of one token account."""

    owner: str
    token_account: str
    mint: str
    amount: int  # base units, signed
    decimals: int


@dataclass(frozen=True, slots=True)
class AccountChange:
    """The change of one account that the transaction names."""

    account: str
    lamports: int  # signed
    tokens: tuple[TokenChange, ...]


@dataclass(frozen=True, slots=True)
class Moves:
    """Who paid, which accounts changed, and who is named in transfers."""

    fee_payer: str
    accounts: tuple[AccountChange, ...]
    parties: frozenset[str]  # named in transfers; says who took part where ``accounts`` is empty


class _RawAmount(msgspec.Struct):
    tokenAmount: str
    decimals: int


class _Change(msgspec.Struct):
    userAccount: str
    tokenAccount: str
    mint: str
    rawTokenAmount: _RawAmount


class _Account(msgspec.Struct):
    account: str
    nativeBalanceChange: int = 0
    tokenBalanceChanges: list[_Change] | None = None


class _Transfer(msgspec.Struct):
    fromUserAccount: str | None = None
    toUserAccount: str | None = None


class _Enhanced(msgspec.Struct):
    feePayer: str
    accountData: list[_Account] | None = None
    nativeTransfers: list[_Transfer] | None = None
    tokenTransfers: list[_Transfer] | None = None


class _Key(msgspec.Struct):
    pubkey: str


class _Message(msgspec.Struct):
    accountKeys: list[str | _Key]


class _Body(msgspec.Struct):
    message: _Message


class _Loaded(msgspec.Struct):
    writable: list[str] = []
    readonly: list[str] = []


class _UiAmount(msgspec.Struct):
    amount: str
    decimals: int


class _TokenBalance(msgspec.Struct):
    accountIndex: int
    mint: str
    uiTokenAmount: _UiAmount
    owner: str = ""


class _Meta(msgspec.Struct):
    preBalances: list[int]
    postBalances: list[int]
    preTokenBalances: list[_TokenBalance] | None = None
    postTokenBalances: list[_TokenBalance] | None = None
    loadedAddresses: _Loaded | None = None


class _Rpc(msgspec.Struct):
    transaction: _Body
    meta: _Meta


_enhanced = msgspec.json.Decoder(_Enhanced)
_rpc = msgspec.json.Decoder(_Rpc)


def of_enhanced(raw: bytes) -> Moves:
    """The moves of a transaction in Helius' enhanced form."""
    read = _enhanced.decode(raw)
    parties = {
        party
        for transfer in (*(read.nativeTransfers or ()), *(read.tokenTransfers or ()))
        for party in (transfer.fromUserAccount, transfer.toUserAccount)
        if party
    }
    accounts = tuple(
        AccountChange(
            row.account,
            row.nativeBalanceChange,
            tuple(
                TokenChange(
                    change.userAccount,
                    change.tokenAccount,
                    change.mint,
                    int(change.rawTokenAmount.tokenAmount),
                    change.rawTokenAmount.decimals,
                )
                for change in row.tokenBalanceChanges or ()
            ),
        )
        for row in read.accountData or ()
    )
    return Moves(read.feePayer, accounts, frozenset(parties))


def of_rpc(raw: bytes) -> Moves:
    """The moves of a ``getTransaction`` result, in the ``json`` or the ``jsonParsed`` encoding.

    Raises: InvalidData if it has fewer accounts than balances.
    """
    read = _rpc.decode(raw)
    keys = _account_keys(read.transaction.message.accountKeys, read.meta.loadedAddresses)
    if len(keys) != len(read.meta.preBalances):
        raise InvalidData(f"{len(keys)} accounts have {len(read.meta.preBalances)} balances")
    changes = _token_changes(keys, read.meta)
    accounts = tuple(
        AccountChange(key, after - before, tuple(changes.get(key, ())))
        for key, before, after in zip(keys, read.meta.preBalances, read.meta.postBalances, strict=True)
    )
    return Moves(keys[0], accounts, frozenset())


def _account_keys(listed: list[str | _Key], loaded: _Loaded | None) -> list[str]:
    """All keys as balances number them; ``json`` lists looked-up addresses under ``meta``."""
    static = [key if isinstance(key, str) else key.pubkey for key in listed]
    if loaded is None or not isinstance(listed[0], str):
        return static
    return [*static, *loaded.writable, *loaded.readonly]


def _token_changes(keys: list[str], meta: _Meta) -> dict[str, list[TokenChange]]:
    before = {row.accountIndex: row for row in meta.preTokenBalances or ()}
    after = {row.accountIndex: row for row in meta.postTokenBalances or ()}
    changes: dict[str, list[TokenChange]] = {}
    for index in sorted(before.keys() | after.keys()):
        for row, amount in _sides(before.get(index), after.get(index)):
            if amount:
                changes.setdefault(keys[index], []).append(
                    TokenChange(row.owner, keys[index], row.mint, amount, row.uiTokenAmount.decimals)
                )
    return changes


def _sides(before: _TokenBalance | None, after: _TokenBalance | None) -> list[tuple[_TokenBalance, int]]:
    """The change of an account's owner; of the old and the new one where it changed hands."""
    if before and after and before.owner and after.owner and before.owner != after.owner:
        return [(before, -_held(before)), (after, _held(after))]
    row = after or before
    return [(row, _held(after) - _held(before))] if row else []


def _held(row: _TokenBalance | None) -> int:
    return int(row.uiTokenAmount.amount) if row else 0
