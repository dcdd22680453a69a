"""DescribePatchProperties: the values that filters of patch baselines take (contract 5.15)."""

from patchwarden.data.load import operating_systems
from patchwarden.domain.os_rules import OperatingSystemRules
from patchwarden.operations.context import Answer, Context, Request
from patchwarden.operations.paging import page_of

_DEFAULT_LIMIT = 50


def describe_patch_properties(context: Context, request: Request) -> Answer:
    """Give the values of a property; none if the operating system does not have it.

    PatchSet counts where products belong to one, which is on Windows.

    Raises InvalidPageToken.
    """
    rules = operating_systems()[request["OperatingSystem"]]
    entries = _entries(rules, request["Property"], request.get("PatchSet", "OS"))
    page, token = page_of(
        context,
        request,
        list(enumerate(entries)),
        key=lambda numbered: f"{numbered[0]:04}",
        default_limit=_DEFAULT_LIMIT,
    )
    return {"Properties": [entry for _, entry in page], "NextToken": token}


def _entries(rules: OperatingSystemRules, key: str, patch_set: str) -> list[dict[str, str]]:
    families = [family for family in rules.product_families if family.patch_set == patch_set]
    if families and key == "PRODUCT":
        return [
            {"Name": product, "ProductFamily": family.name}
            for family in families
            for product in family.products
        ]
    if families and key == "PRODUCT_FAMILY":
        return [{"Name": family.name} for family in families]
    return [{"Name": value} for value in rules.filter_values.get(key, ())]
