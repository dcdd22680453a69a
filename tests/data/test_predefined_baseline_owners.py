import re

import botocore.loaders
import pytest

from patchwarden.data.load import OwnersFile, predefined_baseline_arn, predefined_baseline_owner
from patchwarden.data.strict_toml import decode
from patchwarden.errors import InstallationError


@pytest.mark.parametrize(
    ("region", "owner"),
    [
        ("us-east-1", "075727635805"),
        ("us-east-2", "733109147000"),
        ("us-west-1", "433649990780"),
        ("us-west-2", "280605243866"),
        ("eu-west-1", "845259048710"),
        ("eu-central-1", "416089608788"),
        ("ap-northeast-1", "486716784251"),
        ("ap-southeast-2", "547428446776"),
        ("datacenter-7", "075727635805"),
    ],
)
def test_each_region_has_its_owner(region: str, owner: str) -> None:
    assert predefined_baseline_owner(region) == owner


def test_an_arn_is_a_baseline_id_of_the_model() -> None:
    arn = predefined_baseline_arn("eu-west-1", "pb-09a5f8eb62bde80b1")
    assert arn == "arn:aws:ssm:eu-west-1:845259048710:patchbaseline/pb-09a5f8eb62bde80b1"
    model = botocore.loaders.Loader().load_service_model("ssm", "service-2")
    assert re.search(model["shapes"]["BaselineId"]["pattern"], arn)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('fallback_region = "x"\n[owners]\ny = "075727635805"', "`fallback_region` x is not"),
        ('fallback_region = "x"\n[owners]\nx = "12"', "Expected `str` matching regex"),
        ('[owners]\nx = "075727635805"', "missing required field `fallback_region`"),
        ("[owners", "at end of document"),
    ],
)
def test_a_damaged_file_of_owners_is_named(text: str, complaint: str) -> None:
    with pytest.raises(InstallationError, match=r"^The shipped file owners\.toml is damaged") as e:
        decode(text, "owners.toml", OwnersFile)
    assert complaint in str(e.value)
