"""The recorded transactions that a replay server answers from, in chain order, and who took part in them."""

import gzip
import zlib
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import msgspec

from walletjobs.dev.replay import convert, moves
from walletjobs.dev.replay.history import History
from walletjobs.dev.solprice import INVENTED_MARK
from walletjobs.errors import InvalidData


class _Probe(msgspec.Struct):
    """As much of an enhanced transaction as ordering and filters need."""

    signature: str = ""
    slot: int = -1
    timestamp: int | None = None
    type: str = "UNKNOWN"
    source: str = "UNKNOWN"
    feePayer: str = ""
    transactionError: object = None


class _Wrapper(msgspec.Struct):
    tx: msgspec.Raw = msgspec.Raw()


class _RpcMeta(msgspec.Struct):
    err: object = None


class _Key(msgspec.Struct):
    pubkey: str


class _Message(msgspec.Struct):
    accountKeys: list[str | _Key]


class _RpcBody(msgspec.Struct):
    signatures: list[str]
    message: _Message


class _RpcProbe(msgspec.Struct):
    slot: int
    meta: _RpcMeta
    transaction: _RpcBody
    blockTime: int | None = None
    transactionIndex: int | None = None
    version: int | str = "legacy"


@dataclass(frozen=True, slots=True)
class Listed:
    """One transaction as the routes list it."""

    signature: str
    slot: int
    time: int  # unix seconds
    index: int | None  # in its block, where recorded
    type: str
    source: str
    error: object  # None where it succeeded
    fee_payer: str
    legacy: bool  # an RPC listing shows it without ``maxSupportedTransactionVersion``
    enhanced: bytes | None
    rpc: bytes | None

    @property
    def invented(self) -> bool:
        """Whether a generator made it, which marks what it makes."""
        return INVENTED_MARK in (self.enhanced or self.rpc or b"")

    @property
    def failed(self) -> bool:
        """Whether it changed nothing but its fee."""
        return self.error is not None


_wrapper = msgspec.json.Decoder(_Wrapper)
_probe = msgspec.json.Decoder(_Probe)
_rpc_probe = msgspec.json.Decoder(_RpcProbe)


def read_line(line: bytes) -> Listed:
    """One line of a data file: an enhanced transaction, an RPC result, or an RPC result under ``tx``.

    Raises: InvalidData if it is none of them.
    """
    try:
        if b'"preBalances"' in line:  # which only the RPC form has
            return _listed_rpc(bytes(_wrapper.decode(line).tx) or line)
        probe = _probe.decode(line)
    except msgspec.MsgspecError as error:
        raise InvalidData(f"a line is no transaction: {error}") from None
    if not probe.signature or probe.slot < 0:
        raise InvalidData("a line has no signature or no slot")
    head = (probe.signature, probe.slot, probe.timestamp or 0, None, probe.type, probe.source)
    return Listed(*head, probe.transactionError, probe.feePayer, legacy=False, enhanced=line, rpc=None)


def _listed_rpc(raw: bytes) -> Listed:
    probe = _rpc_probe.decode(raw)
    head = (probe.transaction.signatures[0], probe.slot, probe.blockTime or 0, probe.transactionIndex)
    payer = probe.transaction.message.accountKeys[0]
    payer = payer if isinstance(payer, str) else payer.pubkey
    legacy = probe.version == "legacy"
    return Listed(*head, "UNKNOWN", "UNKNOWN", probe.meta.err, payer, legacy, None, raw)


def read_lines(path: Path) -> Iterator[bytes]:
    """The lines of a plain or gzip file.

    Raises: InvalidData if it cannot be read.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for line in file:
                if line.strip():
                    yield line.strip()
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidData(f"{path}: {getattr(error, 'strerror', None) or error}") from None


class Book:
    """All recorded transactions by position in chain order, with histories of addresses made on demand."""

    def __init__(self, files: Iterable[Iterable[bytes]]) -> None:
        rows: dict[str, Listed] = {}
        for lines in files:
            for row in _oldest_first([read_line(line) for line in lines]):
                rows.setdefault(row.signature, row)  # overlapping files list a transaction once
        self.rows = sorted(rows.values(), key=lambda row: (row.slot, row.index or 0))
        self.positions = {row.signature: position for position, row in enumerate(self.rows)}
        self.ranks = _ranks(self.rows)
        self.invented = bool(self.rows) and self.rows[0].invented
        self.last_time = self.rows[-1].time if self.rows else 0
        self.decimals: dict[str, int] = {}  # by mint, of the histories made so far
        self._slots = [row.slot for row in self.rows]
        self._histories: dict[str, History] = {}
        self._converted: dict[tuple[str, str], bytes] = {}
        self._lock = Lock()

    @classmethod
    def read(cls, paths: Iterable[Path]) -> "Book":
        """A book of these files, with the history of the most frequent fee payer ready."""
        book = cls([read_lines(path) for path in paths])
        for address, _ in Counter(row.fee_payer for row in book.rows if row.fee_payer).most_common(1):
            book.history(address)
        return book

    def history(self, address: str) -> History:
        """The transactions of one address, oldest first; made once, then kept."""
        with self._lock:
            if address not in self._histories:
                self._histories[address] = self._make_history(address)
            return self._histories[address]

    def histories(self) -> list[History]:
        """The histories made so far."""
        with self._lock:
            return list(self._histories.values())

    def _make_history(self, address: str) -> History:
        history, needle = History(address), address.encode()
        for position, row in enumerate(self.rows):
            if needle in (row.enhanced or row.rpc or b""):
                try:
                    moved = self._moves(row)
                except InvalidData:
                    continue  # a broken record is served as it is, but nobody's balance follows from it
                history.add(position, moved)
                for account in moved.accounts:
                    for change in account.tokens:
                        self.decimals[change.mint] = change.decimals
        return history

    @staticmethod
    def _moves(row: Listed) -> moves.Moves:
        return moves.of_rpc(row.rpc) if row.rpc else moves.of_enhanced(row.enhanced or b"")

    def all_accounts(self, address: str) -> list[int]:
        """Positions that name the address or any of its token accounts, changed or not."""
        history = self.history(address)
        owned = [account.encode() for account in history.token_accounts()]
        own = set(history.positions)
        return [
            position
            for position, row in enumerate(self.rows)
            if position in own or any(account in (row.enhanced or row.rpc or b"") for account in owned)
        ]

    def slot_bounds(self, low: int | None, high: int | None) -> tuple[int, int]:
        """The positions [first, end) of the slots ``low`` to ``high``, both included."""
        first = 0 if low is None else bisect_left(self._slots, low)
        return first, len(self.rows) if high is None else bisect_right(self._slots, high)

    def enhanced(self, position: int) -> bytes:
        """The transaction in the enhanced form, converted where only the RPC form was recorded."""
        row = self.rows[position]
        return row.enhanced or self._convert("enhanced", row, lambda: _enhanced_or_null(row.rpc or b""))

    def rpc(self, position: int) -> bytes:
        """The transaction as ``getTransaction`` answers it, converted where only the enhanced form was."""
        row = self.rows[position]
        if row.rpc:
            return row.rpc
        payer = self.history(row.fee_payer)
        return self._convert(
            "rpc",
            row,
            lambda: convert.to_rpc(row.enhanced or b"", payer.before(position), self.ranks[position]),
        )

    def prepare(self) -> None:
        """Convert everything into the form that was not recorded, so that no answer waits for it."""
        for position in range(len(self.rows)):
            self.rpc(position)
            self.enhanced(position)

    def _convert(self, form: str, row: Listed, make: Callable[[], bytes]) -> bytes:
        key = (form, row.signature)
        if key not in self._converted:
            self._converted[key] = make()
        return self._converted[key]


def _oldest_first(rows: list[Listed]) -> list[Listed]:
    """A file written newest first is turned round, so that its order inside a slot is kept."""
    return rows[::-1] if rows and rows[0].slot > rows[-1].slot else rows


def _enhanced_or_null(raw: bytes) -> bytes:
    try:
        return convert.to_enhanced(raw)
    except InvalidData:
        return b"null"  # as the provider does with what it cannot parse


def _ranks(rows: list[Listed]) -> list[int]:
    """``transactionIndex`` of each row: as recorded, else the rank among its slot's rows."""
    ranks: list[int] = []
    for position, row in enumerate(rows):
        same = position > 0 and rows[position - 1].slot == row.slot
        least = ranks[-1] + 1 if same else 0
        ranks.append(max(row.index or 0, least))
    return ranks
