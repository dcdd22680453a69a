"""Hands a report to the server."""

import base64
import gzip
import json
from typing import Any

from patchwarden_agent.client import Operation, call
from patchwarden_agent.registration import Registration

_SUBMIT = Operation("Patchwarden", "SubmitReport")


def submit(registration: Registration, report: dict[str, Any]) -> dict[str, Any]:
    """Send `report`, and give the server's answer; it is stored durably then.

    Raises RequestError if the server refuses it, UnreachableError if there is no answer.
    """
    members = {"InstanceId": registration.instance_id, "Report": _packed(report)}
    return call(registration.endpoint, _SUBMIT, members, registration.signing_key)


def _packed(report: dict[str, Any]) -> str:
    text = json.dumps(report, separators=(",", ":")).encode("utf-8")
    # No time in the header: the same report gives the same bytes.
    return base64.b64encode(gzip.compress(text, compresslevel=6, mtime=0)).decode("ascii")
