"""Which installed updates of Windows wait for a reboot (contract 3.1).

Unlike on Linux, what was installed outside of Patch Manager since the last boot waits as well, as
long as the node says that a reboot is pending.
"""

from dataclasses import dataclass

from patchwarden.domain.approval import DAY_S
from patchwarden.domain.facts import Report, WindowsUpdate
from patchwarden.domain.reboot import waiting_for_reboot
from patchwarden.domain.windows import names_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RebootEvidence:
    """What a report says about a pending reboot, made ready to be asked for each update."""

    installed_now: frozenset[str]
    """Names of what this operation installed without a reboot."""
    is_pending: bool
    named: frozenset[str]
    """Names of what the node says asks for the reboot."""
    booted_at: float | None

    @classmethod
    def of(cls, report: Report) -> "RebootEvidence":
        """Prepare the evidence of `report`."""
        reboot = report.node.reboot
        return cls(
            installed_now=frozenset(name.lower() for name, _ in waiting_for_reboot(report)),
            is_pending=reboot is not None and reboot.required,
            named=frozenset(map(str.lower, reboot.packages if reboot else ())),
            booted_at=report.node.booted_at,
        )

    def holds_for(self, update: WindowsUpdate) -> bool:
        """Say whether an installed update waits for a reboot.

        Where nobody knows when it was installed or the node booted, the node has to name it.
        """
        if update.reboot_required:
            return True
        names = names_of(update)
        if not self.installed_now.isdisjoint(names):
            return True
        if not self.is_pending:
            return False
        if update.installed_at is None or self.booted_at is None:
            return not self.named.isdisjoint(names)
        return _latest(update.installed_at) > self.booted_at


def _latest(installed_at: float) -> float:
    # Windows often knows the day alone, which is midnight then (contract 2.6).
    return installed_at + DAY_S if installed_at % DAY_S == 0 else installed_at
