"""What can go wrong with the store."""

from patchwarden.errors import InstallationError, UnavailableError


class StoreUnavailableError(UnavailableError):
    """The database could not read or write now: it is locked, or the disk is full."""

    code = "StoreUnavailable"


class StoreDamagedError(InstallationError):
    """The database file is not one of ours, is damaged, or comes from a newer version."""

    code = "StoreDamaged"


class WriteRequiredError(UnavailableError):
    """A read needs something written first; run it again where writing is allowed."""

    code = "WriteRequired"
