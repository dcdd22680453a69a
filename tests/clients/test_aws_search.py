"""`aws patchwarden`, which the AWS CLI has once AWS_DATA_PATH names our service models."""

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

from accounts import Account
from fakes import package, report, report_bytes

AWS = Path(sys.executable).with_name("aws")


def test_the_aws_cli_searches_the_fleet(account: Account, tmp_path: Path) -> None:
    node = account.new_node()
    sent = report_bytes(report([package("openssl", update="2.0-1", security=True)]))
    node.client().submit_report(InstanceId=node.instance_id, Report=sent)
    finished = subprocess.run(
        [
            *(str(AWS), "patchwarden", "search-nodes", "--output", "json"),
            *("--endpoint-url", account.server.url),
            *("--filters", "Key=KBId,Values=openssl.amd64"),
        ],
        env={
            **account.server.environment(account.key),
            "AWS_DATA_PATH": str(files("patchwarden.protocol") / "models"),
            "HOME": str(tmp_path),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    [found] = json.loads(finished.stdout)["Nodes"]
    assert found["InstanceId"] == node.instance_id
