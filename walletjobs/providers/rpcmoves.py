"""What the instructions of an RPC transaction say and move, in either encoding: ``json`` (indexes and base58 data) or
``jsonParsed``.

Source: https://solana.com/docs/rpc/json-structures
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from walletjobs.core.instructions import (
    ASSOCIATED_PROGRAM,
    SYSTEM_PROGRAM,
    TOKEN_PROGRAMS,
    FactsBuilder,
    data_of,
    may_begin,
)
from walletjobs.core.programs import CLAIM_PROGRAMS
from walletjobs.core.transaction import NativeTransfer
from walletjobs.errors import InvalidData
from walletjobs.providers.decoding import Lamports, convert, prepared


class Instruction(Struct, gc=False, rename="camel"):
    """One instruction, as the node gives it."""

    program_id: str | None = None
    program_id_index: int = -1
    accounts: list[str | int] = []
    data: str = ""
    parsed: Any = None


@prepared
class _Parsed(Struct, gc=False):
    """An instruction of a program that the node knows."""

    type: str
    info: Any = None


@prepared
class _Info(Struct, gc=False, rename="camel"):
    """What its instructions name, as far as we read it."""

    source: str = ""
    destination: str = ""
    account: str = ""
    new_account: str = ""
    mint: str | None = None
    wallet: str = ""
    owner: str = ""
    lamports: Lamports | None = None


_READ = TOKEN_PROGRAMS | {SYSTEM_PROGRAM, ASSOCIATED_PROGRAM}
# System program tags: https://docs.rs/solana-system-interface (SystemInstruction)
_CREATE_ACCOUNT, _TRANSFER, _CREATE_WITH_SEED, _TRANSFER_WITH_SEED = 0, 2, 3, 11
# Token program tags: https://docs.rs/spl-token-interface (TokenInstruction)
_MOVE, _MOVE_CHECKED, _MOVE_WITH_FEE = 3, 12, b"\x1a\x01"
_MOVING = frozenset({_MOVE, _MOVE_CHECKED, _MOVE_WITH_FEE[0]})


class Moves(FactsBuilder):
    """Facts, and the transfers that instructions order."""

    def __init__(self) -> None:
        super().__init__()
        self.native: list[NativeTransfer] = []
        self.tokens: list[tuple[str, str, str | None]] = []  # from account, to account, mint where it is said

    def take(self, instruction: Instruction, keys: list[str]) -> None:
        """One instruction in either encoding."""
        program = instruction.program_id or key_at(keys, instruction.program_id_index)
        if isinstance(instruction.parsed, dict):
            self.programs.add(program)
            parsed = convert(instruction.parsed, _Parsed, "a parsed instruction")
            if program in _READ:
                self._parsed(parsed.type, convert(parsed.info or {}, _Info, f"a parsed {parsed.type}"))
            elif program in CLAIM_PROGRAMS:
                self.claim(program, _texts(parsed.info), "")
            return
        accounts = [key_at(keys, key) if isinstance(key, int) else key for key in instruction.accounts]
        self.read(program, accounts, instruction.data)

    def _system(self, keys: Sequence[str], text: str) -> None:
        super()._system(keys, text)
        data = data_of(text)
        if (at := _lamports_at(data)) is not None and len(keys) > 1:
            # a transfer from a derived account names its base between source and destination
            destination = keys[2] if data[0] == _TRANSFER_WITH_SEED and len(keys) > 2 else keys[1]
            lamports = int.from_bytes(data[at : at + 8], "little")
            self.native.append(NativeTransfer(keys[0], destination, lamports))

    def _token(self, keys: Sequence[str], text: str) -> None:
        super()._token(keys, text)
        if not may_begin(text, _MOVING):
            return
        data = data_of(text)
        tag = data[0] if data else -1
        if tag == _MOVE and len(keys) > 1:
            self.tokens.append((keys[0], keys[1], None))
        elif (tag == _MOVE_CHECKED or data[:2] == _MOVE_WITH_FEE) and len(keys) > 2:
            self.tokens.append((keys[0], keys[2], keys[1]))

    def _parsed(self, kind: str, info: _Info) -> None:
        if kind in ("createAccount", "createAccountWithSeed"):
            self.created.add(info.new_account)
            self.native.append(NativeTransfer(info.source, info.new_account, info.lamports or 0))
        elif kind in ("allocate", "allocateWithSeed"):
            self.created.add(info.account)
        elif kind in ("transfer", "transferWithSeed") and info.lamports is not None:
            self.native.append(NativeTransfer(info.source, info.destination, info.lamports))
        elif kind in ("transfer", "transferChecked", "transferCheckedWithFee"):
            self.tokens.append((info.source, info.destination, info.mint))
        elif kind in ("create", "createIdempotent"):
            self.opened[info.account] = info.wallet
        elif kind.startswith("initializeAccount"):
            self.opened[info.account] = info.owner
        elif kind == "closeAccount":
            self.closed[info.account] = info.owner
        elif kind in ("burn", "burnChecked"):
            self.burned.add(info.mint or "")
        elif kind in ("mintTo", "mintToChecked"):
            self.minted.add(info.mint or "")


def _texts(info: Any) -> list[str]:
    """What an instruction that a node has read names: accounts among other texts."""
    return [value for value in info.values() if isinstance(value, str)] if isinstance(info, dict) else []


def _lamports_at(data: bytes) -> int | None:
    """Where a system instruction that moves lamports says how many."""
    tag = int.from_bytes(data[:4], "little") if len(data) >= 12 else -1
    if tag in (_CREATE_ACCOUNT, _TRANSFER, _TRANSFER_WITH_SEED):
        return 4
    if tag == _CREATE_WITH_SEED and len(data) > 44:
        at = 44 + int.from_bytes(data[36:44], "little")  # base, length of the seed, seed
        return at if at + 8 <= len(data) else None
    return None


def key_at(keys: Sequence[str], place: int) -> str:
    """The account at that place.

    Raises: InvalidData if there is none.
    """
    if not 0 <= place < len(keys):
        raise InvalidData("Not an RPC transaction: an instruction names an account that is not there")
    return keys[place]
