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
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import positive_data_acceptance
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


def check(case: schemathesis.Case) -> None:
    """The answer fits the document; 503 is one of our answers, 500 is a fault.

    What fits the document may be refused all the same: no pattern says which texts decode to 32 bytes.
    """
    answer = case.call()
    assert answer.status_code != 500
    case.validate_response(answer, excluded_checks=[not_a_server_error, positive_data_acceptance])


def test_answers_are_as_the_document_says(document: Any) -> None:
    operations = [result.ok() for result in document.get_all_operations()]
    assert len(operations) >= 18
    for operation in operations:

        @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
        @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
        def fits(case: schemathesis.Case) -> None:
            check(case)

        @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
        @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
        def does_not_fit(case: schemathesis.Case) -> None:
            check(case)

        fits()
        with contextlib.suppress(Unsatisfiable):  # a route without arguments takes no wrong ones
            does_not_fit()
