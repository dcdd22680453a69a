"""What goes wrong on the wire: errors with the code, the text and the status that a client sees.

Codes and texts are contract 1.3 to 1.5. An error that an operation declares is made by
`modelled_error`; the others here belong to the framework and need no declaration.
"""

from collections.abc import Mapping

import msgspec

from patchwarden.errors import PatchwardenError
from patchwarden.protocol.service_model import Operation


class ServiceError(PatchwardenError):
    """An answer that is an error.

    `str(error)` is for logs; it is the message unless the message quotes what may be a secret.
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        status: int = 400,
        message_member: str | None = "message",
        details: Mapping[str, object] | None = None,
        log_text: str | None = None,
    ) -> None:
        super().__init__(log_text or message or code)
        self.code = code
        self.message = message
        self.status = status
        self.message_member = message_member
        """The member that carries the message, None if there is none."""
        self.details = dict(details or {})
        """Further members of the body, such as TypeName."""

    def to_body(self) -> bytes:
        """Give the body of the answer."""
        body: dict[str, object] = {"__type": self.code}
        if self.message_member is not None:
            body[self.message_member] = self.message
        return msgspec.json.encode(body | self.details)


def modelled_error(
    operation: Operation,
    code: str,
    message: str = "",
    details: Mapping[str, object] | None = None,
) -> ServiceError:
    """Give an error of `operation` in the form that the service model declares.

    A code that the operation does not declare gets the form of a framework error.
    """
    shape = operation.errors.get(code)
    if shape is None:
        return ServiceError(code, message, details=details)
    return ServiceError(
        code,
        message,
        status=shape.http_status,
        message_member=shape.message_member,
        details=details,
    )


def missing_authentication_token() -> ServiceError:
    """The request is not signed."""
    return ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token")


def incomplete_signature(message: str, log_text: str) -> ServiceError:
    """The Authorization header cannot be read.

    `message` quotes the header, which may hold a secret that was meant for somebody else;
    `log_text` does not.
    """
    return ServiceError("IncompleteSignatureException", message, log_text=log_text)


def unrecognized_client() -> ServiceError:
    """Nobody has this access key."""
    return ServiceError(
        "UnrecognizedClientException", "The security token included in the request is invalid."
    )


SIGNATURE_MISMATCH = (
    "The request signature we calculated does not match the signature you provided."
    " Check your AWS Secret Access Key and signing method."
    " Consult the service documentation for details."
)


def invalid_signature(message: str = SIGNATURE_MISMATCH) -> ServiceError:
    """The signature does not vouch for the request."""
    return ServiceError("InvalidSignatureException", message)


def access_denied(caller: str, action: str, resource: str) -> ServiceError:
    """The caller (an ARN) may not do `action` (such as `ssm:GetPatchBaseline`) to `resource`."""
    return ServiceError(
        "AccessDeniedException",
        f"User: {caller} is not authorized to perform: {action} on resource: {resource}"
        f" because no identity-based policy allows the {action} action",
    )


def validation_error(message: str, *, log_text: str | None = None) -> ServiceError:
    """The request is well formed but breaks a rule; `log_text` is what logs say instead."""
    return ServiceError("ValidationException", message, log_text=log_text)


def serialization_error(message: str) -> ServiceError:
    """The body is not JSON, or not of the types that the model asks for."""
    return ServiceError("SerializationException", message, message_member="Message")


def unknown_operation() -> ServiceError:
    """X-Amz-Target names nothing that is served here."""
    return ServiceError("UnknownOperationException", message_member=None)


def not_implemented(operation_name: str) -> ServiceError:
    """The operation is in the service model, but this version does not serve it."""
    return ServiceError(
        "UnknownOperationException", f"Patchwarden does not implement {operation_name} yet."
    )


def request_too_large(limit_bytes: int) -> ServiceError:
    """The body is over the limit.

    The one client error that is not a 400: it may be answered before the body has been read, and
    proxies and clients know by 413 why the connection closes.
    """
    return ServiceError(
        "RequestEntityTooLargeException",
        f"Request body must not exceed {limit_bytes} bytes.",
        status=413,
    )


def internal_server_error() -> ServiceError:
    """The server failed; the text tells nothing of how."""
    return ServiceError(
        "InternalServerError",
        "An error occurred on the server side.",
        status=500,
        message_member="Message",
    )
