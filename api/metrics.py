"""``/metrics``: figures for Prometheus, read at the moment they are asked for."""

from collections.abc import Iterator

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.doors import doors
from walletjobs import ops

blueprint = Blueprint("metrics", __name__)

#: Field of ops.QueueDemand or ops.QueueFigures → what it says.
QUEUE_GAUGES = {
    "depth": "Jobs that wait in the queue.",
    "held": "Jobs that wait in Postgres for their turn in the queue.",
    "scheduled": "Jobs that wait for their next attempt.",
    "started": "Jobs that run.",
    "failed": "Jobs kept as failed.",
    "workers": "Worker processes that take from the queue.",
    "latency_seconds": "How long the oldest job waits.",
    "arrivals_per_minute": "Jobs accepted a minute.",
    "served_per_minute": "Jobs ended a minute.",
    "service_seconds": "Mean seconds from a job's start to its end.",
    "processes_wanted": "Worker processes that the queue calls for.",
}


class _Queues(Collector):
    """The queues' figures as gauges; what is not known is left out, and nobody waiting is no latency."""

    def __init__(self, figures: list[ops.QueueFigures]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """A gauge a field, a sample a queue."""
        for name, says in QUEUE_GAUGES.items():
            gauge = GaugeMetricFamily(f"walletjobs_queue_{name}", says, labels=["queue"])
            for each in self._figures:
                value = getattr(each, name)
                if value is not None or name == "latency_seconds":
                    gauge.add_metric([each.name], float(value or 0))
            yield gauge


@blueprint.get("/metrics")
def metrics() -> Response:
    """Every figure, in Prometheus' text form."""
    registry = CollectorRegistry()
    with doors().database() as connection:
        registry.register(_Queues(ops.queues(doors().redis, connection)))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
