"""What kind of address a wallet is, as far as its figures must be read differently."""

from dataclasses import dataclass

from walletjobs.core.instructions import SYSTEM_PROGRAM

NORMAL = "normal"
#: More transactions than an analysis covers, or than BUSY_DAY a day over a week.
HIGH_FREQUENCY = "high_frequency"
#: Not a person's wallet: it is executable, or a program owns it.
PROGRAM = "program"
#: On the list of those whose transactions are many people's.
EXCHANGE = "exchange_or_router"

BUSY_DAY = 500  # transactions
WEEK = 7  # days


@dataclass(frozen=True, slots=True)
class Account:
    """What the chain says of an address itself."""

    owner: str
    executable: bool = False

    @property
    def is_program(self) -> bool:
        """Whether it is a program, or one owns it."""
        return self.executable or self.owner != SYSTEM_PROGRAM


def class_of(account: Account | None, exchange: str | None) -> str:
    """The class of an address before its history is known; ``exchange`` is its name on the list.

    An address that the chain does not know has never held anything, or no longer does: an ordinary one.
    """
    if account is not None and account.is_program:
        return PROGRAM
    return EXCHANGE if exchange is not None else NORMAL


def is_busy(last_week: int, capped: bool) -> bool:
    """Whether a wallet is very active, by the transactions of its newest week; a history that was cut short is."""
    return capped or last_week > BUSY_DAY * WEEK


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reader of a wallet's figures should know, with a stable code."""

    code: str
    text: str


def remark(wallet_class: str, exchange: str | None = None) -> Remark | None:
    """The remark on a class of wallets; None for ordinary ones. ``exchange`` is the name on the list."""
    if wallet_class == PROGRAM:
        return Remark(
            "program_account",
            "Not a person's wallet: a program owns this address, and its figures are that program's doing.",
        )
    if wallet_class == EXCHANGE:
        who = exchange or "An exchange or router"
        return Remark(
            "exchange_or_router", f"{who} uses this address for many people; its figures mix theirs."
        )
    if wallet_class == HIGH_FREQUENCY:
        return Remark(
            "high_frequency_wallet", f"High-frequency wallet: more than {BUSY_DAY} transactions a day."
        )
    return None
