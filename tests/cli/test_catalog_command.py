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
        "windows.json: 1 in all, 1 new, 0 changed.",
        "linux.json: 2 in all, 1 new, 0 changed.",
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
        "AddedCount": 0,
        "ChangedCount": 0,
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
    assert document == {"Patches": [], "Imports": []}


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
