"""The demo's wallet: generated once, the same on every machine."""

import gzip
from pathlib import Path

from walletjobs.dev.generate import Inventor, Plan, shares_of

#: A day trader's year in small, with a fifth of its history made of what other tools get wrong.
PLAN = Plan(transactions=3_000, seed=7, traps=shares_of("all=0.2"))


def sample_wallet(folder: Path) -> tuple[str, Path]:
    """Its address and the file of its transactions, which is made in ``folder`` if it is not there."""
    inventor = Inventor(PLAN)
    path = folder / f"{inventor.world.wallet}.jsonl.gz"
    if not path.exists():
        draft = path.with_suffix(".new")
        with gzip.open(draft, "wb") as file:
            file.writelines(raw + b"\n" for raw, _ in inventor.history())
        draft.rename(path)  # whole, or not there
    return inventor.world.wallet, path
