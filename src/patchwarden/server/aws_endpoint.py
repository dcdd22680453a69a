"""The life of an API request, from bytes to bytes: read this page to know the server.

read → route → authenticate → decode → validate → authorize → run → encode → log
"""

import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from patchwarden.errors import CallerError
from patchwarden.operations import OPERATIONS
from patchwarden.operations.access import caller_arn, is_allowed
from patchwarden.operations.context import Answer, Context, Request, Resources
from patchwarden.operations.errors import service_code
from patchwarden.operations.served import ServedOperation
from patchwarden.protocol import json11
from patchwarden.protocol.errors import (
    ServiceError,
    access_denied,
    internal_server_error,
    modelled_error,
    not_implemented,
    unknown_operation,
)
from patchwarden.protocol.service_model import Operation, ServiceModel
from patchwarden.protocol.sigv4 import HttpRequest
from patchwarden.protocol.validate import validate
from patchwarden.server.authentication import NOBODY, Authenticate, Caller
from patchwarden.server.http import (
    ClientGoneError,
    HttpAnswer,
    HttpScope,
    Receive,
    Send,
    read_body,
    send_answer,
)
from patchwarden.server.writer import Writer
from patchwarden.store.database import Database
from patchwarden.store.errors import WriteRequiredError

CONTENT_TYPE = b"application/x-amz-json-1.1"
_ACCEPTED_CONTENT_TYPES = frozenset(
    {CONTENT_TYPE, b"application/x-amz-json-1.0", b"application/json"}
)
_log = logging.getLogger("patchwarden.requests")


@dataclass(slots=True)
class Exchange:
    """One request on its way, as far as it has come; the log line is made from it."""

    request_id: str
    started_at: float
    operation: Operation | None = None
    caller: Caller = NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsEndpoint:
    """Answers `POST /`."""

    model: ServiceModel
    authenticate: Authenticate
    resources: Resources
    reader: Database
    """For the operations that only read; used in the event loop's thread alone."""
    writer: Writer

    async def __call__(self, http: HttpScope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        exchange = Exchange(str(uuid.uuid4()), time.time())
        try:
            body = await read_body(receive)
            answer = await self._answer(http, body, exchange)
        except ClientGoneError:
            return
        except ServiceError as error:
            answer = _error_answer(error, exchange)
            _log_refusal(exchange, error)
        except Exception:  # noqa: BLE001 - the one place that answers for our bugs
            answer = _error_answer(internal_server_error(), exchange)
            _log.exception("%s failed", _line(exchange, 500))
        await send_answer(send, answer)

    async def _answer(self, http: HttpScope, body: bytes, exchange: Exchange) -> HttpAnswer:
        headers: Mapping[bytes, bytes] = dict(http["headers"])
        operation = self._route(headers)
        exchange.operation = operation
        signed = HttpRequest(
            method=http["method"],
            path=http["raw_path"].decode("latin-1"),
            query=http["query_string"].decode("latin-1"),
            headers=http["headers"],
            body=body,
        )
        caller = self.authenticate(signed, operation, exchange.started_at)
        exchange.caller = caller
        served = OPERATIONS.get(operation.target)
        if served is None:
            raise not_implemented(operation.name)
        request = json11.decode(body, operation.input)
        validate(request, operation.input)
        _authorize(caller, served, operation, request)
        output = await self._run(served, operation, caller, request, exchange.started_at)
        encoded = output if type(output) is bytes else json11.encode(output)
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug(_line(exchange, 200))
        return HttpAnswer(200, encoded, _headers(exchange))

    def _route(self, headers: Mapping[bytes, bytes]) -> Operation:
        content_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        target = headers.get(b"x-amz-target", b"").decode("latin-1")
        operation = self.model.operation(target)
        if operation is None or content_type not in _ACCEPTED_CONTENT_TYPES:
            raise unknown_operation()
        return operation

    async def _run(
        self,
        served: ServedOperation,
        operation: Operation,
        caller: Caller,
        request: Request,
        now: float,
    ) -> Answer:
        def work(db: Database) -> Answer:
            context = Context(
                operation=operation.name,
                scope=caller.scope,
                caller=caller.holder,
                now=now,
                db=db,
                resources=self.resources,
            )
            return served.run(context, request)

        try:
            if not served.writes:
                try:
                    return work(self.reader)
                except WriteRequiredError:
                    pass
            return await self.writer.run(work)
        except CallerError as error:
            raise modelled_error(operation, service_code(error, operation), str(error)) from error


def _authorize(
    caller: Caller, served: ServedOperation, operation: Operation, request: Request
) -> None:
    if not is_allowed(caller.holder, served, request):
        region, account = caller.scope.region, caller.scope.account_id
        raise access_denied(
            caller_arn(caller.holder),
            f"{operation.signing_name}:{operation.name}",
            f"arn:aws:ssm:{region}:{account}:*",
        )


def _headers(exchange: Exchange) -> list[tuple[bytes, bytes]]:
    return [
        (b"x-amzn-requestid", exchange.request_id.encode()),
        (b"content-type", CONTENT_TYPE),
    ]


def _error_answer(error: ServiceError, exchange: Exchange) -> HttpAnswer:
    headers = [*_headers(exchange), (b"x-amzn-errortype", error.code.encode())]
    return HttpAnswer(error.status, error.to_body(), headers)


def _log_refusal(exchange: Exchange, error: ServiceError) -> None:
    level = logging.WARNING if exchange.caller is NOBODY else logging.INFO
    # Quoted, because what a client sent may be in it, line breaks and all.
    _log.log(level, "%s %s: %r", _line(exchange, error.status), error.code, str(error))


def _line(exchange: Exchange, status: int) -> str:
    operation = exchange.operation.name if exchange.operation else "-"
    key = exchange.caller.access_key_id or "-"
    duration_ms = (time.time() - exchange.started_at) * 1000
    return f"{exchange.request_id} {operation} {key} {status} {duration_ms:.1f} ms"
