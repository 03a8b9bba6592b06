"""What tests of the page do with the whole service: invented wallets, and what a reader does and expects."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import requests
from playwright.sync_api import Page, expect

from walletjobs.dev.generate import Inventor, Plan, truth_of
from walletjobs.dev.replay import ReplayServer

WALLETS, TRANSACTIONS = 15, 450
QUICK = {"all": 5}  # milliseconds a request
WATCHABLE = {"all": 5, "enhanced": 150}
LONG = {"all": 5, "enhanced": 700}
SLOW = {"all": 5, "enhanced": 1500}
WAIT = 30_000  # milliseconds
SIZES = [(390, "light"), (390, "dark"), (1600, "light"), (1600, "dark")]


@dataclass(frozen=True)
class Invented:
    """A wallet whose true figures are known."""

    address: str
    realized: int  # lamports
    file: Path

    @classmethod
    def write(cls, folder: Path, seed: int) -> Self:
        """Invents one and writes its history."""
        inventor = Inventor(Plan(TRANSACTIONS, seed))
        file = folder / f"wallet-{seed}.jsonl"
        file.write_bytes(b"\n".join(line for line, _ in inventor.history()))
        truth = truth_of(inventor)
        return cls(truth["wallet"], truth["methods"]["fifo"]["realizedPnlLamports"], file)


@dataclass(frozen=True)
class Stack:
    """The running service."""

    url: str
    replay: ReplayServer
    wallets: Iterator[Invented]  # each for one test

    def jobs(self, wallet: str) -> list[dict[str, Any]]:
        """The wallet's analyses, newest first."""
        query = {"wallet": wallet, "type": "dashboard-wallet-analysis"}
        jobs: list[dict[str, Any]] = requests.get(f"{self.url}/api/v1/jobs", query, timeout=10).json()[
            "items"
        ]
        return jobs

    def post(self, wallet: str) -> str:
        """Starts an analysis behind the page's back."""
        url = f"{self.url}/api/v1/analyses/wallets/dashboard-analysis"
        answer = requests.post(url, json={"walletAddress": wallet}, timeout=10)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["jobId"])


def analyze(page: Page, stack: Stack, wallet: str) -> None:
    """Opens a wallet nobody has analyzed, and starts."""
    page.goto(f"{stack.url}/wallets/{wallet}")
    expect(page.get_by_text("Not analyzed yet")).to_be_visible()
    page.locator("#head").get_by_role("button", name="Analyze").click()


def expect_result(page: Page) -> None:
    expect(page.locator("#summary .card")).to_have_count(8, timeout=WAIT)
    expect(page.locator(".tokens tbody tr").first).to_be_visible()
    expect(page.locator(".behavior .style-name")).not_to_be_empty()


def expect_whole(page: Page) -> None:
    """Nothing overflows, and nothing is shown that is no figure."""
    excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert excess <= 0, f"{excess} px too wide at {page.viewport_size}"
    boxes = ".card, .figure, .fact, .stage, .job, .line, .callout, .apart, .histogram, .tools, .head"
    tight = "(all) => all.filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.outerHTML)"
    assert page.locator(boxes).evaluate_all(tight) == []
    text = page.locator("body").inner_text()
    assert not re.search(r"\b(NaN|undefined|Infinity|null)\b|∞|\[object", text), text


def bar(page: Page) -> int:
    return int(page.locator(".job .bar").get_attribute("aria-valuenow") or -1)
