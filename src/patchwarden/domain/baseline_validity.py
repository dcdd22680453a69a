"""What makes the content of a patch baseline invalid beyond its shape (contract 4.3 to 4.5)."""

from collections.abc import Sequence

from patchwarden.domain.approval import end_of_day
from patchwarden.domain.baselines import ANY, ApprovalRule, PatchBaseline, PatchFilter
from patchwarden.domain.os_rules import WINDOWS, OperatingSystemRules
from patchwarden.errors import CallerError

_APPLICATION_KEYS = frozenset({"PRODUCT", "PRODUCT_FAMILY"})
"""Keys whose values are not all known where filters select applications (contract 4.4)."""


class InvalidBaselineError(CallerError):
    """A patch baseline breaks a rule of its operating system."""

    code = "InvalidBaseline"


def check_baseline(baseline: PatchBaseline, rules: OperatingSystemRules) -> None:
    """Check the content of a baseline.

    Raises InvalidBaselineError, with the service's own text where that is established.
    """
    _check_filters(baseline.global_filters, rules)
    for rule in baseline.approval_rules:
        _check_filters(rule.filters, rules)
        _check_delay(rule, rules)
    is_windows = baseline.operating_system == WINDOWS
    if baseline.available_security_updates_compliance_status is not None and not is_windows:
        raise InvalidBaselineError(
            "AvailableSecurityUpdatesComplianceStatus is supported for WINDOWS only."
        )
    if is_windows and baseline.sources:
        raise InvalidBaselineError("Sources are not supported for WINDOWS.")


def _check_filters(filters: Sequence[PatchFilter], rules: OperatingSystemRules) -> None:
    open_keys = _APPLICATION_KEYS if _select_applications(filters) else frozenset[str]()
    for filter_ in filters:
        accepted = rules.filter_values.get(filter_.key)
        if accepted is None:
            valid = ", ".join(rules.filter_values)
            raise InvalidBaselineError(
                f"Invalid Filter Key: {filter_.key} for OperatingSystem:"
                f" {rules.operating_system}, valid keys are: {valid}"
            )
        if accepted and filter_.key not in open_keys:
            _check_values(filter_, accepted)


def _select_applications(filters: Sequence[PatchFilter]) -> bool:
    return any(
        filter_.key == "PATCH_SET" and not {"APPLICATION", ANY}.isdisjoint(filter_.values)
        for filter_ in filters
    )


def _check_values(filter_: PatchFilter, accepted: Sequence[str]) -> None:
    for value in filter_.values:
        if value != ANY and value not in accepted:
            raise InvalidBaselineError(
                f"Invalid Filter Value: {value} for Key: {filter_.key}, valid values are: "
                + ", ".join(accepted)
            )


def _check_delay(rule: ApprovalRule, rules: OperatingSystemRules) -> None:
    given = (rule.approve_after_days is not None) + (rule.approve_until_date is not None)
    if given > 1:
        raise InvalidBaselineError(
            "A rule can have ApproveAfterDays or ApproveUntilDate, but not both."
        )
    # Debian and Ubuntu publish no release dates, so neither is asked for there.
    if not given and rules.approval_delay == "honoured":
        raise InvalidBaselineError("A rule needs ApproveAfterDays or ApproveUntilDate.")
    if rule.approve_until_date is not None:
        try:
            end_of_day(rule.approve_until_date)
        except ValueError:
            raise InvalidBaselineError(
                f"ApproveUntilDate {rule.approve_until_date} is not a date in the form YYYY-MM-DD."
            ) from None
