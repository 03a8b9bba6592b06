"""rq-dashboard at /ops/rq, behind the admin key and read-only unless the settings say otherwise."""

import hmac

from flask import Flask, request
from flask.typing import ResponseReturnValue
from rq.serializers import JSONSerializer
from rq_dashboard import blueprint, default_settings
from rq_dashboard.web import config as dashboard
from rq_dashboard.web import setup_rq_connection

from api.problems import Problem, answer
from walletjobs.config import Config

PREFIX = "/ops/rq"
CHALLENGE = {"WWW-Authenticate": 'Basic realm="walletjobs operations", charset="UTF-8"'}
#: Answers GET too, although it changes queues.
CHANGING_ENDPOINTS = {"rq_dashboard.requeue_all"}


def register(app: Flask, config: Config) -> None:
    """Mounts the dashboard; its own code knows no login, so every request passes our guard first."""
    app.config.from_object(default_settings)
    app.config["RQ_DASHBOARD_REDIS_URL"] = _impatient(config.redis_url)
    app.config["RQ_DASHBOARD_DISABLE_DELETE"] = not config.ops_allow_actions
    dashboard.serializer = JSONSerializer
    setup_rq_connection(app)

    @app.before_request
    def guard() -> ResponseReturnValue | None:
        return _refusal(config) if request.path.startswith(PREFIX) else None

    app.register_blueprint(blueprint, url_prefix=PREFIX)


def _refusal(config: Config) -> ResponseReturnValue | None:
    if not config.admin_api_key:
        raise Problem(403, "operations_closed", "Operations are closed: no ADMIN_API_KEY is set.")
    given = request.authorization.password if request.authorization else None
    if not hmac.compare_digest((given or "").encode(), config.admin_api_key.encode()):
        return answer(Problem(401, "unauthorized", "The password is the ADMIN_API_KEY."), CHALLENGE)
    if request.view_args and request.view_args.get("instance_number", 0) != 0:
        raise Problem(404, "not_found", "There is one Redis here: instance 0.")
    changing = request.method not in ("GET", "HEAD") or request.endpoint in CHANGING_ENDPOINTS
    if changing and not (config.ops_allow_actions and _same_origin()):
        raise Problem(403, "read_only", "Operations are read-only here; OPS_ALLOW_ACTIONS=true opens them.")
    return None


def _same_origin() -> bool:
    """Basic credentials travel with forged requests too; a browser tells where each one comes from."""
    return request.headers.get("Origin", "").partition("://")[2] == request.host


def _impatient(url: str) -> str:
    """The dashboard makes its own clients; a hung Redis must not hang them."""
    limits = "socket_timeout=1&socket_connect_timeout=1"
    return f"{url}{'&' if '?' in url else '?'}{limits}"
