"""What can be wrong with something that a node sends."""

from patchwarden.errors import CallerError


class InvalidReportError(CallerError):
    """A report cannot be read, or says something that cannot be; nothing of it is kept."""

    code = "InvalidReport"
