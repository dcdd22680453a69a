"""What is wrong with a file that should go into the catalog."""

from patchwarden.errors import CallerError


class InvalidCatalogFileError(CallerError):
    """A file has no known format, or something in it is wrong; the sentence says where."""

    code = "InvalidCatalogFile"
