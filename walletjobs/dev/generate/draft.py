"""A transaction while it is invented: every move changes both sides, so that it is consistent by construction."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import base58
import msgspec

from walletjobs.dev.solprice import INVENTED

SYSTEM = "11111111111111111111111111111111"
TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
TOKEN_2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"
ASSOCIATED = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL"
COMPUTE_BUDGET = "ComputeBudget111111111111111111111111111111"
WRAPPED_SOL = "So11111111111111111111111111111111111111112"
RENT = 2_039_280  # lamports that a token account of 165 bytes deposits

Json = dict[str, Any]
_bytes_of = lru_cache(4096)(base58.b58decode)


@dataclass(frozen=True, slots=True)
class Holder:
    """A token account and who owns it."""

    account: str
    owner: str


@dataclass(frozen=True, slots=True)
class Coin:
    """A mint, as transfers need it."""

    mint: str
    decimals: int
    program: str = TOKEN


SOL = Coin(WRAPPED_SOL, 9)


@dataclass(frozen=True, slots=True)
class Head:
    """What identifies a transaction."""

    signature: str
    slot: int
    time: int  # unix seconds
    payer: str
    fee: int  # lamports


class Draft:
    """Collects moves and writes them in Helius' enhanced form."""

    def __init__(self, head: Head, label: str = "UNKNOWN", venue: str = "UNKNOWN") -> None:
        self.head = head
        self.label = label
        self.venue = venue
        self.error: Json | None = None
        self.lamports: dict[str, int] = {head.payer: -head.fee}
        self.tokens: dict[str, tuple[Holder, Coin, int]] = {}  # by token account: its change in base units
        self.named: dict[str, None] = {}  # accounts that take part without a change
        self.native: list[Json] = []
        self.transfers: list[Json] = []
        self.instructions: list[Json] = []
        self.brief = False  # leave out instructions but those that say what balances cannot

    def pay(self, source: str, target: str, lamports: int, *, by_program: bool = False) -> None:
        """Native SOL moves; by a System transfer, or by a program that owns the source."""
        self._move(source, target, lamports)
        if not by_program:
            data = (2).to_bytes(4, "little") + lamports.to_bytes(8, "little")
            self.instruct(SYSTEM, (source, target), data)

    def send(self, coin: Coin, source: Holder, target: Holder, amount: int, withheld: int = 0) -> None:
        """Tokens move; wrapped SOL takes its lamports along. ``withheld`` of them never arrive (Token-2022)."""
        self._credit(coin, source, -amount)
        self._credit(coin, target, amount - withheld)
        if coin.mint == WRAPPED_SOL:
            self._add(source.account, -amount)
            self._add(target.account, amount)
        self.transfers.append(_transfer(coin, source, target, amount - withheld))

    def wrap(self, payer: str, account: Holder, lamports: int) -> None:
        """Native SOL becomes wrapped SOL."""
        self.pay(payer, account.account, lamports)
        self._credit(SOL, account, lamports)
        self.instruct(TOKEN, (account.account,), b"\x11")  # SyncNative

    def open(self, coin: Coin, account: Holder, payer: str, rent: int = RENT) -> None:
        """A token account comes into being, its rent paid by ``payer``."""
        self._move(payer, account.account, rent)
        self.named[account.account] = None
        if self.brief:
            return
        accounts = (payer, account.account, account.owner, coin.mint, SYSTEM, coin.program)
        made = (0).to_bytes(4, "little") + rent.to_bytes(8, "little") + (165).to_bytes(8, "little")
        owner = _bytes_of(account.owner)
        inner = [
            _instruction(SYSTEM, (payer, account.account), made + _bytes_of(coin.program)),
            _instruction(coin.program, (account.account, coin.mint), b"\x12" + owner),  # InitializeAccount3
        ]
        self.instructions.append({**_instruction(ASSOCIATED, accounts, b"\x01"), "innerInstructions": inner})

    def close(self, coin: Coin, account: Holder, lamports: int = RENT, to: str = "") -> None:
        """A token account ends; its lamports go to its owner or ``to`` another, wrapped SOL among them."""
        target = to or account.owner
        if coin.mint == WRAPPED_SOL and lamports != RENT:
            self._credit(SOL, account, RENT - lamports)
        self._move(account.account, target, lamports)
        self.instruct(coin.program, (account.account, target, account.owner), b"\x09")

    def burn(self, coin: Coin, account: Holder, amount: int) -> None:
        """Tokens end."""
        self._credit(coin, account, -amount)
        data = b"\x08" + amount.to_bytes(8, "little")
        self.tell(coin.program, (account.account, coin.mint, account.owner), data)
        self.transfers.append(_transfer(coin, account, Holder("", ""), amount))

    def issue(self, coin: Coin, account: Holder, amount: int) -> None:
        """New tokens, minted to an account."""
        self._credit(coin, account, amount)
        data = b"\x07" + amount.to_bytes(8, "little")
        self.tell(coin.program, (coin.mint, account.account, self.head.payer), data)
        self.transfers.append(_transfer(coin, Holder("", ""), account, amount))

    def instruct(self, program: str, accounts: Iterable[str], data: bytes) -> None:
        """An outer instruction."""
        if not self.brief:
            self.tell(program, accounts, data)

    def ballast(self, program: str, accounts: Iterable[str], data: str) -> None:
        """An outer instruction that means nothing; ``data`` is base58."""
        outer = {"programId": program, "accounts": list(accounts), "data": data, "innerInstructions": []}
        self.instructions.append(outer)

    def tell(self, program: str, accounts: Iterable[str], data: bytes) -> None:
        """An outer instruction that says what balances cannot: a burn that would pass for a gift, an order, a claim."""
        self.instructions.append({**_instruction(program, accounts, data), "innerInstructions": []})

    def fail(self) -> None:
        """Nothing of it happened but its fee; its transfers stay listed, as trap T20 has them."""
        self.lamports = {self.head.payer: -self.head.fee}
        self.named |= dict.fromkeys(self.tokens)
        self.tokens = {}
        self.error = {"InstructionError": [max(len(self.instructions) - 1, 0), {"Custom": 6001}]}

    def change_of(self, wallet: str, own: Iterable[str]) -> int:
        """The SOL delta of a wallet that owns these token accounts. Units: lamports."""
        return sum(self.lamports.get(account, 0) for account in {wallet, *own})

    def line(self) -> bytes:
        """The transaction as one line of JSON."""
        head = self.head
        return msgspec.json.encode(
            {
                "description": "",
                "type": self.label,
                "source": self.venue,
                "fee": head.fee,
                "feePayer": head.payer,
                "signature": head.signature,
                "slot": head.slot,
                "timestamp": head.time,
                "tokenTransfers": self.transfers,
                "nativeTransfers": self.native,
                "accountData": self._account_data(),
                "transactionError": self.error,
                "instructions": self.instructions,
                "events": {},
                INVENTED: True,
            }
        )

    def _account_data(self) -> list[Json]:
        accounts = dict.fromkeys((self.head.payer, *self.lamports, *self.tokens, *self.named))
        return [
            {
                "account": account,
                "nativeBalanceChange": self.lamports.get(account, 0),
                "tokenBalanceChanges": self._token_changes(account),
            }
            for account in accounts
        ]

    def _token_changes(self, account: str) -> list[Json]:
        if account not in self.tokens or not self.tokens[account][2]:
            return []
        holder, coin, amount = self.tokens[account]
        raw = {"tokenAmount": str(amount), "decimals": coin.decimals}
        return [
            {"userAccount": holder.owner, "tokenAccount": account, "rawTokenAmount": raw, "mint": coin.mint}
        ]

    def _move(self, source: str, target: str, lamports: int) -> None:
        self._add(source, -lamports)
        self._add(target, lamports)
        self.native.append({"fromUserAccount": source, "toUserAccount": target, "amount": lamports})

    def _add(self, account: str, lamports: int) -> None:
        self.lamports[account] = self.lamports.get(account, 0) + lamports

    def _credit(self, coin: Coin, holder: Holder, amount: int) -> None:
        before = self.tokens.get(holder.account, (holder, coin, 0))[2]
        self.tokens[holder.account] = (holder, coin, before + amount)


def _transfer(coin: Coin, source: Holder, target: Holder, amount: int) -> Json:
    return {
        "fromTokenAccount": source.account,
        "toTokenAccount": target.account,
        "fromUserAccount": source.owner,
        "toUserAccount": target.owner,
        "tokenAmount": amount / 10**coin.decimals,
        "mint": coin.mint,
        "tokenStandard": "Fungible",
    }


def _instruction(program: str, accounts: Iterable[str], data: bytes) -> Json:
    return {"programId": program, "accounts": list(accounts), "data": base58.b58encode(data).decode()}
