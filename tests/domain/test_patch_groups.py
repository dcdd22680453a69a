from collections.abc import Mapping

import pytest

from patchwarden.domain.patch_groups import patch_group_of


@pytest.mark.parametrize(
    ("tags", "group"),
    [
        ({}, ""),
        ({"Patch Group": "web"}, "web"),
        ({"PatchGroup": "web"}, "web"),
        ({"PatchGroup": "db", "Patch Group": "web"}, "web"),
        ({"patch group": "web", "PATCHGROUP": "web"}, ""),
        ({"Patch Group": ""}, ""),
        ({"Patch Group": "", "PatchGroup": "web"}, "web"),
    ],
)
def test_a_tag_names_the_patch_group(tags: Mapping[str, str], group: str) -> None:
    assert patch_group_of(tags) == group
