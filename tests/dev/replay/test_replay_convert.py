"""The two forms of genuine transactions say the same."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from walletjobs.dev.replay import Book
from walletjobs.dev.replay.book import read_line, read_lines
from walletjobs.dev.replay.convert import to_enhanced, to_rpc
from walletjobs.dev.replay.history import Before
from walletjobs.dev.replay.moves import of_enhanced, of_rpc
from walletjobs.errors import InvalidData

pytestmark = pytest.mark.data
NOTHING_KNOWN = Before({}, {})


def read(path: Path) -> dict[str, dict[str, Any]]:
    with gzip.open(path) as file:
        return {row["signature"]: row for row in map(json.loads, file)}


def public(value: Any) -> Any:
    """Without the notes of whoever made the file."""
    if isinstance(value, dict):
        return {name: public(part) for name, part in value.items() if not name.startswith("_")}
    return [public(part) for part in value] if isinstance(value, list) else value


def changes(moved: Any) -> dict[str, Any]:
    return {
        row.account: (row.lamports, [token for token in row.tokens if token.amount]) for row in moved.accounts
    }


def test_rpc_results_become_the_enhanced_form_field_for_field(shared_data):
    wanted = read(shared_data / "staketax-enhanced.jsonl.gz")
    results = read(shared_data / "staketax-rpc.jsonl.gz")
    assert len(results) == 19
    for signature, line in results.items():
        assert json.loads(to_enhanced(json.dumps(line["tx"]).encode())) == public(wanted[signature])


def test_raw_and_parsed_encodings_conserve_lamports(shared_data):
    broken = []
    for line in read_lines(shared_data / "pump-rpc.jsonl.gz"):
        row = read_line(line)
        try:
            made = json.loads(to_enhanced(row.rpc))
        except InvalidData:
            broken.append(row.signature)
            continue
        assert sum(account["nativeBalanceChange"] for account in made["accountData"]) == -made["fee"]
    assert [signature[:5] for signature in broken] == ["F47c3"]  # recorded with its keys removed


@pytest.mark.parametrize("name", ["real-enhanced", "staketax-enhanced"])
def test_the_rpc_form_keeps_changes_owners_and_transfers(shared_data, name):
    for line in read_lines(shared_data / f"{name}.jsonl.gz"):
        made = to_rpc(line, NOTHING_KNOWN, 4)
        before, after = changes(of_enhanced(line)), changes(of_rpc(made))
        assert {account: after[account] for account in before} == before
        assert all(change == (0, []) for account, change in after.items() if account not in before)
        original, result = json.loads(line), json.loads(made)
        assert result["transaction"]["message"]["accountKeys"][0]["pubkey"] == original["feePayer"]
        assert (result["meta"]["fee"], result["meta"]["err"]) == (
            original["fee"],
            original["transactionError"],
        )
        assert min(*result["meta"]["preBalances"], *result["meta"]["postBalances"]) >= 0
        assert result["transactionIndex"] == 4


def test_there_and_back_again_keeps_token_transfers(shared_data):
    for line in read_lines(shared_data / "staketax-enhanced.jsonl.gz"):
        original = json.loads(line)
        again = json.loads(to_enhanced(to_rpc(line, NOTHING_KNOWN, 0)))
        sides = ("fromTokenAccount", "toTokenAccount", "mint")
        wanted = [[transfer[side] for side in sides] for transfer in original["tokenTransfers"]]
        assert sorted([transfer[side] for side in sides] for transfer in again["tokenTransfers"]) == sorted(
            wanted
        )


def test_balances_of_the_wallet_continue_from_one_transaction_to_the_next(shared_data):
    wallet = "3JoVBiQEA2QKsq7TzW5ez5jVRtbbYgTNijoZzp5qgkr2"
    book = Book.read([shared_data / "wallet-3JoVBiQE.jsonl.gz"])
    assert len(book.rows) == 6483
    last = None
    for position in book.history(wallet).positions[:500]:
        meta = json.loads(book.rpc(position))["meta"]
        assert last is None or meta["preBalances"][0] == last
        last = meta["postBalances"][0]
