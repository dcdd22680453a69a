"""What an Install operation did not manage (contract 3.1)."""

from patchwarden.domain.facts import Scan


def failed_versions(scan: Scan) -> frozenset[tuple[str, str, str]]:
    """Give name, architecture and version of what this operation could not install.

    A Scan reports as Missing what an earlier Install could not install.
    """
    return frozenset(
        (result.name, result.architecture, result.version)
        for result in scan.results
        if scan.operation == "Install" and result.outcome == "failed"
    )
