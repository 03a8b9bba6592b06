"""Reads the few system and token instructions that balances cannot tell."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import base58

from walletjobs.core.address import base58_bytes
from walletjobs.core.programs import CLAIM_PROGRAMS, ORDER_PROGRAMS, Program
from walletjobs.core.transaction import Facts

SYSTEM_PROGRAM = "11111111111111111111111111111111"
TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
TOKEN_2022_PROGRAM = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"
ASSOCIATED_PROGRAM = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL"
TOKEN_PROGRAMS = frozenset({TOKEN_PROGRAM, TOKEN_2022_PROGRAM})

# System program tags: https://docs.rs/solana-system-interface (SystemInstruction)
_CREATE, _CREATE_WITH_SEED, _ALLOCATE, _ALLOCATE_WITH_SEED = 0, 3, 8, 9
# Token program tags: https://docs.rs/spl-token-interface (TokenInstruction)
_INITIALIZE, _INITIALIZE_2, _INITIALIZE_3, _CLOSE = 1, 16, 18, 9
_MINT, _BURN, _MINT_CHECKED, _BURN_CHECKED = 7, 8, 14, 15
_READ_OF_SYSTEM = frozenset({_CREATE, _CREATE_WITH_SEED, _ALLOCATE, _ALLOCATE_WITH_SEED})
_ALWAYS_READ = frozenset({_CLOSE, _MINT, _BURN, _MINT_CHECKED, _BURN_CHECKED, _INITIALIZE})
_OPENING = frozenset({_INITIALIZE_2, _INITIALIZE_3})  # read only for an account nobody has opened yet
_ANY = frozenset(range(256))
_LONGEST = 180  # base58 letters; the longest data we read is a creation with a seed: 92 bytes and 32 of seed


class FactsBuilder:
    """Collects facts from instructions in any order."""

    def __init__(self) -> None:
        self.programs: set[str] = set()
        self.created: set[str] = set()
        self.opened: dict[str, str] = {}
        self.closed: dict[str, str] = {}
        self.burned: set[str] = set()
        self.minted: set[str] = set()
        self.orders: list[tuple[str, ...]] = []
        self.claims: set[str] = set()
        self.claimants: set[str] = set()
        #: Program and pool → how an instruction begins that another one may undo → its accounts.
        self._halves: dict[tuple[str, str], dict[bytes, set[str]]] = {}

    def facts(self) -> Facts:
        """What was collected."""
        self._claim_halves()
        return Facts(
            frozenset(self.programs),
            frozenset(self.created),
            self.opened,
            self.closed,
            frozenset(self.burned),
            frozenset(self.minted),
            tuple(self.orders),
            frozenset(self.claims),
            frozenset(self.claimants),
        )

    def read(self, program: str, accounts: Sequence[str], data: str) -> None:
        """Take in one instruction in its compiled form, ``data`` in base58."""
        self.programs.add(program)
        if program in TOKEN_PROGRAMS:
            self._token(accounts, data)
        elif program == SYSTEM_PROGRAM:
            self._system(accounts, data)
        elif program == ASSOCIATED_PROGRAM and len(accounts) > 3:
            self.opened[accounts[1]] = accounts[2]  # payer, account, owner, mint
        elif program in ORDER_PROGRAMS:
            self.orders.append(tuple(accounts))
        elif program in CLAIM_PROGRAMS:
            self.claim(program, accounts, data)

    def claim(self, program: str, accounts: Sequence[str], data: str) -> None:
        """Take in that a program of claims was called; ``data`` in base58, empty where a node has read it."""
        known = CLAIM_PROGRAMS[program]
        leading = _leading(data) if known.starts or known.others or known.halves else b""
        for half, place in known.halves.items():
            if leading.startswith(half) and len(accounts) > place:
                called = self._halves.setdefault((program, accounts[place]), {})
                called.setdefault(half, set()).update(accounts)
                return
        if known.claims(leading):
            self._claim(known, accounts)

    def _claim(self, known: Program, accounts: Iterable[str]) -> None:
        self.claims.add("liquidity" if known.role == "exchange" else known.role)
        self.claimants.update(accounts)

    def _claim_halves(self) -> None:
        """What was lent and not taken back, or paid back of an older loan, is a claim."""
        for (program, _), called in self._halves.items():
            known = CLAIM_PROGRAMS[program]
            if len(called) < len(known.halves):
                self._claim(known, set().union(*called.values()))

    def _system(self, keys: Sequence[str], text: str) -> None:
        tag = _tag_of(text)
        if tag in (_CREATE, _CREATE_WITH_SEED) and len(keys) > 1:
            self.created.add(keys[1])
        elif (
            tag in (_ALLOCATE, _ALLOCATE_WITH_SEED) and keys
        ):  # how one that already held lamports is created
            self.created.add(keys[0])

    def _token(self, keys: Sequence[str], text: str) -> None:
        opens = bool(keys) and keys[0] not in self.opened
        if not (may_begin(text, _ALWAYS_READ) or (opens and may_begin(text, _OPENING))):
            return
        data = data_of(text)
        tag = data[0] if data else -1
        if tag == _INITIALIZE and len(keys) > 2:
            self.opened[keys[0]] = keys[2]
        elif tag in _OPENING and len(data) >= 33 and opens:
            self.opened[keys[0]] = base58.b58encode(data[1:33]).decode()
        elif tag == _CLOSE and len(keys) > 2:
            self.closed[keys[0]] = keys[2]
        elif tag in (_BURN, _BURN_CHECKED) and len(keys) > 1:
            self.burned.add(keys[1])
        elif tag in (_MINT, _MINT_CHECKED) and keys:
            self.minted.add(keys[0])


def _tag_of(text: str) -> int:
    """The tag of a system instruction that we read, else −1."""
    if text.startswith("1111"):  # four zero bytes
        return _CREATE
    data = data_of(text) if may_begin(text, _READ_OF_SYSTEM) else b""
    return int.from_bytes(data[:4], "little") if len(data) >= 4 else -1


def may_begin(text: str, firsts: frozenset[int]) -> bool:
    """Whether base58 text may stand for bytes of which the first is one of these; its end is not looked at."""
    return not firsts.isdisjoint(_first_bytes(text[:4], len(text)))


@lru_cache(maxsize=4096)
def _first_bytes(letters: str, length: int) -> frozenset[int]:
    """What the first byte may be of base58 text of this length that begins with these letters.

    Texts of one length are in the order of their numbers: all lie between the least and the most.
    """
    least, most = (data_of(letters + letter * (length - len(letters))) for letter in "1z")
    if not least or not most or len(least) != len(most):
        return _ANY
    return frozenset(range(least[0], most[0] + 1))


def _leading(data: str) -> bytes:
    """The bytes of base58 text however long; of an exchange only their beginning matters."""
    if len(data) <= _LONGEST:
        return data_of(data)
    try:
        return base58_bytes(data)
    except ValueError:
        return b""


@lru_cache(maxsize=4096)
def data_of(data: str) -> bytes:
    """The bytes of an instruction's base58 text; empty where it is none, or longer than any we read."""
    if len(data) > _LONGEST:
        return b""
    try:
        return base58_bytes(data)
    except ValueError:
        return b""
