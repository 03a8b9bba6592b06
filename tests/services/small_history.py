"""Small histories, the settings that send our clients to a replay server, and a listener that remembers."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256, sha512
from typing import Any

import base58
import msgspec

from walletjobs.config import ProviderConfig
from walletjobs.core.progress import Silence, Step
from walletjobs.dev.replay.server import ReplayServer
from walletjobs.errors import WorkerStopping

WALLET = base58.b58encode(sha256(b"wallet").digest()).decode()
FAST = 100_000  # requests a second: no limit


def mint_of(number: int) -> str:
    return base58.b58encode(sha256(f"mint {number}".encode()).digest()).decode()


def transaction(number: int, slot: int, wallet: str = WALLET) -> bytes:
    """A token arrives at the wallet; ten transactions in a row are of one mint."""
    mint = mint_of(number // 10)
    change = {
        "userAccount": wallet,
        "tokenAccount": base58.b58encode(sha256(f"{wallet}{mint}".encode()).digest()).decode(),
        "mint": mint,
        "rawTokenAmount": {"tokenAmount": str(number + 1), "decimals": 6},
    }
    return msgspec.json.encode(
        {
            "signature": base58.b58encode(sha512(str(number).encode()).digest()).decode(),
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

    def step(self, step: Step, fraction: float = 0.0, *, message: str = "", counts: Any = None) -> None:
        assert step is Step.SYNC
        self.fractions.append(fraction)
        self.counts = dict(counts or {})

    def notice(self, code: str, message: str) -> None:
        self.notices.append((code, message))

    def mints(self, mints: Any) -> None:
        self.seen_mints += mints

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
