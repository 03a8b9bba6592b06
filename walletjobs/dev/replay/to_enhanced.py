"""An RPC ``getTransaction`` result in Helius' enhanced form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from walletjobs.core.units import WRAPPED_SOL
from walletjobs.dev.replay import moves
from walletjobs.dev.replay.instructions import Move, flatten, move_of, named
from walletjobs.errors import InvalidData

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _TokenAccount:
    owner: str
    mint: str
    decimals: int


def to_enhanced(raw: bytes) -> bytes:
    """The enhanced form of an RPC result: the same changes to the lamport and base unit; labels unknown.

    Raises: InvalidData if parts are missing that the result itself refers to.
    """
    try:
        return _to_enhanced(raw, msgspec.json.decode(raw))
    except (KeyError, IndexError, TypeError, msgspec.MsgspecError) as error:
        raise InvalidData(f"the RPC result is broken: {error!r}") from None


def _to_enhanced(raw: bytes, result: Json) -> bytes:
    meta, message = result["meta"], result["transaction"]["message"]
    keys = _keys(result)
    made = [] if meta["err"] is not None else [move_of(step) for step in flatten(result, keys)]
    steps = [move for move in made if move]
    owners = _token_accounts(meta, keys, steps)
    return msgspec.json.encode(
        {
            "description": "",
            "type": "UNKNOWN",
            "source": "UNKNOWN",
            "fee": meta["fee"],
            "feePayer": keys[0],
            "signature": result["transaction"]["signatures"][0],
            "slot": result["slot"],
            "timestamp": result.get("blockTime"),
            "tokenTransfers": _token_transfers(steps, owners),
            "nativeTransfers": _native_transfers(
                steps, dict(zip(keys, meta["preBalances"], strict=False)), owners
            ),
            "accountData": _account_data(raw),
            "transactionError": meta["err"],
            "instructions": _instructions(message["instructions"], meta, keys),
            "events": {},
        }
    )


def _keys(result: Mapping[str, Any]) -> list[str]:
    listed = result["transaction"]["message"]["accountKeys"]
    if not isinstance(listed[0], str):
        return [key["pubkey"] for key in listed]
    loaded = result["meta"].get("loadedAddresses") or {}
    return [*listed, *loaded.get("writable", ()), *loaded.get("readonly", ())]


def _token_accounts(meta: Mapping[str, Any], keys: list[str], steps: list[Move]) -> dict[str, _TokenAccount]:
    """Who owns each token account, from balances, and from the opening of those that did not last."""
    found = {
        keys[row["accountIndex"]]: _TokenAccount(
            row.get("owner", ""), row["mint"], row["uiTokenAmount"]["decimals"]
        )
        for row in (*(meta.get("preTokenBalances") or ()), *(meta.get("postTokenBalances") or ()))
    }
    decimals = {account.mint: account.decimals for account in found.values()} | {WRAPPED_SOL: 9}
    for step in steps:
        if step.kind == "open" and step.target not in found:
            found[step.target] = _TokenAccount(step.owner, step.mint, decimals.get(step.mint, 0))
    return found


def _token_transfers(steps: list[Move], owners: Mapping[str, _TokenAccount]) -> list[Json]:
    listed = []
    nobody = _TokenAccount("", "", 0)
    for step in steps:
        if step.kind == "tokens":
            source, target = owners.get(step.source, nobody), owners.get(step.target, nobody)
            known = source if source.mint else target
            listed.append(
                {
                    "fromTokenAccount": step.source,
                    "toTokenAccount": step.target,
                    "fromUserAccount": source.owner,
                    "toUserAccount": target.owner,
                    "tokenAmount": step.amount / 10**known.decimals,
                    "mint": step.mint or known.mint,
                    "tokenStandard": "Fungible" if known.decimals or step.amount != 1 else "NonFungible",
                }
            )
    return listed


def _native_transfers(
    steps: list[Move], lamports: dict[str, int], owners: Mapping[str, _TokenAccount]
) -> list[Json]:
    """System transfers and what closed accounts gave back, which follows from their running balance."""
    listed = []
    for step in steps:
        amount = step.amount
        if step.kind == "close":
            amount = lamports.get(step.source, 0)
        elif step.kind == "tokens":
            account = owners.get(step.source) or owners.get(step.target)
            if not account or account.mint != WRAPPED_SOL:
                continue
        elif step.kind != "lamports":
            continue
        lamports[step.source] = lamports.get(step.source, 0) - amount
        lamports[step.target] = lamports.get(step.target, 0) + amount
        if step.kind != "tokens" and amount:
            listed.append({"fromUserAccount": step.source, "toUserAccount": step.target, "amount": amount})
    return listed


def _account_data(raw: bytes) -> list[Json]:
    return [
        {
            "account": row.account,
            "nativeBalanceChange": row.lamports,
            "tokenBalanceChanges": [
                {
                    "userAccount": change.owner,
                    "tokenAccount": change.token_account,
                    "rawTokenAmount": {"tokenAmount": str(change.amount), "decimals": change.decimals},
                    "mint": change.mint,
                }
                for change in row.tokens
            ],
        }
        for row in moves.of_rpc(raw).accounts
    ]


def _instructions(outer: list[Json], meta: Mapping[str, Any], keys: list[str]) -> list[Json]:
    inner = {group["index"]: group["instructions"] for group in meta.get("innerInstructions") or ()}
    return [
        {
            **_plain(named(step, keys)),
            "innerInstructions": [_plain(named(each, keys)) for each in inner.get(at, ())],
        }
        for at, step in enumerate(outer)
    ]


def _plain(instruction: Mapping[str, Any]) -> Json:
    return {
        "programId": instruction["programId"],
        "accounts": list(instruction.get("accounts") or ()),
        "data": instruction.get("data") or "",
    }
