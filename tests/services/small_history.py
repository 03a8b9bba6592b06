"""Small histories, the settings that send our clients to a replay server, and a listener that remembers."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256, sha512
from typing import Any

import base58
import msgspec
from psycopg import Connection

from walletjobs.config import ProviderConfig
from walletjobs.core.progress import Silence, Step
from walletjobs.db.fence import Fence
from walletjobs.db.parts import PartRepository
from walletjobs.db.transactions import TransactionRepository
from walletjobs.dev.replay.server import ReplayServer
from walletjobs.errors import WorkerStopping
from walletjobs.providers.files import read_line

WALLET = base58.b58encode(sha256(b"wallet").digest()).decode()
FAST = 100_000  # requests a second: no limit


def mint_of(number: int) -> str:
    return _address(f"mint {number}")


@cache
def _address(name: str) -> str:
    return base58.b58encode(sha256(name.encode()).digest()).decode()


@cache
def _signature(number: int) -> str:
    return base58.b58encode(sha512(str(number).encode()).digest()).decode()


def transaction(number: int, slot: int, wallet: str = WALLET) -> bytes:
    """A token arrives at the wallet; ten transactions in a row are of one mint."""
    mint = mint_of(number // 10)
    change = {
        "userAccount": wallet,
        "tokenAccount": _address(f"{wallet}{mint}"),
        "mint": mint,
        "rawTokenAmount": {"tokenAmount": str(number + 1), "decimals": 6},
    }
    return msgspec.json.encode(
        {
            "signature": _signature(number),
            "slot": slot,
            "timestamp": 1_700_000_000 + slot,
            "type": "TRANSFER",
            "source": "SYSTEM_PROGRAM",
            "fee": 5000,
            "feePayer": wallet,
            "nativeTransfers": [],
            "tokenTransfers": [],
            "accountData": [
                {"account": wallet, "nativeBalanceChange": -5000, "tokenBalanceChanges": []},
                {
                    "account": change["tokenAccount"],
                    "nativeBalanceChange": 0,
                    "tokenBalanceChanges": [change],
                },
            ],
            "transactionError": None,
            "instructions": [],
            "events": {},
        }
    )


def history(count: int, slots: Callable[[int], int] = lambda number: 1000 + number) -> list[bytes]:
    """A wallet's transactions, oldest first."""
    return [transaction(number, slots(number)) for number in range(count)]


@dataclass
class Listener(Silence):
    """Remembers what it was told, and asks the work to stop once ``stop_after`` pages were fetched."""

    stop_after: int | None = None
    fractions: list[float] = field(default_factory=list)
    notices: list[tuple[str, str]] = field(default_factory=list)
    seen_mints: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    partials: list[dict[str, Any]] = field(default_factory=list)

    def step(self, step: Step, fraction: float = 0.0, *, message: str = "", counts: Any = None) -> None:
        assert step is Step.SYNC
        self.fractions.append(fraction)
        self.counts = dict(counts or {})

    def notice(self, code: str, message: str) -> None:
        self.notices.append((code, message))

    def mints(self, mints: Any) -> None:
        self.seen_mints += mints

    def partial(self, figures: Any) -> None:
        self.partials.append(dict(figures))

    def checkpoint(self) -> None:
        if self.stop_after is not None and self.counts.get("pages", 0) >= self.stop_after:
            raise WorkerStopping


def config_of(server: ReplayServer, **settings: Any) -> ProviderConfig:
    """Settings that send every provider's calls to a replay server."""
    given = ProviderConfig(
        helius_api_key="a-secret-key",
        helius_rpc_url=server.url,
        helius_rest_url=server.url,
        helius_rpc_rate=FAST,
        helius_rest_rate=FAST,
        dexscreener_url=server.url,
        dexscreener_rate=FAST,
        jupiter_url=server.url,
        jupiter_rate=FAST,
        binance_url=server.url,
        binance_rate=FAST,
        coinbase_url=server.url,
        coinbase_rate=FAST,
    )
    return replace(given, **settings)


def signature_of(line: bytes) -> str:
    return str(msgspec.json.decode(line)["signature"])


def stored(connection: Connection[Any], fence: Fence) -> list[str]:
    """The signatures of what is stored, in the order of the chain."""
    stream = TransactionRepository(connection).stream(fence.wallet_id)
    return [read_line(raw).signature for _, raw in stream]


def assert_whole(connection: Connection[Any], fence: Fence, lines: list[bytes]) -> None:
    """Every transaction is stored once, in the order of the chain, under one range without a gap."""
    repository = TransactionRepository(connection)
    assert stored(connection, fence) == [signature_of(line) for line in lines]
    (whole,) = repository.ranges(fence.wallet_id)
    assert (whole.reached_start, whole.transactions) == (True, len(lines))
    assert PartRepository(connection).all(fence.wallet_id) == []
    keys = connection.execute("SELECT count(*) FROM wallet_transaction").fetchone()
    assert keys == (len(lines),)


def assert_no_claim_without_rows(connection: Connection[Any], fence: Fence, lines: list[bytes]) -> None:
    """No hole is unrecorded: what a range says is held is stored; ``lines`` are the chain, oldest first."""
    have = set(stored(connection, fence))
    placed = [(read_line(line).slot, read_line(line).signature) for line in lines]
    order = {signature: at for at, (_, signature) in enumerate(placed)}
    for held in TransactionRepository(connection).ranges(fence.wallet_id):
        between = placed[order[held.oldest.signature] : order[held.newest.signature] + 1]
        claimed = {signature for slot, signature in placed if slot in held.whole}
        assert claimed | {signature for _, signature in between} <= have
