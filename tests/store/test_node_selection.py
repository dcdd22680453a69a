import pytest

from node_store import NODE, SCOPE, NodeStore
from patchwarden.store.node_selection import NodeSelection, selected

A, B, C = "mi-00000000000000000", "mi-11111111111111111", "mi-22222222222222222"


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (NodeSelection(SCOPE), [NODE, A, B, C]),
        (NodeSelection(SCOPE, "web"), [A, C]),
        (NodeSelection(SCOPE, ""), [NODE, B]),
        (NodeSelection(SCOPE, "Web"), []),
        (NodeSelection(SCOPE, instance_ids=[C, A, "mi-unknown"]), [A, C]),
        (NodeSelection(SCOPE, instance_ids=[]), []),
        (NodeSelection(SCOPE, "web", [B, C]), [C]),
        (NodeSelection(SCOPE, after=A), [NODE, B, C]),
        (NodeSelection(SCOPE, after=A, limit=1), [NODE]),
        (NodeSelection(SCOPE, "web", after=A), [C]),
        (NodeSelection(SCOPE._replace(region="eu-west-1")), []),
        (NodeSelection(SCOPE._replace(account_id="210987654321")), []),
    ],
)
def test_nodes_that_all_conditions_fit_come_by_id(
    store: NodeStore, selection: NodeSelection, expected: list[str]
) -> None:
    for instance_id, tags in ((C, {"Patch Group": "web"}), (B, {}), (A, {"PatchGroup": "web"})):
        store.register(instance_id, tags)
    nodes, parameters = selected(selection, ("instance_id",))
    rows = store.db.all(f"SELECT n.instance_id FROM {nodes} n", parameters)
    assert [row[0] for row in rows] == sorted(expected)
