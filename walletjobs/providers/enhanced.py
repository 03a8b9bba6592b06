"""Helius' enhanced transactions: the one file that knows their field names.

Source: https://www.helius.dev/docs/api-reference/enhanced-transactions
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw, Struct, structs

from walletjobs.core import transaction as core
from walletjobs.core.instructions import FactsBuilder
from walletjobs.providers.decoding import Count, Decimals, Lamports, Seconds, decode
from walletjobs.providers.retold import retold


class _Quantity(core.Quantity, frozen=True, gc=False, rename={"amount": "tokenAmount"}):
    amount: int
    decimals: Decimals


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
    lamports: Lamports
    tokens: list[_TokenChange] | None = None


class _NativeTransfer(
    core.NativeTransfer,
    frozen=True,
    gc=False,
    rename={"source": "fromUserAccount", "destination": "toUserAccount", "lamports": "amount"},
):
    source: str | None
    destination: str | None
    lamports: Lamports


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
    gc=True,  # as msgspec wants it with
    dict=True,  # what was read of its instructions is kept beside the fields
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
    slot: Count
    block_time: Seconds
    fee: Lamports
    fee_payer: str
    label: str = ""
    venue: str = ""
    accounts: list[_AccountChange]
    native_transfers: list[_NativeTransfer] = msgspec.field(default_factory=list)
    token_transfers: list[_TokenTransfer] = msgspec.field(default_factory=list)
    index: Count | None = None
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
        kept = self.__dict__
        if "_facts" not in kept:
            builder = FactsBuilder()
            for program, accounts, data in self.told():
                builder.read(program, accounts, data)
            kept["_facts"] = builder.facts()
        facts: core.Facts = kept["_facts"]
        return facts

    def told(self) -> Iterator[tuple[str, list[str], str]]:
        """Program, accounts and data of every instruction, each before those it called.

        Raises: InvalidData if they are not instructions.
        """
        return _flat(decode(_INSTRUCTIONS, self.instructions, "instructions of an enhanced transaction"))


class _ToldTransfer(Struct, gc=False, rename="camel"):
    token_amount: Decimal  # exactly as it is written


class _Told(Struct, gc=False, rename="camel"):
    """The amounts that nothing else needs."""

    token_transfers: list[_ToldTransfer] = []


# strict=False: base units come as text ("-18446744073709551615"), and an integer of any size is read from it
_TRANSACTION = msgspec.json.Decoder(EnhancedTransaction, strict=False)
_TOLD = msgspec.json.Decoder(_Told)
_INSTRUCTIONS = msgspec.json.Decoder(list[_Instruction] | None)


def read_transaction(raw: bytes | str | Raw) -> core.Transaction:
    """One transaction from its JSON; without any balance change (``accountData: []``) these come from its transfers.

    Raises: InvalidData if a field is missing or has another type.
    """
    transaction = decode(_TRANSACTION, raw, "an enhanced transaction")
    if transaction.accounts or not (transaction.native_transfers or transaction.token_transfers):
        return transaction
    amounts = [move.token_amount for move in decode(_TOLD, raw, "an enhanced transaction").token_transfers]
    return structs.replace(
        transaction, accounts=retold(transaction, amounts, transaction.told()), retold=True
    )


def _flat(instructions: list[_Instruction] | None) -> Iterator[tuple[str, list[str], str]]:
    waiting = (instructions or [])[::-1]
    while waiting:
        instruction = waiting.pop()
        yield instruction.program_id, instruction.accounts, instruction.data
        if instruction.inner_instructions:
            waiting += instruction.inner_instructions[::-1]
