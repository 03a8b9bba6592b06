"""Transactions as Solana's RPC gives them (``getTransaction``, ``getTransactionsForAddress``), encoded as ``json``
(indexes and base58 data) or ``jsonParsed``: this file and its neighbors ``rpcbalances`` and
``rpcmoves`` alone know the field names.

Source: https://solana.com/docs/rpc/json-structures
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import msgspec
from msgspec import Struct

from walletjobs.core.transaction import (
    AccountChange,
    Facts,
    HeldBalance,
    Quantity,
    TokenChange,
    TokenTransfer,
    Transaction,
)
from walletjobs.core.units import WRAPPED_SOL
from walletjobs.errors import InvalidData
from walletjobs.providers.decoding import Count, Lamports, Seconds, decode
from walletjobs.providers.rpcbalances import TokenBalance, balances_by_account
from walletjobs.providers.rpcmoves import Instruction, Moves, key_at


class _Key(Struct, gc=False):
    pubkey: str


class _Inner(Struct, gc=False):
    instructions: list[Instruction]
    index: int = 0


class _Loaded(Struct, gc=False):
    writable: list[str] = []
    readonly: list[str] = []


class _Meta(Struct, gc=False, rename="camel"):
    fee: Lamports
    pre_balances: list[Lamports]
    post_balances: list[Lamports]
    err: Any = None
    pre_token_balances: list[TokenBalance] | None = None
    post_token_balances: list[TokenBalance] | None = None
    inner_instructions: list[_Inner] | None = None
    loaded_addresses: _Loaded | None = None


class _Message(Struct, gc=False, rename="camel"):
    account_keys: list[str | _Key]
    instructions: list[Instruction] = []


class _Signed(Struct, gc=False):
    message: _Message
    signatures: list[str]


class _Result(Struct, gc=False, rename="camel"):
    slot: Count
    meta: _Meta
    transaction: _Signed
    block_time: Seconds | None = None
    transaction_index: Count | None = None


class RpcTransaction(Transaction, frozen=True, gc=False, kw_only=True):
    """A transaction from the RPC form; its facts were read with its instructions."""

    error: bool = False
    read: Facts = Facts()
    meta: _Meta
    keys: list[str]

    @property
    def failed(self) -> bool:
        """Whether the chain refused it."""
        return self.error

    def facts(self) -> Facts:
        """What the instructions say."""
        return self.read

    def balances_of(self, wallet: str) -> list[HeldBalance]:
        """What the wallet and its token accounts in this transaction held before and after it."""
        meta, keys = self.meta, self.keys
        lamports = zip(keys, meta.pre_balances, meta.post_balances, strict=False)
        held = [HeldBalance(wallet, WRAPPED_SOL, *rest) for account, *rest in lamports if account == wallet]
        for token in balances_by_account(meta.pre_token_balances, meta.post_token_balances):
            account = key_at(keys, token.balance.account_index)
            if (token.balance.owner or account) == wallet:
                held.append(HeldBalance(account, token.balance.mint, token.before, token.after))
        return held


_RESULT = msgspec.json.Decoder(_Result, strict=False)


def read_transaction(raw: bytes | str | msgspec.Raw) -> Transaction:
    """One transaction from the JSON of an RPC result.

    Raises: InvalidData if a field is missing or has another type.
    """
    result = decode(_RESULT, raw, "an RPC transaction")
    if not result.transaction.signatures:
        raise InvalidData("Not an RPC transaction: it has no signature")
    keys = _keys(result)
    moves = Moves()
    for instruction in _instructions(result):
        moves.take(instruction, keys)
    balances = _token_changes(result.meta, keys, moves.opened)
    return RpcTransaction(
        signature=result.transaction.signatures[0],
        slot=result.slot,
        block_time=result.block_time or 0,
        fee=result.meta.fee,
        fee_payer=keys[0],
        accounts=_accounts(result.meta, keys, balances),
        native_transfers=moves.native,
        token_transfers=_token_transfers(moves, balances),
        index=result.transaction_index,
        error=result.meta.err is not None,
        read=moves.facts(),
        meta=result.meta,
        keys=keys,
    )


def _keys(result: _Result) -> list[str]:
    keys = [key if isinstance(key, str) else key.pubkey for key in result.transaction.message.account_keys]
    if len(keys) < len(result.meta.pre_balances) and result.meta.loaded_addresses:
        keys += result.meta.loaded_addresses.writable + result.meta.loaded_addresses.readonly
    places = len(result.meta.pre_balances)
    if not keys or len(keys) < places or len(result.meta.post_balances) != places:
        raise InvalidData("Not an RPC transaction: balances and accounts do not match")
    return keys


def _instructions(result: _Result) -> Iterator[Instruction]:
    inner = {group.index: group.instructions for group in result.meta.inner_instructions or ()}
    for place, instruction in enumerate(result.transaction.message.instructions):
        yield instruction
        yield from inner.get(place, ())


def _accounts(meta: _Meta, keys: list[str], balances: Mapping[int, list[TokenChange]]) -> list[AccountChange]:
    """Accounts that changed; a balance that a node lists and that stays as it is says nothing."""
    changes = []
    for place, (before, after) in enumerate(zip(meta.pre_balances, meta.post_balances, strict=True)):
        tokens = [change for change in balances.get(place, ()) if change.quantity.amount]
        if before != after or tokens:
            changes.append(AccountChange(keys[place], after - before, tokens))
    return changes


def _token_changes(meta: _Meta, keys: list[str], owners: Mapping[str, str]) -> dict[int, list[TokenChange]]:
    """Index of the account → its change, also of zero.

    Before slot 111,491,819 nodes state no owner: then it is the one that opened it here, else nobody but the account.
    """
    changes: dict[int, list[TokenChange]] = {}
    for held in balances_by_account(meta.pre_token_balances, meta.post_token_balances):
        place, balance = held.balance.account_index, held.balance
        quantity = Quantity(held.after - held.before, balance.ui_token_amount.decimals)
        account = key_at(keys, place)
        owner = balance.owner or owners.get(account) or account
        changes.setdefault(place, []).append(TokenChange(owner, account, balance.mint, quantity))
    return changes


def _token_transfers(moves: Moves, balances: Mapping[int, list[TokenChange]]) -> list[TokenTransfer]:
    tokens = list(chain.from_iterable(balances.values()))
    owners = {**moves.opened, **{token.account: token.owner for token in tokens}}
    mints = {token.account: token.mint for token in tokens}
    return [
        TokenTransfer(
            owners.get(source, source),
            owners.get(destination, destination),
            mint or mints.get(source) or mints.get(destination) or "",
            source,
            destination,
        )
        for source, destination, mint in moves.tokens
    ]
