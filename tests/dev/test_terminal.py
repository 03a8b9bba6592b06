"""The demo's bar: redrawn on a terminal, plain lines elsewhere; and what it tells of a wallet."""

import sys
from io import StringIO

import pytest

from walletjobs.dev.story import summary
from walletjobs.dev.terminal import WIDTH, Bar


class Terminal(StringIO):
    """An output that a person looks at."""

    def isatty(self) -> bool:
        return True


def drawn(monkeypatch: pytest.MonkeyPatch, output: StringIO) -> str:
    monkeypatch.setattr(sys, "stdout", output)
    bar = Bar()
    bar.show(0, "queued")
    bar.show(0, "queued still")
    bar.say("a notice")
    bar.show(50, "half")
    bar.end()
    return output.getvalue()


def test_elsewhere_each_new_percent_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = drawn(monkeypatch, StringIO()).splitlines()
    assert [line.split()[-1] for line in lines] == ["queued", "notice", "half"]
    assert lines[2].count("█") == WIDTH // 2


def test_on_a_terminal_one_line_is_redrawn_and_a_notice_stays_above_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = drawn(monkeypatch, Terminal())
    assert text.count("\n") == 2  # after the notice, and at the end
    assert text.index("a notice\n") < text.index("half")
    assert text.endswith("half\n")


def test_a_bar_is_cut_at_the_width_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(sys, "stdout", Terminal())
    Bar().show(50, "a text that is much longer than the terminal is wide")
    assert len(sys.stdout.getvalue().removeprefix("\r\x1b[2K")) == 39  # type: ignore[attr-defined]


WALLET = {
    "coverage": {"transactions": 1234, "complete": True, "gaps": 0, "verifiedShare": 0.75},
    "pnl": {
        "realizedSol": "1.5",
        "realizedUsd": "225.00",
        "unrealizedSol": None,
        "unrealizedUsd": None,
        "openCostSol": "0.25",
        "unverifiedProceedsSol": "0",
        "tokens": 12,
        "buys": 1000,
        "sells": 234,
    },
    "winRate": {"tokens": {"value": 0.425, "n": 40}},
    "style": {"sentence": "Trades fast."},
}


def test_a_summary_tells_figures_with_what_they_rest_on() -> None:
    text = "\n".join(summary(WALLET))
    assert "1.5 SOL (225.00 USD)" in text
    assert "42.5% of 40 tokens" in text
    assert "1,234 transactions, the whole history; 75.0% of proceeds have a known cost" in text
    assert "Trades fast." in text


def test_a_summary_says_where_history_is_missing() -> None:
    partly = WALLET | {"coverage": {"transactions": 9, "complete": False, "gaps": 2, "verifiedShare": None}}
    assert "  coverage    9 transactions, part of the history, 2 gaps" in summary(partly)


def test_a_summary_leaves_out_what_is_not_known() -> None:
    unknown = WALLET | {"winRate": {"tokens": {"value": None, "n": 0}}, "style": None}
    text = "\n".join(summary(unknown))
    assert "None" not in text
    assert not any(line.split()[0] in ("unrealized", "win", "style") for line in text.splitlines())
