"""One tree of errors, each with a code that clients may rely on."""

import inspect

import pytest

from walletjobs import errors
from walletjobs.errors import Permanent, RateLimited, Transient, WalletjobsError

CLASSES = [
    value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, WalletjobsError)
]
KINDS = {WalletjobsError, Permanent, Transient}
LEAVES = [error for error in CLASSES if error not in KINDS]


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [error.code for error in LEAVES]
    assert len(set(codes)) == len(codes)
    assert WalletjobsError.code not in codes


@pytest.mark.parametrize("error", LEAVES)
def test_every_error_is_either_transient_or_permanent(error: type[WalletjobsError]) -> None:
    assert issubclass(error, Transient) != issubclass(error, Permanent)
    assert error.transient is issubclass(error, Transient)


@pytest.mark.parametrize("error", LEAVES)
def test_the_tree_in_the_docstring_names_every_error_with_its_code(error: type[WalletjobsError]) -> None:
    lines = [line.split() for line in (errors.__doc__ or "").splitlines()]
    assert [error.__name__, error.code] in [words[-2:] for words in lines]


def test_the_tree_in_the_docstring_names_no_error_that_is_gone() -> None:
    named = [
        line.split()[-2:] for line in (errors.__doc__ or "").splitlines() if line[:1] in "│ " and "─" in line
    ]
    assert sorted(name for name, _ in named) == sorted(error.__name__ for error in LEAVES)


def test_an_error_without_words_says_its_first_docstring_line() -> None:
    assert str(errors.LockBusy()) == "Another job is writing this wallet."
    assert str(errors.LockBusy("Wait.")) == "Wait."


def test_a_transient_error_may_say_when_to_come_back() -> None:
    assert RateLimited("slow", retry_after=2.5).retry_after == 2.5
    assert RateLimited().retry_after is None


def test_a_running_analysis_is_named() -> None:
    assert errors.AnalysisInProgress("dashboard-1").job_id == "dashboard-1"
