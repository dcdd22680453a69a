"""The errors of operations, and the one table from our errors to the service's codes."""

from collections.abc import Mapping
from typing import Self

from patchwarden.domain.baseline_validity import InvalidBaselineError
from patchwarden.domain.maintenance_windows import InvalidMaintenanceWindowError
from patchwarden.domain.schedules import InvalidScheduleError
from patchwarden.errors import CallerError, DeclaredError
from patchwarden.ingest.errors import InvalidReportError
from patchwarden.protocol.page_token import InvalidPageToken
from patchwarden.protocol.service_model import Operation

VALIDATION = "ValidationException"
"""The code of a request that breaks a rule; every operation may answer it (contract 1.5)."""


class OperationError(DeclaredError):
    """Base of the errors that operations raise themselves."""


class InvalidInstanceIdError(OperationError):
    """The account manages no such node."""

    code = "InvalidInstanceId"

    @classmethod
    def unknown(cls, instance_id: str) -> Self:
        """Say that there is no node with this id."""
        return cls(f"Instance {instance_id} is not a managed node in this account and region.")


class InvalidFilterError(OperationError):
    """A filter has an unknown key, or lacks its key or values."""

    code = "InvalidFilter"


class InvalidFilterKeyError(OperationError):
    """A filter of managed nodes has an unknown key."""

    code = "InvalidFilterKey"


class InvalidInstanceInformationFilterValueError(OperationError):
    """A filter of DescribeInstanceInformation has a value that its key does not take."""

    code = "InvalidInstanceInformationFilterValue"


class InvalidInstancePropertyFilterValueError(OperationError):
    """A filter of DescribeInstanceProperties has a value that its key does not take."""

    code = "InvalidInstancePropertyFilterValue"


class InvalidResultAttributeError(OperationError):
    """GetInventory cannot give this type of inventory."""

    code = "InvalidResultAttributeException"


class InvalidAggregatorError(OperationError):
    """GetInventory cannot count nodes by this."""

    code = "InvalidAggregatorException"


class InvalidDeleteInventoryParametersError(OperationError):
    """The client token of a deletion was used before, for another one."""

    code = "InvalidDeleteInventoryParametersException"


class InvalidDeletionIdError(OperationError):
    """There was no such deletion of inventory."""

    code = "InvalidDeletionIdException"


class InvalidInventoryGroupError(OperationError):
    """GetInventory cannot count nodes by groups."""

    code = "InvalidInventoryGroupException"


class InvalidActivationError(OperationError):
    """The activation code is wrong, or the activation has expired or is used up."""

    code = "InvalidActivation"


class InvalidActivationIdError(OperationError):
    """There is no such activation."""

    code = "InvalidActivationId"


class InvalidDocumentError(OperationError):
    """There is no such document."""

    code = "InvalidDocument"


class InvalidParametersError(OperationError):
    """A parameter has a value that it cannot have."""

    code = "InvalidParameters"


class DoesNotExistError(OperationError):
    """There is no such thing in the account."""

    code = "DoesNotExistException"


class AlreadyExistsError(OperationError):
    """There is such a thing already, and another cannot be beside it."""

    code = "AlreadyExistsException"


class InvalidResourceIdError(OperationError):
    """An id has the form of nothing that the operation works on."""

    code = "InvalidResourceId"


class InvalidResourceTypeError(OperationError):
    """Nothing of this type can be had here."""

    code = "InvalidResourceType"


class ComplianceTypeCountLimitExceededError(OperationError):
    """A node has as many custom compliance types as it may have."""

    code = "ComplianceTypeCountLimitExceededException"


class TooManyTagsError(OperationError):
    """A resource would have more tags than it may have."""

    code = "TooManyTagsError"


class IdempotentParameterMismatchError(OperationError):
    """A client token was used before, for another request."""

    code = "IdempotentParameterMismatch"


class ResourceInUseError(OperationError):
    """What is to be deleted is needed elsewhere."""

    code = "ResourceInUseException"


class ResourceLimitExceededError(OperationError):
    """The account has as many of these as it may have."""

    code = "ResourceLimitExceededException"


class UnsupportedOperatingSystemError(OperationError):
    """The operation is not for this operating system, or a node has not said what it runs."""

    code = "UnsupportedOperatingSystem"

    def __init__(self, message: str = "") -> None:
        # The original says nothing to nodes (contract 1.3).
        super().__init__(message)


class RequestValidationError(OperationError):
    """The request breaks a rule that the service model cannot express."""

    code = VALIDATION


_CODES: Mapping[type[CallerError], str] = {
    InvalidBaselineError: VALIDATION,
    InvalidMaintenanceWindowError: VALIDATION,
    InvalidPageToken: "InvalidNextToken",
    InvalidReportError: "InvalidReport",
    InvalidScheduleError: VALIDATION,
}


def service_code(error: CallerError, operation: Operation) -> str:
    """Give the service's code for an error that is the caller's."""
    if isinstance(error, DeclaredError):
        return error.code
    if isinstance(error, InvalidPageToken) and _CODES[InvalidPageToken] not in operation.errors:
        # Not every operation that gives pages declares an error for their tokens (contract 1.6).
        return VALIDATION
    return _CODES[type(error)]
