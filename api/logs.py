"""Structured logs of the web process."""

import logging
import sys

import structlog


def configure(form: str) -> None:
    """One line an event on stderr, as text for people or as JSON for machines; never a secret."""
    machine = form == "json"
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.dict_tracebacks] if machine else []),
            structlog.processors.JSONRenderer() if machine else structlog.dev.ConsoleRenderer(colors=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
