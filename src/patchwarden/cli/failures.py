"""One sentence for people about each failure that a command can meet."""

import sys
from collections.abc import Mapping

from patchwarden.cli.output import clean
from patchwarden.errors import PatchwardenError
from patchwarden_agent.errors import AgentError

_NEW_KEY = "Make an access key with: patchwarden credentials create --role operator"
_UNKNOWN_KEY = f"The access key is not this server's, or was revoked. {_NEW_KEY}"
_ADVICE: Mapping[str, str] = {
    "UnrecognizedClientException": _UNKNOWN_KEY,
    "InvalidClientTokenId": _UNKNOWN_KEY,
    "InvalidSignatureException": "The secret does not belong to the access key, or the clocks "
    "differ; try: patchwarden doctor",
    "SignatureDoesNotMatch": "The secret does not belong to the access key, or the clocks "
    "differ; try: patchwarden doctor",
    "RequestExpired": "The clocks of this machine and the server differ; try: patchwarden doctor",
    "AccessDeniedException": "Use an access key whose role may do this; "
    "patchwarden credentials list shows the roles.",
    "InvalidInstanceId": "patchwarden nodes lists those that there are.",
    "DoesNotExistException": "patchwarden baselines lists those that there are.",
    "InvalidActivation": "Make a new activation with: aws ssm create-activation",
    "InvalidActivationId": "Make a new activation with: aws ssm create-activation",
}
"""Error code of the service -> what to do about it."""


def sentence_about(error: Exception) -> str | None:
    """Say what went wrong and what to do; None for what is not a known failure but a bug."""
    if isinstance(error, PatchwardenError | AgentError):
        return clean(str(error))
    if "botocore" in sys.modules:
        sentence = _about_client(error)
        if sentence is not None:
            return clean(sentence)
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return clean(f"{where}{error.strerror}.")
    return None


def _about_client(error: Exception) -> str | None:
    from botocore import exceptions

    if isinstance(error, exceptions.ClientError):
        return _about_answer(error.response.get("Error", {}))
    if isinstance(error, exceptions.EndpointConnectionError | exceptions.ConnectTimeoutError):
        endpoint = str(error.kwargs.get("endpoint_url", "the endpoint")).rstrip("/")
        return f"No server answers at {endpoint}; start one with: patchwarden serve"
    if isinstance(error, exceptions.NoCredentialsError):
        return f"No access key is configured. {_NEW_KEY} --format profile"
    if isinstance(error, exceptions.BotoCoreError):
        return f"The request could not be made: {_end(' '.join(str(error).split()))}"
    return None


def _about_answer(answer: Mapping[str, str]) -> str:
    code = answer.get("Code", "unknown")
    message = answer.get("Message", "")
    said = f"{code}: {message}" if message else code
    return f"The server answered {_end(said)} {_ADVICE.get(code, '')}".rstrip()


def _end(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
