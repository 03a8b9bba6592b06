"""OpenAPI 3.1 at /openapi.json, made from the schemas, and its browser at /docs from files of our own."""

from http import HTTPStatus

import flask_smorest
from flask import Flask, render_template
from flask_smorest.utils import prepare_response
from flask_swagger_ui import get_swaggerui_blueprint

from api.problems import MEDIA_TYPE
from api.schemas.problems import ProblemSchema
from walletjobs import __version__

DESCRIPTION = """\
Background analysis of Solana wallets: post an address, get a job, follow it by websocket, read exact figures.

Live events come by websocket at `/api/v1/ws` (and `/api/v1/jobs/{id}/stream` for one job): send
`{"event": "subscribe", "jobId": "…", "lastEventId": "…"}`, and get `subscribed` with the job as it is now, the last
provisional figures included, then `job-progress`, `job-notice`, `partial-result`, `enrichment`, and at the end
`job-completed`, `job-failed` or `job-cancelled`. The same events come as Server-Sent Events from
`/api/v1/jobs/{id}/events`.
"""


class Api(flask_smorest.Api):
    """Collects what the blueprints document; every error there is a problem."""

    ERROR_SCHEMA = ProblemSchema

    def _register_responses(self) -> None:
        for status in HTTPStatus:
            self._register_problem(status.name, status.phrase, has_body=status >= 400)
        self._register_problem("DEFAULT_ERROR", "Any other refusal.", has_body=True)

    def _register_problem(self, name: str, description: str, *, has_body: bool) -> None:
        response = {"description": description, **({"schema": self.ERROR_SCHEMA} if has_body else {})}
        prepare_response(response, self.spec, MEDIA_TYPE)
        self.spec.components.response(name, response, lazy=True)


def open_documents(app: Flask) -> Api:
    """The document of ``app``, and the pages that show it."""
    app.config.update(
        API_TITLE="walletjobs",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        API_SPEC_OPTIONS={
            "info": {"description": DESCRIPTION, "license": {"name": "MIT", "identifier": "MIT"}}
        },
    )
    # The package's own page has an inline script, which our policy forbids: ours stands before it.
    app.add_url_rule("/docs/", "docs", lambda: render_template("docs.html"))
    app.register_blueprint(get_swaggerui_blueprint("/docs", "/openapi.json"))
    return Api(app)
