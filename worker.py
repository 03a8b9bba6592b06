"""The worker dyno: ``python worker.py`` runs the pool that ``WORKER_POOL`` describes."""

import sys

from walletjobs.cli import main

if __name__ == "__main__":
    sys.exit(main(["worker"]))
