import json

from hypothesis import given
from hypothesis import strategies as st

from patchwarden.ingest.report import read_packages, read_parts
from patchwarden_agent.apt.scanner import scan_apt
from patchwarden_agent.detect import Detected
from patchwarden_agent.findings import (
    Candidate,
    Findings,
    InstalledPackage,
    NotInstalled,
    Origin,
    PackageList,
    Reboot,
    Slot,
)
from patchwarden_agent.host import Host
from patchwarden_agent.report import Period, assemble

_ANY_TEXT = st.text() | st.text(min_size=1025, max_size=1100)


@given(text=_ANY_TEXT)
def test_the_server_takes_a_report_whatever_texts_the_node_has(text: str) -> None:
    origin = Origin(text, text, text, text, text, text)
    findings = Findings(
        package_manager="apt",
        evidence="python-apt",
        architecture="amd64",
        installed=(InstalledPackage("bash", "amd64", "1", text, text, text, text),),
        installed_by={Slot("bash", "amd64"): text},
        available={
            Slot("bash", "amd64"): (Candidate("2", (origin,), text, text, text, text, 10, text),)
        },
        not_installed=(NotInstalled(text, text, (origin,), 1),),
        package_lists=(PackageList(text or "list"),),
        reboot=Reboot(is_required=True, packages=(text,), reasons=(text,)),
        details={"topic": text},
    )
    detected = Detected("DEBIAN", text, text, scan_apt, text)
    report = assemble(findings, detected, Host(text, text, text), Period(1.0, 0.0))
    parts = read_parts(json.dumps(report).encode(), now=1.0)
    read_packages(parts.sent.packages)
    assert parts.scan.ended_at == 1.0
