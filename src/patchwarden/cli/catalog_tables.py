"""How `patchwarden catalog` shows what the catalog has, to people and to machines."""

from collections.abc import Iterator, Sequence

from patchwarden.cli.output import Column, iso, print_table, say
from patchwarden.domain.advisories import CatalogAdvisory, Fix
from patchwarden.evaluation.catalog_view import CatalogEntry, Holdings
from patchwarden.store.catalog import Import

_DAY_S = 86_400
_STALE_AFTER_DAYS = 14
_PATCH_COLUMNS = (
    Column("Available patches of"),
    Column("Patches", is_number=True),
    Column("Newest release"),
)
_PRODUCT_COLUMNS = (
    Column("Advisories for", may_fold=True),
    Column("Operating system"),
    Column("Advisories", is_number=True),
    Column("Newest revision"),
)
_IMPORT_COLUMNS = (
    Column("Imported"),
    Column("File", may_fold=True),
    Column("Format"),
    Column("Entries", is_number=True),
    Column("New", is_number=True),
    Column("Changed", is_number=True),
)
_FIX_COLUMNS = (
    Column("Product"),
    Column("Package", may_fold=True),
    Column("Fixed in", may_fold=True),
    Column("Architecture"),
    Column("Status"),
)


def sentence_of(made: Import) -> str:
    """Say what an import did."""
    counts = made.counts
    kinds = (
        (counts.patches_count, "patch", "patches"),
        (counts.advisories_count, "advisory", "advisories"),
        (counts.cves_count, "note on a CVE", "notes on CVEs"),
    )
    told = ", ".join(
        f"{count} {one if count == 1 else many}" for count, one, many in kinds if count
    )
    return (
        f"{made.file_name} ({made.format}): {told or 'nothing'}; {counts.added_count} new,"
        f" {counts.changed_count} changed."
    )


def print_status(found: Holdings, now: float) -> None:
    """Print what there is, how old it is, and what no node can use."""
    if not found.imports:
        say("The catalog is empty. Fill it with: patchwarden catalog import FILE")
        return
    if found.patches:
        print_table(
            _PATCH_COLUMNS,
            [
                (each.operating_system, str(each.patches_count), iso(each.newest_release_at))
                for each in found.patches
            ],
        )
        say()
    if found.products:
        print_table(
            _PRODUCT_COLUMNS,
            [
                (
                    each.product,
                    each.operating_system or "none that is known",
                    str(each.advisories_count),
                    iso(each.newest_revision_at),
                )
                for each in found.products
            ],
        )
        say()
    notes = found.cve_notes
    if notes.exploited_count or notes.predictions_count:
        say(
            f"CVEs known to be exploited: {notes.exploited_count}; with a score of how likely that"
            f" is: {notes.predictions_count}."
        )
        say()
    print_table(_IMPORT_COLUMNS, [_import_row(each) for each in found.imports])
    for sentence in what_to_do(found.imports, now):
        say()
        say(sentence)


def _import_row(made: Import) -> tuple[str, ...]:
    if not made.is_finished:
        return (iso(made.imported_at), made.file_name, made.format, "unfinished", "", "")
    counts = made.counts
    entries = counts.patches_count + counts.advisories_count + counts.cves_count
    numbers = map(str, (entries, counts.added_count, counts.changed_count))
    return (iso(made.imported_at), made.file_name, made.format, *numbers)


def what_to_do(imports: Sequence[Import], now: float) -> Iterator[str]:
    """Give a sentence for each thing to do about the last imports."""
    done = [each for each in imports if each.is_finished]
    finished = {each.file_name for each in done}
    unfinished = sorted({each.file_name for each in imports if not each.is_finished} - finished)
    if unfinished:
        yield f"Not all of {', '.join(unfinished)} was taken in; import it again."
    age = int((now - max((each.imported_at for each in done), default=now)) // _DAY_S)
    if age >= _STALE_AFTER_DAYS:
        yield f"The last import was {age} days ago; fetch newer feeds."


def print_entry(entry: CatalogEntry) -> None:
    """Print what the catalog says about an advisory or a CVE."""
    if entry.exploitation is not None:
        note = entry.exploitation
        due = f", to be patched by {iso(note.due_at)}" if note.due_at else ""
        ransomware = " Ransomware uses it." if note.used_by_ransomware else ""
        say(f"{note.cve_id} is exploited, known since {iso(note.added_at)}{due}.{ransomware}")
        say()
    if entry.prediction is not None:
        score = entry.prediction
        say(
            f"{score.cve_id} is exploited within 30 days with a likelihood of {score.score:.1%}"
            f" (EPSS), more than {score.percentile:.0%} of all CVEs."
        )
        say()
    for advisory in entry.advisories:
        _print_advisory(advisory)


def _print_advisory(of: CatalogAdvisory) -> None:
    advisory = of.advisory
    kind = " ".join(word for word in (advisory.severity, advisory.classification) if word)
    say(f"{advisory.advisory_id} ({of.source}){': ' if advisory.title else ''}{advisory.title}")
    dates = [iso(advisory.issued_at), iso(advisory.updated_at)]
    facts = [kind, *(date for date in dict.fromkeys(dates) if date)]
    say(", ".join(fact for fact in facts if fact) or "no details")
    if of.withdrawn:
        say("The vendor took it back.")
    if advisory.cve_ids:
        say(f"CVEs: {', '.join(advisory.cve_ids)}")
    if of.fixes:
        print_table(_FIX_COLUMNS, [_fix_row(fix) for fix in of.fixes])
    say()


def _fix_row(fix: Fix) -> tuple[str, ...]:
    name = f"{fix.name} (source)" if fix.is_source else fix.name
    return (fix.product, name, fix.version, fix.architecture, fix.status)


def import_document(made: Import) -> dict[str, object]:
    """Give an import as JSON has it."""
    return {
        "ImportedDate": iso(made.imported_at),
        "FileName": made.file_name,
        "Format": made.format,
        "PatchesCount": made.counts.patches_count,
        "AdvisoriesCount": made.counts.advisories_count,
        "CVEsCount": made.counts.cves_count,
        "AddedCount": made.counts.added_count,
        "ChangedCount": made.counts.changed_count,
        "Finished": made.is_finished,
    }


def holdings_document(found: Holdings) -> dict[str, object]:
    """Give what the catalog has as JSON has it."""
    return {
        "Patches": [
            {
                "OperatingSystem": each.operating_system,
                "PatchesCount": each.patches_count,
                "NewestReleaseDate": iso(each.newest_release_at) or None,
            }
            for each in found.patches
        ],
        "Products": [
            {
                "Product": each.product,
                "OperatingSystem": each.operating_system or None,
                "AdvisoriesCount": each.advisories_count,
                "NewestRevisionDate": iso(each.newest_revision_at) or None,
            }
            for each in found.products
        ],
        "ExploitedCVEsCount": found.cve_notes.exploited_count,
        "ScoredCVEsCount": found.cve_notes.predictions_count,
        "Imports": [import_document(each) for each in found.imports],
    }


def entry_document(entry: CatalogEntry) -> dict[str, object]:
    """Give what the catalog says about an advisory or a CVE as JSON has it."""
    note, score = entry.exploitation, entry.prediction
    return {
        "Id": entry.name,
        "Exploited": None
        if note is None
        else {
            "AddedDate": iso(note.added_at),
            "DueDate": iso(note.due_at) or None,
            "UsedByRansomware": note.used_by_ransomware,
        },
        "EPSS": None if score is None else {"Score": score.score, "Percentile": score.percentile},
        "Advisories": [_advisory_document(each) for each in entry.advisories],
    }


def _advisory_document(of: CatalogAdvisory) -> dict[str, object]:
    advisory = of.advisory
    return {
        "AdvisoryId": advisory.advisory_id,
        "Source": of.source,
        "Title": advisory.title,
        "Classification": advisory.classification,
        "Severity": advisory.severity,
        "IssuedDate": iso(advisory.issued_at) or None,
        "UpdatedDate": iso(advisory.updated_at) or None,
        "CVEIds": list(advisory.cve_ids),
        "Withdrawn": of.withdrawn,
        "Fixes": [
            {
                "Product": fix.product,
                "Name": fix.name,
                "IsSource": fix.is_source,
                "Version": fix.version,
                "Architecture": fix.architecture,
                "Module": fix.module,
                "Status": fix.status,
            }
            for fix in of.fixes
        ],
    }
