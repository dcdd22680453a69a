"""Every error that Patchwarden raises on purpose: one root, few branches.

```
PatchwardenError
├── CallerError          the caller's mistake; the sentence says what would do
│   ├── DeclaredError    the service model declares it; `code` is the service's own
│   ├── (subclasses stand where they are known: domain, store, operations, ingest)
├── UnavailableError     the world failed us: a full disk, a locked database, a port in use
└── InstallationError    this installation is not fit to run: a lost key, a damaged store
```

Anything else that rises is a bug of ours and is answered with InternalServerError.
"""

from collections.abc import Mapping
from types import MappingProxyType


class PatchwardenError(Exception):
    """Base of all errors raised on purpose.

    `str(error)` is one sentence for people. It never holds a secret.
    """

    code = "PatchwardenError"
    """A stable name for machines; it does not change when the sentence does."""


class CallerError(PatchwardenError):
    """The request or the input is at fault; trying again unchanged cannot help."""

    code = "CallerError"


class DeclaredError(CallerError):
    """A caller's mistake that the service model declares an error for; `code` is the service's."""

    details: Mapping[str, str] = MappingProxyType({})
    """The members of the answer beside the text, such as TypeName."""


class UnavailableError(PatchwardenError):
    """Something that we depend on failed; the same request may succeed later."""

    code = "Unavailable"


class InstallationError(PatchwardenError):
    """This installation cannot work until a person repairs it."""

    code = "Installation"
