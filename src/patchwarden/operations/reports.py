"""SubmitReport: what a node found out about itself, as an operation of our own model."""

from patchwarden.ingest.accept import accept_report
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.errors import InvalidInstanceIdError


def submit_report(context: Context, request: Request) -> Answer:
    """Keep the report of a node and judge it.

    Raises InvalidInstanceIdError, InvalidReportError.
    """
    instance_id = request["InstanceId"]
    receipt = accept_report(
        context.db,
        context.resources.engine,
        context.scope,
        instance_id,
        request["Report"],
        context.now,
    )
    if receipt is None:
        raise InvalidInstanceIdError.unknown(instance_id)
    return {
        "ReportId": receipt.report_id,
        "PackagesChanged": receipt.packages_changed,
        "UpdatesKnown": receipt.updates_known,
    }
