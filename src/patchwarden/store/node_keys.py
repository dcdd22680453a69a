"""The keys of nodes: the same for the same account, region and id, in every store.

Rows about a node are numbered within the node.
"""

import hashlib

from patchwarden.store.database import Database, Scope

_BITS = 63
"""What a signed integer of 64 bits holds without its sign."""
KEYS_COUNT = 1 << _BITS
"""Keys are below this, and spread evenly."""
IS_NODE = "node_key = ? AND account_id = ? AND region = ? AND instance_id = ?"
"""The condition on a row of `nodes` that `identity` has the values of. The key alone would do, but
that another node could be made up to have the same."""


def node_key_of(scope: Scope, instance_id: str) -> int:
    """Give the key of a node, whether or not there is such a node.

    All rows about a node begin with it. Because it needs no look-up, a request reaches its node,
    and the machine that keeps it, at once. Among ten million nodes two share a key with a
    probability of five in a million; the second one is refused when it registers.
    """
    name = "\0".join((*scope, instance_id)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big") >> 64 - _BITS


def identity(scope: Scope, instance_id: str) -> tuple[int, str, str, str]:
    """Give the values for `IS_NODE`."""
    return (node_key_of(scope, instance_id), *scope, instance_id)


def next_number(db: Database, node_key: int) -> int:
    """Give a number that no row about a node has had yet."""
    row = db.one(
        "UPDATE nodes SET last_number = last_number + 1 WHERE node_key = ? RETURNING last_number",
        (node_key,),
    )
    assert row is not None
    return int(row[0])
