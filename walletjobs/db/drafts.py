"""What an analysis takes down, on its way to Postgres: kept on disk, since a long history's would not fit into memory.

Ledger entries go into pages, a token's notes into segments: JSON lines in a zstd frame, oldest first.
"""

import os
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from tempfile import TemporaryFile

import msgspec

from walletjobs.core.entries import Entry
from walletjobs.core.evidence import Note
from walletjobs.db.pages import pack, unpack

PAGE = 256  # entries
SEGMENT = 256  # events
_ENTRY = msgspec.json.Decoder(Entry)
_NOTE = msgspec.json.Decoder(Note)


@dataclass(frozen=True, slots=True)
class Span:
    """Which part of a list a row holds. Units: unix seconds."""

    place: int  # of its first line, from 0
    lines: int
    first_time: int  # the earliest
    last_time: int  # the latest


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Neighbours in the ledger."""

    span: Span
    first_slot: int
    last_slot: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Segment:
    """Neighbours among the notes of one token."""

    mint: str
    span: Span
    body: bytes


def entries_in(body: bytes) -> list[Entry]:
    """The entries of a page."""
    return [_ENTRY.decode(line) for line in unpack(body).split(b"\n")]


def naming(body: bytes, places: range, names: Iterable[str]) -> list[tuple[int, Entry]]:
    """The entries at some places of a page whose text has all of some names."""
    words, text = [msgspec.json.encode(name) for name in names], unpack(body)
    if not all(word in text for word in words):
        return []
    return [
        (place, _ENTRY.decode(line))
        for place, line in enumerate(text.split(b"\n"))
        if place in places and all(word in line for word in words)
    ]


def notes_in(body: bytes) -> list[Note]:
    """The notes of a segment."""
    return [_NOTE.decode(line) for line in unpack(body).split(b"\n")]


class Drafts:
    """Entries and notes as they come, until they are stored. It goes on from the pages and segments not yet full."""

    def __init__(
        self, last: LedgerPage | None = None, open_segments: Iterable[Segment] = (), start: int = 0
    ) -> None:
        self.start = start  # place of the first entry in the pages to be
        if last is not None:
            full = last.span.lines >= PAGE
            self.start = last.span.place + (last.span.lines if full else 0)
            last = None if full else last
        self._file = TemporaryFile(buffering=1 << 20)  # noqa: SIM115 - lives as long as this
        self._size = 0
        self._notes: dict[str, array[int]] = {}  # offset, size and time of each, by mint
        self._open = {segment.mint: segment for segment in open_segments}
        self._pages: list[tuple[Span, int, int, int, int]] = []  # slots, offset and size of each
        self._lines = unpack(last.body).split(b"\n") if last else []
        self._slots = [last.first_slot, last.last_slot] if last else []
        self._times = [last.span.first_time, last.span.last_time] if last else []
        self._encoder = msgspec.json.Encoder()

    @property
    def mints(self) -> Iterable[str]:
        """The tokens that there are notes of."""
        return self._notes.keys()

    def add_entry(self, entry: Entry) -> None:
        """The next line of the ledger."""
        self._lines.append(self._encoder.encode(entry))
        self._slots.append(entry.slot)
        self._times.append(entry.block_time)
        if len(self._lines) >= PAGE:
            self._end_page()

    def add_note(self, mint: str, note: Note) -> None:
        """What happened next with a token."""
        line = self._encoder.encode(note)
        found = self._notes.get(mint)
        if found is None:
            found = self._notes[mint] = array("q")
        found.extend((self._write(line), len(line), note.event.at))

    def pages(self) -> Iterator[LedgerPage]:
        """The ledger from ``start`` on."""
        if self._lines:
            self._end_page()
        self._file.flush()
        for span, first_slot, last_slot, offset, size in self._pages:
            yield LedgerPage(span, first_slot, last_slot, self._read(offset, size))

    def segments(self) -> Iterator[Segment]:
        """Every token's segments, from the one that was not yet full on."""
        self._file.flush()
        for mint, found in self._notes.items():
            lines = [self._read(found[at], found[at + 1]) for at in range(0, len(found), 3)]
            times, place = list(found[2::3]), 0
            last = self._open.get(mint)
            if last is not None:
                earlier = unpack(last.body).split(b"\n")
                span, place = last.span, last.span.place
                lines = earlier + lines
                times = [span.first_time, *[span.last_time] * (len(earlier) - 1), *times]
            for start in range(0, len(lines), SEGMENT):
                part, when = lines[start : start + SEGMENT], times[start : start + SEGMENT]
                yield Segment(mint, Span(place + start, len(part), min(when), max(when)), pack(part))

    def __enter__(self) -> "Drafts":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _end_page(self) -> None:
        place = self._pages[-1][0].place + self._pages[-1][0].lines if self._pages else self.start
        span = Span(place, len(self._lines), min(self._times), max(self._times))
        body = pack(self._lines)
        self._pages.append((span, self._slots[0], self._slots[-1], self._write(body), len(body)))
        self._lines, self._slots, self._times = [], [], []

    def _write(self, data: bytes) -> int:
        offset = self._size
        self._file.write(data)
        self._size += len(data)
        return offset

    def _read(self, offset: int, size: int) -> bytes:
        return os.pread(self._file.fileno(), size, offset)
