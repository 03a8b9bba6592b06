"""Whether this process lives, and whether the service can do its work."""

from collections.abc import Callable

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from redis.exceptions import RedisError

from api.doors import doors
from walletjobs import __version__, ops
from walletjobs.db.migrate import pending
from walletjobs.errors import DatabaseUnavailable, MigrationRefused, QueueUnavailable

blueprint = Blueprint("health", __name__)

Check = dict[str, bool | str]


@blueprint.get("/healthz")
def alive() -> ResponseReturnValue:
    """This process answers."""
    return jsonify(status="ok", version=__version__)


@blueprint.get("/readyz")
def ready() -> ResponseReturnValue:
    """Redis and Postgres answer, the schema is current, and somebody works; 503 where not."""
    redis = _outcome(_redis)
    checks = {"redis": redis, "workers": _outcome(_workers) if redis["ok"] else redis, **_database()}
    fine = all(check["ok"] for check in checks.values())
    return jsonify(status="ok" if fine else "unavailable", checks=checks), 200 if fine else 503


def _outcome(look: Callable[[], str]) -> Check:
    """``look`` returns what is wrong, or nothing."""
    try:
        fault = look()
    except (RedisError, QueueUnavailable):
        fault = "Redis cannot be reached."
    return {"ok": not fault, "detail": fault or "ok"}


def _redis() -> str:
    doors().redis.ping()
    return ""


def _workers() -> str:
    return "" if ops.workers(doors().redis) else "No worker is running."


def _database() -> dict[str, Check]:
    try:
        with doors().database() as connection:
            waiting = ", ".join(migration.name for migration in pending(connection))
    except MigrationRefused as error:
        waiting = error.detail
    except DatabaseUnavailable:
        away: Check = {"ok": False, "detail": "Postgres cannot be reached."}
        return {"postgres": away, "migrations": away}
    schema: Check = {"ok": not waiting, "detail": f"Not applied: {waiting}" if waiting else "ok"}
    return {"postgres": {"ok": True, "detail": "ok"}, "migrations": schema}
