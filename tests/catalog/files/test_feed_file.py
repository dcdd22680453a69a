"""Opening files: compression, archives, damage, and what is absurd."""

import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from typing import BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archives import COMPRESSIONS, Pipe, tar_of, zip_of
from patchwarden.catalog.errors import InvalidCatalogFileError
from patchwarden.catalog.feed import HEAD_BYTES
from patchwarden.catalog.files import zip_archive
from patchwarden.catalog.files.feed_file import LIMITS, Limits, open_members

TEXT = b"<updates>" + bytes(range(256)) * 20 + b"</updates>"
SMALL = b"<updates/>"
ZEROS = bytes(300_000)
GZIP = COMPRESSIONS["gz"]

FILES: Mapping[str, tuple[bytes, str]] = {
    "x.xml": (TEXT, "x.xml"),
    **{f"x.{name}": (pack(TEXT), f"x.{name}") for name, pack in COMPRESSIONS.items()},
    "x.tar": (tar_of({"d/a.xml": TEXT}), "x.tar: d/a.xml"),
    **{
        f"x.tar.{name}": (pack(tar_of({"./a.xml": TEXT})), f"x.tar.{name}: a.xml")
        for name, pack in COMPRESSIONS.items()
    },
    "x.zip": (zip_of({"d/a.xml": TEXT}), "x.zip: d/a.xml"),
    "gz-in.zip": (zip_of({"a.gz": GZIP(TEXT)}), "gz-in.zip: a.gz"),
    "zip-in.tar": (tar_of({"a.zip": zip_of({"b": TEXT})}), "zip-in.tar: a.zip: b"),
    "zip.gz": (GZIP(zip_of({"b": TEXT})), "zip.gz: b"),
    "gz-in.tar.bz2": (
        COMPRESSIONS["bz2"](tar_of({"a.json.gz": GZIP(TEXT)})),
        "gz-in.tar.bz2: a.json.gz",
    ),
}
SMALL_FILES: Mapping[str, bytes] = {
    **{name: pack(SMALL) for name, pack in COMPRESSIONS.items()},
    "tar": tar_of({"a": SMALL, "b": SMALL}),
    "tar.gz": GZIP(tar_of({"a": SMALL, "b": SMALL})),
    "zip": zip_of({"a": SMALL, "b": SMALL}),
}


def read(file: BinaryIO, name: str = "file", limits: Limits = LIMITS) -> list[tuple[str, bytes]]:
    return [(each.name, each.stream.read()) for each in open_members(file, name, limits=limits)]


def read_bytes(content: bytes, limits: Limits = LIMITS) -> list[tuple[str, bytes]]:
    return read(io.BytesIO(content), limits=limits)


def contents(given: Iterable[tuple[str, bytes]]) -> list[bytes]:
    return [content for _, content in given]


@pytest.mark.parametrize("name", FILES)
def test_what_is_inside_comes_out(name: str) -> None:
    content, inside = FILES[name]
    assert read(io.BytesIO(content), name) == [(inside, TEXT)]


@pytest.mark.parametrize("name", FILES)
def test_a_pipe_will_do(name: str) -> None:
    content, inside = FILES[name]
    assert read(cast(BinaryIO, Pipe(content)), name) == [(inside, TEXT)]


def test_members_come_in_their_order_with_head_and_product() -> None:
    archive = zip_of({"b": TEXT, "a": SMALL})
    members = open_members(io.BytesIO(archive), "all.zip", product="Debian12")
    given = [(each.name, each.head, each.product) for each in members]
    assert given == [
        ("all.zip: b", TEXT[:HEAD_BYTES], "Debian12"),
        ("all.zip: a", SMALL, "Debian12"),
    ]


def test_an_empty_file_is_an_empty_member() -> None:
    assert read_bytes(b"") == [("file", b"")]


@pytest.mark.parametrize("name", FILES)
def test_progress_grows_up_to_the_size_of_the_file(name: str) -> None:
    content, _ = FILES[name]
    heard = [0]
    for member in open_members(io.BytesIO(content), name, on_progress=heard.append):
        member.stream.read()
    assert heard == sorted(heard)
    assert 0 < heard[-1] <= len(content)


@pytest.mark.parametrize("name", SMALL_FILES)
def test_a_file_that_is_cut_off_anywhere_is_refused(name: str) -> None:
    whole = SMALL_FILES[name]
    expected = contents(read_bytes(whole))
    for length in range(len(whole)):
        part = whole[:length]
        try:
            found = read_bytes(part)
        except InvalidCatalogFileError as error:
            assert str(error).startswith("file is wrong at "), length  # noqa: PT017
        else:
            # Too little to be recognized; or what is missing only fills up the last block.
            assert found == [("file", part)] or contents(found) == expected, length


@settings(max_examples=300)
@given(st.sampled_from(sorted(SMALL_FILES)), st.data())
def test_a_damaged_file_is_refused_or_read(name: str, data: st.DataObject) -> None:
    damaged = bytearray(SMALL_FILES[name])
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_bytes(bytes(damaged))
    except InvalidCatalogFileError as error:
        assert str(error).isprintable()  # noqa: PT017


@given(
    st.binary(max_size=200),
    st.sampled_from(
        [
            b"\x1f\x8b\x08",
            b"BZh9",
            b"PK\x03\x04",
            b"\x28\xb5\x2f\xfd",
            b"\xfd7zXZ\x00",
            b"\0" * 257 + b"ustar",
        ]
    ),
)
def test_the_first_bytes_of_a_format_alone_are_refused(rest: bytes, magic: bytes) -> None:
    with pytest.raises(InvalidCatalogFileError):
        read_bytes(magic + rest)


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_several_streams_in_a_row_are_one_content(name: str) -> None:
    pack = COMPRESSIONS[name]
    content = pack(TEXT) + pack(b"") + pack(SMALL) + bytes(8)
    assert read_bytes(content) == [("file", TEXT + SMALL)]


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_what_follows_the_end_is_refused(name: str) -> None:
    content = COMPRESSIONS[name](SMALL)
    with pytest.raises(InvalidCatalogFileError, match=f"at byte {len(content)}: something else"):
        read_bytes(content + b"more")


def test_zstd_may_begin_with_a_frame_to_be_skipped() -> None:
    skipped = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"12345"
    assert read_bytes(skipped + COMPRESSIONS["zst"](TEXT)) == [("file", TEXT)]


def test_damage_at_the_end_is_found_though_nobody_reads_that_far() -> None:
    packed = bytearray(GZIP(TEXT))
    packed[-5] ^= 1  # The checksum.
    with pytest.raises(InvalidCatalogFileError, match=r"at bytes 0 to [0-9]+: it is damaged"):
        for _ in open_members(io.BytesIO(packed), "x.gz"):
            pass


# What is absurd


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_what_becomes_absurdly_large_is_refused(name: str) -> None:
    bomb = COMPRESSIONS[name](ZEROS)
    limits = Limits(ratio=20, unquestioned_bytes=100_000)
    with pytest.raises(InvalidCatalogFileError, match="more than 20 times larger by decompr"):
        read_bytes(bomb, limits)
    with pytest.raises(InvalidCatalogFileError, match=r"at byte 200000: it is larger than 200000"):
        read_bytes(bomb, Limits(member_bytes=200_000))
    with pytest.raises(InvalidCatalogFileError, match="all that is inside together is larger"):
        read_bytes(bomb, Limits(total_bytes=200_000))


def test_a_zip_bomb_is_refused() -> None:
    bomb = zip_of({str(number): ZEROS for number in range(10)})
    with pytest.raises(InvalidCatalogFileError, match=r"^file: 0 is wrong at byte [0-9]+: it beco"):
        read_bytes(bomb, Limits(ratio=20, unquestioned_bytes=100_000))
    with pytest.raises(InvalidCatalogFileError, match=r"^file: 3 .* all that is inside together"):
        read_bytes(bomb, Limits(total_bytes=1_000_000))


def test_members_that_nobody_reads_count_as_well() -> None:
    bomb = zip_of({str(number): ZEROS for number in range(10)})
    with pytest.raises(InvalidCatalogFileError, match="all that is inside together"):
        for _ in open_members(io.BytesIO(bomb), "x", limits=Limits(total_bytes=1_000_000)):
            pass


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(InvalidCatalogFileError, match=r"^file is wrong at byte 100: it is larger"):
        read_bytes(TEXT, Limits(total_bytes=100))


def test_a_zip_archive_that_is_too_large_to_be_put_aside_is_refused() -> None:
    pipe = cast(BinaryIO, Pipe(zip_of({"a": TEXT}, zipfile.ZIP_STORED)))
    with pytest.raises(InvalidCatalogFileError, match="at byte 1000: it is larger than 1000"):
        read(pipe, limits=Limits(member_bytes=1_000))


@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_too_many_files_are_refused(make: object) -> None:
    assert callable(make)
    archive = make({str(number): SMALL for number in range(4)})
    assert len(read_bytes(archive, Limits(members=4))) == 4
    with pytest.raises(InvalidCatalogFileError, match="more than 3 files are inside"):
        read_bytes(archive, Limits(members=3))


def test_too_many_layers_are_refused() -> None:
    nested = TEXT
    for _ in range(LIMITS.depth):
        nested = GZIP(nested)
    assert contents(read_bytes(nested)) == [TEXT]
    with pytest.raises(InvalidCatalogFileError, match="more than 3 layers of compression"):
        read_bytes(GZIP(nested))


def test_xz_that_wants_too_much_memory_is_refused() -> None:
    packed = bytearray(lzma.compress(SMALL))
    packed[16] = 40  # Its dictionary: 4 GiB.
    end = 12 + (packed[12] + 1) * 4
    packed[end - 4 : end] = zlib.crc32(packed[12 : end - 4]).to_bytes(4, "little")
    with pytest.raises(InvalidCatalogFileError, match="Memory usage limit"):
        read_bytes(bytes(packed))


def test_zstd_that_wants_too_much_memory_is_refused() -> None:
    # A window of 2 GiB, and an empty block.
    with pytest.raises(InvalidCatalogFileError, match="requires too much memory"):
        read_bytes(b"\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00")


@pytest.mark.parametrize(
    ("name", "archive"),
    [
        ("", tar_of({"": SMALL})),
        ("", zip_of({zipfile.ZipInfo("N"): SMALL}).replace(b"N", b"\0")),
        ("n" * 5_000, zip_of({"n" * 5_000: SMALL})),
        ("n" * 5_000, tar_of({"n" * 5_000: SMALL})),
    ],
)
def test_an_absurd_name_is_refused(name: str, archive: bytes) -> None:
    with pytest.raises(InvalidCatalogFileError, match=f"has a name of {len(name)} characters"):
        read_bytes(archive)


def test_names_are_shown_fit_for_a_terminal() -> None:
    archive = tar_of({"\x1b[2J": SMALL, "../../n": SMALL, "l" * 300: SMALL})
    assert [name for name, _ in read_bytes(archive)] == [
        r"file: '\x1b[2J'",
        "file: ../../n",
        f"file: {'l' * 200}...",
    ]
    with pytest.raises(InvalidCatalogFileError, match=r"^'\\x1b' is wrong"):
        read(io.BytesIO(GZIP(SMALL)[:-1]), "\x1b")


# Archives


def _tar_entry(name: str, kind: bytes, size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    return info


def test_what_is_no_file_is_skipped() -> None:
    kinds = (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)
    others = [_tar_entry(f"other-{kind.decode()}", kind) for kind in kinds]
    assert read_bytes(tar_of({"a": SMALL}, *others)) == [("file: a", SMALL)]
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    archive = zip_of({zipfile.ZipInfo("directory/"): b"", link: b"/etc/passwd", "a": SMALL})
    assert read_bytes(archive) == [("file: a", SMALL)]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_are_read_in_each_form_of_tar(form: int) -> None:
    name = f"{'d' * 90}/{'n' * 90}"
    archive = tar_of({name: SMALL, "a": SMALL}, form=form)
    assert read_bytes(archive) == [(f"file: {name}", SMALL), ("file: a", SMALL)]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (_tar_entry("a", tarfile.GNUTYPE_SPARSE), "at byte 512: this file is sparse"),
        (_tar_entry("a", tarfile.REGTYPE, -512), "at byte 512: -512 is no size"),
        (_tar_entry("a", tarfile.XHDTYPE, 10**9), "of 1000000000 bytes is absurd"),
        (_tar_entry("a", tarfile.GNUTYPE_LONGNAME, -1), "of -1 bytes is absurd"),
        (_tar_entry("a", tarfile.REGTYPE, 10**6), "at byte 512: it is cut off"),
    ],
)
def test_an_absurd_header_of_tar_is_refused(entry: tarfile.TarInfo, said: str) -> None:
    with pytest.raises(InvalidCatalogFileError, match=said):
        read_bytes(entry.tobuf(tarfile.GNU_FORMAT))


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        (b"", ""),
        (b"6 a=b\n", ""),
        (b"10 size=3\n", ""),
        (b"11 size=-3\n", "'-3' is no size"),
        (b"26 GNU.sparse.realsize=10\n", "is sparse"),
        (b"7 a=b\n", "no keywords of pax"),
        (b"6 a:b\n", "no keywords of pax"),
        (b"0 a=b\n", "no keywords of pax"),
        (b"x", "no keywords of pax"),
        (b"99999999999999 a=b\n", "no keywords of pax"),
    ],
)
def test_keywords_of_pax_are_read_with_care(keywords: bytes, said: str) -> None:
    extended = _tar_entry("k", tarfile.XHDTYPE, len(keywords)).tobuf(tarfile.USTAR_FORMAT)
    archive = extended + keywords + bytes(-len(keywords) % 512) + tar_of({"a": b"abc"})
    if not said:
        assert read_bytes(archive) == [("file: a", b"abc")]
        return
    with pytest.raises(InvalidCatalogFileError, match=said):
        read_bytes(archive)


def test_a_header_of_tar_that_is_damaged_is_no_end() -> None:
    archive = bytearray(tar_of({"a": SMALL, "b": SMALL}))
    archive[1024 + 148] ^= 1  # The checksum of the second header.
    with pytest.raises(InvalidCatalogFileError, match="at byte 1024: this is no header of a tar"):
        read_bytes(bytes(archive))


def test_an_encrypted_zip_archive_is_refused() -> None:
    archive = zip_of({"a": SMALL}).replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
    )
    with pytest.raises(InvalidCatalogFileError, match="at byte 0: this file is encrypted"):
        read_bytes(archive)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_methods_of_zip_are_refused(method: int) -> None:
    with pytest.raises(InvalidCatalogFileError, match=f"compressed by method {method}, not by"):
        read_bytes(zip_of({"a": SMALL}, method))


def test_a_file_of_a_zip_archive_with_a_wrong_checksum_is_refused() -> None:
    archive = zip_of({"a": SMALL}, zipfile.ZIP_STORED).replace(SMALL, SMALL.upper())
    with pytest.raises(InvalidCatalogFileError, match=r"at byte 0: .*Bad CRC-32"):
        read_bytes(archive)


def test_an_endless_table_of_contents_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_archive, "_MAX_CONTENTS_BYTES", 100)
    with pytest.raises(InvalidCatalogFileError, match=r"at its end: .*table of contents has"):
        read_bytes(zip_of({"a": SMALL, "b": SMALL, "c": SMALL}))
