import pytest

from patchwarden.store import idempotency
from patchwarden.store.database import Database, Scope
from stores import BROKEN_CONSTRAINT

SCOPE = Scope("123456789012", "us-east-1")


def test_a_token_gives_back_what_it_stood_for(db: Database) -> None:
    idempotency.keep(db, SCOPE, "CreatePatchBaseline", "token", (b"digest", "pb-1", 10.0))
    found = idempotency.find(db, SCOPE, "CreatePatchBaseline", "token")
    assert found == (b"digest", "pb-1")


@pytest.mark.parametrize(
    ("scope", "operation", "token"),
    [
        (SCOPE, "CreatePatchBaseline", "other"),
        (SCOPE, "CreateActivation", "token"),
        (SCOPE._replace(region="eu-west-1"), "CreatePatchBaseline", "token"),
        (SCOPE._replace(account_id="210987654321"), "CreatePatchBaseline", "token"),
    ],
)
def test_a_token_stands_for_one_request(
    db: Database, scope: Scope, operation: str, token: str
) -> None:
    idempotency.keep(db, SCOPE, "CreatePatchBaseline", "token", (b"digest", "pb-1", 10.0))
    assert idempotency.find(db, scope, operation, token) is None


def test_a_token_is_kept_once(db: Database) -> None:
    idempotency.keep(db, SCOPE, "CreatePatchBaseline", "token", (b"digest", "pb-1", 10.0))
    with pytest.raises(BROKEN_CONSTRAINT):
        idempotency.keep(db, SCOPE, "CreatePatchBaseline", "token", (b"other", "pb-2", 20.0))


def test_tokens_of_what_is_gone_are_forgotten(db: Database) -> None:
    elsewhere = SCOPE._replace(region="eu-west-1")
    kept = [
        (SCOPE, "CreatePatchBaseline", "other", "pb-2"),
        (SCOPE, "CreateActivation", "token", "pb-1"),
        (elsewhere, "CreatePatchBaseline", "token", "pb-1"),
    ]
    for scope, operation, token, result in [*kept, (SCOPE, "CreatePatchBaseline", "token", "pb-1")]:
        idempotency.keep(db, scope, operation, token, (b"digest", result, 10.0))
    idempotency.forget(db, SCOPE, "CreatePatchBaseline", "pb-1")
    assert idempotency.find(db, SCOPE, "CreatePatchBaseline", "token") is None
    for scope, operation, token, result in kept:
        assert idempotency.find(db, scope, operation, token) == (b"digest", result)
