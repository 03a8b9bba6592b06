"""The one shape of every refusal."""

from marshmallow import Schema, fields

from api.schemas.fields import text, whole


class ProblemSchema(Schema):
    """A refusal, as RFC 9457 problem details."""

    type = text("A URI that names the kind of problem.")
    title = text("The status in words.")
    status = whole("The HTTP status.")
    detail = text("What happened, for people.")
    code = text("What happened, for machines; stable.")
    requestId = text("Finds the request in the log.")
    errors = fields.Dict(metadata={"description": "Per field: what is wrong with it."})
    jobId = fields.String(metadata={"description": "With analysis_in_progress: the running job."})
    monitoringUrl = fields.String(metadata={"description": "With analysis_in_progress: where that job is."})
