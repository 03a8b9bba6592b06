"""``walletjobs``: the command line, a door to the library.

A command module imports what is heavy inside its functions, so that one command does not pay for another.
"""

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

import walletjobs
from walletjobs.errors import InvalidArgument, WalletjobsError

COMMANDS = ("offline", "proving", "serving", "replaying", "working", "queueing", "prices")

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


class Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        """Ends the program: 2, wrong usage."""
        self.exit(WRONG_USAGE, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code of one command: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    args = parser().parse_args(argv)
    _hear_interrupts()
    try:
        code: int = args.run(args)
        sys.stdout.flush()
        return code
    except InvalidArgument as error:
        return _refused(args.command, f"{error} (see walletjobs {args.command} --help)", WRONG_USAGE)
    except WalletjobsError as error:
        return _refused(args.command, str(error), FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:  # a file that cannot be written, a port that is taken
        named = f"{error.filename}: " if error.filename else ""
        return _refused(args.command, f"{named}{error.strerror or error}", FAILED)


def _hear_interrupts() -> None:
    """A script that starts us in the background has interrupts ignored; whoever sends one to us means it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _refused(command: str, why: str, code: int) -> int:
    print(f"walletjobs {command}: {why}", file=sys.stderr)
    return code


def parser() -> Parser:
    """The parser with every command of ``COMMANDS``."""
    top = Parser(prog="walletjobs", description="Background analysis of Solana wallets.")
    top.add_argument("--version", action="version", version=f"walletjobs {walletjobs.__version__}")
    commands = top.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        importlib.import_module(f"walletjobs.commands.{name}").add(commands)
    return top


if __name__ == "__main__":
    sys.exit(main())
