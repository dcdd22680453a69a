"""Hypothesis strategies for Windows: updates, a catalog and baselines of a small world."""

from itertools import product

from hypothesis import strategies as st

from catalog_patches import DAY_S, windows_patch
from fakes import NOW
from patchwarden.domain.advisories import CatalogAdvisory, Fix
from patchwarden.domain.baselines import ApprovalRule, PatchBaseline, PatchFilter
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.domain.facts import (
    Advisory,
    Node,
    OperationResult,
    Packages,
    Reboot,
    Report,
    WindowsUpdate,
)
from patchwarden.domain.states import ComplianceLevel
from strategies import scans

NUMBERS = range(1, 7)
KB_IDS = tuple(f"KB{number}" for number in NUMBERS)
NODE_PRODUCT = "WindowsServer2019"
RELEASES = (None, NOW - 10 * DAY_S, NOW - 7 * DAY_S, NOW - DAY_S)
CLASSIFICATIONS = ("SecurityUpdates", "Updates", "")
SEVERITIES = ("Critical", "Low", "Unspecified")

_kinds = st.sampled_from(list(product(CLASSIFICATIONS, SEVERITIES, RELEASES)))
_kb_ids = st.sampled_from((*KB_IDS, "kb1", ""))
_supersedes = st.sets(st.sampled_from(KB_IDS), max_size=2).map(lambda kb_ids: tuple(sorted(kb_ids)))


@st.composite
def updates(draw: st.DrawFn) -> WindowsUpdate:
    """Give an update of a node; of one KB number there are few."""
    classification, severity, released_at = draw(_kinds)
    return WindowsUpdate(
        presence=draw(st.sampled_from(("installed", "available", "failed", "not-applicable"))),
        kb_id=draw(_kb_ids),
        update_id=draw(st.sampled_from(("a", "b"))),
        title=draw(st.sampled_from(("", "An update"))),
        classification=classification,
        products=draw(
            st.sampled_from(((), (NODE_PRODUCT,), ("Office 2016",), (NODE_PRODUCT, "Office 2016")))
        ),
        msrc_severity=severity,
        msrc_number=draw(st.sampled_from(("", "MS10-048"))),
        released_at=released_at,
        installed_at=draw(st.sampled_from((None, NOW - 3 * DAY_S, NOW - DAY_S))),
        installed_by=draw(st.sampled_from((None, "admin"))),
        cve_ids=draw(st.sampled_from(((), ("CVE-2026-1",)))),
        supersedes=draw(_supersedes),
        reboot_required=draw(st.booleans()),
    )


_results = st.builds(
    OperationResult,
    name=st.sampled_from(KB_IDS),
    architecture=st.just(""),
    version=st.just(""),
    outcome=st.sampled_from(("installed", "failed")),
    at=st.just(NOW - 1),
)


@st.composite
def windows_reports(draw: st.DrawFn) -> Report:
    """Give reports of a Windows Server 2019."""
    return Report(
        schema=1,
        scan=draw(scans(_results)),
        node=Node(
            operating_system="WINDOWS",
            platform_type="Windows",
            platform_name="Microsoft Windows Server 2019 Datacenter",
            platform_version=draw(st.sampled_from(("10.0.17763", "10.0.99999"))),
            architecture="AMD64",
            booted_at=draw(st.sampled_from((None, NOW - 2 * DAY_S))),
            reboot=draw(
                st.sampled_from(
                    (None, Reboot(required=True), Reboot(required=True, packages=("KB1",)))
                )
            ),
        ),
        packages=Packages(
            package_manager="windows-update",
            knows_available=draw(st.booleans()),
            updates=tuple(draw(st.lists(updates(), max_size=8))),
        ),
    )


_PRODUCTS = ((NODE_PRODUCT, "Windows"), ("WindowsServer2016", "Windows"), ("Office 2016", "Office"))


def _patch(
    number: int, kind: tuple[str, str, float | None], of: tuple[str, str], msrc_number: str
) -> CatalogPatch:
    classification, severity, released_at = kind
    return windows_patch(
        number,
        classification=classification,
        msrc_severity=severity,
        released_at=released_at,
        product=of[0],
        product_family=of[1],
        msrc_number=msrc_number,
    )


def catalog_patches(
    products: tuple[tuple[str, str], ...] = _PRODUCTS,
) -> st.SearchStrategy[CatalogPatch]:
    """Give patches that say all that a baseline may ask for, but perhaps no release date."""
    kinds = list(product(("SecurityUpdates", "Updates"), SEVERITIES, RELEASES))
    return st.builds(
        _patch,
        st.sampled_from(NUMBERS),
        st.sampled_from(kinds),
        st.sampled_from(products),
        st.sampled_from(("", "MS10-048")),
    )


advisories = st.builds(
    lambda kb_id, of, supersedes: CatalogAdvisory(
        source="microsoft",
        advisory=Advisory(advisory_id=kb_id, cve_ids=(f"CVE-2026-{kb_id[2:]}",)),
        fixes=(Fix(product=of[0], name=kb_id),),
        supersedes=supersedes,
    ),
    st.sampled_from(KB_IDS),
    st.sampled_from(_PRODUCTS),
    _supersedes,
)

_filters = st.sampled_from(
    [
        PatchFilter(key=key, values=values)
        for key, values in (
            ("PATCH_SET", ("OS",)),
            ("PATCH_SET", ("APPLICATION",)),
            ("PATCH_SET", ("*",)),
            ("PRODUCT", (NODE_PRODUCT,)),
            ("PRODUCT", ("Office 2016", "WindowsServer2016")),
            ("PRODUCT_FAMILY", ("Office",)),
            ("CLASSIFICATION", ("securityupdates",)),
            ("MSRC_SEVERITY", ("Critical", "Unspecified")),
            ("PATCH_ID", ("KB1", "kb2", "KB3")),
        )
    ]
)
_filter_sets = st.lists(_filters, max_size=2).map(tuple)
_rules = st.builds(
    ApprovalRule,
    filters=_filter_sets,
    compliance_level=st.sampled_from(ComplianceLevel),
    approve_after_days=st.sampled_from((0, 5, 7, 20)),
)
_names = st.lists(st.sampled_from(("KB1", "kb2", "KB3", "ms10-048", "a", "KB*")), max_size=2)


@st.composite
def windows_baselines(draw: st.DrawFn) -> PatchBaseline:
    """Give baselines for Windows."""
    return PatchBaseline(
        name="under-test",
        operating_system="WINDOWS",
        global_filters=draw(_filter_sets | st.just(())),
        approval_rules=tuple(draw(st.lists(_rules, max_size=3))),
        approved_patches=tuple(draw(_names)),
        approved_patches_compliance_level=draw(st.sampled_from(ComplianceLevel)),
        rejected_patches=tuple(draw(_names)),
        rejected_patches_action=draw(st.sampled_from(("ALLOW_AS_DEPENDENCY", "BLOCK"))),
        available_security_updates_compliance_status=draw(
            st.sampled_from((None, "COMPLIANT", "NON_COMPLIANT"))
        ),
    )
