"""What can be wrong with something that a node sends."""

from typing import Self

from patchwarden.errors import CallerError, DeclaredError


class InvalidReportError(CallerError):
    """A report cannot be read, or says something that cannot be; nothing of it is kept."""

    code = "InvalidReport"


class InventoryError(DeclaredError):
    """An inventory item cannot be kept; nothing of the upload is."""

    def __init__(self, message: str, type_name: str = "") -> None:
        """Take the type of the item at fault; empty where the model has no place for it."""
        super().__init__(message)
        if type_name:
            self.details = {"TypeName": type_name}


class InvalidTypeNameError(InventoryError):
    """There is no such type of inventory."""

    code = "InvalidTypeNameException"

    @classmethod
    def unknown(cls, type_name: str) -> Self:
        """Say that there is no type of this name."""
        return cls(
            f"There is no inventory type {type_name}; GetInventorySchema gives those there are."
        )


class InvalidItemContentError(InventoryError):
    """The content of an item is missing, or says something that cannot be."""

    code = "InvalidItemContentException"


class ItemContentMismatchError(InventoryError):
    """An item came as a hash alone, and the stored content has another; send it in full."""

    code = "ItemContentMismatchException"


class ItemSizeLimitExceededError(InventoryError):
    """An item is too large."""

    code = "ItemSizeLimitExceededException"


class TotalSizeLimitExceededError(InventoryError):
    """The inventory of a node is too large altogether."""

    code = "TotalSizeLimitExceededException"


class CustomSchemaCountLimitExceededError(InventoryError):
    """The account has as many custom types as it may have."""

    code = "CustomSchemaCountLimitExceededException"


class SubTypeCountLimitExceededError(InventoryError):
    """A node has as many compliance types of its own as it may have."""

    code = "SubTypeCountLimitExceededException"


class UnsupportedSchemaVersionError(InventoryError):
    """The type has no such schema version."""

    code = "UnsupportedInventorySchemaVersionException"


class UnsupportedItemContextError(InventoryError):
    """The type takes no context."""

    code = "UnsupportedInventoryItemContextException"


class InvalidItemContextError(InventoryError):
    """The context of an item says something that cannot be."""

    code = "InvalidInventoryItemContextException"
