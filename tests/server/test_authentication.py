"""Who sends a request: by its signature, or with --no-auth by its word."""

from contextlib import closing
from pathlib import Path

import pytest

from fakes import NOW, CountedBytes
from patchwarden.protocol.errors import ServiceError
from patchwarden.protocol.service_model import Operation, ServiceModel
from patchwarden.protocol.sigv4 import HttpRequest
from patchwarden.server.authentication import (
    NOBODY,
    by_signature,
    by_word,
)
from patchwarden.server.keyring import Keyring
from patchwarden.server.settings import DEFAULT_ACCOUNT, DEFAULT_REGION
from patchwarden.store import credentials
from patchwarden.store.credentials import Holder, Issuer
from patchwarden.store.database import Scope
from patchwarden.store.installation import open_installation
from raw_http import RawRequest, Signing, signed, unsigned

MODEL = ServiceModel.load()
TARGET = "AmazonSSM.DescribeInstancePatches"
URL = "http://patchwarden.test"


@pytest.fixture
def operation() -> Operation:
    return operation_called(TARGET)


@pytest.fixture
def operation_without_signature() -> Operation:
    return operation_called("AmazonSSM.RegisterManagedInstance")


def operation_called(target: str) -> Operation:
    operation = MODEL.operation(target)
    assert operation is not None
    return operation


def arrived(request: RawRequest) -> HttpRequest:
    headers = [(name.lower().encode(), text.encode()) for name, text in request.headers.items()]
    return HttpRequest("POST", "/", "", headers, request.body)


def claiming(access_key_id: str, region: str = "eu-west-1") -> HttpRequest:
    credential = f"{access_key_id}/20261124/{region}/ssm/aws4_request"
    header = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"
    request = unsigned(
        URL, TARGET, headers={"Authorization": header, "X-Amz-Date": "20261124T000000Z"}
    )
    return arrived(request)


def test_a_word_of_twelve_digits_names_the_account(operation: Operation) -> None:
    caller = by_word(claiming("999999999999"), operation, NOW)
    assert caller.scope == Scope("999999999999", "eu-west-1")
    assert caller.holder.account_id == "999999999999"
    assert caller.holder.role == "admin"


@pytest.mark.parametrize(
    "access_key_id", ["test", "99999999999", "9999999999999", "AKIAIOSFODNN7EXAMPLE", "٩" * 12]
)
def test_another_word_works_in_the_default_account(
    access_key_id: str, operation: Operation
) -> None:
    caller = by_word(claiming(access_key_id), operation, NOW)
    assert caller.scope == Scope(DEFAULT_ACCOUNT, "eu-west-1")


def test_no_region_in_a_word_is_the_default_region(operation: Operation) -> None:
    assert by_word(claiming("test", region=""), operation, NOW).scope.region == DEFAULT_REGION


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic dXNlcjpwYXNz"}])
def test_without_a_readable_signature_a_word_is_the_default_one(
    headers: dict[str, str | None], operation: Operation
) -> None:
    caller = by_word(arrived(unsigned(URL, TARGET, headers=headers)), operation, NOW)
    assert caller.scope == Scope(DEFAULT_ACCOUNT, DEFAULT_REGION)


def test_a_word_is_believed_whatever_its_signature_is_worth(operation: Operation) -> None:
    assert by_word(claiming("test"), operation, NOW).access_key_id == ""


def test_a_signature_tells_holder_account_and_region(tmp_path: Path, operation: Operation) -> None:
    random_bytes = CountedBytes()
    installation = open_installation(tmp_path, random_bytes)
    issuer = Issuer(vault=installation.vault, random_bytes=random_bytes)
    holder = Holder(account_id="000000000001", role="auditor")
    with closing(installation.connect()) as db:
        with db.transaction():
            key = issuer.issue(db, holder, NOW)
        authenticate, _ = by_signature(Keyring(lambda: db, installation.vault))
        request = signed(URL, unsigned(URL, TARGET), key, Signing("eu-west-1", signed_at=NOW))
        caller = authenticate(arrived(request), operation, NOW)
        assert caller == (holder, Scope("000000000001", "eu-west-1"), key.access_key_id)
        with pytest.raises(ServiceError, match="Signature expired"):
            authenticate(arrived(request), operation, NOW + 301)
        with pytest.raises(ServiceError, match="security token"):
            authenticate(claiming("PWAKUNKNOWN"), operation, NOW)


def test_a_revoked_key_is_refused_though_its_claims_are_remembered(
    tmp_path: Path, operation: Operation
) -> None:
    random_bytes = CountedBytes()
    installation = open_installation(tmp_path, random_bytes)
    issuer = Issuer(vault=installation.vault, random_bytes=random_bytes)
    holder = Holder(account_id="000000000001", role="auditor")
    with (
        closing(installation.connect(read_only=True)) as reader,
        closing(installation.connect()) as writer,
    ):
        with writer.transaction():
            key = issuer.issue(writer, holder, NOW)
        authenticate, _ = by_signature(Keyring(lambda: reader, installation.vault))
        request = signed(URL, unsigned(URL, TARGET), key, Signing("eu-west-1", signed_at=NOW))
        authenticate(arrived(request), operation, NOW)
        with writer.transaction():
            assert credentials.revoke(writer, key.access_key_id, NOW)
        with pytest.raises(ServiceError, match="security token"):
            authenticate(arrived(request), operation, NOW)


def test_an_operation_that_needs_no_signature_has_nobody_as_its_sender(
    tmp_path: Path, operation_without_signature: Operation
) -> None:
    request = arrived(unsigned(URL, operation_without_signature.target))
    assert by_word(request, operation_without_signature, NOW) is NOBODY
    installation = open_installation(tmp_path, CountedBytes())
    with closing(installation.connect()) as db:
        authenticate, _ = by_signature(Keyring(lambda: db, installation.vault))
        assert authenticate(request, operation_without_signature, NOW) is NOBODY
