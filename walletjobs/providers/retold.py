"""Balance changes put together from transfers: the fall-back for a transaction that comes without any.

A transfer's amount is a decimal fraction; it is exact once the decimals of its mint are known. Only the token
instructions tell these: a checked one states them, and a plain one states the same amount in base units. What is not
seen this way: rents of closed accounts, and what Token-2022 withholds.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from walletjobs.core.instructions import TOKEN_PROGRAMS, data_of
from walletjobs.core.token import MAX_DECIMALS
from walletjobs.core.transaction import AccountChange, Quantity, TokenChange, TokenTransfer, Transaction
from walletjobs.core.units import SOL_DECIMALS, WRAPPED_SOL, base_units
from walletjobs.errors import InvalidData

Instructions = Iterable[tuple[str, Sequence[str], str]]  # program, accounts, data in base58
_TRANSFER, _TRANSFER_CHECKED = 3, 12  # https://docs.rs/spl-token-interface (TokenInstruction)


def retold(
    transaction: Transaction, amounts: Sequence[Decimal], instructions: Instructions
) -> list[AccountChange]:
    """What each account gained or lost by the transfers; ``amounts`` are those of the token transfers, in their order.

    Nothing but the fee where the transaction failed. Raises: InvalidData where nothing tells a mint's decimals.
    """
    lamports = {transaction.fee_payer: -transaction.fee}
    tokens: dict[str, dict[tuple[str, str], int]] = {}  # account → owner and mint → base units
    decimals: dict[str, int] = {}
    if not transaction.failed:
        decimals = _decimals(transaction.token_transfers, amounts, instructions)
        for native in transaction.native_transfers:
            _add(lamports, native.source or "", -native.lamports)
            _add(lamports, native.destination or "", native.lamports)
        for move, amount in zip(transaction.token_transfers, amounts, strict=True):
            for account, owner, units in _ends(move, _exact(move.mint, amount, decimals)):
                _add(tokens.setdefault(account, {}), (owner, move.mint), units)
                if move.mint == WRAPPED_SOL:
                    _add(lamports, account, units)
    return [
        AccountChange(account, lamports.get(account, 0), list(_changes(account, tokens, decimals)))
        for account in dict.fromkeys([*lamports, *tokens])
        if account
    ]


def _ends(move: TokenTransfer, units: int) -> Iterator[tuple[str, str, int]]:
    """Account, owner and gain of both ends; a mint or a burn has one."""
    if move.source and move.source_account:
        yield move.source_account, move.source, -units
    if move.destination and move.destination_account:
        yield move.destination_account, move.destination, units


def _changes(
    account: str, tokens: dict[str, dict[tuple[str, str], int]], decimals: dict[str, int]
) -> Iterator[TokenChange]:
    for (owner, mint), units in tokens.get(account, {}).items():
        yield TokenChange(owner, account, mint, Quantity(units, decimals[mint]))


def _decimals(
    moves: Sequence[TokenTransfer], amounts: Sequence[Decimal], instructions: Instructions
) -> dict[str, int]:
    """By mint, as far as instructions tell."""
    decimals = {WRAPPED_SOL: SOL_DECIMALS}
    plain: dict[
        tuple[str, str], list[int]
    ] = {}  # base units of transfers between two accounts, in their order
    for program, accounts, text in instructions:
        data = data_of(text) if program in TOKEN_PROGRAMS else b""
        if len(data) >= 10 and data[0] == _TRANSFER_CHECKED and len(accounts) > 1:
            decimals[accounts[1]] = data[9]
        elif len(data) >= 9 and data[0] == _TRANSFER and len(accounts) > 1:
            plain.setdefault((accounts[0], accounts[1]), []).append(int.from_bytes(data[1:9], "little"))
    for move, amount in zip(moves, amounts, strict=True):
        told = plain.get((move.source_account or "", move.destination_account or ""))
        if told and (places := _places(told.pop(0), amount)) is not None:
            decimals.setdefault(move.mint, places)
    return decimals


def _places(units: int, amount: Decimal) -> int | None:
    """By how many decimal places the same amount differs in base units and in whole tokens."""
    return next(
        (places for places in range(MAX_DECIMALS + 1) if amount and amount.scaleb(places) == units), None
    )


def _exact(mint: str, amount: Decimal, decimals: dict[str, int]) -> int:
    if mint not in decimals:
        raise InvalidData(
            f"Not an enhanced transaction: no balance changes, and nothing tells the decimals of {mint}"
        )
    try:
        return base_units(str(amount), decimals[mint])
    except ValueError as error:
        raise InvalidData(f"Not an enhanced transaction: no balance changes, and {error}") from error


def _add(sums: dict, key: object, amount: int) -> None:  # type: ignore[type-arg]
    sums[key] = sums.get(key, 0) + amount
