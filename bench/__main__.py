"""``python -m bench [NAME …]``: runs the measurements and prints a row each."""

import argparse
import importlib
import platform
import sys
from pathlib import Path

BENCHES = ("ledger", "storage", "incremental", "jobs", "simultaneous", "restarts", "batch", "sync", "reads")


def machine() -> str:
    """The machine in one line."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line
        ]
        cpu = f"{len(names)} × {names[0]}" if names else cpu
    return f"{platform.system()} {platform.release()}, {cpu}, Python {platform.python_version()}"


def main() -> int:
    """Run the named benches, or all."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", default=list(BENCHES), metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--quick", action="store_true", help="smaller histories, for a first look")
    args = parser.parse_args()
    unknown = set(args.names) - set(BENCHES)
    if unknown:
        parser.error(f"no such bench: {', '.join(sorted(unknown))}")
    print(machine())
    for name in args.names:
        importlib.import_module(f"bench.{name}").run(args.quick)
    return 0


if __name__ == "__main__":
    sys.exit(main())
