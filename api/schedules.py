"""Schedules: analyses of a wallet or a list, again and again."""

from typing import Any

from api.arguments import Blueprint
from api.doors import doors
from api.limits import analyses_a_minute, client, limiter
from api.schemas.schedules import NewScheduleSchema, ScheduleSchema, SchedulesSchema
from walletjobs.core.schedule import NewSchedule
from walletjobs.jobs.schedules import add_schedule, find_schedule, remove_schedule, schedules_of

blueprint = Blueprint("schedules", __name__, description="Periodic analyses")


@blueprint.route("", methods=["GET"])
@blueprint.response(200, SchedulesSchema)
@blueprint.refuses(503)
def schedules() -> Any:
    """Every schedule, by its next run."""
    with doors().database() as connection:
        return {"schedules": schedules_of(connection)}


@blueprint.route("", methods=["POST"])
@blueprint.arguments(NewScheduleSchema)
@blueprint.response(201, ScheduleSchema)
@blueprint.refuses(400, 413, 415, 429, 503)
@limiter.shared_limit(analyses_a_minute, scope="schedules")
def add(wanted: dict[str, Any]) -> Any:
    """Analyze wallets again and again; each run is a batch. What was missed while nothing ran is run once."""
    with doors().database() as connection:
        schedule = add_schedule(connection, NewSchedule(client(), **wanted))
    return schedule, {"Location": f"/api/v1/schedules/{schedule.id}"}


@blueprint.route("/<schedule_id>", methods=["GET"])
@blueprint.response(200, ScheduleSchema)
@blueprint.refuses(404, 503)
def schedule(schedule_id: str) -> Any:
    """One schedule."""
    with doors().database() as connection:
        return find_schedule(connection, schedule_id)


@blueprint.route("/<schedule_id>", methods=["DELETE"])
@blueprint.response(204)
@blueprint.refuses(404, 503)
def remove(schedule_id: str) -> None:
    """End a schedule; a batch of it that runs goes on."""
    with doors().database() as connection:
        remove_schedule(connection, schedule_id)
