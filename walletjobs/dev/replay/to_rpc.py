"""An enhanced transaction as ``getTransaction`` would answer it, in the ``jsonParsed`` encoding."""

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from walletjobs.core.units import WRAPPED_SOL, decimal_text
from walletjobs.dev.replay.history import Before
from walletjobs.dev.replay.instructions import SYSTEM, TOKEN, TOKEN_2022, Move, move_of
from walletjobs.dev.solprice import INVENTED

Json = dict[str, Any]
RENT = 2_039_280  # lamports of a plain token account
RENT_2022 = 2_074_080  # and of one with the extension that Token-2022 associated accounts have
LEAST = 890_880  # lamports that keep an account without data alive


def to_rpc(raw: bytes, before: Before, rank: int) -> bytes:
    """The RPC form of an enhanced transaction.

    Changes, owners, fee, error, transfers and order in the slot are those of the enhanced form. Balances are
    those of ``before`` where it knows the account, else the least that make the changes possible.
    """
    read = msgspec.json.decode(raw)
    keys = _keys(read)
    outer, inner = _instructions(read, _token_changes(read))
    message = {
        "accountKeys": [
            {"pubkey": key, "signer": at == 0, "source": "transaction", "writable": True}
            for at, key in enumerate(keys)
        ],
        "instructions": outer,
        "recentBlockhash": SYSTEM,
    }
    return msgspec.json.encode(
        {
            "transactionIndex": rank,
            "blockTime": read["timestamp"],
            "slot": read["slot"],
            "meta": {**_meta(read, keys, before), "innerInstructions": inner},
            "transaction": {"message": message, "signatures": [read["signature"]]},
            "version": 0,
            **({INVENTED: True} if INVENTED in read else {}),
        }
    )


def _meta(read: Mapping[str, Any], keys: list[str], before: Before) -> Json:
    rows = {row["account"]: row for row in read["accountData"]}
    tokens = _token_changes(read)
    pre = [_lamports(key, rows.get(key), tokens, before) for key in keys]
    changes = [rows[key]["nativeBalanceChange"] if key in rows else 0 for key in keys]
    post = [amount + change for amount, change in zip(pre, changes, strict=True)]
    listed = [(keys.index(account), change) for account, change in tokens.items()]
    error = read["transactionError"]
    return {
        "err": error,
        "status": {"Ok": None} if error is None else {"Err": error},
        "fee": read["fee"],
        "computeUnitsConsumed": 100_000,
        "logMessages": [],
        "preBalances": pre,
        "postBalances": post,
        "preTokenBalances": list(_balances(listed, before, pre, after=False)),
        "postTokenBalances": list(_balances(listed, before, post, after=True)),
        "rewards": [],
    }


def _token_changes(read: Mapping[str, Any]) -> dict[str, Json]:
    return {
        change["tokenAccount"]: change for row in read["accountData"] for change in row["tokenBalanceChanges"]
    }


def _keys(read: Mapping[str, Any]) -> list[str]:
    keys = dict.fromkeys([read["feePayer"], *(row["account"] for row in read["accountData"])])
    for row in read["accountData"]:
        keys.update(dict.fromkeys(change["tokenAccount"] for change in row["tokenBalanceChanges"]))
    for instruction in read["instructions"]:
        keys.setdefault(instruction["programId"])
    return list(keys)


def _lamports(key: str, row: Json | None, tokens: Mapping[str, Json], before: Before) -> int:
    """The balance before, of an account that may be opened or closed in this transaction."""
    if key in before.lamports:
        return before.lamports[key]
    change = row["nativeBalanceChange"] if row else 0
    if key not in tokens:
        return max(-change, 0) + (LEAST if change else 1)
    if abs(change) >= RENT and (
        tokens[key]["mint"] != WRAPPED_SOL or change - _signed(tokens[key]) in (RENT, -RENT)
    ):
        return max(-change, 0)  # opened or closed
    wrapped = max(-_signed(tokens[key]), 0) if tokens[key]["mint"] == WRAPPED_SOL else 0
    return RENT + max(wrapped, -change)


def _signed(change: Json) -> int:
    return int(change["rawTokenAmount"]["tokenAmount"])


def _balances(
    listed: list[tuple[int, Json]], before: Before, lamports: list[int], *, after: bool
) -> Iterator[Json]:
    for index, change in listed:
        amount = before.tokens.get(change["tokenAccount"], max(-_signed(change), 0))
        amount += _signed(change) if after else 0
        if amount or lamports[index]:
            decimals = change["rawTokenAmount"]["decimals"]
            yield {
                "accountIndex": index,
                "mint": change["mint"],
                "owner": change["userAccount"],
                "programId": TOKEN_2022 if lamports[index] == RENT_2022 else TOKEN,
                "uiTokenAmount": {
                    "amount": str(amount),
                    "decimals": decimals,
                    "uiAmount": amount / 10**decimals if amount else None,
                    "uiAmountString": decimal_text(amount, decimals),
                },
            }


def _instructions(read: Mapping[str, Any], tokens: Mapping[str, Json]) -> tuple[list[Json], list[Json]]:
    """Outer and inner instructions; transfers that are listed but in no instruction become inner ones."""
    outer = [_readable(step) for step in read["instructions"]]
    groups = [
        [_readable(each) for each in step.get("innerInstructions") or ()] for step in read["instructions"]
    ]
    made = Counter(
        (move.kind, move.source, move.target, move.amount if move.kind != "close" else 0)
        for step in (*outer, *(each for group in groups for each in group))
        if (move := move_of(step))
    )
    missing = [_parsed(move) for move in _transfers(read, tokens) if not _taken(made, move)]
    if missing and not outer:
        outer, groups = [{"programId": SYSTEM, "accounts": [], "data": "", "stackHeight": None}], [[]]
    if missing:
        groups[-1].extend(missing)
    return outer, [{"index": at, "instructions": group} for at, group in enumerate(groups) if group]


def _taken(made: Counter[tuple[str, str, str, int]], move: Move) -> bool:
    """Whether an instruction already makes this move; each accounts for one."""
    for key in ((move.kind, move.source, move.target, move.amount), ("close", move.source, move.target, 0)):
        if made[key] > 0:
            made[key] -= 1
            return True
    return False


def _readable(instruction: Json) -> Json:
    """A raw instruction of a known program as its parsed form, as the RPC would show it."""
    plain = {name: instruction.get(name) for name in ("programId", "accounts", "data")}
    move = move_of(plain)
    return (
        {**_parsed(move, str(plain["programId"])), "stackHeight": None}
        if move
        else {**plain, "stackHeight": None}
    )


def _transfers(read: Mapping[str, Any], tokens: Mapping[str, Json]) -> Iterator[Move]:
    for transfer in read["nativeTransfers"]:
        source, target = transfer["fromUserAccount"] or "", transfer["toUserAccount"] or ""
        yield Move("lamports", source, target, transfer["amount"])
    for transfer in read["tokenTransfers"]:
        source, target = transfer["fromTokenAccount"] or "", transfer["toTokenAccount"] or ""
        yield Move("tokens", source, target, _base_units(transfer, tokens), transfer["mint"])


def _base_units(transfer: Json, tokens: Mapping[str, Json]) -> int:
    """The amount in base units; the exact change of either account where the float only rounds it."""
    sides = [tokens.get(transfer[side] or "") for side in ("fromTokenAccount", "toTokenAccount")]
    same = next(
        (c["rawTokenAmount"]["decimals"] for c in tokens.values() if c["mint"] == transfer["mint"]), 0
    )
    rounded = int(Decimal(repr(transfer["tokenAmount"])).scaleb(same).to_integral_value())
    for change in sides:
        if change and rounded and abs(abs(_signed(change)) - rounded) <= rounded // 10**14:
            return abs(_signed(change))
    return rounded


def _parsed(move: Move, program: str = "") -> Json:
    if move.kind == "lamports":
        info: Json = {"source": move.source, "destination": move.target, "lamports": move.amount}
        return _frame("system", SYSTEM, "transfer", info)
    token_program = program or TOKEN
    if move.kind == "open":
        info = {"account": move.target, "mint": move.mint, "owner": move.owner}
        return _frame("spl-token", token_program, "initializeAccount3", info)
    if move.kind == "close":
        info = {"account": move.source, "destination": move.target, "owner": move.target}
        return _frame("spl-token", token_program, "closeAccount", info)
    if not move.source or not move.target:
        info = {"account": move.source or move.target, "mint": move.mint, "amount": str(move.amount)}
        return _frame("spl-token", token_program, "burn" if move.source else "mintTo", info)
    info = {"source": move.source, "destination": move.target, "amount": str(move.amount)}
    if move.mint:
        info["mint"] = move.mint
    return _frame("spl-token", token_program, "transfer", info)


def _frame(program: str, program_id: str, kind: str, info: Json) -> Json:
    return {
        "program": program,
        "programId": program_id,
        "parsed": {"type": kind, "info": info},
        "stackHeight": 2,
    }
