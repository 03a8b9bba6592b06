"""Helius' enhanced transactions: the one file that knows their field names.

Source: https://www.helius.dev/docs/api-reference/enhanced-transactions
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw, Struct

from walletjobs.core import transaction as core
from walletjobs.core.instructions import FactsBuilder
from walletjobs.errors import InvalidData


class _Quantity(core.Quantity, frozen=True, gc=False, rename={"amount": "tokenAmount"}):
    amount: int
    decimals: int


class _TokenChange(
    core.TokenChange,
    frozen=True,
    gc=False,
    rename={"owner": "userAccount", "account": "tokenAccount", "quantity": "rawTokenAmount"},
):
    owner: str
    account: str
    mint: str
    quantity: _Quantity


class _AccountChange(
    core.AccountChange,
    frozen=True,
    gc=False,
    rename={"lamports": "nativeBalanceChange", "tokens": "tokenBalanceChanges"},
):
    account: str
    lamports: int
    tokens: list[_TokenChange] | None = None


class _NativeTransfer(
    core.NativeTransfer,
    frozen=True,
    gc=False,
    rename={"source": "fromUserAccount", "destination": "toUserAccount", "lamports": "amount"},
):
    source: str | None
    destination: str | None
    lamports: int


class _TokenTransfer(
    core.TokenTransfer,
    frozen=True,
    gc=False,
    rename={
        "source": "fromUserAccount",
        "destination": "toUserAccount",
        "source_account": "fromTokenAccount",
        "destination_account": "toTokenAccount",
        "standard": "tokenStandard",
    },
):
    source: str | None
    destination: str | None
    mint: str
    source_account: str | None = None
    destination_account: str | None = None
    standard: str | None = None


class _Instruction(Struct, frozen=True, gc=False, rename="camel"):
    program_id: str
    accounts: list[str] = []
    data: str = ""
    inner_instructions: "list[_Instruction]" = []


class EnhancedTransaction(
    core.Transaction,
    frozen=True,
    gc=False,
    kw_only=True,
    rename={
        "block_time": "timestamp",
        "fee_payer": "feePayer",
        "label": "type",
        "venue": "source",
        "accounts": "accountData",
        "native_transfers": "nativeTransfers",
        "token_transfers": "tokenTransfers",
        "index": "transactionIndex",
        "error": "transactionError",
    },
):
    """An enhanced transaction; its instructions stay undecoded until someone asks."""

    signature: str
    slot: int
    block_time: int
    fee: int
    fee_payer: str
    label: str = ""
    venue: str = ""
    accounts: list[_AccountChange]
    native_transfers: list[_NativeTransfer] = msgspec.field(default_factory=list)
    token_transfers: list[_TokenTransfer] = msgspec.field(default_factory=list)
    index: int | None = None
    error: Any = None
    instructions: Raw = Raw(b"[]")

    @property
    def failed(self) -> bool:
        """Whether the chain refused it."""
        return self.error is not None

    def facts(self) -> core.Facts:
        """What the instructions say.

        Raises: InvalidData if they are not instructions.
        """
        builder = FactsBuilder()
        for program, accounts, data in _flat(_instructions(self.instructions)):
            builder.read(program, accounts, data)
        return builder.facts()


# strict=False: base units come as text ("-18446744073709551615"), and an integer of any size is read from it
_TRANSACTION = msgspec.json.Decoder(EnhancedTransaction, strict=False)
_INSTRUCTIONS = msgspec.json.Decoder(list[_Instruction] | None)


def read_transaction(raw: bytes | str | Raw) -> core.Transaction:
    """One transaction from its JSON.

    Raises: InvalidData if a field is missing or has another type.
    """
    try:
        return _TRANSACTION.decode(raw)
    except msgspec.MsgspecError as error:
        raise InvalidData(f"Not an enhanced transaction: {error}") from error


def _instructions(raw: Raw) -> list[_Instruction]:
    try:
        return _INSTRUCTIONS.decode(raw) or []
    except msgspec.MsgspecError as error:
        raise InvalidData(f"Not instructions of an enhanced transaction: {error}") from error


def _flat(instructions: list[_Instruction]) -> Iterator[tuple[str, list[str], str]]:
    for instruction in instructions:
        yield instruction.program_id, instruction.accounts, instruction.data
        yield from _flat(instruction.inner_instructions)
