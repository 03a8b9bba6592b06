"""The web application: one factory, and nothing at import."""

import re

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from api import (
    analyses,
    batches,
    documentation,
    errors,
    evidence,
    headers,
    health,
    integrations,
    jobs,
    logs,
    metrics,
    operations,
    pages,
    schedules,
    tokens,
    wallets,
)
from api.arguments import LARGEST_BODY
from api.doors import Doors
from api.images import TokenImages
from api.inprocess import InProcessRuns
from api.limits import limiter
from api.stream import sockets
from api.stream.hub import Hub
from walletjobs.config import Config

PREFIX = "/api/v1"


def create_app(config: Config) -> Flask:
    """The application with these settings; it connects to nothing before the first request that needs it."""
    logs.configure(config.log_format)
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        RATELIMIT_STORAGE_URI=re.sub("^unix:", "redis+unix:", config.redis_url),
        RATELIMIT_STORAGE_OPTIONS={
            "socket_timeout": 1,
            "socket_connect_timeout": 1,
            "key_prefix": "walletjobs:limits",
        },
    )
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    doors = Doors(config)
    app.extensions["doors"] = doors
    app.extensions["hub"] = Hub(config.redis_url, config.max_sockets)
    app.extensions["in_process"] = InProcessRuns(doors)
    app.extensions["images"] = TokenImages(doors)
    headers.register(app)
    limiter.init_app(app)
    _mount(app, config)
    errors.register(app)
    return app


def _mount(app: Flask, config: Config) -> None:
    documents = documentation.open_documents(app)
    documents.register_blueprint(analyses.blueprint, url_prefix=f"{PREFIX}/analyses")
    documents.register_blueprint(batches.blueprint, url_prefix=f"{PREFIX}/analyses/batch")
    documents.register_blueprint(jobs.blueprint, url_prefix=f"{PREFIX}/jobs")
    documents.register_blueprint(schedules.blueprint, url_prefix=f"{PREFIX}/schedules")
    documents.register_blueprint(wallets.blueprint, url_prefix=f"{PREFIX}/wallets")
    documents.register_blueprint(evidence.blueprint, url_prefix=f"{PREFIX}/wallets")
    documents.register_blueprint(tokens.blueprint, url_prefix=f"{PREFIX}/tokens")
    documents.register_blueprint(integrations.blueprint, url_prefix=f"{PREFIX}/integrations")
    # The original plan's routes answer without the prefix too; they are documented once.
    app.register_blueprint(analyses.blueprint, url_prefix="/analyses", name="plan-analyses")
    app.register_blueprint(batches.blueprint, url_prefix="/analyses/batch", name="plan-batches")
    app.register_blueprint(jobs.blueprint, url_prefix="/jobs", name="plan-jobs")
    app.register_blueprint(health.blueprint)
    app.register_blueprint(metrics.blueprint)
    app.register_blueprint(pages.blueprint)
    sockets.register(app, config, PREFIX)
    operations.register(app, config)
