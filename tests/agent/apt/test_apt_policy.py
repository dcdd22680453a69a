import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwarden_agent.apt.policy import (
    PolicyCandidate,
    Record,
    read_package_files,
    read_policies,
    read_records,
)
from patchwarden_agent.apt.simulation import read_simulation
from patchwarden_agent.findings import Origin, Slot

_PACKAGE_FILES = """\
Package files:
 100 /var/lib/dpkg/status
     release a=now
 500 http://security.example.test/debian bookworm-security/main amd64 Packages
     release v=12,o=Debian,a=oldstable-security,n=bookworm-security,l=Debian-Security,c=main,b=amd64
     origin security.example.test
1001 https://example.test/flat ./ Packages
     release o=Example, Inc.,l=Our tools,c=
     origin example.test
 -10 file:/srv/repository ./ Packages
Pinned packages:
     bash -> 5.2 with priority 1001
"""

_POLICIES = """\
bash:
  Installed: 5.2.15-2+b8
  Candidate: 5.2.15-2+b13
  Version table:
     5.3-1 1
          1 http://example.test/debian sid/main amd64 Packages
     5.2.15-2+b13 500 (phased 10%)
        500 http://example.test/debian bookworm/main amd64 Packages
       1001 http://example.test/mirror bookworm/main amd64 Packages
 *** 5.2.15-2+b8 100
        100 /var/lib/dpkg/status
libc6:i386:
  Installed: 2.36-9
  Candidate: 2.36-9
  Version table:
 *** 2.36-9 100
        100 /var/lib/dpkg/status
gone:
  Installed: (none)
  Candidate: (none)
  Version table:
     1.0 -1
        100 /var/lib/dpkg/status
"""


def test_each_package_list_has_its_origin() -> None:
    assert read_package_files(_PACKAGE_FILES) == {
        "http://security.example.test/debian bookworm-security/main amd64 Packages": Origin(
            archive="oldstable-security",
            codename="bookworm-security",
            label="Debian-Security",
            origin="Debian",
            component="main",
            site="security.example.test",
        ),
        "https://example.test/flat ./ Packages": Origin(
            label="Our tools", origin="Example, Inc.", site="example.test"
        ),
        "file:/srv/repository ./ Packages": Origin(),
    }


def test_the_candidate_comes_with_the_lists_that_offer_it() -> None:
    assert list(read_policies(_POLICIES, "amd64")) == [
        PolicyCandidate(
            Slot("bash", "amd64"),
            "5.2.15-2+b13",
            (
                "http://example.test/debian bookworm/main amd64 Packages",
                "http://example.test/mirror bookworm/main amd64 Packages",
            ),
            10,
        ),
        PolicyCandidate(Slot("libc6", "i386"), "2.36-9", ("/var/lib/dpkg/status",), None),
    ]


def test_a_record_names_the_source_of_the_version() -> None:
    text = (
        "Package: bash\nSource: shells (5.2-0)\nVersion: 5.2-1+b1\nArchitecture: amd64\n"
        "Section: shells\nPriority: required\nPhased-Update-Percentage: 20\n\n"
        "Package: doc\nVersion: 1\nArchitecture: all\n\n"
    )
    assert read_records(text, "amd64") == {
        (Slot("bash", "amd64"), "5.2-1+b1"): Record("required", "shells", "shells", "5.2-0", 20),
        (Slot("doc", "amd64"), "1"): Record(None, None, "doc", "1", None),
    }


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "Inst bash [5.2-1] (5.2-2 Debian:12.15/oldstable [amd64])",
            {Slot("bash", "amd64"): "5.2-2"},
        ),
        (
            "Inst libnss3 [2:3.87-1] (2:3.87-2 Debian-Security:12/oldstable-security [amd64]) []",
            {Slot("libnss3", "amd64"): "2:3.87-2"},
        ),
        (
            "Inst libc6:i386 [1] (2 A:1/b, C:2/d [i386]) [libfoo:amd64 on libc6:i386] [x:amd64 ]",
            {Slot("libc6", "i386"): "2"},
        ),
        ("Inst new (1.0 Debian:12/stable [all])", {Slot("new", "amd64"): "1.0"}),
        ("Conf bash (5.2-2 Debian:12.15/oldstable [amd64])", {}),
        ("Remv old [1.0]", {}),
        ("The following packages have been kept back:\n  Inst held", {}),
    ],
)
def test_only_installations_are_read_from_a_simulation(
    line: str, expected: dict[Slot, str]
) -> None:
    assert read_simulation(f"Reading package lists...\n{line}\n", "amd64") == expected


@given(st.text())
def test_any_output_can_be_read(text: str) -> None:
    read_package_files("Package files:\n" + text)
    list(read_policies("bash:\n" + text, "amd64"))
    read_records("Package: bash\n" + text, "amd64")
    read_simulation("Inst " + text, "amd64")
