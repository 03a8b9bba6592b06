"""``python -m chaos --seed S --faults N``: rounds of a hundred faults, each on a service of its own."""

import argparse
import logging
import secrets
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from chaos.round import Outcome, play
from chaos.seeds import FAILED_ONCE

ROUND = 100  # faults on one service


def main() -> int:
    """0 where everything held in every round."""
    parser = argparse.ArgumentParser(prog="python -m chaos")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="of the first round")
    parser.add_argument("--faults", type=int, default=ROUND)
    parser.add_argument("--again", action="store_true", help="a round of each seed that once failed")
    parser.add_argument("--keep", action="store_true", help="data and logs of rounds that held, too")
    args = parser.parse_args()
    outcomes = []
    again = [(seed, ROUND) for seed in FAILED_ONCE]
    for seed, faults in again if args.again else _rounds(args.seed, args.faults):
        folder = Path(tempfile.mkdtemp(prefix=f"walletjobs-chaos-{seed}-"))
        _keep_journal(folder / "journal.log")
        outcome = play(seed, faults, folder)
        outcomes.append(outcome)
        _tell(outcome, folder)
        if not (outcome.complaints or args.keep):
            shutil.rmtree(folder)
    broken = [str(outcome.seed) for outcome in outcomes if outcome.complaints]
    total = sum(outcome.faults.total() for outcome in outcomes)
    print(
        f"\n{total} faults in {len(outcomes)} rounds, {sum(o.jobs.total() for o in outcomes)} jobs: ", end=""
    )
    print(f"FAILED with seeds {', '.join(broken)}" if broken else "everything held")
    return 1 if broken else 0


def _keep_journal(path: Path) -> None:
    logging.basicConfig(filename=path, format="%(asctime)s %(message)s", force=True)
    logging.getLogger("chaos").setLevel(logging.INFO)


def _rounds(seed: int, faults: int) -> list[tuple[int, int]]:
    """(seed, faults) of each round."""
    sizes = [ROUND] * (faults // ROUND) + ([faults % ROUND] if faults % ROUND else [])
    return list(enumerate(sizes, seed))


def _tell(outcome: Outcome, folder: Path) -> None:
    print(f"\nseed {outcome.seed}: {outcome.faults.total()} faults in {outcome.seconds:.0f} s")
    print("  faults    " + _listed(outcome.faults))
    print("  jobs      " + _listed(outcome.jobs) + f"; {outcome.restarts} starts again within an attempt")
    if outcome.recoveries:
        middle, worst = median(outcome.recoveries), max(outcome.recoveries)
        print(f"  recovered {len(outcome.recoveries)} killed jobs, in {middle:.1f} s, at worst {worst:.1f} s")
    print("  failed by " + (_listed(outcome.errors) or "nothing"))
    print("  answers   " + _listed(outcome.answers) + f"; the slowest after {outcome.slowest_answer:.1f} s")
    for complaint in outcome.complaints:
        print(f"  BROKEN    {complaint}")
    if outcome.complaints:
        print(f"  again     make chaos SEED={outcome.seed} FAULTS={outcome.faults.total()}; logs: {folder}")
    sys.stdout.flush()


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda item: -item[1]))


if __name__ == "__main__":
    sys.exit(main())
