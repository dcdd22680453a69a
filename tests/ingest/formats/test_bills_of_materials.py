"""CycloneDX and SPDX: what their purls tell."""

import json
from typing import Any

import pytest

from fakes import NOW
from patchwarden.ingest.formats.format import Given
from report_files import GIVEN, case, conversion_of, packages_of, refusal

BASH = "pkg:deb/debian/bash@5.2-1?arch=amd64&distro=debian-12"


def cyclonedx(*purls: str, **members: Any) -> bytes:
    """Give a document with a component for each purl."""
    components = [{"type": "library", "name": "x", "purl": purl} for purl in purls]
    document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "components": components}
    return json.dumps(document | members).encode()


def spdx(*purls: str) -> bytes:
    """Give a document with a package for each purl."""
    packages = [
        {"name": "x", "externalRefs": [{"referenceType": "purl", "referenceLocator": purl}]}
        for purl in purls
    ]
    return json.dumps(
        {"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "packages": packages}
    ).encode()


@pytest.mark.parametrize("document", [cyclonedx, spdx])
@pytest.mark.parametrize(
    ("purl", "operating_system", "version"),
    [
        (BASH, "DEBIAN", "12"),
        ("pkg:deb/debian/bash@5.2-1?arch=amd64&distro=bookworm", "DEBIAN", "12"),
        ("pkg:deb/debian/bash@5.2-1?arch=amd64&distro=debian-12.5", "DEBIAN", "12.5"),
        ("pkg:deb/ubuntu/bash@5.1-6?arch=amd64&distro=jammy", "UBUNTU", "22.04"),
        ("pkg:deb/ubuntu/bash@5.1-6?arch=amd64&distro=ubuntu-24.04", "UBUNTU", "24.04"),
        ("pkg:rpm/redhat/bash@5.1-6?arch=x86_64&distro=rhel-9.2", "REDHAT_ENTERPRISE_LINUX", "9.2"),
        (
            "pkg:rpm/redhat/bash@5.1-6?arch=x86_64&distro=redhat-8.4",
            "REDHAT_ENTERPRISE_LINUX",
            "8.4",
        ),
        ("pkg:rpm/almalinux/bash@5.1-6?arch=x86_64&distro=almalinux-9.3", "ALMA_LINUX", "9.3"),
        ("pkg:rpm/centos/bash@5.1-6?arch=x86_64&distro=centos-7", "CENTOS", "7"),
        ("pkg:rpm/ol/bash@5.1-6?arch=x86_64&distro=ol-8.9", "ORACLE_LINUX", "8.9"),
        ("pkg:rpm/amzn/bash@5.1-6?arch=x86_64&distro=amzn-2023", "AMAZON_LINUX_2023", "2023"),
        (
            "pkg:rpm/amazon/bash@5.1-6?arch=x86_64&distro=amazon-2+%28Karoo%29",
            "AMAZON_LINUX_2",
            "2",
        ),
        ("pkg:rpm/suse/bash@5.1-6?arch=x86_64&distro=sles-15.5", "SUSE", "15.5"),
    ],
)
def test_purls_tell_the_system(
    document: Any, purl: str, operating_system: str, version: str
) -> None:
    node = conversion_of(document(purl)).report.node
    assert (node.operating_system, node.platform_version) == (operating_system, version)


def test_the_component_of_the_operating_system_counts_more() -> None:
    system = {"component": {"type": "operating-system", "name": "ubuntu", "version": "22.04"}}
    node = conversion_of(cyclonedx(BASH, metadata=system)).report.node
    assert (node.operating_system, node.platform_version) == ("UBUNTU", "22.04")


def test_the_user_counts_most() -> None:
    given = Given(scanned_at=NOW, operating_system="RASPBIAN", platform_version="11")
    node = conversion_of(cyclonedx(BASH), given).report.node
    assert (node.operating_system, node.platform_version) == ("RASPBIAN", "11")


@pytest.mark.parametrize(
    ("purl", "version", "source", "source_version"),
    [
        ("pkg:deb/debian/a@1%3A2-3?arch=amd64&distro=debian-12", "1:2-3", None, None),
        ("pkg:deb/debian/a@2-3?arch=amd64&distro=debian-12&epoch=1", "1:2-3", None, None),
        ("pkg:deb/debian/a@2-3%2Bb1?arch=amd64&distro=debian-12&upstream=b", "2-3+b1", "b", None),
        (
            "pkg:deb/debian/a@2-3%2Bb1?arch=amd64&distro=debian-12&upstream=b%402-3",
            "2-3+b1",
            "b",
            "2-3",
        ),
        ("pkg:rpm/rhel/a@2-3.el9?arch=x86_64&distro=rhel-9.2&epoch=1", "1:2-3.el9", None, None),
        ("pkg:rpm/rhel/a@2-3.el9?arch=x86_64&distro=rhel-9.2&epoch=0", "2-3.el9", None, None),
        (
            "pkg:rpm/rhel/a@2-3.el9?arch=x86_64&distro=rhel-9.2&upstream=a-2-3.el9.src.rpm",
            "2-3.el9",
            None,
            None,
        ),
        (
            "pkg:rpm/rhel/a@2-3.el9?arch=x86_64&distro=rhel-9.2&upstream=b-1-3.el9.src.rpm",
            "2-3.el9",
            "b",
            "1-3.el9",
        ),
    ],
)
def test_purls_tell_versions_and_sources(
    purl: str, version: str, source: str | None, source_version: str | None
) -> None:
    package = packages_of(cyclonedx(purl))["a"]
    assert package.version == version
    assert (package.source, package.source_version) == (source, source_version)


def test_trivy_tells_the_source_beside_the_purl() -> None:
    properties = {"SrcName": "gcc-12", "SrcVersion": "12.2.0", "SrcRelease": "14", "SrcEpoch": "1"}
    component = {
        "name": "libgcc-s1",
        "purl": "pkg:deb/debian/libgcc-s1@12.2.0-14?arch=amd64&distro=debian-12.5",
        "properties": [
            {"name": f"aquasecurity:trivy:{name}", "value": value}
            for name, value in properties.items()
        ],
    }
    package = packages_of(cyclonedx(components=[component]))["libgcc-s1"]
    assert (package.source, package.source_version) == ("gcc-12", "1:12.2.0-14")


def test_what_is_left_out_is_told() -> None:
    told = conversion_of(case("cyclonedx-deb.json")).cannot_tell
    assert told[0].endswith("none of the operating system's packages (2 npm, 1 pypi)")
    told = conversion_of(case("cyclonedx-rpm.json")).cannot_tell
    assert (
        told[0] == "anything about packages that lack a version or architecture (1, such as 'lost')"
    )
    told = conversion_of(cyclonedx(BASH, "pkg:deb/debian/b@1?arch=source")).cannot_tell
    assert told[0].endswith("(1 deb source)")


def test_the_user_may_tell_the_architecture() -> None:
    content = cyclonedx("pkg:deb/debian/a@1-1?distro=bookworm")
    assert "give it by --architecture" in refusal(content)
    given = Given(scanned_at=NOW, architecture="arm64")
    assert packages_of(content, given)["a"].architecture == "arm64"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            cyclonedx(BASH, "pkg:rpm/rhel/a@1-1?arch=x86_64"),
            "packages of two kinds: deb (at components[0].purl)",
        ),
        (cyclonedx(BASH, "pkg:deb/debian/a@1?arch=amd64&distro=debian-11"), "several systems"),
        (cyclonedx(BASH, BASH.replace("5.2-1", "5.2-2")), "bash:amd64 in two versions"),
        (cyclonedx(BASH, "bash"), "components[1].purl: 'bash' is no purl"),
        (cyclonedx(BASH, "pkg:deb/debian/" + "a" * 5000), "components[1].purl: the purl is longer"),
        (
            cyclonedx(BASH.replace("5.2-1", "5%0A2")),
            "components[0].purl: '5\\n2' is no version of bash",
        ),
        (cyclonedx("pkg:rpm/rhel/a@1?arch=x86_64&distro=rhel-9"), "'' is no version of a"),
        (cyclonedx("pkg:rpm/rhel/a@1-1?arch=x86_64&epoch=x"), "the epoch of a is 'x'"),
        (cyclonedx("pkg:npm/a@1"), "lists no deb or rpm package"),
        (
            cyclonedx("pkg:rpm/fedora/a@1-1?arch=x86_64&distro=fedora-40"),
            "The file is of fedora 40, which is none",
        ),
        (
            cyclonedx("pkg:deb/debian/a@1-1?arch=all&distro=bookworm"),
            "--architecture, such as amd64",
        ),
        (cyclonedx(BASH, components=[{"name": 3}]), "components[0].name: Expected `str`"),
        (cyclonedx(BASH, specVersion=None), "wrong at specVersion"),
        (b'{"bomFormat": "CycloneDX"}', "missing required field `specVersion`"),
        (cyclonedx(BASH)[:-1], "not valid JSON"),
        (spdx(BASH, "bash"), "packages[1].externalRefs[0]: 'bash' is no purl"),
        (b"SPDXVersion: SPDX-2.3\nExternalRef: PACKAGE-MANAGER purl x\n", "line 2: 'x' is no purl"),
        (b"SPDXVersion: SPDX-2.3\n", "lists no deb or rpm package"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(content: bytes, told: str) -> None:
    assert told in refusal(content, GIVEN)


def test_deep_documents_are_read_or_refused() -> None:
    component: dict[str, Any] = {"name": "x", "purl": BASH}
    for _ in range(400):
        component = {"name": "x", "components": [component]}
    # Too deep to be of use: it is not found, and nothing breaks.
    assert "lists no deb or rpm package" in refusal(cyclonedx(components=[component]))
