"""Reads request bodies and queries strictly, and refuses with the field's name."""

import json
from collections.abc import Callable
from typing import Any, NoReturn

import flask_smorest
from flask import Request
from marshmallow import ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge

from api.problems import MEDIA_TYPE, Problem
from api.schemas.problems import ProblemSchema

LARGEST_BODY = 256 * 1024  # bytes: a thousand addresses take 50 kB


class StrictParser(FlaskParser):
    """Takes JSON bodies only, and says what is wrong with the others."""

    DEFAULT_VALIDATION_STATUS = 400
    DEFAULT_UNKNOWN_BY_LOCATION = {}  # noqa: RUF012  (the schema's own rule: unknown fields are refused)

    def load_json(self, req: Request, schema: Any) -> Any:
        """The body as JSON.

        Raises: Problem with 415 for another type, 400 for an empty or malformed body; RequestEntityTooLarge.
        """
        body = req.get_data(cache=False)
        if (
            req.content_length is None and len(body) >= LARGEST_BODY
        ):  # what was sent in chunks is cut off there
            raise RequestEntityTooLarge
        if req.mimetype != "application/json" and not req.mimetype.endswith("+json"):
            raise Problem(
                415, "unsupported_media_type", "The body must be JSON: Content-Type: application/json."
            )
        if not body.strip():
            raise Problem(400, "empty_body", "The body is empty; it must be a JSON object.")
        try:
            return json.loads(body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise Problem(400, "malformed_json", f"The body is not JSON: {_reason(error)}.") from None

    def handle_error(self, error: ValidationError, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuses with every field's fault."""
        located = error.messages_dict
        fields = {name: faults for location in located.values() for name, faults in _named(location).items()}
        name, faults = next(iter(fields.items()))
        raise Problem(400, "invalid_request", f"{name}: {_first(faults)}", errors=fields)


class Blueprint(flask_smorest.Blueprint):
    """A documented blueprint that reads its arguments strictly."""

    ARGUMENTS_PARSER = StrictParser()

    def refuses(self, *statuses: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Documents that a view may answer with these problems."""

        def document(view: Callable[..., Any]) -> Callable[..., Any]:
            for status in statuses:
                view = self.alt_response(status, schema=ProblemSchema, content_type=MEDIA_TYPE)(view)
            return view

        return document


class _NotANumber(ValueError):
    """What Python takes for a number, and JSON does not."""


def _refuse_constant(name: str) -> NoReturn:
    raise _NotANumber(f"{name} is no JSON number")


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    if isinstance(error, _NotANumber):
        return str(error)
    return "it is nested too deep" if isinstance(error, RecursionError) else "it holds too long a number"


def _named(faults: Any) -> dict[str, Any]:
    named = faults if isinstance(faults, dict) else {"_schema": faults}
    return {"body" if name == "_schema" else str(name): fault for name, fault in named.items()}


def _first(faults: Any) -> str:
    while isinstance(faults, dict | list):
        faults = next(iter(faults.values() if isinstance(faults, dict) else faults))
    return str(faults)
