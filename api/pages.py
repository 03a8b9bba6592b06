"""The HTML shells. Everything in them is filled by ES modules, from the public API and the socket."""

from flask import Blueprint, render_template

from walletjobs.core.address import parse_address
from walletjobs.errors import InvalidAddress

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def home() -> str:
    """The search box, recent wallets and running jobs."""
    return render_template("home.html")


@blueprint.get("/wallets/<address>")
def wallet(address: str) -> str | tuple[str, int]:
    """One wallet; a text that is no address gets the reason and another chance."""
    try:
        return render_template("wallet.html", address=parse_address(address))
    except InvalidAddress as error:
        return render_template("invalid_address.html", text=address[:100], reason=error.detail), 400
