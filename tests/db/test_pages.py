"""Pages that overlap, against a plain sort of all their lines."""

import json
import random
from dataclasses import replace

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from walletjobs.db.pages import StoredPage, in_order, pack, unpack


def page(sequence: int, *slots: int, wire_format: str = "enhanced") -> StoredPage:
    lines = [json.dumps({"slot": slot, "at": [sequence, index]}).encode() for index, slot in enumerate(slots)]
    return StoredPage(wire_format, slots[0], slots[-1], sequence, b"\n".join(lines), sequence)


def listed(pages: list[StoredPage]) -> list[tuple[int, int]]:
    """(slot, sequence) of each transaction, in the order of the stream."""
    found = [msgspec.json.decode(raw) for _, raw in in_order(pages)]
    return [(entry["slot"], entry["at"][0]) for entry in found]


def test_pages_one_after_the_other_go_through_as_they_are() -> None:
    pages = [page(1, 1, 2, 2), page(2, 2, 3), page(3, 9)]
    raws = [raw for stored in pages for raw in stored.body.split(b"\n")]
    assert [raw for _, raw in in_order(pages)] == raws


def test_nothing_stored_is_an_empty_stream() -> None:
    assert list(in_order([])) == []


def test_late_page_is_merged_into_those_it_spans() -> None:
    assert listed([page(1, 1, 9, 20), page(3, 2, 5), page(4, 9, 30)]) == [
        (1, 1), (2, 3), (5, 3), (9, 1), (9, 4), (20, 1), (30, 4),
    ]  # fmt: skip


def test_of_pages_with_one_sequence_the_one_stored_later_comes_after() -> None:
    first, later = page(1, 5, 9, 9), replace(page(1, 3, 9), id=2)
    raws = [raw for _, raw in in_order([later, first])]
    assert raws == [later.body.split(b"\n")[0], *first.body.split(b"\n"), later.body.split(b"\n")[1]]


def test_each_transaction_keeps_the_format_of_its_page() -> None:
    pages = [page(1, 1, 5), page(2, 3, 4, wire_format="rpc")]
    assert [wire_format for wire_format, _ in in_order(pages)] == ["enhanced", "rpc", "rpc", "enhanced"]


@given(
    st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=5), max_size=8),
    st.randoms(use_true_random=False),
)
def test_stream_is_sorted_by_slot_and_sequence(slots: list[list[int]], dice: random.Random) -> None:
    sequences = list(range(len(slots)))
    dice.shuffle(sequences)
    pages = [page(sequence, *sorted(chosen)) for sequence, chosen in zip(sequences, slots, strict=True)]
    pages.sort(key=lambda stored: (stored.first_slot, stored.sequence))
    every = sorted(
        (slot, sequence) for sequence, chosen in zip(sequences, slots, strict=True) for slot in chosen
    )
    assert listed(pages) == every


def test_body_comes_back_and_each_text_is_one_line() -> None:
    pretty = b'{\n  "a": [1,\n 2],\r\n "b": "x\\ny"\n}'
    body = unpack(pack([b'{"a": 1.10}', pretty]))
    first, second = body.split(b"\n")
    assert first == b'{"a": 1.10}'
    assert json.loads(second) == {"a": [1, 2], "b": "x\ny"}
