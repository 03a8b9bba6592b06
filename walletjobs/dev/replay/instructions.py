"""The moves that a transaction's instructions make, raw or parsed, in order of execution.

Source: instruction layouts of the System program and of SPL Token (Token-2022 shares them).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import base58

SYSTEM = "11111111111111111111111111111111"
TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
TOKEN_2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"
TOKEN_PROGRAMS = (TOKEN, TOKEN_2022)
_decoded = lru_cache(16384)(base58.b58decode)  # the same few instructions make most of a history


@dataclass(frozen=True, slots=True)
class Move:
    """One step: ``lamports``, ``tokens`` (mint and burn have an empty side), ``open`` or ``close``."""

    kind: str
    source: str = ""
    target: str = ""
    amount: int = 0  # lamports or base units
    mint: str = ""
    owner: str = ""  # of an opened token account


def flatten(result: Mapping[str, Any], keys: list[str]) -> Iterator[Mapping[str, Any]]:
    """Every instruction of an RPC result, each outer one followed by its inner ones, accounts by name."""
    inner = {group["index"]: group["instructions"] for group in result["meta"].get("innerInstructions") or ()}
    for at, outer in enumerate(result["transaction"]["message"]["instructions"]):
        yield named(outer, keys)
        for instruction in inner.get(at, ()):
            yield named(instruction, keys)


def named(instruction: Mapping[str, Any], keys: list[str]) -> Mapping[str, Any]:
    """The instruction with its program and accounts by name, whichever encoding it has."""
    if "programIdIndex" not in instruction:
        return instruction
    return {
        "programId": keys[instruction["programIdIndex"]],
        "accounts": [keys[at] for at in instruction["accounts"]],
        "data": instruction["data"],
    }


def move_of(instruction: Mapping[str, Any]) -> Move | None:
    """What an instruction moves, if it is one that moves or opens or closes."""
    parsed = instruction.get("parsed")
    if isinstance(parsed, Mapping):
        return _parsed(str(parsed.get("type")), parsed.get("info") or {})
    program, accounts = instruction.get("programId"), instruction.get("accounts") or []
    if program != SYSTEM and program not in TOKEN_PROGRAMS:
        return None
    try:
        data = _decoded(instruction.get("data") or "")
        return _system(data, accounts) if program == SYSTEM else _token(data, accounts)
    except (ValueError, IndexError):
        return None  # cut short: moves nothing that we could name


def _parsed(kind: str, info: Mapping[str, Any]) -> Move | None:
    if kind in ("initializeAccount", "initializeAccount2", "initializeAccount3"):
        return Move("open", target=info["account"], mint=info["mint"], owner=info["owner"])
    if kind == "closeAccount":
        return Move("close", info["account"], info["destination"])
    if kind in ("mintTo", "mintToChecked"):
        return Move("tokens", "", info["account"], _amount(info), info["mint"])
    if kind in ("burn", "burnChecked"):
        return Move("tokens", info["account"], "", _amount(info), info["mint"])
    if "lamports" in info and kind.startswith(("transfer", "createAccount")):
        target = info.get("destination") or info.get("newAccount") or ""
        return Move("lamports", info["source"], target, int(info["lamports"]))
    if kind in ("transfer", "transferChecked", "transferCheckedWithFee"):
        return Move("tokens", info["source"], info["destination"], _amount(info), info.get("mint", ""))
    return None


def _amount(info: Mapping[str, Any]) -> int:
    return int(info["amount"] if "amount" in info else info["tokenAmount"]["amount"])


def _u64(data: bytes, at: int) -> int:
    if len(data) < at + 8:
        raise IndexError
    return int.from_bytes(data[at : at + 8], "little")


def _system(data: bytes, accounts: list[str]) -> Move | None:
    tag = int.from_bytes(data[:4], "little") if len(data) >= 4 else -1
    if tag in (0, 2):  # CreateAccount, Transfer
        return Move("lamports", accounts[0], accounts[1], _u64(data, 4))
    if tag == 3:  # CreateAccountWithSeed: base, length of the seed, seed, lamports
        return Move("lamports", accounts[0], accounts[1], _u64(data, 4 + 32 + 8 + _u64(data, 36)))
    if tag == 11:  # TransferWithSeed: source, base, target
        return Move("lamports", accounts[0], accounts[2], _u64(data, 4))
    return None


def _token(data: bytes, accounts: list[str]) -> Move | None:
    tag = data[0]
    if tag == 3:
        return Move("tokens", accounts[0], accounts[1], _u64(data, 1))
    if tag == 12 or (tag == 26 and data[1:2] == b"\x01"):  # TransferChecked, TransferCheckedWithFee
        return Move("tokens", accounts[0], accounts[2], _u64(data, 1 if tag == 12 else 2), accounts[1])
    if tag in (7, 14):
        return Move("tokens", "", accounts[1], _u64(data, 1), accounts[0])
    if tag in (8, 15):
        return Move("tokens", accounts[0], "", _u64(data, 1), accounts[1])
    if tag == 9:
        return Move("close", accounts[0], accounts[1])
    if tag == 1:
        return Move("open", target=accounts[0], mint=accounts[1], owner=accounts[2])
    if tag in (16, 18):  # InitializeAccount2 and 3: the owner is in the data
        return Move("open", target=accounts[0], mint=accounts[1], owner=base58.b58encode(data[1:33]).decode())
    return None
