"""A client that posts, cancels and retries, and keeps a ledger of what it was promised."""

import logging
import threading
from dataclasses import dataclass, field
from typing import Any

import requests

ANALYSIS = "/api/v1/analyses/wallets/dashboard-analysis"
BATCH = "/api/v1/analyses/batch"
PATIENCE = 10.0  # seconds

log = logging.getLogger("chaos")


@dataclass
class Promises:
    """What the service has said yes to."""

    accepted: dict[str, str] = field(default_factory=dict)  # job id → wallet
    batches: list[str] = field(default_factory=list)  # ids
    reopened: dict[str, int] = field(default_factory=dict)  # job id → retries that may have been taken up
    answers: dict[str, int] = field(default_factory=dict)  # "POST 202" → how often
    slowest: float = 0.0  # seconds until an answer, of whatever kind
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note_answer(self, method: str, status: int | str, seconds: float) -> None:
        """Counts an answer."""
        with self._lock:
            name = f"{method} {status}"
            self.answers[name] = self.answers.get(name, 0) + 1
            self.slowest = max(self.slowest, seconds)

    def note_accepted(self, job_id: str, wallet: str) -> None:
        """A job was promised."""
        with self._lock:
            self.accepted[job_id] = wallet

    def note_retry(self, job_id: str) -> None:
        """A job may have been opened again: by an answer of 202, or by one that never came."""
        with self._lock:
            self.reopened[job_id] = self.reopened.get(job_id, 0) + 1

    def jobs(self) -> list[str]:
        """Every promised job, the oldest first."""
        with self._lock:
            return list(self.accepted)


class Client:
    """Asks the service over HTTP, and takes every answer as it comes."""

    def __init__(self, url: str, promises: Promises) -> None:
        self._url = url
        self._promises = promises

    def post(self, wallet: str, **wanted: Any) -> str | None:
        """The job that was promised; None where none was."""
        answer = self.ask("POST", ANALYSIS, {"walletAddress": wallet, **wanted})
        if answer is None or answer.status_code != 202:
            return None
        job_id = str(answer.json()["jobId"])
        self._promises.note_accepted(job_id, wallet)
        return job_id

    def post_at_once(self, wallet: str, times: int) -> None:
        """Posts one wallet from so many threads."""
        threads = [threading.Thread(target=self.post, args=(wallet,), daemon=True) for _ in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def post_batch(self, wallets: list[str]) -> None:
        """Several wallets at once, in the background."""
        answer = self.ask("POST", BATCH, {"walletAddresses": wallets, "forceRefresh": True})
        if answer is not None and answer.status_code == 202:
            accepted = answer.json()
            self._promises.batches.append(accepted["batchId"])
            for job in accepted["jobs"]:
                self._promises.note_accepted(job["jobId"], job["walletAddress"])

    def cancel_batch(self, batch_id: str) -> None:
        """Asks for the end of a batch's jobs."""
        self.ask("DELETE", f"{BATCH}/{batch_id}")

    def cancel(self, job_id: str) -> None:
        """Asks for a job's end."""
        self.ask("DELETE", f"/api/v1/jobs/{job_id}")

    def retry(self, job_id: str) -> None:
        """Asks for another life of a job."""
        answer = self.ask("POST", f"/api/v1/jobs/{job_id}/retry")
        if answer is None or answer.status_code == 202 or answer.status_code >= 500:
            self._promises.note_retry(job_id)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> requests.Response | None:
        """Any answer; None where the connection broke before it."""
        with requests.Session() as session:
            session.trust_env = False
            try:
                answer = session.request(method, self._url + path, json=body, timeout=PATIENCE)
            except requests.RequestException as error:
                self._promises.note_answer(method, type(error).__name__, 0.0)
                log.info("%s %s %s: %s", method, path, body, error)
                return None
        self._promises.note_answer(method, answer.status_code, answer.elapsed.total_seconds())
        log.info("%s %s %s: %d after %s", method, path, body, answer.status_code, answer.elapsed)
        return answer
