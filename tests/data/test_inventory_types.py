import gzip
import re
from pathlib import Path

import botocore
import msgspec
import pytest

from patchwarden.data.inventory_types import InventoryType, inventory_types
from patchwarden.data.strict_toml import decode
from patchwarden.errors import InstallationError


def shape(name: str) -> dict[str, object]:
    """Give a shape of the service model."""
    folder = Path(botocore.__file__).parent / "data/ssm/2014-11-06"
    model = msgspec.json.decode(gzip.decompress((folder / "service-2.json.gz").read_bytes()))
    found: dict[str, object] = model["shapes"][name]
    return found


def test_every_type_is_what_the_service_model_allows() -> None:
    names = re.compile(str(shape("InventoryItemTypeName")["pattern"]))
    versions = re.compile(str(shape("InventoryItemSchemaVersion")["pattern"]))
    most = shape("InventoryItemAttributeList")["max"]
    assert isinstance(most, int)
    for name, known in inventory_types().items():
        assert names.fullmatch(name)
        assert versions.fullmatch(known.version), name
        assert 0 < len(known.every_attribute) <= most, name
        assert len(set(known.every_attribute)) == len(known.every_attribute), name


def test_what_patching_needs_is_there() -> None:
    item = inventory_types()["AWS:ComplianceItem"]
    assert "ComplianceType" in item.context
    assert {"Id", "PatchState", "CVEIds"} <= set(item.attributes)
    assert "MissingCount" in inventory_types()["AWS:PatchSummary"].numbers


def test_an_attribute_that_is_named_must_be_there() -> None:
    text = 'version = "1.0"\ndisplay_name = "A"\nattributes = ["B"]\nnumbers = ["C"]\n'
    with pytest.raises(InstallationError, match="C are not among `attributes`"):
        decode(text, "types.toml", InventoryType)
