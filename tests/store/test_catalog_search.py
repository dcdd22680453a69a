import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog_patches import fill, linux_patch, windows_patch
from patchwarden.domain.catalog_patch import CatalogPatch
from patchwarden.store import catalog, catalog_search
from patchwarden.store.catalog_search import START, Position, Search, find
from patchwarden.store.database import Database
from patchwarden.store.sqlite import SqliteDatabase

SEVERITIES = ("Critical", "Low")
PATCHES = [
    windows_patch(number, msrc_severity=SEVERITIES[number % 2], msrc_number=f"MS{number % 3}")
    for number in range(40)
]


@pytest.fixture(autouse=True)
def _filled(db: Database) -> None:
    fill(db, reversed(PATCHES))
    fill(db, [linux_patch(name, arch=arch) for name in ("a", "b") for arch in ("x86_64", "i686")])


def terms_ids(db: Database, value: str = "") -> frozenset[int]:
    """Give the terms that have a value, or all."""
    every = catalog.every_terms(db)
    return frozenset(
        each.terms_id for each in every if not value or value in dict(each.fields).values()
    )


def walk(db: Database, search: Search, limit: int = 7) -> list[CatalogPatch]:
    """Give all that a search finds, part by part."""
    found: list[CatalogPatch] = []
    reached: Position | None = START
    while reached is not None:
        part = find(db, search, reached, limit)
        assert len(part.patches) <= limit
        found += part.patches
        reached = part.reached
    return found


def test_patches_come_by_release_date(db: Database) -> None:
    assert walk(db, Search(operating_system="WINDOWS", terms_ids=terms_ids(db))) == PATCHES


def test_parts_have_as_many_as_asked_for_and_end_with_the_last(db: Database) -> None:
    search = Search(operating_system="WINDOWS", terms_ids=terms_ids(db))
    first = find(db, search, START, 39)
    assert (len(first.patches), first.reached is None) == (39, False)
    assert find(db, search, START, 40).reached is None


def test_terms_narrow_what_is_found(db: Database) -> None:
    search = Search(operating_system="WINDOWS", terms_ids=terms_ids(db, "low"))
    assert walk(db, search) == PATCHES[1::2]


def test_there_may_be_more_terms_than_a_statement_has_marks_for(db: Database) -> None:
    many = terms_ids(db) | frozenset(range(1_000_000, 1_040_000))
    assert walk(db, Search(operating_system="WINDOWS", terms_ids=many)) == PATCHES


def test_named_patches_come_whatever_their_terms(db: Database) -> None:
    named = frozenset({"kb0", "ms2", PATCHES[7].patch_id})
    search = Search(operating_system="WINDOWS", terms_ids=frozenset(), or_named=named)
    expected = [0, 2, 5, 7, *range(8, 40, 3)]
    assert walk(db, search) == [PATCHES[number] for number in expected]


def test_nothing_is_found_with_no_terms(db: Database) -> None:
    assert find(db, Search(operating_system="WINDOWS", terms_ids=frozenset()), START, 5) == (
        (),
        None,
    )


def test_references_and_details_narrow_what_is_found(db: Database) -> None:
    search = Search(
        operating_system="AMAZON_LINUX_2",
        terms_ids=terms_ids(db),
        details=(("arch", frozenset({"i686"})), ("version", frozenset({"2.1", "9"}))),
        references=(
            ("NAME", frozenset({"a", "z"})),
            ("CVE_ID", frozenset({"cve-2025-1", "cve-2025-2"})),
        ),
    )
    assert walk(db, search) == [linux_patch("a", arch="i686")]
    assert walk(db, Search(operating_system="WINDOWS", terms_ids=search.terms_ids)) == PATCHES


@pytest.mark.parametrize("value", ["low", "none at all"])
def test_a_search_that_fits_few_looks_at_a_bounded_number(
    db: Database, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setattr(catalog_search, "WINDOWS_OF_ROWS", (3, 5))
    ids = terms_ids(db, value) or frozenset({0})
    search = Search(operating_system="WINDOWS", terms_ids=ids)
    part = find(db, search, START, 20)
    assert len(part.patches) <= 4
    assert part.reached is not None
    assert walk(db, search, 20) == (PATCHES[1::2] if value == "low" else [])


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.integers(0, 39)), st.integers(1, 50))
def test_walking_loses_and_repeats_nothing(db: Database, numbers: set[int], limit: int) -> None:
    named = frozenset(f"kb{number}" for number in numbers)
    search = Search(operating_system="WINDOWS", terms_ids=frozenset({0}), or_named=named)
    assert walk(db, search, limit) == [PATCHES[number] for number in sorted(numbers)]


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "search",
    [
        Search(operating_system="WINDOWS", terms_ids=frozenset({1, 2})),
        Search(
            operating_system="WINDOWS",
            terms_ids=frozenset({1}),
            references=(("PATCH_ID", frozenset({"kb1"})),),
        ),
    ],
)
def test_no_statement_reads_a_whole_table(db: SqliteDatabase, search: Search) -> None:
    statements: list[str] = []
    db._connection.set_trace_callback(statements.append)
    find(db, search, START, 5)
    db._connection.set_trace_callback(None)
    plans = [row[3] for text in statements for row in db.all(f"EXPLAIN QUERY PLAN {text}")]
    assert plans
    tables = [plan for plan in plans if plan.startswith("SCAN catalog_")]
    assert tables == []
