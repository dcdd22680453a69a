"""What the product ids of a CSAF document stand for: a package of a product.

The tree has products (`AppStream-9.5.0.GA`) and packages (`python3.9-0:3.9.19-8.el9.x86_64`), and
relationships put a package into a product. Red Hat puts it into a module, and that into a product.
"""

import re
from collections.abc import Iterator
from typing import Annotated, NamedTuple

import msgspec
from packageurl import PackageURL

from patchwarden.catalog.parsing.json_feed import Line, Word
from patchwarden.data.feed_products import product_named
from patchwarden.domain.advisories import Fix, FixStatus

_MAX_STEPS = 5
"""From a package to its product; two in what vendors publish."""
_SOURCE_ARCHITECTURES = frozenset({"src", "source", "nosrc"})
# `libopenssl1_1-1.1.1l-150500.17.9.1.x86_64`, `python3.9-0:3.9.19-8.el9.src`
_NEVRA = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.+-]*)-(?P<version>(?:[0-9]+:)?[^-\s:]+-[0-9][^-\s:]*?)"
    r"(?:\.(?P<architecture>src|nosrc|noarch|x86_64|i[3-6]86|aarch64|ppc64|ppc64le|s390|s390x|"
    r"armv[67]hl|ia64|riscv64))?",
    re.ASCII,
)


class Helper(msgspec.Struct, frozen=True):
    """What identifies a product in other naming schemes."""

    cpe: Line | None = None
    purl: Line | None = None


class Product(msgspec.Struct, frozen=True):
    """A product or package by itself, or as part of another."""

    product_id: Line
    name: Line = ""
    helper: Helper | None = msgspec.field(default=None, name="product_identification_helper")


class Branch(msgspec.Struct, frozen=True):
    """A product, or a group of them."""

    name: Line = ""
    category: Word = ""
    product: Product | None = None
    branches: Annotated[list["Branch"], msgspec.Meta(max_length=500_000)] | None = None


class Relationship(msgspec.Struct, frozen=True):
    """Says that one product is part of another."""

    whole: Product = msgspec.field(name="full_product_name")
    part: Line = msgspec.field(name="product_reference")
    container: Line = msgspec.field(name="relates_to_product_reference")


class ProductTree(msgspec.Struct, frozen=True):
    """All products that a document speaks of."""

    branches: Annotated[list[Branch], msgspec.Meta(max_length=500_000)] | None = None
    full_product_names: Annotated[list[Product], msgspec.Meta(max_length=500_000)] | None = None
    relationships: Annotated[list[Relationship], msgspec.Meta(max_length=500_000)] | None = None


class Leaf(NamedTuple):
    """A product as it stands in the tree."""

    product: Product
    family: str
    """The name of the product whose version it is, such as `Windows Server 2019`."""
    version: str
    """The name of its own branch, such as `10.0.17763.5576`."""

    @property
    def words(self) -> str:
        """Give the value of PRODUCT, else the vendor's words."""
        helper = self.product.helper or Helper()
        named = product_named(helper.cpe or "") or product_named(self.product.name)
        return named or self.product.name or self.product.product_id


class _Package(NamedTuple):
    name: str
    version: str = ""
    architecture: str = ""
    is_source: bool = False
    module: str = ""


class ProductIndex:
    """The products of a document by their ids."""

    def __init__(self, tree: ProductTree) -> None:
        self._leaves = {leaf.product.product_id: leaf for leaf in _leaves(tree)}
        self._relationships = {each.whole.product_id: each for each in tree.relationships or ()}

    @property
    def has_relationships(self) -> bool:
        """Whether any package is part of a product."""
        return bool(self._relationships)

    def leaf(self, product_id: str) -> Leaf | None:
        """Give what stands in the tree under an id."""
        return self._leaves.get(product_id)

    def fix(self, product_id: str, status: FixStatus) -> Fix | None:
        """Give what `status` means for the package of this id.

        None if it is none that a package manager knows, such as a container image or a module.
        """
        relationship = self._relationships.get(product_id)
        part_id = product_id if relationship is None else relationship.part
        part = self._leaves.get(part_id)
        container, module = self._container(relationship)
        if container is None and part is None:
            # SUSE: `SUSE Linux Enterprise Server 15 SP5:openssl-1_1` without a relationship.
            container_id, _, part_id = product_id.partition(":")
            container = self._leaves.get(container_id)
        if part is None:
            part = Leaf(Product(part_id, part_id), "", "")
        package = _package(part)
        if package is None or not package.name:
            return None
        return Fix(
            product=container.words if container else part.family or part.words,
            name=package.name,
            version=package.version if status == "fixed" else "",
            architecture=package.architecture,
            is_source=package.is_source,
            module=module or package.module,
            status=status,
        )

    def _container(self, relationship: Relationship | None) -> tuple[Leaf | None, str]:
        """Give the product that a package is part of, and the module between them."""
        module = ""
        for _ in range(_MAX_STEPS):
            if relationship is None:
                return None, module
            outer = self._relationships.get(relationship.container)
            if outer is None:
                return self._leaves.get(relationship.container), module
            between = self._leaves.get(outer.part)
            module = module or (_module(_purl(between)) if between else "")
            relationship = outer
        return None, module


def _leaves(tree: ProductTree) -> Iterator[Leaf]:
    for product in tree.full_product_names or ():
        yield Leaf(product, "", "")
    left = [(branch, "") for branch in reversed(tree.branches or ())]
    while left:
        branch, family = left.pop()
        if branch.product is not None:
            yield Leaf(branch.product, family, branch.name)
        inner = branch.name if branch.category == "product_name" else family
        left.extend((each, inner) for each in reversed(branch.branches or ()))


def _package(leaf: Leaf) -> _Package | None:
    purl = _purl(leaf)
    if purl is not None:
        return _package_of_purl(purl)
    match = _NEVRA.fullmatch(leaf.product.name)
    if match is None:
        # Microsoft: `azl3 openssh 9.8p1-4`, a version of `openssh`.
        return _Package(leaf.family or leaf.product.name, leaf.version.split(" ")[-1])
    architecture = match["architecture"] or ""
    is_source = architecture in _SOURCE_ARCHITECTURES
    version = match["version"].removeprefix("0:")
    return _Package(match["name"], version, "" if is_source else architecture, is_source)


def _package_of_purl(purl: PackageURL) -> _Package | None:
    namespace = purl.namespace or ""
    if purl.type == "rpmmod":
        # `pkg:rpmmod/redhat/ruby:2.6/ruby` is a package of a module, without `/ruby` a module.
        _, _, module = namespace.partition("/")
        return _Package(purl.name, is_source=True, module=module) if module else None
    if purl.type not in {"rpm", "deb"}:
        return None
    qualifiers = dict(purl.qualifiers or {})
    architecture = qualifiers.get("arch", "")
    is_source = architecture in _SOURCE_ARCHITECTURES
    epoch = qualifiers.get("epoch", "0")
    version = (purl.version or "").removeprefix("0:")
    return _Package(
        purl.name,
        version if epoch == "0" or not version else f"{epoch}:{version}",
        "" if is_source else architecture,
        is_source,
        _stream(qualifiers.get("rpmmod", "")),
    )


def _module(purl: PackageURL | None) -> str:
    """Give the module stream that `pkg:rpmmod/redhat/nodejs@18:8090020240301110609:a75119d5` is."""
    if purl is None or purl.type != "rpmmod":
        return ""
    return _stream(f"{purl.name}:{purl.version or ''}")


def _stream(module: str) -> str:
    """Give `nodejs:18` of `nodejs:18:8090020240301110609:a75119d5`."""
    return ":".join(module.split(":")[:2])


def _purl(leaf: Leaf) -> PackageURL | None:
    text = leaf.product.helper.purl if leaf.product.helper else None
    if not text:
        return None
    try:
        return PackageURL.from_string(text)
    except ValueError:
        return None
