"""Scenes in the forms that providers send: Helius' enhanced form, and a node's in both encodings."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import base58
from scenes import PLENTY, RENT, Instruction, Scene, TokenAccount

from walletjobs.core.instructions import ASSOCIATED_PROGRAM, SYSTEM_PROGRAM, TOKEN_PROGRAM
from walletjobs.core.units import WRAPPED_SOL

_NAMES = {
    SYSTEM_PROGRAM: "system",
    TOKEN_PROGRAM: "spl-token",
    ASSOCIATED_PROGRAM: "spl-associated-token-account",
}


def enhanced(scene: Scene) -> dict[str, Any]:
    """A scene as Helius tells it."""
    return {
        "description": "",
        "type": scene.label,
        "source": "UNKNOWN",
        "fee": scene.fee,
        "feePayer": scene.payer,
        "signature": scene.signature,
        "slot": scene.slot,
        "timestamp": scene.at,
        "nativeTransfers": [
            {"fromUserAccount": source, "toUserAccount": destination, "amount": lamports}
            for source, destination, lamports in scene.native_moves
        ],
        "tokenTransfers": [_token_transfer(scene, *move) for move in scene.token_moves],
        "accountData": [_account_data(scene, account) for account in scene.accounts()],
        "transactionError": {"InstructionError": [0, {"Custom": 6001}]} if scene.failed else None,
        "instructions": [_enhanced_instruction(each) for each in scene.instructions],
        "events": {},
        **({} if scene.index is None else {"transactionIndex": scene.index}),
    }


def rpc(scene: Scene, parsed: bool = False, static: int | None = None) -> dict[str, Any]:
    """A scene as a node tells it; of a version-0 transaction the first ``static`` accounts are in the message."""
    keys = scene.accounts()
    rows = [(account, scene.tokens[account]) for account in keys if account in scene.tokens]
    meta = {
        "err": {"InstructionError": [0, {"Custom": 6001}]} if scene.failed else None,
        "fee": scene.fee,
        "preBalances": [_lamports_before(scene, account) for account in keys],
        "postBalances": [_lamports_before(scene, account) + scene.change_of(account) for account in keys],
        "preTokenBalances": [
            _token_balance(scene, keys.index(account), token, token.before)
            for account, token in rows
            if token.existed
        ],
        "postTokenBalances": [
            _token_balance(
                scene,
                keys.index(account),
                replace(token, owner=token.heir or token.owner),
                token.before + token.change * (not scene.failed),
            )
            for account, token in rows
            if (token.existed if scene.failed else token.exists)
        ],
        "innerInstructions": [
            {"index": place, "instructions": [_instruction(each, keys, parsed) for each in outer.inner]}
            for place, outer in enumerate(scene.instructions)
            if outer.inner
        ],
    }
    message: dict[str, Any] = {
        "accountKeys": [_parsed_key(account) for account in keys] if parsed else keys[:static],
        "instructions": [_instruction(each, keys, parsed) for each in scene.instructions],
        "recentBlockhash": "1" * 32,
    }
    if static is not None:
        loaded = keys[static:]
        half = len(loaded) // 2
        meta["loadedAddresses"] = {"writable": loaded[:half], "readonly": loaded[half:]}
    return {
        "slot": scene.slot,
        "blockTime": scene.at,
        "version": "legacy" if static is None else 0,
        "meta": meta,
        "transaction": {"message": message, "signatures": [scene.signature]},
        **({} if scene.index is None else {"transactionIndex": scene.index}),
    }


def _token_transfer(scene: Scene, start: str, end: str, mint: str, amount: int) -> dict[str, Any]:
    return {
        "fromTokenAccount": start,
        "toTokenAccount": end,
        "fromUserAccount": scene.tokens[start].owner,
        "toUserAccount": scene.tokens[end].owner,
        "tokenAmount": amount / 10 ** scene.decimals.get(mint, 6),
        "mint": mint,
        "tokenStandard": scene.standard,
    }


def _account_data(scene: Scene, account: str) -> dict[str, Any]:
    token = scene.token_of(account)
    changes = [
        {
            "userAccount": owner,
            "tokenAccount": account,
            "mint": token.mint,
            "rawTokenAmount": {"tokenAmount": str(change), "decimals": scene.decimals.get(token.mint, 6)},
        }
        for owner, change in (token.sides() if token else ())
    ]
    return {
        "account": account,
        "nativeBalanceChange": scene.change_of(account),
        "tokenBalanceChanges": changes,
    }


def _enhanced_instruction(instruction: Instruction) -> dict[str, Any]:
    return {
        "programId": instruction.program,
        "accounts": list(instruction.accounts),
        "data": base58.b58encode(instruction.data).decode(),
        "innerInstructions": [_enhanced_instruction(inner) for inner in instruction.inner],
    }


def _instruction(instruction: Instruction, keys: Sequence[str], parsed: bool) -> dict[str, Any]:
    if not parsed:
        return {
            "programIdIndex": keys.index(instruction.program),
            "accounts": [keys.index(account) for account in instruction.accounts],
            "data": base58.b58encode(instruction.data).decode(),
            "stackHeight": None,
        }
    if instruction.kind:
        return {
            "program": _NAMES.get(instruction.program, "spl-token-2022"),
            "programId": instruction.program,
            "parsed": {"type": instruction.kind, "info": instruction.info},
            "stackHeight": None,
        }
    return {
        "programId": instruction.program,
        "accounts": list(instruction.accounts),
        "data": base58.b58encode(instruction.data).decode(),
        "stackHeight": None,
    }


def _parsed_key(account: str) -> dict[str, Any]:
    return {"pubkey": account, "signer": False, "source": "transaction", "writable": True}


def _lamports_before(scene: Scene, account: str) -> int:
    token = scene.tokens.get(account)
    if token is None:
        return PLENTY if scene.change_of(account) < 0 or account == scene.payer else 0
    if not token.existed:
        return 0
    return RENT + (token.before if token.mint == WRAPPED_SOL else 0)


def _token_balance(scene: Scene, place: int, token: TokenAccount, amount: int) -> dict[str, Any]:
    decimals = scene.decimals.get(token.mint, 6)
    return {
        "accountIndex": place,
        "mint": token.mint,
        "owner": token.owner,
        "programId": TOKEN_PROGRAM,
        "uiTokenAmount": {"amount": str(amount), "decimals": decimals, "uiAmount": amount / 10**decimals},
    }
