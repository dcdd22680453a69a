"""`catalog import` and `catalog status`."""

import json
from pathlib import Path

import pytest

from accounts import Account
from command_line import CommandLine

WINDOWS_ITEM = {
    "Id": "00000000-0000-4000-8000-000000000001",
    "ReleaseDate": "2025-11-24T16:00:00+00:00",
    "Title": "An update",
    "ProductFamily": "Windows",
    "Product": "WindowsServer2019",
    "Classification": "SecurityUpdates",
    "MsrcSeverity": "Critical",
    "KbNumber": "KB5000001",
}
LINUX_ITEM = {"Name": "tool", "Version": "1", "Product": "AmazonLinux2"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def write(directory: Path, name: str, *items: object) -> Path:
    file = directory / name
    file.write_text(json.dumps({"Patches": items}))
    return file


def test_files_are_taken_in_and_shown(cli: CommandLine, data: Path, tmp_path: Path) -> None:
    windows = write(tmp_path, "windows.json", WINDOWS_ITEM)
    linux = write(tmp_path, "linux.json", LINUX_ITEM, LINUX_ITEM)
    done = cli.succeed("catalog", "import", windows, linux, "--data", data)
    assert done.out.splitlines() == [
        "windows.json (describe-available-patches): 1 patch; 1 new, 0 changed.",
        "linux.json (describe-available-patches): 2 patches; 1 new, 0 changed.",
    ]
    assert str(tmp_path) not in done.out
    document = cli.succeed("catalog", "status", "--format", "json", "--data", data).document
    assert document["Patches"] == [
        {"OperatingSystem": "AMAZON_LINUX_2", "PatchesCount": 1, "NewestReleaseDate": None},
        {
            "OperatingSystem": "WINDOWS",
            "PatchesCount": 1,
            "NewestReleaseDate": "2025-11-24T16:00:00Z",
        },
    ]
    assert [each["FileName"] for each in document["Imports"]] == ["linux.json", "windows.json"]
    table = cli.succeed("catalog", "status", "--data", data).out
    assert "AMAZON_LINUX_2" in table
    assert "windows.json" in table


def test_an_import_is_told_to_machines_too(cli: CommandLine, data: Path, tmp_path: Path) -> None:
    file = write(tmp_path, "windows.json", WINDOWS_ITEM)
    cli.succeed("catalog", "import", file, "--data", data)
    again = cli.succeed("catalog", "import", file, "--format", "json", "--data", data)
    (made,) = again.document["Imports"]
    assert made.pop("ImportedDate").endswith("Z")
    assert made == {
        "FileName": "windows.json",
        "Format": "describe-available-patches",
        "PatchesCount": 1,
        "AdvisoriesCount": 0,
        "CVEsCount": 0,
        "AddedCount": 0,
        "ChangedCount": 0,
        "Finished": True,
    }


def test_standard_input_is_a_file_too(cli: CommandLine, data: Path) -> None:
    stdin = json.dumps({"Patches": [WINDOWS_ITEM]}).encode()
    done = cli.succeed("catalog", "import", "-", "--data", data, stdin=stdin)
    assert "1 new" in done.out


def test_a_wrong_file_is_named_with_its_place_and_left_out(
    cli: CommandLine, data: Path, tmp_path: Path
) -> None:
    good = write(tmp_path, "good.json", LINUX_ITEM)
    bad = write(tmp_path, "bad.json", WINDOWS_ITEM, {**WINDOWS_ITEM, "Id": 7})
    failed = cli("catalog", "import", good, bad, "--data", data)
    assert failed.exit_code == 1
    assert "bad.json is wrong at Patches[1].Id" in failed.err
    document = cli.succeed("catalog", "status", "--format", "json", "--data", data).document
    assert [each["OperatingSystem"] for each in document["Patches"]] == ["AMAZON_LINUX_2"]
    assert [each["FileName"] for each in document["Imports"]] == ["good.json"]


def test_an_empty_catalog_says_how_to_fill_it(cli: CommandLine, data: Path) -> None:
    cli.succeed("credentials", "create", "--role", "admin", "--data", data)
    assert "patchwarden catalog import" in cli.succeed("catalog", "status", "--data", data).out
    document = cli.succeed("catalog", "status", "--format", "json", "--data", data).document
    assert document == {
        "Patches": [],
        "Products": [],
        "ExploitedCVEsCount": 0,
        "ScoredCVEsCount": 0,
        "Imports": [],
    }


def test_there_is_no_status_of_no_installation(cli: CommandLine, data: Path) -> None:
    failed = cli("catalog", "status", "--data", data)
    assert failed.exit_code == 1
    assert f"There is no installation in {data}" in failed.err
    assert not data.exists()


@pytest.mark.parametrize("arguments", [(), ("no-such-file.json",)])
def test_an_import_needs_files(cli: CommandLine, data: Path, arguments: tuple[str, ...]) -> None:
    assert cli("catalog", "import", *arguments, "--data", data).exit_code == 2
    assert not data.exists()


def test_a_running_server_gives_what_was_imported(
    account_cli: CommandLine, account: Account, tmp_path: Path
) -> None:
    application = {**WINDOWS_ITEM, "Product": "Catalog Test", "ProductFamily": "Tests"}
    file = write(tmp_path, "applications.json", application)
    account_cli.succeed("catalog", "import", file, "--data", account.server.data_directory)
    answer = account.client().describe_available_patches(
        Filters=[{"Key": "PRODUCT", "Values": ["Catalog Test"]}]
    )
    (patch,) = answer["Patches"]
    assert patch["KbNumber"] == "KB5000001"
    assert patch["ReleaseDate"].isoformat()[:10] == "2025-11-24"


OSV = {
    "id": "DSA-9001-1",
    "summary": "tool - security update",
    "modified": "2026-11-03T00:00:00Z",
    "published": "2026-11-02T00:00:00Z",
    "related": ["CVE-2026-10001"],
    "affected": [
        {
            "package": {"ecosystem": ecosystem, "name": "tool"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2-3"}]}],
        }
        for ecosystem in ("Debian:12", "Morrow:1")
    ],
}
KEV = {
    "title": "CISA Catalog of Known Exploited Vulnerabilities",
    "catalogVersion": "2026.11.03",
    "vulnerabilities": [
        {
            "cveID": "CVE-2026-10001",
            "vulnerabilityName": "Example",
            "dateAdded": "2026-11-03",
            "knownRansomwareCampaignUse": "Known",
        }
    ],
}
EPSS = "#model_version:v2025,score_date:2026-11-03T00:00:00+0000\ncve,epss,percentile\n"


@pytest.fixture
def filled(cli: CommandLine, data: Path, tmp_path: Path) -> Path:
    """A catalog with an advisory, and what is known of its CVE."""
    (tmp_path / "osv.json").write_text(json.dumps(OSV))
    (tmp_path / "kev.json").write_text(json.dumps(KEV))
    (tmp_path / "epss.csv").write_text(EPSS + "CVE-2026-10001,0.25,0.9\n")
    files = [tmp_path / name for name in ("osv.json", "kev.json", "epss.csv")]
    cli.succeed("catalog", "import", *files, "--data", data)
    return data


def test_products_are_shown_and_those_that_no_node_has_come_last(
    cli: CommandLine, filled: Path
) -> None:
    document = cli.succeed("catalog", "status", "--format", "json", "--data", filled).document
    assert [(each["Product"], each["OperatingSystem"]) for each in document["Products"]] == [
        ("Debian12", "DEBIAN"),
        ("Morrow:1", None),
    ]
    assert (document["ExploitedCVEsCount"], document["ScoredCVEsCount"]) == (1, 1)
    shown = cli.succeed("catalog", "status", "--data", filled).out
    assert "none that is known" in shown
    assert "CVEs known to be exploited: 1" in shown


@pytest.mark.parametrize("name", ["DSA-9001-1", "cve-2026-10001"])
def test_an_advisory_is_shown_by_its_id_and_by_its_cve(
    cli: CommandLine, filled: Path, name: str
) -> None:
    document = cli.succeed("catalog", "show", name, "--format", "json", "--data", filled).document
    (advisory,) = document["Advisories"]
    assert advisory["AdvisoryId"] == "DSA-9001-1"
    assert advisory["CVEIds"] == ["CVE-2026-10001"]
    assert {each["Product"]: each["Version"] for each in advisory["Fixes"]} == {
        "Debian12": "1.2-3",
        "Morrow:1": "1.2-3",
    }
    shown = cli.succeed("catalog", "show", name, "--data", filled).out
    assert "DSA-9001-1 (debian): tool - security update" in shown
    assert "tool (source)" in shown


def test_what_is_known_of_a_cve_is_shown(cli: CommandLine, filled: Path) -> None:
    document = cli.succeed(
        "catalog", "show", "CVE-2026-10001", "--format", "json", "--data", filled
    ).document
    assert document["Exploited"] == {
        "AddedDate": "2026-11-03T00:00:00Z",
        "DueDate": None,
        "UsedByRansomware": True,
    }
    assert document["EPSS"] == {"Score": 0.25, "Percentile": 0.9}
    shown = cli.succeed("catalog", "show", "CVE-2026-10001", "--data", filled).out
    assert "Ransomware uses it." in shown
    assert "25.0%" in shown


def test_what_the_catalog_does_not_have_is_said(cli: CommandLine, filled: Path) -> None:
    failed = cli("catalog", "show", "CVE-2026-2", "--data", filled)
    assert failed.exit_code == 1
    assert "has nothing about CVE-2026-2" in failed.err


def test_a_file_of_no_format_is_refused(cli: CommandLine, data: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing to see here")
    failed = cli("catalog", "import", tmp_path / "notes.txt", "--data", data)
    assert failed.exit_code == 1
    assert "notes.txt is in no format that is known" in failed.err


def test_the_product_of_a_feed_can_be_told(cli: CommandLine, data: Path, tmp_path: Path) -> None:
    (tmp_path / "updateinfo.xml").write_text(
        '<updates><update type="security"><id>X-1</id><pkglist><collection short="x">'
        '<package name="tool" version="1" release="2" arch="x86_64"/>'
        "</collection></pkglist></update></updates>"
    )
    given = ("catalog", "import", tmp_path / "updateinfo.xml", "--data", data)
    cli.succeed(*given, "--product", "RockyLinux9")
    document = cli.succeed("catalog", "show", "X-1", "--format", "json", "--data", data).document
    assert [each["Product"] for each in document["Advisories"][0]["Fixes"]] == ["RockyLinux9"]


def test_a_product_that_no_node_has_is_refused(
    cli: CommandLine, data: Path, tmp_path: Path
) -> None:
    file = write(tmp_path, "windows.json", WINDOWS_ITEM)
    failed = cli("catalog", "import", file, "--product", "RHEL9", "--data", data)
    assert failed.exit_code == 2
    assert "RHEL9 is no product of a managed node" in failed.err
    assert not data.exists()
