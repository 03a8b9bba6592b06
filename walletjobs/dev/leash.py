"""Become a command that is told to end when its starter dies, however it dies.

A script, not to be imported: ``python leash.py SIGNAL PARENT COMMAND …``. Off Linux it only becomes the
command.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # Source: prctl(2)


def main(signal_number: int, parent: int, *command: str) -> None:
    """Never comes back."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            sys.exit(1)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
