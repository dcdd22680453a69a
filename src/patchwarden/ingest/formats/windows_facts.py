"""What the Windows Update Agent's names and numbers mean: the same in every language of Windows."""

import re
from collections.abc import Iterable
from typing import NamedTuple

OPERATING_SYSTEM = "WINDOWS"
PLATFORM_TYPE = "Windows"
PLATFORM_NAME = "Microsoft Windows"
"""Where nobody says which."""
PACKAGE_MANAGER = "windows-update"

SUCCEEDED = frozenset({2, 3})
"""OperationResultCode: succeeded, and succeeded with errors."""
FAILED = frozenset({4, 5})
"""OperationResultCode: failed, and aborted."""
INSTALLATION = 1
"""UpdateOperation; 2 is an uninstallation."""

# https://learn.microsoft.com/previous-versions/windows/desktop/ff357803(v=vs.85), and Drivers and
# Upgrades as the update catalog has them. The names of categories are in the language of Windows.
_CLASSIFICATIONS = {
    "e6cf1350-c01b-414d-a61f-263d14d133b4": "CriticalUpdates",
    "e0789628-ce08-4437-be74-2495b842f43b": "DefinitionUpdates",
    "ebfc1fc5-71a4-4f7b-9aca-3b9a503104a0": "Drivers",
    "b54e7d24-7add-428f-8b75-90a396fa584f": "FeaturePacks",
    "0fa1201d-4330-4fa8-8ae9-b877473b6441": "SecurityUpdates",
    "68c5b0a3-d1a6-4553-ae49-01d3a7827828": "ServicePacks",
    "b4832bd8-e735-4761-8daf-37f882276dab": "Tools",
    "28bc880e-0592-4cbf-8f95-c79b17911d5f": "UpdateRollups",
    "cd5ffd1e-e932-4e3a-bf74-18bf0b1bbd83": "Updates",
    "3689bdc8-b205-4af4-8d4a-a63924c5e9d5": "Upgrades",
}
_CLASSIFICATION_NAMES = {name.lower(): name for name in _CLASSIFICATIONS.values()}

# Whatever the update server calls them: those of recent servers go by their half-year.
_PRODUCTS = {
    "ba0ae9cc-5f01-40b4-ac3f-50192b5d6aaf": "Windows Server 2008",
    "fdfe8200-9d98-44ba-a12a-772282bf60ef": "Windows Server 2008 R2",
    "a105a108-7c9b-4518-bbbe-73f0fe30012b": "Windows Server 2012",
    "d31bd4c3-d872-41c9-a2e7-231f372588cb": "Windows Server 2012 R2",
    "569e8e8f-c6cd-42c8-92a3-efbb20a0f6f5": "Windows Server 2016",
    "f702a48c-919b-45d6-9aef-ca4248d50397": "Windows Server 2019",
    "71718f13-7324-4b0f-8f9e-2ca9dc978e53": "Windows Server 2022",
    "b256987d-4693-4c87-955d-dbb9341205eb": "Windows Server 2025",
}

# MSRC's four; `Unspecified` and `None` are written for none.
_SEVERITIES = {name.lower(): name for name in ("Critical", "Important", "Moderate", "Low")}

# As EC2 names them, and as the original agent does in its inventory.
_ARCHITECTURES = {"amd64": "x86_64", "x64": "x86_64", "arm64": "arm64", "x86": "i386"}

_KB_ID = re.compile(r"(?:KB)?\s*0*([0-9]{6,8})", re.IGNORECASE | re.ASCII)
_KB_IN_TITLE = re.compile(r"\bKB\s?0*([0-9]{6,8})\b", re.IGNORECASE | re.ASCII)


class Category(NamedTuple):
    """One of the categories of an update: its classification, or a product."""

    category_id: str
    """A GUID; empty if it is not known."""
    kind: str
    """`UpdateClassification`, `Product`, `ProductFamily`, `Company`; empty if it is not known."""
    name: str
    """In the language of Windows."""


def kb_id_of(text: str) -> str:
    """Give a knowledge base number as `KB5034441`; empty if `text` is none, such as `File 1`."""
    match = _KB_ID.fullmatch(text.strip())
    return f"KB{match[1]}" if match else ""


def kb_id_in_title(title: str) -> str:
    """Give the last knowledge base number that a title names, which stands in brackets there."""
    numbers = _KB_IN_TITLE.findall(title)
    return f"KB{numbers[-1]}" if numbers else ""


def classification_of(categories: Iterable[Category]) -> str:
    """Give the classification, such as `SecurityUpdates`; empty if there is none known.

    The ids count; names only of categories without one, where they are English.
    """
    for category in categories:
        if category.category_id:
            found = _CLASSIFICATIONS.get(guid_of(category.category_id), "")
        else:
            found = _CLASSIFICATION_NAMES.get(category.name.replace(" ", "").lower(), "")
        if found:
            return found
    return ""


def classification_of_hotfix(description: str) -> str:
    """Give what the description of a hotfix tells for sure: whether it is a security update.

    `Update` and `Hotfix` are written for updates of several classifications.
    """
    return "SecurityUpdates" if description.strip().lower() == "security update" else ""


def products_of_categories(categories: Iterable[Category]) -> tuple[str, ...]:
    """Give the names of the products, each once: of Windows in English, others as they came."""
    named = (_product_of(category) for category in categories)
    return tuple(dict.fromkeys(name for name in named if name))


def product_family_of(categories: Iterable[Category]) -> str:
    """Give the name of the product family, such as `Windows`; empty if there is none."""
    return next((each.name for each in categories if each.kind == "ProductFamily"), "")


def msrc_severity_of(text: str) -> str:
    """Give the severity in Microsoft's spelling; empty if there is none."""
    return _SEVERITIES.get(text.strip().lower(), "")


def architecture_of(processor: str) -> str:
    """Give the name of an architecture as EC2 has it: `x86_64` for `AMD64`."""
    return _ARCHITECTURES.get(processor.strip().lower(), processor.strip())


def guid_of(text: str) -> str:
    """Give a GUID in lower case, without braces."""
    return text.strip().strip("{}").lower()


def _product_of(category: Category) -> str:
    known = _PRODUCTS.get(guid_of(category.category_id))
    return known or (category.name if category.kind == "Product" else "")
