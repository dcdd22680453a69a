"""The eight patch states, and what each means for compliance (contract section 3)."""

from enum import IntEnum, StrEnum


class PatchState(StrEnum):
    """The state of one patch on one node, spelled as the published API does.

    The order is that of DescribeInstancePatches (contract 2.8).
    """

    INSTALLED = "INSTALLED"
    INSTALLED_OTHER = "INSTALLED_OTHER"
    INSTALLED_REJECTED = "INSTALLED_REJECTED"
    INSTALLED_PENDING_REBOOT = "INSTALLED_PENDING_REBOOT"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    MISSING = "MISSING"
    FAILED = "FAILED"
    AVAILABLE_SECURITY_UPDATE = "AVAILABLE_SECURITY_UPDATE"


NON_COMPLIANT_STATES = frozenset(
    {
        PatchState.MISSING,
        PatchState.FAILED,
        PatchState.INSTALLED_REJECTED,
        PatchState.INSTALLED_PENDING_REBOOT,
    }
)
"""States that always make a node non-compliant; an available security update may, by setting."""

STATES_WITH_CVES = frozenset({PatchState.MISSING, PatchState.FAILED})
"""The states on which the original sends CVEIds (contract 2.6)."""

STATES_WITHOUT_INSTALL = frozenset(
    {
        PatchState.NOT_APPLICABLE,
        PatchState.MISSING,
        PatchState.FAILED,
        PatchState.AVAILABLE_SECURITY_UPDATE,
    }
)
"""The states of patches that are not installed, so that InstalledTime is 0 (contract 2.6)."""

STATES_WITHOUT_DETAILS = frozenset({PatchState.INSTALLED_OTHER, PatchState.NOT_APPLICABLE})
"""The states on which Classification and Severity are blank (contract 2.6)."""


class ComplianceLevel(IntEnum):
    """How much a missing patch matters, by the rule that approved it; higher is worse."""

    UNSPECIFIED = 0
    INFORMATIONAL = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5


def installed_state(*, is_approved: bool, is_blocked: bool) -> PatchState:
    """Give the state of what is installed and waits for no reboot (contract 3.1).

    `is_blocked`: it is rejected, and the baseline blocks what is.
    """
    if is_approved:
        return PatchState.INSTALLED
    return PatchState.INSTALLED_REJECTED if is_blocked else PatchState.INSTALLED_OTHER


_SERVICE_SPELLING = {
    state: "".join(word.capitalize() for word in state.value.split("_")) for state in PatchState
}
_ACCEPTED = {state.value: state for state in PatchState} | {
    spelling: state for state, spelling in _SERVICE_SPELLING.items()
}


def service_spelling(state: PatchState) -> str:
    """Give the spelling that the live service sends: `InstalledPendingReboot`."""
    return _SERVICE_SPELLING[state]


def parse_state(text: str) -> PatchState | None:
    """Read a state in either spelling; None if it is none."""
    return _ACCEPTED.get(text)
