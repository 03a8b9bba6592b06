"""Who uses the service and breaks it at the same time: every choice is drawn from the seed."""

import logging
import threading
import time
from collections import Counter
from random import Random

from chaos.client import Client, Promises
from chaos.faults import WEIGHTS, Fault
from chaos.healer import Healer
from chaos.service import Service

GAP = 1.4  # seconds between two faults, on average
FIRST_SLOT = 320_000_000  # where invented histories begin
SERVERS = ("redis", "postgres", "provider")  # each suffers one fault at a time

log = logging.getLogger("chaos")


class Monkey:
    """Uses and breaks one service."""

    def __init__(self, service: Service, promises: Promises, seed: int) -> None:
        self.struck: Counter[str] = Counter()  # faults by name
        self._service = service
        self._promises = promises
        self._client = Client(service.url, promises)
        self._seed = seed

    def run(self, faults: int) -> None:
        """So many faults, with jobs between them; afterwards everything is whole again."""
        healer = Healer(self._service)
        rampage = threading.Thread(target=self._rampage, args=(faults, healer), daemon=True)
        rampage.start()
        healer.heal_until(lambda: not rampage.is_alive())
        log.info("no more faults")

    def _rampage(self, faults: int, healer: Healer) -> None:
        for number in range(faults):
            random = Random(f"{self._seed} {number}")
            self._let_time_pass(number / faults)
            for _ in range(random.choice((2, 3, 4))):
                self._use(random)
            time.sleep(random.expovariate(1 / GAP))
            self._break(random, healer)

    def _let_time_pass(self, done: float) -> None:
        """The chain goes on: of every history a little more has happened; at last all."""
        last = max(wallet.last_slot for wallet in self._service.wallets)
        shown = FIRST_SLOT + int((last - FIRST_SLOT) * (0.3 + done)) if done < 0.7 else 0
        self._service.set_provider(head_slot=shown)

    def _use(self, random: Random) -> None:
        wallet = random.choice(self._service.wallets).address
        known = self._promises.jobs()
        draw = random.random()
        if draw < 0.12:
            self._client.post_at_once(wallet, 8)
        elif draw < 0.2 and known:
            self._client.cancel(random.choice(known[-8:]))
        elif draw < 0.3 and known:
            self._client.retry(random.choice(known[-20:]))
        elif draw < 0.34:
            self._client.ask("GET", f"/api/v1/wallets/{wallet}")
        elif draw < 0.38:
            some = random.sample(self._service.wallets, 4)
            self._client.post_batch([each.address for each in some])
        elif draw < 0.39 and self._promises.batches:
            self._client.cancel_batch(self._promises.batches[-1])
        else:
            wanted = {"forceRefresh": random.random() < 0.8, "enrichMetadata": random.random() < 0.6}
            self._client.post(wallet, attach=random.random() < 0.3, **wanted)

    def _break(self, random: Random, healer: Healer) -> None:
        """One fault; where it would strike a server that suffers already, another one."""
        while True:
            fault: Fault = random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            subject = fault.__name__.rpartition("_")[2]
            subject = subject if subject in SERVERS else ""
            if not subject or not healer.suffers(subject):
                break
        undo = fault(self._service, random)
        self.struck[fault.__name__] += 1
        log.info("%s%s", fault.__name__, f", for {undo[0]:.1f} s" if undo else "")
        if undo:
            healer.undo_later(undo[0], subject, undo[1])
