"""Reads EPSS, FIRST's predictions of exploitation.

```
#model_version:v2025.03.14,score_date:2025-06-01T12:55:00Z
cve,epss,percentile
CVE-2023-5363,0.00271,0.67432
```
"""

import re
from collections.abc import Iterator

from patchwarden.catalog.feed import Entry, Format, Member
from patchwarden.catalog.parsing.feed_instants import instant
from patchwarden.catalog.parsing.text_lines import first_line, lines_of
from patchwarden.catalog.parsing.vendor_ids import CVE_PATTERN
from patchwarden.domain.advisories import ExploitPrediction

_COLUMNS = "cve,epss,percentile"
_SCORE_DATE = re.compile(r"[#,]score_date:([^,]{1,100})")
_CVE = re.compile(CVE_PATTERN)
_NUMBER = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,20})?(?:[eE]-?[0-9]{1,2})?")


def recognizes(member: Member) -> bool:
    """Say whether it is the file of all scores of a day, with or without its first comment."""
    line = first_line(member.head)
    return line.strip() == _COLUMNS or (line.startswith("#") and "model_version:" in line)


def read(member: Member) -> Iterator[Entry]:
    """Give the score of each CVE."""
    scored_at: float | None = None
    for number, line in lines_of(member):
        where = f"line {number}"
        if line.startswith("#"):
            found = _SCORE_DATE.search(line)
            scored_at = instant(member, found[1].strip(), where) if found else scored_at
        elif line and line.strip() != _COLUMNS:
            yield _prediction(member, line, where, scored_at)


FORMAT = Format("epss", recognizes, read)


def _prediction(
    member: Member, line: str, where: str, scored_at: float | None
) -> ExploitPrediction:
    fields = line.split(",")
    if len(fields) != 3:
        member.refuse(where, f"{line!r} is not a CVE with two numbers")
    cve_id, score, percentile = fields
    if not _CVE.fullmatch(cve_id):
        member.refuse(where, f"{cve_id!r} is no id of a CVE")
    return ExploitPrediction(
        cve_id=cve_id,
        score=_share(member, score, where),
        percentile=_share(member, percentile, where),
        scored_at=scored_at,
    )


def _share(member: Member, text: str, where: str) -> float:
    if not _NUMBER.fullmatch(text) or float(text) > 1:
        member.refuse(where, f"{text!r} is no number from 0 to 1")
    return float(text)
