"""Recorded lines: whichever form they are in, and what is in none."""

import gzip
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers import buy
from odd_json import JSON
from scenes import MINT
from wires import enhanced, rpc

from walletjobs.errors import InvalidData
from walletjobs.providers.files import read_line

SCENE = buy(MINT, 10, 1_000_000)
RESULT = rpc(SCENE)


@pytest.mark.parametrize(
    "form",
    [
        enhanced(SCENE),
        RESULT,
        rpc(SCENE, parsed=True),
        {"signature": SCENE.signature, "path": "a/b.json", "tx": RESULT},
        {"jsonrpc": "2.0", "id": 1, "result": RESULT},
    ],
    ids=["enhanced", "result", "parsed result", "recording", "response"],
)
def test_a_line_is_read_in_whichever_form_it_is(form: Any) -> None:
    transaction = read_line(json.dumps(form).encode())
    assert (transaction.signature, transaction.slot, transaction.fee) == (SCENE.signature, 1000, 5000)


@pytest.mark.parametrize(
    "form",
    [
        {},
        [],
        None,
        "text",
        {"tx": None},
        {"tx": {}},
        {"result": None},
        {"result": None, "id": 1, "jsonrpc": "2.0"},
        {"error": {"code": -32000, "message": "not found"}},
        {"meta": None},
        {"meta": {}, "slot": 1},
        {"tx": enhanced(SCENE)},
    ],
)
def test_a_line_in_no_form_is_invalid(form: Any) -> None:
    with pytest.raises(InvalidData):
        read_line(json.dumps(form).encode())


@given(st.dictionaries(st.sampled_from(["tx", "result", "meta", "slot", "signature", "accountData"]), JSON))
def test_any_mixture_of_the_forms_is_read_or_invalid(form: dict[str, Any]) -> None:
    with suppress(InvalidData):
        read_line(json.dumps(form).encode())


@given(st.binary(max_size=300))
def test_random_bytes_are_invalid(line: bytes) -> None:
    with pytest.raises(InvalidData):
        read_line(line)


@pytest.mark.data
def test_every_real_line_is_read_but_the_one_that_is_broken(shared_data: Path) -> None:
    broken = []
    for name in ("real-enhanced", "staketax-enhanced", "staketax-rpc", "pump-rpc"):
        with gzip.open(shared_data / f"{name}.jsonl.gz") as file:
            for number, line in enumerate(file, 1):
                try:
                    read_line(line).facts()
                except InvalidData as error:
                    broken.append((name, number, str(error)))
    assert broken == [("pump-rpc", 6, "Not an RPC transaction: balances and accounts do not match")]


@pytest.mark.data
def test_real_lines_cut_off_anywhere_are_invalid(shared_data: Path) -> None:
    for name in ("real-enhanced", "pump-rpc"):
        with gzip.open(shared_data / f"{name}.jsonl.gz") as file:
            line = file.readline().strip()
        for length in range(0, len(line), max(len(line) // 200, 1)):
            with pytest.raises(InvalidData):
                read_line(line[:length])
