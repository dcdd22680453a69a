"""What a report may say, and what is said about one that may not be."""

import gzip
import json
import zlib
from collections.abc import Callable
from copy import deepcopy
from dataclasses import fields
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import NOW, package, report, report_bytes
from patchwarden.domain.facts import (
    Advisory,
    AvailableVersion,
    Node,
    NotInstalled,
    OperationResult,
    Origin,
    Package,
    PackageList,
    Packages,
    Reboot,
    Report,
    Scan,
    WindowsUpdate,
)
from patchwarden.ingest.errors import InvalidReportError
from patchwarden.ingest.limits import MAX_ITEMS, MAX_NUMBER, MAX_TEXT, LimitedDecoder
from patchwarden.ingest.report import (
    MAX_CVE_IDS,
    MAX_CVE_IDS_OF_UPDATES,
    MAX_OFFERED_UPDATES,
    MAX_REPORT_BYTES,
    ReportParts,
    check_package_manager,
    read_packages,
    read_parts,
)

DAY_S = 86_400
CONTROLS = "\0\n\x1b\x7f\x9b\u2028\u202e"
ABSURD_NUMBERS = ["-1", "-1e-9", "-62135596800.0", "253402300799", "1e300", "1e999"]
ABSURD_NUMBERS += [f"1{'0' * 300}", f"1{'0' * 6000}", "NaN", "Infinity", "-Infinity"]
KINDS: list[type[Any]] = [Scan, OperationResult, Node, Reboot, PackageList]
KINDS += [Packages, Package, AvailableVersion, Origin, NotInstalled, Advisory, WindowsUpdate]
TOO_LONG = "x" * (MAX_TEXT + 1)

FULL = report(
    [
        package(
            "bash",
            other_versions=["0.9-1"],
            installed_by="ann",
            source="bash",
            source_version="1",
            installed_at=NOW,
        ),
        package("openssl", update="2", security=True),
    ],
    scan={
        "details": {"reboot": "unknown"},
        "results": [
            {"name": "a", "architecture": "b", "version": "1", "outcome": "failed", "at": NOW}
        ],
    },
    node={
        "kernel_release": "6.1.0-30-amd64",
        "booted_at": NOW,
        "reboot": {"required": True, "packages": ["bash"], "reasons": ["a reason"]},
        "package_lists": [
            {"name": "bookworm/main", "released_at": 1.0, "valid_until": 2.0, "fetched_at": 3.0}
        ],
    },
)


ADVISORY = {
    "advisory_id": "DSA-5532-1",
    "classification": "security",
    "severity": "high",
    "title": "bash - security update",
    "issued_at": NOW,
    "updated_at": NOW,
    "cve_ids": ["CVE-2025-1"],
    "bugzilla_ids": ["1234567"],
    "reboot_suggested": True,
}
WINDOWS_UPDATE = {
    "presence": "installed",
    "kb_id": "KB5034441",
    "update_id": "1d082682-38ec-4a2e-8f3b-4f4a4b8a2f5f",
    "title": "An update",
    "classification": "SecurityUpdates",
    "products": ["Windows Server 2019"],
    "product_family": "Windows",
    "msrc_severity": "Critical",
    "msrc_number": "MS12-072",
    "released_at": NOW,
    "installed_at": NOW,
    "installed_by": "NT AUTHORITY\\SYSTEM",
    "cve_ids": ["CVE-2025-1"],
    "supersedes": ["KB5034122"],
    "reboot_required": False,
    "hidden": False,
}


def full_json() -> Any:
    sent = json.loads(report_bytes(FULL))
    sent["packages"] |= {
        "advisories": [deepcopy(ADVISORY)],
        "updates": [deepcopy(WINDOWS_UPDATE)],
        "not_installed": [
            {"priority": "optional", "section": "libs", "origins": [0], "count": 3}
            | {"classification": "security", "severity": "Important"}
        ],
    }
    offer = sent["packages"]["installed"][0]["available"][0]
    offer |= {"priority": "p", "section": "s", "source": "a", "source_version": "1"}
    offer |= {"released_at": NOW, "phased_percentage": 10, "kept_back": "phased"}
    offer |= {"built_at": NOW, "advisories": [0], "cve_ids": ["CVE-2025-1"], "module": "perl:5"}
    return sent


def read(sent: bytes) -> ReportParts:
    """Read a whole report."""
    parts = read_parts(sent, NOW)
    packages = read_packages(parts.sent.packages)
    check_package_manager(packages.package_manager, parts.node)
    return parts


def refusal(sent: bytes) -> str:
    with pytest.raises(InvalidReportError) as raised:
        read(sent)
    return str(raised.value)


def place_of(sent: Any, path: str) -> tuple[Any, Any]:
    """Give the object or list that holds what `path` names, and its key or position there."""
    *within, last = (int(step) if step.isdigit() else step for step in path.split("."))
    place = sent
    for step in within:
        place = place[step]
    return place, last


def replaced(path: str, value: object, *, ascii_only: bool = True) -> bytes:
    """Give the full report with something else at `path`."""
    sent = full_json()
    place, last = place_of(sent, path)
    place[last] = value
    return json.dumps(sent, ensure_ascii=ascii_only, separators=(",", ":")).encode()


def leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Give path and value of everything in a report that is not an object or a list."""
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    else:
        return [(path, value)]
    return [leaf for name, part in items for leaf in leaves(part, f"{path}.{name}".lstrip("."))]


def lists(value: Any, path: str = "") -> list[str]:
    """Give the paths of all lists in a report that hold something."""
    if isinstance(value, dict):
        return [found for name, part in value.items() for found in lists(part, f"{path}.{name}")]
    if isinstance(value, list) and value:
        inner = [
            found for number, part in enumerate(value) for found in lists(part, f"{path}.{number}")
        ]
        return [path.lstrip("."), *inner]
    return []


_LEAVES = leaves(full_json())
_CLOSED = {
    "scan.operation",
    "scan.reboot_option",
    "scan.results.0.outcome",
    "packages.package_manager",
    "packages.updates.0.presence",
}
"""Texts that can only be one of a few words."""
TEXTS = [path for path, value in _LEAVES if isinstance(value, str) and path not in _CLOSED]
NUMBERS = [
    path
    for path, value in _LEAVES
    if isinstance(value, int | float) and not isinstance(value, bool) and path != "schema"
]


def test_a_full_report_is_read() -> None:
    parts = read(json.dumps(full_json()).encode())
    assert (parts.scan.ended_at, parts.node.computer_name) == (NOW, "web-1.example.test")
    assert json.loads(parts.sent.packages) == full_json()["packages"]


def test_a_compressed_report_is_read_like_any_other() -> None:
    sent = report_bytes(FULL)
    assert read(gzip.compress(sent)).sent == read(sent).sent


def test_the_cases_cover_every_member() -> None:
    members = {field.name for kind in KINDS for field in fields(kind)}
    seen = {step for path, _ in _LEAVES for step in path.split(".")}
    assert members <= seen


@pytest.mark.parametrize("path", TEXTS)
def test_no_text_is_too_long(path: str) -> None:
    refused = refusal(replaced(path, TOO_LONG))
    assert f"length <= {MAX_TEXT}" in refused
    assert _dotted(path) in refused or "details[...]" in refused


def _dotted(path: str) -> str:
    """Give a path in the spelling of messages: `installed[0].name`."""
    parts = path.split(".")
    return ".".join(parts[:1]) + "".join(
        f"[{part}]" if part.isdigit() else f".{part}" for part in parts[1:]
    )


@pytest.mark.parametrize("path", TEXTS)
def test_no_text_has_control_characters(path: str) -> None:
    for control in CONTROLS:
        for ascii_only in (True, False):
            refused = refusal(replaced(path, f"a{control}b", ascii_only=ascii_only))
            assert "has a control character" in refused
            assert control not in refused


@pytest.mark.parametrize("text", ["é", "日本", "a\xa0b", "👩‍💻", '"', "\\"])
def test_any_other_character_is_allowed(text: str) -> None:
    for ascii_only in (True, False):
        for path in ("node.computer_name", "packages.installed.0.installed_by"):
            read(replaced(path, text, ascii_only=ascii_only))


def test_keys_of_details_are_texts_too() -> None:
    assert "control character" in refusal(replaced("scan.details", {"a\nb": "c"}))
    assert f"<= {MAX_TEXT}" in refusal(replaced("scan.details", {TOO_LONG: "c"}))


@pytest.mark.parametrize("path", NUMBERS)
def test_no_number_is_absurd(path: str) -> None:
    mark = "@number@"
    sent = replaced(path, mark)
    for number in ABSURD_NUMBERS:
        told = refusal(sent.replace(f'"{mark}"'.encode(), number.encode()))
        assert _dotted(path) in told or "not valid JSON" in told


@pytest.mark.parametrize("path", NUMBERS)
def test_a_number_out_of_range_is_named_by_its_path(path: str) -> None:
    assert _dotted(path) in refusal(replaced(path, -5))


@pytest.mark.parametrize("path", [path for path in lists(full_json()) if path])
def test_no_list_is_too_long(path: str) -> None:
    place, last = place_of(full_json(), path)
    refused = refusal(replaced(path, place[last][:1] * (MAX_ITEMS + 1)))
    assert f"length <= {MAX_ITEMS}" in refused or f"larger than {MAX_REPORT_BYTES}" in refused


def test_too_many_packages_are_refused_by_their_number() -> None:
    smallest = b'{"name":"a","architecture":"b","version":"c"}'
    packages = b'{"package_manager":"apt","installed":[%s]}'
    with pytest.raises(InvalidReportError, match=r"packages\.installed: .*<= 50000"):
        read_packages(packages % b",".join([smallest] * (MAX_ITEMS + 1)))


def test_a_million_packages_are_refused_by_their_size() -> None:
    packages = {"package_manager": "apt", "installed": ["@"]}
    smallest = b'{"name":"a","architecture":"b","version":"c"}'
    sent = replaced("packages", packages).replace(b'"@"', b",".join([smallest] * 1_000_000))
    assert "larger than" in refusal(gzip.compress(sent, 1))


def with_cve_ids(offers_count: int, cve_ids_count: int) -> bytes:
    """Give packages that have an advisory with so many CVEs each."""
    cve_ids = [f"CVE-2026-{number:05}" for number in range(cve_ids_count)]
    installed = [
        {
            "name": f"p{number}",
            "architecture": "a",
            "version": "1",
            "available": [{"version": "2", "advisories": [0]}],
        }
        for number in range(offers_count)
    ]
    advisories = [{"advisory_id": "A", "cve_ids": cve_ids}]
    packages = {"package_manager": "dnf", "installed": installed, "advisories": advisories}
    return json.dumps(packages).encode()


def test_advisories_are_not_repeated_without_end() -> None:
    read_packages(with_cve_ids(MAX_CVE_IDS // 1000, 1000))
    with pytest.raises(InvalidReportError, match=f"more than {MAX_CVE_IDS} CVE ids"):
        read_packages(with_cve_ids(MAX_CVE_IDS // 1000 + 1, 1000))


def updates(count: int, **members: object) -> bytes:
    every = [{"presence": "available", "kb_id": f"KB{each}", **members} for each in range(count)]
    return json.dumps({"package_manager": "windows-update", "updates": every}).encode()


def test_updates_on_offer_are_few() -> None:
    read_packages(updates(MAX_OFFERED_UPDATES + 1, presence="installed"))
    read_packages(updates(MAX_OFFERED_UPDATES))
    for presence in ("available", "failed"):
        with pytest.raises(InvalidReportError, match=f"more than {MAX_OFFERED_UPDATES} on offer"):
            read_packages(updates(MAX_OFFERED_UPDATES + 1, presence=presence))


def test_updates_on_offer_fix_few_cves() -> None:
    cve_ids = ["CVE-2026-0001"] * (MAX_CVE_IDS_OF_UPDATES // 2)
    read_packages(updates(2, cve_ids=cve_ids))
    with pytest.raises(InvalidReportError, match=f"more than {MAX_CVE_IDS_OF_UPDATES} CVE ids"):
        read_packages(updates(3, cve_ids=cve_ids))


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("schema", 2, "wrong at schema: Invalid enum value 2"),
        ("schema", "1", "wrong at schema"),
        ("scan.ended_at", NOW - 3, "scan.ended_at: it is before scan.started_at"),
        ("scan.ended_at", NOW + DAY_S + 1, "scan.ended_at: it is more than a day ahead"),
        ("scan.operation", "Remove", "wrong at scan.operation: Invalid enum value 'Remove'"),
        ("node.operating_system", "BEOS", "node.operating_system: it is 'BEOS', which is unknown"),
        ("node.operating_system", "WINDOWS", "it is 'apt', but WINDOWS has windows-update"),
        ("node.operating_system", "SUSE", "it is 'apt', but SUSE has zypper"),
        ("node.platform_type", "linux", "node.platform_type: it is not one of Linux"),
        ("node.architecture", "", "node.architecture: it is empty"),
        ("packages.package_manager", "pacman", "packages.package_manager: it is 'pacman', but DEB"),
        ("packages.package_manager", "\x1b[2J", "packages.package_manager: it has a control"),
        ("packages.package_manager", 1, "packages.package_manager: Expected `str`"),
        ("packages.installed.1.name", "", "packages.installed[1]: it needs a name"),
        ("packages.installed.1.version", "", "packages.installed[1]: it needs a name"),
        ("packages.installed.1.architecture", "", "packages.installed[1]: it needs a name"),
        ("packages.installed.1.name", "bash", "packages.installed[1]: it is bash:amd64 once more"),
        ("packages.installed.0.available.0.version", "", "packages.installed[0]: it has an avail"),
        ("packages.installed.0.available.0.origins", [2], "packages.installed[0]: it refers to"),
        ("packages.installed.0.available.0.advisories", [1], "packages.installed[0]: it refers to"),
        ("packages.installed.0.available.0.phased_percentage", 101, "above 100"),
        ("packages.installed.0.other_versions", ["1", ""], "packages.installed[0]: it has another"),
        ("packages.advisories.0.advisory_id", "", "packages.advisories[0]: it needs an adv"),
        ("packages.updates.0", {"presence": "installed"}, "packages.updates[0]: it needs a kb_id"),
        ("packages.updates.0.presence", "gone", "packages.updates[0].presence: Invalid enum value"),
        ("packages.updates.0.products", "Office", "packages.updates[0].products: Expected `array`"),
        ("packages.not_installed.0.origins", [0, 2], "packages.not_installed[0]: it refers to"),
        ("packages.not_installed.0.count", 1_000_001, "packages.not_installed: it counts more"),
        ("packages.installed.0.held", 1, "wrong at packages.installed[0].held: Expected `bool`"),
        ("packages.installed", {}, "wrong at packages.installed: Expected `array`"),
        ("packages", None, "wrong at packages: Expected `object`"),
        ("scan", [], "wrong at scan: Expected `object`"),
        ("node.reboot", "yes", "wrong at node.reboot: Expected `object | null`"),
    ],
)
def test_a_refusal_names_the_place(path: str, value: object, told: str) -> None:
    assert told in refusal(replaced(path, value))


@pytest.mark.parametrize("path", ["schema", "scan", "node", "packages", "scan.ended_at"])
def test_what_is_missing_is_named(path: str) -> None:
    sent = full_json()
    place, last = place_of(sent, path)
    del place[last]
    assert f"missing required field `{last}`" in refusal(json.dumps(sent).encode())


def test_a_clock_may_be_a_day_ahead() -> None:
    read(report_bytes(report(at=NOW + DAY_S)))


def test_unknown_members_are_ignored_and_kept() -> None:
    sent = full_json()
    for part in (sent, sent["scan"], sent["node"], sent["packages"]):
        part["new"] = {"a": [1, "\n", None, 1e300]}
    parts = read(json.dumps(sent).encode())
    for kept, name in zip(parts.sent, ("scan", "node", "packages"), strict=True):
        assert json.loads(kept) == sent[name]


def test_a_long_value_is_not_repeated() -> None:
    assert len(refusal(replaced("scan.operation", "x" * 100_000))) < 400


def test_what_would_reach_a_terminal_is_not_repeated() -> None:
    assert "\x1b" not in refusal(replaced("scan.operation", "\x1b[2J"))


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"", "not valid JSON"),
        (b"null", "wrong at top level"),
        (b"[]", "wrong at top level"),
        (b"{}", "missing required field"),
        (b"\xff\xfe", "not UTF-8"),
        (b"\xef\xbb\xbf" + report_bytes(FULL), "not valid JSON"),
        (report_bytes(FULL) + b"x", "not valid JSON"),
        (report_bytes(FULL)[:-1], "not valid JSON"),
        (report_bytes(FULL).replace(b"bash", b"\xffash", 1), "not UTF-8"),
        (report_bytes(FULL).replace(b"bash", b"\\ud800", 1), "not valid JSON"),
        (report_bytes(FULL)[:-1] + b',"x":"\xff"}', "not UTF-8"),
        (b"[" * 1_000_000, "wrong at top level"),
        (report_bytes(FULL)[:-1] + b',"x":' + b"[" * 1_000_000, "not valid JSON"),
        (report_bytes(FULL).replace(b'"details":{', b'"details":{"a":' + b"[" * 9999, 1), "JSON"),
        (b" " * (MAX_REPORT_BYTES + 1), "larger than"),
        (gzip.compress(b" " * (MAX_REPORT_BYTES + 1), mtime=0), "larger than"),
        (gzip.compress(b" " * (4 * MAX_REPORT_BYTES), 1), "larger than"),
        (gzip.compress(b" " * MAX_REPORT_BYTES), "not valid JSON"),
        (gzip.compress(report_bytes(FULL))[:-1], "cut off"),
        (gzip.compress(report_bytes(FULL))[:40], "cut off"),
        (gzip.compress(report_bytes(FULL)) + b"x", "something after the end"),
        (gzip.compress(report_bytes(FULL)) * 2, "something after the end"),
        (b"\x1f\x8b", "cut off"),
        (b"\x1f\x8bgarbage", "not valid gzip"),
        (gzip.compress(report_bytes(FULL))[:-8] + b"garbage!", "not valid gzip"),
        (gzip.compress(gzip.compress(report_bytes(FULL))), "not UTF-8"),
        (zlib.compress(report_bytes(FULL)), "not UTF-8"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_report_is_told(sent: bytes, told: str) -> None:
    assert told in refusal(sent)


def test_members_may_come_in_any_order() -> None:
    sent = dict(reversed(full_json().items()))
    assert read(json.dumps(sent, indent=2).encode()).node == read(report_bytes(FULL)).node


@pytest.mark.parametrize(
    ("kind", "part"), [(Scan, FULL.scan), (Node, FULL.node), (Packages, FULL.packages)]
)
def test_limits_change_nothing_that_is_within_them(kind: type[object], part: object) -> None:
    encoded = msgspec.json.encode(part)
    assert msgspec.json.encode(LimitedDecoder(kind).decode(encoded)) == encoded


@pytest.mark.parametrize("number", [0, MAX_NUMBER])
def test_the_limits_themselves_are_allowed(number: int) -> None:
    read(replaced("node.booted_at", number))
    read(replaced("node.computer_name", "x" * MAX_TEXT))


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([2**32, -1, 0, "", "apt", "Linux", NOW, {}, []]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
PLACES = [path for path, _ in _LEAVES] + [path for path in lists(full_json()) if path]
PLACES += ["scan", "node", "packages", "packages.installed.0", "node.reboot", "scan.details"]
MUTATIONS = st.lists(st.tuples(st.sampled_from(PLACES), ANYTHING), min_size=1, max_size=3)


def mutated(mutations: list[tuple[str, Any]]) -> bytes:
    sent = full_json()
    for path, value in mutations:
        try:
            place, last = place_of(sent, path)
            place[last] = value
        except (TypeError, LookupError):
            continue  # an earlier mutation took the place away
    return json.dumps(sent).encode()


def outcome(read: Callable[[bytes], object], sent: bytes) -> str:
    try:
        read(sent)
    except InvalidReportError as error:
        return str(error)
    return ""


@settings(max_examples=300)
@given(MUTATIONS)
def test_a_changed_report_is_read_or_refused(mutations: list[tuple[str, Any]]) -> None:
    told = outcome(read, mutated(mutations))
    assert told.isprintable()
    assert len(told) < 2 * MAX_TEXT + 200


@settings(max_examples=200)
@given(st.data())
def test_a_damaged_report_is_read_or_refused(data: st.DataObject) -> None:
    sent = bytearray(data.draw(st.sampled_from([_PLAIN, _COMPRESSED])))
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(sent) - 1))
        sent[position : position + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        sent = sent or bytearray(b"x")
    outcome(read, bytes(sent))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(sent: bytes) -> None:
    assert outcome(read, sent)
    assert outcome(read, b"\x1f\x8b\x08" + sent)


_PLAIN = report_bytes(FULL)
_COMPRESSED = gzip.compress(_PLAIN)


def test_what_is_read_is_what_the_domain_reads() -> None:
    parts = read(_PLAIN)
    whole = msgspec.json.decode(_PLAIN, type=Report)
    assert msgspec.json.encode(parts.scan) == msgspec.json.encode(whole.scan)
    assert msgspec.json.encode(parts.node) == msgspec.json.encode(whole.node)
