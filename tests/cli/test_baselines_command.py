"""`baselines` against a running server."""

from accounts import Account
from command_line import CommandLine


def test_baselines_lists_the_predefined_ones(account_cli: CommandLine) -> None:
    assert "AWS-DebianDefaultPatchBaseline" in account_cli.succeed("baselines").out
    listed = account_cli.succeed("baselines", "--format", "json").document["BaselineIdentities"]
    assert {"BaselineId", "BaselineName", "OperatingSystem", "DefaultBaseline"} <= listed[0].keys()


def test_show_gives_rules_and_filters_in_words(account_cli: CommandLine, account: Account) -> None:
    rule = {
        "PatchFilterGroup": {"PatchFilters": [{"Key": "PRIORITY", "Values": ["Required"]}]},
        "ComplianceLevel": "HIGH",
        "ApproveAfterDays": 7,
    }
    made = account.client().create_patch_baseline(
        Name="urgent",
        OperatingSystem="DEBIAN",
        ApprovalRules={"PatchRules": [rule]},
        RejectedPatches=["telnet", "rsh*"],
    )
    out = account_cli.succeed("baselines", "show", made["BaselineId"]).out
    assert "PRIORITY=Required; ComplianceLevel=HIGH" in out
    assert "telnet, rsh*" in out
    document = account_cli.succeed(
        "baselines", "show", made["BaselineId"], "--format", "json"
    ).document
    assert document["Name"] == "urgent"
    assert document["CreatedDate"].endswith("Z")
    assert "ResponseMetadata" not in document


def test_show_takes_a_predefined_one_by_the_id_that_patch_states_have(
    account_cli: CommandLine,
) -> None:
    out = account_cli.succeed("baselines", "show", "pb-09a5f8eb62bde80b1").out
    assert "AWS-DebianDefaultPatchBaseline" in out


def test_an_unknown_baseline_gives_one_sentence(account_cli: CommandLine) -> None:
    outcome = account_cli("baselines", "show", "pb-00000000000000000")
    assert outcome.exit_code == 1
    assert outcome.err.count("\n") == 1
