"""Every feed is recognized by the format that can read it, and by no other."""

import json

import pytest

from feed_files import FEEDS, feed, member
from patchwarden.catalog.known_formats import FORMATS

KNOWN = {
    "csaf-microsoft.json": "csaf",
    "csaf-redhat.json": "csaf",
    "csaf-suse.json": "csaf",
    "csaf-vex.json": "csaf",
    "debian-CVE-list": "debian-cves",
    "debian-DSA-list": "debian-advisories",
    "debian-tracker.json": "debian-tracker",
    "epss.csv": "epss",
    "kev.csv": "kev",
    "kev.json": "kev",
    "msrc-cvrf.xml": "msrc-cvrf",
    "osv-debian-dsa.json": "osv",
    "osv-redhat.json": "osv",
    "osv-rocky.json": "osv",
    "osv-suse.json": "osv",
    "osv-ubuntu-cve.jsonl": "osv",
    "osv-ubuntu-usn.json": "osv",
    "suse-cvrf-advisory.xml": "suse-cvrf",
    "suse-cvrf-cve.xml": "suse-cvrf",
    "ubuntu-database.json": "ubuntu-notices",
    "ubuntu-notices.json": "ubuntu-notices",
    "updateinfo-mixed.xml": "updateinfo",
    "updateinfo-rhel.xml": "updateinfo",
}

FOREIGN = {
    "CycloneDX": (
        '{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"name": "brook"}],'
        ' "vulnerabilities": [{"id": "CVE-2025-90001", "affects": []}]}'
    ),
    "SPDX": '{"spdxVersion": "SPDX-2.3", "name": "x", "packages": [{"name": "brook"}]}',
    "CVE record": '{"dataType": "CVE_RECORD", "containers": {"adp": [{"affected": []}]}}',
    "NVD": '{"resultsPerPage": 1, "vulnerabilities": [{"cve": {"id": "CVE-2025-90001"}}]}',
    "OpenVEX": '{"metadata": {"@context": "https://openvex.dev"}, "statements": []}',
    "errata of AlmaLinux": '{"schema_version": "1.0", "data": [{"id": "ALSA-2025:9001"}]}',
    "text about OSV": '{"text": "\\"affected\\": [{\\"id\\": \\"modified\\"}]", "id": 1}',
    "lines of dnf": "CVE-2025-90001 Important/Sec. brook-2.4-5.el9.x86_64\n",
    "repomd": '<?xml version="1.0"?><repomd><data type="updateinfo"/></repomd>',
    "CVRF of others": "<cvrfdoc><DocumentTitle>Tool</DocumentTitle></cvrfdoc>",
    "HTML": "<!DOCTYPE html><html><body><updates></updates></body></html>",
    "dpkg status": "Package: brook\nStatus: install ok installed\n",
    "another CSV": "cve,score\nCVE-2025-90001,1\n",
    "nothing": "",
    "a number": "1",
    "a brace too many": '}{"id": 1}',
    "an open text": '{"id',
}


def recognized(content: bytes) -> set[str]:
    given = member(content)
    return {format_.name for format_ in FORMATS if format_.recognizes(given)}


def _written_otherwise(content: bytes) -> list[bytes]:
    """Give the same JSON with other spaces, its members in the other order, and with a BOM."""
    value = json.loads(content)
    turned = dict(reversed(value.items())) if isinstance(value, dict) else value
    return [
        json.dumps(value, separators=(",", ":")).encode(),
        json.dumps(value, indent="\t").encode(),
        json.dumps(turned).encode(),
        b"\xef\xbb\xbf" + content,
    ]


@pytest.mark.parametrize("name", KNOWN)
def test_a_feed_is_recognized_by_its_format_alone(name: str) -> None:
    assert recognized((FEEDS / name).read_bytes()) == {KNOWN[name]}


@pytest.mark.parametrize("name", [name for name in KNOWN if name.endswith(".json")])
def test_json_is_recognized_however_it_is_written(name: str) -> None:
    for content in _written_otherwise((FEEDS / name).read_bytes()):
        assert recognized(content) == {KNOWN[name]}


@pytest.mark.parametrize("name", KNOWN)
def test_a_mark_at_the_start_changes_nothing(name: str) -> None:
    (format_,) = (each for each in FORMATS if each.name == KNOWN[name])
    marked = member(b"\xef\xbb\xbf" + (FEEDS / name).read_bytes(), name)
    assert format_.recognizes(marked)
    assert list(format_.read(marked)) == list(format_.read(feed(name)))


@pytest.mark.parametrize("what", FOREIGN)
def test_what_is_no_feed_is_not_taken_for_one(what: str) -> None:
    assert recognized(FOREIGN[what].encode()) == set()


def test_patches_of_aws_are_recognized_by_their_format_alone() -> None:
    patches = b'{"Patches": [{"Id": "fe6bd8c2", "KbNumber": "KB9000001"}]}'
    assert recognized(patches) == {"describe-available-patches"}
