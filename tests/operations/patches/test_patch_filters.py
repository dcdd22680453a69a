"""The filters of DescribeInstancePatches on records that no apt node has."""

import pytest

from patchwarden.domain.patches import PatchRecord
from patchwarden.operations.patches.filters import parse_filters

RECORDS = [
    PatchRecord("", "KB1", "SecurityUpdates", "Critical", ""),
    PatchRecord("", "KB2", "SecurityUpdates", "Moderate", ""),
    PatchRecord("", "KB3", "Updates", "Medium", ""),
    PatchRecord("", "KB4", "Updates", "", ""),
]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([("Severity", ["Medium"])], ["KB2", "KB3"]),
        ([("Severity", ["Moderate"])], ["KB2"]),
        ([("Severity", ["Medium"]), ("Severity", ["Moderate"])], ["KB2"]),
        ([("Classification", ["Updates"]), ("Severity", ["Medium", "Critical"])], ["KB3"]),
        ([("KBId", ["KB1", "KB4"])], ["KB1", "KB4"]),
    ],
)
def test_records_that_filters_match(
    filters: list[tuple[str, list[str]]], expected: list[str]
) -> None:
    parsed = parse_filters([{"Key": key, "Values": values} for key, values in filters])
    matches = parsed.match_records(RECORDS)
    found = [record.kb_id for record, match in zip(RECORDS, matches, strict=True) if match]
    assert found == expected
    assert not parsed.are_empty
