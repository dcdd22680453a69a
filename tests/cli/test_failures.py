"""Sentences about failures."""

import pytest
from botocore.exceptions import ClientError

from patchwarden.cli.failures import sentence_about
from patchwarden.errors import CallerError
from patchwarden_agent.errors import NotRegisteredError


def answer(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeInstancePatches")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (CallerError("That is wrong; do this."), "That is wrong; do this."),
        (CallerError("Bad \x1b[31mname."), "Bad \\x1b[31mname."),
        (NotRegisteredError("Register first."), "Register first."),
        (PermissionError(13, "Permission denied", "/data"), "/data: Permission denied."),
        (answer("ThrottlingException"), "The server answered ThrottlingException."),
        (
            answer("InvalidInstanceId", "No node mi-1"),
            (
                "The server answered InvalidInstanceId: No node mi-1. "
                "patchwarden nodes lists those that there are."
            ),
        ),
    ],
)
def test_known_failures_have_a_sentence(error: Exception, sentence: str) -> None:
    assert sentence_about(error) == sentence


@pytest.mark.parametrize("error", [KeyError("x"), AssertionError("never"), ValueError("x")])
def test_bugs_have_none_and_rise(error: Exception) -> None:
    assert sentence_about(error) is None
