"""Made-up feeds of vendors, of the form and size in which they come."""

import random
from collections.abc import Iterator
from pathlib import Path

_SEED = 1
_PACKAGES = 6
_CVE_IDS = 3
_NAMES = 2_000
_SEVERITIES = ("Critical", "Important", "Moderate", "Low")


def write_updateinfo(path: Path, advisories: int) -> None:
    """Write an `updateinfo.xml` with so many advisories of six packages each."""
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<updates>\n')
        file.writelines(_updates(advisories))
        file.write("</updates>\n")


def _updates(advisories: int) -> Iterator[str]:
    source = random.Random(_SEED)
    for number in range(advisories):
        year = 2015 + number % 11
        packages = [_package(source.randrange(_NAMES), number) for _ in range(_PACKAGES)]
        cve_ids = [f"CVE-{year}-{source.randrange(1000, 60000)}" for _ in range(_CVE_IDS)]
        yield _update(
            f"RHSA-{year}:{number:05}", year, source.choice(_SEVERITIES), cve_ids, packages
        )


def _update(
    advisory_id: str, year: int, severity: str, cve_ids: list[str], packages: list[str]
) -> str:
    references = "".join(
        f'<reference href="https://vendor.example/cve/{cve_id}" id="{cve_id}" type="cve"'
        f' title="{cve_id}"/>\n'
        for cve_id in cve_ids
    )
    return f"""<update from="security@vendor.example" status="final" type="security" version="2">
<id>{advisory_id}</id>
<title>{severity}: a security update that closes what an attacker could use</title>
<issued date="{year}-03-05 07:11:13"/><updated date="{year}-04-06 08:12:14"/>
<severity>{severity}</severity>
<description>{"Several flaws were found in how input from the network is read. " * 6}</description>
<references>
{references}</references>
<pkglist><collection short="baseos"><name>baseos</name>
{"".join(packages)}</collection></pkglist>
</update>
"""


def _package(name: int, release: int) -> str:
    file = f"lib{name}-1.{name % 9}.{name % 40}-{release}.el9.x86_64.rpm"
    return (
        f'<package name="lib{name}" epoch="0" version="1.{name % 9}.{name % 40}"'
        f' release="{release}.el9" arch="x86_64" src="lib{name}-{release}.el9.src.rpm">'
        f"<filename>{file}</filename></package>\n"
    )
