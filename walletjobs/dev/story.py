"""What the demo tells on the terminal: where things are, how the analysis goes, what it found."""

from collections.abc import Callable
from typing import Any

from walletjobs.dev.terminal import Bar
from walletjobs.dev.visitor import Visitor
from walletjobs.errors import ChildEnded


def tell_places(url: str, wallet: str, admin_key: str) -> None:
    """Prints where to look."""
    print(f"  dashboard   {url}/wallets/{wallet}")
    print(f"  API         {url}/docs")
    print(f"  operations  {url}/ops/rq  (any user, password {admin_key})", flush=True)


def tell_analysis(visitor: Visitor, wallet: str, check: Callable[[], None]) -> None:
    """Has ``wallet`` analyzed, shows how far it is, prints what came out; ``check`` is called meanwhile.

    Raises: ChildEnded if the analysis does not complete.
    """
    job_id = visitor.post_analysis(wallet)
    print(f"Analyzing {wallet} …", flush=True)
    bar = Bar()
    message: dict[str, Any] = {}
    try:
        for message in visitor.follow(job_id, check):
            _show(bar, message)
    finally:
        bar.end()
    job = visitor.job(job_id)
    if job["status"] != "completed":
        reason = (job.get("error") or {}).get("detail", "no reason given")
        raise ChildEnded(f"The analysis is {job['status']}: {reason}")
    print("\n".join(summary(visitor.wallet(wallet))), flush=True)


def tell_end(url: str, wallet: str) -> None:
    """Prints what can be done now."""
    print(f"Look at it: {url}/wallets/{wallet}\nEverything stays up until Ctrl-C.", flush=True)


def summary(wallet: dict[str, Any]) -> list[str]:
    """The wallet's figures, a line each; what is not known is left out, not made up."""
    pnl, rates, coverage = wallet["pnl"], wallet["winRate"]["tokens"], wallet["coverage"]
    lines = {
        "realized": _money(pnl["realizedSol"], pnl["realizedUsd"]),
        "unrealized": _money(pnl["unrealizedSol"], pnl["unrealizedUsd"]) if pnl["unrealizedSol"] else "",
        "unverified": f"{pnl['unverifiedProceedsSol']} SOL of proceeds without a known cost, in no PnL",
        "tokens": f"{pnl['tokens']:,} in {pnl['buys']:,} buys and {pnl['sells']:,} sells",
        "win rate": f"{rates['value']:.1%} of {rates['n']:,} tokens" if rates["value"] is not None else "",
        "style": (wallet["style"] or {}).get("sentence", ""),
        "coverage": _coverage(coverage),
    }
    return [f"  {name:<11} {text}" for name, text in lines.items() if text]


def _coverage(coverage: dict[str, Any]) -> str:
    history = "the whole history" if coverage["complete"] else f"part of the history, {coverage['gaps']} gaps"
    share = coverage["verifiedShare"]
    known = "" if share is None else f"; {share:.1%} of proceeds have a known cost"
    return f"{coverage['transactions']:,} transactions, {history}{known}"


def _money(sol: str, usd: str | None) -> str:
    return f"{sol} SOL" + (f" ({usd} USD)" if usd else "")


def _show(bar: Bar, message: dict[str, Any]) -> None:
    event, data = message["event"], message["data"]
    if event == "job-notice":
        bar.say(data["message"])
    elif event == "job-completed":
        bar.show(100, "done")
    elif "progress" in data:
        counts = ", ".join(f"{count:,} {name}" for name, count in (data.get("counts") or {}).items())
        bar.show(data["progress"], counts or data.get("message") or data.get("step") or data["status"])
