"""Transactions made by hand, in the field's words.

A scene conserves what it moves: lamports leave one account and reach another, and only the fee is lost.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256, sha512
from typing import Any

import base58

from walletjobs.core.accounts import TOKEN_ACCOUNT_RENT, associated_accounts
from walletjobs.core.instructions import (
    ASSOCIATED_PROGRAM,
    SYSTEM_PROGRAM,
    TOKEN_2022_PROGRAM,
    TOKEN_PROGRAM,
)
from walletjobs.core.known import JITO
from walletjobs.core.units import USDC, WRAPPED_SOL

RENT = TOKEN_ACCOUNT_RENT
START = 1_700_006_400  # unix seconds: 2023-11-15 00:00 UTC, a Wednesday
PLENTY = 10**15  # what a pool or a wallet has before anything happens
TIP = JITO.split()[0]
JUPITER = "JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4"
PUMP = "6EF8rrecthR5Dkzon8Nwu78hRvfCKubJ14M5uBEwF6P"


@cache
def key(name: str) -> str:
    """An address of its own for each name."""
    return base58.b58encode(sha256(name.encode()).digest()).decode()


WALLET, POOL, OTHER_POOL, FRIEND, RELAYER, BOT = map(
    key, ("wallet", "pool", "pool 2", "friend", "relayer", "bot")
)
MINT, OTHER_MINT, THIRD_MINT = map(key, ("mint", "mint 2", "mint 3"))
DECIMALS = {WRAPPED_SOL: 9, USDC: 6}  # others have six


@cache
def ata(owner: str, mint: str, program: str = TOKEN_PROGRAM) -> str:
    """The owner's associated account of a mint."""
    return associated_accounts(owner, mint)[program == TOKEN_2022_PROGRAM]


@dataclass
class Instruction:
    """One instruction in its compiled form, and as a node that knows its program would show it."""

    program: str
    accounts: tuple[str, ...] = ()
    data: bytes = b"\xff"
    kind: str = ""  # of a program that nodes know
    info: dict[str, Any] = field(default_factory=dict)
    inner: list["Instruction"] = field(default_factory=list)


@dataclass
class TokenAccount:
    """A token account while a scene plays."""

    owner: str
    mint: str
    existed: bool = True
    exists: bool = True
    before: int = 10**12  # base units
    change: int = 0  # base units
    heir: str = ""  # whose it is afterwards, where it changes hands

    def sides(self) -> list[tuple[str, int]]:
        """Owner and change, of each side where it changes hands."""
        if not self.heir:
            return [(self.owner, self.change)]
        return [(self.owner, -self.before), (self.heir, self.before + self.change)]


class Scene:
    """One transaction: who pays, moves, opens and closes what."""

    def __init__(self, slot: int = 1000, **about: Any) -> None:
        self.slot = slot
        self.at: int = about.pop("at", START + slot)
        self.fee: int = about.pop("fee", 5000)
        self.payer: str = about.pop("payer", WALLET)
        self.failed: bool = about.pop("failed", False)
        self.label: str = about.pop("label", "UNKNOWN")
        self.index: int | None = about.pop("index", None)
        self.decimals: dict[str, int] = {**DECIMALS, **about.pop("decimals", {})}
        self.standard: str = about.pop("standard", "Fungible")
        name = about.pop("name", f"{slot} {self.index}")
        assert not about, about
        self.signature = base58.b58encode(sha512(name.encode()).digest()).decode()
        self.lamports: dict[str, int] = {self.payer: 0}  # account → change, beside the fee
        self.tokens: dict[str, TokenAccount] = {}
        self.native_moves: list[tuple[str, str, int]] = []
        self.token_moves: list[tuple[str, str, str, int]] = []  # from account, to account, mint, base units
        self.instructions: list[Instruction] = []
        self._outer: Instruction | None = None

    def call(self, program: str, *accounts: str, data: bytes = b"\xff") -> "Scene":
        """What comes next happens inside this program."""
        self._outer = None
        self._outer = self._do(Instruction(program, accounts, data))
        return self

    def outside(self) -> "Scene":
        """What comes next happens outside of any program."""
        self._outer = None
        return self

    def pay(self, source: str, destination: str, lamports: int) -> "Scene":
        """A system transfer."""
        self.shift(source, destination, lamports)
        self.native_moves.append((source, destination, lamports))
        info = {"source": source, "destination": destination, "lamports": lamports}
        data = _u32(2) + _u64(lamports)
        self._do(Instruction(SYSTEM_PROGRAM, (source, destination), data, "transfer", info))
        return self

    def shift(self, source: str, destination: str, lamports: int) -> "Scene":
        """A program moves lamports of an account of its own: no instruction tells."""
        self._change(source, -lamports)
        self._change(destination, lamports)
        return self

    def create(self, account: str, payer: str = "", lamports: int = 1_231_920) -> "Scene":
        """A new account that is no token account; its rent is paid."""
        payer = payer or self.payer
        self.shift(payer, account, lamports)
        self.native_moves.append((payer, account, lamports))
        info = {"source": payer, "newAccount": account, "lamports": lamports, "space": 49, "owner": PUMP}
        data = _u32(0) + _u64(lamports) + _u64(49) + base58.b58decode(PUMP)
        self._do(Instruction(SYSTEM_PROGRAM, (payer, account), data, "createAccount", info))
        return self

    def open(self, owner: str, mint: str, payer: str = "", account: str = "", **rest: Any) -> "Scene":
        """A new token account: the associated one, or ``account``; its rent is paid."""
        payer, program = payer or self.payer, rest.pop("program", TOKEN_PROGRAM)
        rent = rest.pop("rent", RENT)
        assert not rest, rest
        before = self._outer
        at = account or ata(owner, mint, program)
        if not account:
            info = {"source": payer, "account": at, "wallet": owner, "mint": mint, "tokenProgram": program}
            accounts = (payer, at, owner, mint, SYSTEM_PROGRAM, program)
            opening = self._do(Instruction(ASSOCIATED_PROGRAM, accounts, b"\x01", "createIdempotent", info))
            self._outer = before or opening
        self.create(at, payer, rent)
        token = self.tokens.setdefault(at, TokenAccount(owner, mint))
        token.existed, token.before = False, 0
        data = bytes([18]) + base58.b58decode(owner)
        info = {"account": at, "mint": mint, "owner": owner}
        self._do(Instruction(program, (at, mint), data, "initializeAccount3", info))
        self._outer = before
        return self

    def close(self, owner: str, mint: str, to: str = "", account: str = "", holding: int = 0) -> "Scene":
        """A token account ends; rent, and wrapped SOL it was left ``holding``, go ``to`` its owner or another."""
        at = self._account(owner, mint, account)
        token, to = self.tokens[at], to or owner
        if token.existed:
            token.before = holding - token.change
        token.change -= holding
        token.exists = False
        self.shift(at, to, RENT + holding)
        info = {"account": at, "destination": to, "owner": owner}
        self._do(Instruction(TOKEN_PROGRAM, (at, to, owner), bytes([9]), "closeAccount", info))
        return self

    def move(self, mint: str, source: str, destination: str, amount: int, **rest: Any) -> "Scene":
        """A token transfer from owner to owner; ``withheld`` stays with the mint (Token-2022)."""
        start = self._account(source, mint, rest.pop("account", ""))
        end = self._account(destination, mint, rest.pop("to_account", ""))
        arrives = amount - rest.pop("withheld", 0)
        assert not rest, rest
        self.tokens[start].change -= amount
        self.tokens[end].change += arrives
        if mint == WRAPPED_SOL:
            self.shift(start, end, amount)
        self.token_moves.append((start, end, mint, amount))
        info = {
            "source": start,
            "destination": end,
            "mint": mint,
            "authority": source,
            "tokenAmount": {"amount": str(amount), "decimals": self.decimals.get(mint, 6)},
        }
        data = bytes([12]) + _u64(amount) + bytes([self.decimals.get(mint, 6)])
        self._do(Instruction(TOKEN_PROGRAM, (start, mint, end, source), data, "transferChecked", info))
        return self

    def wrap(self, owner: str, lamports: int, account: str = "") -> "Scene":
        """Native SOL becomes wrapped SOL."""
        at = self._account(owner, WRAPPED_SOL, account)
        self.pay(owner, at, lamports)
        self.tokens[at].change += lamports
        self._do(Instruction(TOKEN_PROGRAM, (at,), bytes([17]), "syncNative", {"account": at}))
        return self

    def hand_over(self, mint: str, owner: str, heir: str, holding: int, account: str = "") -> "Scene":
        """A token account that holds so much changes its owner; nothing moves."""
        at = self._account(owner, mint, account)
        self.tokens[at].before, self.tokens[at].heir = holding, heir
        info = {"account": at, "authority": owner, "authorityType": "accountOwner", "newAuthority": heir}
        data = bytes([6, 2, 1]) + base58.b58decode(heir)
        self._do(Instruction(TOKEN_PROGRAM, (at, owner), data, "setAuthority", info))
        return self

    def burn(self, mint: str, owner: str, amount: int) -> "Scene":
        """Tokens end."""
        at = self._account(owner, mint)
        self.tokens[at].change -= amount
        info = {"account": at, "mint": mint, "authority": owner, "amount": str(amount)}
        self._do(Instruction(TOKEN_PROGRAM, (at, mint, owner), bytes([8]) + _u64(amount), "burn", info))
        return self

    def issue(self, mint: str, owner: str, amount: int) -> "Scene":
        """New tokens, minted to an owner."""
        at = self._account(owner, mint)
        self.tokens[at].change += amount
        info = {"account": at, "mint": mint, "mintAuthority": owner, "amount": str(amount)}
        self._do(Instruction(TOKEN_PROGRAM, (mint, at, owner), bytes([7]) + _u64(amount), "mintTo", info))
        return self

    def _account(self, owner: str, mint: str, account: str = "") -> str:
        at = account or ata(owner, mint)
        self.tokens.setdefault(at, TokenAccount(owner, mint))
        return at

    def _change(self, account: str, lamports: int) -> None:
        self.lamports[account] = self.lamports.get(account, 0) + lamports

    def _do(self, instruction: Instruction) -> Instruction:
        (self.instructions if self._outer is None else self._outer.inner).append(instruction)
        return instruction

    def accounts(self) -> list[str]:
        """Every account, the fee payer first."""
        named = dict.fromkeys((self.payer, *self.lamports, *self.tokens))
        for instruction in self.flat():
            named |= dict.fromkeys((*instruction.accounts, instruction.program))
        return list(named)

    def flat(self) -> Iterable[Instruction]:
        """Every instruction, each before those it called."""
        for instruction in self.instructions:
            yield instruction
            yield from instruction.inner

    def change_of(self, account: str) -> int:
        """How many lamports an account gains; of a failed transaction only the fee leaves."""
        moved = 0 if self.failed else self.lamports.get(account, 0)
        return moved - self.fee * (account == self.payer)

    def token_of(self, account: str) -> TokenAccount | None:
        """The token account of this address, if its amount changes."""
        token = self.tokens.get(account)
        return None if token is None or self.failed or not (token.change or token.heir) else token


def _u32(number: int) -> bytes:
    return number.to_bytes(4, "little")


def _u64(number: int) -> bytes:
    return number.to_bytes(8, "little")
