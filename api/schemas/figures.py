"""What figures are made of, and which of them are asked for."""

from typing import Any

from marshmallow import Schema, fields, post_dump, validate

from api.schemas.fields import maybe_text, text, whole
from walletjobs.core.lots import METHODS
from walletjobs.core.windows import WINDOWS


def ratio(description: str) -> fields.Float:
    """A number, or null with nothing to divide by."""
    return fields.Float(required=True, allow_none=True, metadata={"description": description})


def sol(description: str) -> fields.String:
    """An amount of SOL as a decimal text, exact."""
    return text(f"{description} SOL, as a decimal text.")


def maybe_sol(description: str) -> fields.String:
    """An amount of SOL as a decimal text, or null where it is not known."""
    return maybe_text(f"{description} SOL, as a decimal text.")


def lamports(description: str) -> fields.Integer:
    """An amount of lamports."""
    return whole(f"{description} Lamports.")


class Figures(Schema):
    """Figures as an analysis stored them; ones without a description here are served too."""

    @post_dump(pass_original=True)
    def keep(self, data: dict[str, Any], original: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Adds what the schema does not name."""
        return {**original, **data}


def method() -> fields.String:
    """Which lots a sale uses up first."""
    return fields.String(
        load_default="fifo",
        validate=validate.OneOf(METHODS),
        metadata={"description": "Which lots a sale uses up first."},
    )


def window() -> fields.String:
    """Which disposals count."""
    return fields.String(
        load_default="all",
        validate=validate.OneOf(["all", *WINDOWS]),
        metadata={"description": "Which events count: those so long before the analysis, or all."},
    )
