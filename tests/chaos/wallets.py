"""Invented wallets, and what must be stored of each in the end."""

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Self

from walletjobs.dev.generate import Inventor, Plan, truth_of

LENGTHS = (40, 180, 320, 560, 900)  # transactions; a page holds 100


@dataclass(frozen=True, slots=True)
class Invented:
    """A wallet whose true figures are known."""

    address: str
    transactions: int
    realized: dict[str, int]  # method → lamports
    tokens: int
    last_slot: int
    file: Path

    @classmethod
    def write(cls, folder: Path, seed: int, transactions: int) -> Self:
        """Invents one and writes its history."""
        inventor = Inventor(Plan(transactions, seed))
        file = folder / f"wallet-{seed}.jsonl"
        file.write_bytes(b"\n".join(line for line, _ in inventor.history()))
        truth = truth_of(inventor)
        realized = {name: sums["realizedPnlLamports"] for name, sums in truth["methods"].items()}
        slot = inventor.world.slot
        return cls(truth["wallet"], transactions, realized, len(truth["tokens"]), slot, file)


def invent(folder: Path, seed: int, count: int) -> list[Invented]:
    """So many wallets of all lengths, the same for the same seed."""
    folder.mkdir(parents=True, exist_ok=True)
    random = Random(seed)
    return [Invented.write(folder, seed * 1000 + number, random.choice(LENGTHS)) for number in range(count)]
