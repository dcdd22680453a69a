"""Terraform's AWS provider against a real server: apply, plan nothing, change, import, destroy."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from accounts import Account, new_account
from fakes import package
from serving import RunningServer

CONFIGURATION = Path(__file__).parent / "terraform" / "main.tf"
GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "terraform.md"
PROVIDER = "registry.terraform.io/hashicorp/aws"
MIRRORS = [
    Path.home() / ".terraform.d/plugins",
    Path("/usr/local/share/terraform/plugins"),
    Path("/usr/share/terraform/plugins"),
    *Path("/opt").glob("*"),
]
FIRST: Mapping[str, Any] = {
    "approved": ["ALAS-2018-123"],
    "days": 7,
    "owner": "ann",
    "groups": ["web", "db"],
    "cutoff": 1,
}
SECOND: Mapping[str, Any] = {
    "approved": [],
    "days": 0,
    "owner": "bob",
    "groups": ["web", "mail"],
    "cutoff": 2,
}
PLAN_HAS_CHANGES = 2


class Terraform(NamedTuple):
    """A directory with our configuration, and the account that it is about."""

    account: Account
    directory: Path
    environment: Mapping[str, str]

    def run(
        self, *arguments: str, variables: Mapping[str, Any] = FIRST, expect: int = 0
    ) -> "subprocess.CompletedProcess[str]":
        """Run terraform; it must end as expected."""
        (self.directory / "terraform.tfvars.json").write_text(json.dumps(variables))
        finished = subprocess.run(
            ["terraform", *arguments],
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert finished.returncode == expect, finished.stdout + finished.stderr
        return finished

    def outputs(self) -> dict[str, Any]:
        """Give the values of the configuration's outputs."""
        shown = json.loads(self.run("output", "-json").stdout)
        return {name: output["value"] for name, output in shown.items()}


@pytest.fixture
def terraform(server: RunningServer, tmp_path: Path) -> Terraform:
    """Give a Terraform that has no configuration yet."""
    program = shutil.which("terraform")
    if program is None:
        pytest.skip("terraform is not on this machine")
    mirrors = [mirror for mirror in MIRRORS if (mirror / PROVIDER).is_dir()]
    if not mirrors:
        pytest.skip(f"the provider {PROVIDER} is not in a mirror on this machine")
    account = new_account(server)
    settings = tmp_path / "terraform.rc"
    blocks = [f'  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n' for mirror in mirrors]
    settings.write_text(f"provider_installation {{\n{''.join(blocks)}}}\n")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "TF_CLI_CONFIG_FILE": str(settings),
        "TF_IN_AUTOMATION": "1",
        "TF_VAR_endpoint": server.url,
        "CHECKPOINT_DISABLE": "1",
        "AWS_ACCESS_KEY_ID": account.key.access_key_id,
        "AWS_SECRET_ACCESS_KEY": account.key.secret_access_key,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return Terraform(account, tmp_path, environment)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_terraform_makes_changes_and_destroys_all_that_is_about_patching(
    terraform: Terraform,
) -> None:
    node = terraform.account.new_node()
    node.submit([package("bash")])
    shutil.copy(CONFIGURATION, terraform.directory)
    terraform.run("init", "-input=false")
    terraform.run("apply", "-auto-approve", "-input=false")
    outputs = terraform.outputs()
    assert outputs["stock"] == "AWS-CentOSDefaultPatchBaseline"
    assert outputs["own"] == ["amazon-linux", "windows"]
    assert outputs["nodes"] == [node.instance_id]
    client = terraform.account.client()
    first = client.get_patch_baseline(BaselineId=outputs["linux"])
    assert sorted(first["PatchGroups"]) == ["db", "web"]
    assert first["ApprovedPatches"] == ["ALAS-2018-123"]
    default = client.get_default_patch_baseline(OperatingSystem="AMAZON_LINUX_2")
    assert default["BaselineId"] == outputs["linux"]
    terraform.run("plan", "-detailed-exitcode", "-input=false")

    terraform.run("plan", "-detailed-exitcode", variables=SECOND, expect=PLAN_HAS_CHANGES)
    terraform.run("apply", "-auto-approve", "-input=false", variables=SECOND)
    second = client.get_patch_baseline(BaselineId=outputs["linux"])
    assert sorted(second["PatchGroups"]) == ["mail", "web"]
    assert second["ApprovedPatches"] == []
    assert second["CreatedDate"] == first["CreatedDate"]
    tags = client.list_tags_for_resource(ResourceType="PatchBaseline", ResourceId=outputs["linux"])
    assert tags["TagList"] == [{"Key": "Owner", "Value": "bob"}]
    terraform.run("plan", "-detailed-exitcode", "-input=false", variables=SECOND)

    # What was made elsewhere can be taken over.
    address = "aws_ssm_patch_baseline.linux"
    terraform.run("state", "rm", address)
    terraform.run("import", "-input=false", address, outputs["linux"], variables=SECOND)
    terraform.run("plan", "-detailed-exitcode", "-input=false", variables=SECOND)

    terraform.run("destroy", "-auto-approve", "-input=false", variables=SECOND)
    assert client.describe_patch_groups()["Mappings"] == []
    own = client.describe_patch_baselines(Filters=[{"Key": "OWNER", "Values": ["Self"]}])
    assert own["BaselineIdentities"] == []
    default = client.get_default_patch_baseline(OperatingSystem="AMAZON_LINUX_2")
    assert default["BaselineId"].startswith("arn:aws:ssm:us-east-1:")
    assert client.describe_maintenance_windows()["WindowIdentities"] == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_configuration_of_the_guide_works(terraform: Terraform) -> None:
    block = re.search(r"^```hcl main\.tf\n(.*?)^```$", GUIDE.read_text(), re.DOTALL | re.MULTILINE)
    assert block
    shown = block[1].replace("http://127.0.0.1:8440", terraform.account.server.url)
    (terraform.directory / "main.tf").write_text(shown)
    terraform.run("init", "-input=false", variables={})
    terraform.run("apply", "-auto-approve", "-input=false", variables={})
    terraform.run("plan", "-detailed-exitcode", "-input=false", variables={})

    client = terraform.account.client()
    (mapping,) = client.describe_patch_groups()["Mappings"]
    address, baseline = "aws_ssm_patch_baseline.essential", mapping["BaselineIdentity"]
    terraform.run("state", "rm", address, variables={})
    terraform.run("import", "-input=false", address, baseline["BaselineId"], variables={})
    terraform.run("plan", "-detailed-exitcode", "-input=false", variables={})
