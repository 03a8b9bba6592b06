"""What gunicorn serves: ``gunicorn api.wsgi:app``."""

import signal
import threading
from types import FrameType

from flask import Flask

from api.app import create_app
from walletjobs.config import Config


def say_goodbye_on_sigterm(app: Flask) -> None:
    """Before gunicorn's own handling, tells every subscriber that the server goes, and ends runs at a safe point."""
    before = signal.getsignal(signal.SIGTERM)

    def handle(number: int, frame: FrameType | None) -> None:
        # In a thread: the main one may hold the very lock that waking the subscribers needs.
        for resident in ("hub", "in_process", "images"):
            threading.Thread(target=app.extensions[resident].stop, name="goodbye").start()
        if callable(before):
            before(number, frame)

    if callable(before):
        signal.signal(signal.SIGTERM, handle)
        signal.siginterrupt(signal.SIGTERM, False)


app = create_app(Config.from_env())
say_goodbye_on_sigterm(app)
