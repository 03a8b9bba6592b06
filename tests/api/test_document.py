"""The OpenAPI document holds: schemathesis asks every route by it, with what fits and what does not."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from jobservice import trades, until
from psycopg import Connection
from schemathesis import GenerationMode
from webworld import WALLET, MakeApp

from walletjobs.config import ProviderConfig
from walletjobs.db.wallets import WalletRepository


@pytest.fixture
def document(make_app: MakeApp, providers: Callable[..., ProviderConfig], connection: Connection[Any]) -> Any:
    """The document of an application that knows one wallet."""
    app: Flask = make_app(use_dashboard_job_system=False, providers=providers(trades(12)))
    app.test_client().post("/analyses/wallets/trigger-analysis", json={"walletAddresses": [WALLET]})
    until(lambda: (found := WalletRepository(connection).find(WALLET)) and found.analyzed_at)
    app.extensions["in_process"].stop()  # of what it makes up nothing shall be analyzed
    return schemathesis.openapi.from_wsgi("/openapi.json", app)


def test_answers_are_as_the_document_says(document: Any) -> None:
    operations = [result.ok() for result in document.get_all_operations()]
    assert len(operations) >= 18
    for operation in operations:

        @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
        @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
        def fits(case: schemathesis.Case) -> None:
            case.call_and_validate()

        @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
        @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
        def does_not_fit(case: schemathesis.Case) -> None:
            case.call_and_validate()

        fits()
        with contextlib.suppress(Unsatisfiable):  # a route without arguments takes no wrong ones
            does_not_fit()
