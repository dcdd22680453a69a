"""Every error that the agent raises on purpose.

```
AgentError
├── UnsupportedSystemError   this machine has no package manager that the agent knows
├── UnreadableFileError      a file is missing, not a plain file, too large or not allowed
├── CommandError             a program that the scan runs failed, is missing or hung
├── NotRegisteredError       there is no usable registration on this machine
├── UnreachableError         the server did not answer
└── RequestError             the server answered with an error
```
"""


class AgentError(Exception):
    """Base of all errors raised on purpose.

    `str(error)` is one sentence that says what to do. It never holds a secret.
    """


class UnsupportedSystemError(AgentError):
    """The system to scan is none that this version knows."""


class UnreadableFileError(AgentError):
    """A file cannot be read as what it should be."""


class CommandError(AgentError):
    """A program that the scan needs failed, is missing or took too long."""


class NotRegisteredError(AgentError):
    """The registration is missing or damaged."""


class UnreachableError(AgentError):
    """No answer came from the server; the same request may succeed later."""


class RequestError(AgentError):
    """The server answered with an error."""

    def __init__(self, sentence: str, *, code: str, message: str, status: int) -> None:
        super().__init__(sentence)
        self.code = code
        """Such as `InvalidReport`; `HTTP 404` where the answer names none."""
        self.message = message
        self.status = status
