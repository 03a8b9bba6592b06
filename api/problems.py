"""Refusals as RFC 9457 problem details, the one shape of every error."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, g, jsonify
from werkzeug.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"


class Problem(HTTPException):
    """A refusal that names its stable code; ``members`` stand beside the standard ones in the answer."""

    def __init__(self, status: int, slug: str, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.code = status
        self.slug = slug
        self.detail = detail
        self.members = members


def answer(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The response that carries a problem.

    Source: https://www.rfc-editor.org/rfc/rfc9457
    """
    status = problem.code or 500
    response = jsonify(
        {
            "type": f"urn:walletjobs:problem:{problem.slug}",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": problem.detail,
            "code": problem.slug,
            "requestId": g.get("request_id", ""),
            **problem.members,
        }
    )
    response.status_code = status
    response.mimetype = MEDIA_TYPE
    response.headers.update(headers or {})
    return response
