"""Structured logs of the web process."""

import logging
import sys

import structlog
from structlog.tracebacks import ExceptionDictTransformer

#: Without the values of local variables: settings and keys are among them.
_TRACEBACKS = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
_TEXT = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)


def configure(form: str) -> None:
    """One line an event on stderr, as text for people or as JSON for machines; never a secret."""
    machine = form == "json"
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([_TRACEBACKS, structlog.processors.JSONRenderer()] if machine else [_TEXT]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
