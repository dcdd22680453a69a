"""Reads the format of Debian's control files, paragraphs of lines such as these:

```
Package: bash
Status: install ok installed
Description: GNU Bourne Again SHell
 Bash is an sh-compatible command language interpreter that executes
 commands read from the standard input or from a file.
```
"""

from collections.abc import Collection, Iterator


def paragraphs(content: bytes, fields: Collection[str]) -> Iterator[dict[str, str]]:
    """Give the named `fields` of each paragraph, first lines only, in the order of `content`.

    Field names are compared as written. What is not UTF-8 is replaced.
    """
    for paragraph in content.decode("utf-8", "replace").split("\n\n"):
        found: dict[str, str] = {}
        for line in paragraph.split("\n"):
            name, colon, value = line.partition(":")
            if colon and name in fields:
                found.setdefault(name, value.strip())
        if paragraph.strip():
            yield found


def source_of(field: str) -> tuple[str, str]:
    """Split a Source field, such as `bash (5.2.15-2)`, in name and version; either may be empty."""
    name, _, version = field.partition("(")
    return name.strip(), version.rstrip(") ")
