"""The life of an API request, from bytes to bytes: read this page to know the server.

read → route → authenticate → decode → validate → authorize → run → encode → log
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import NamedTuple

from patchwarden.errors import CallerError, DeclaredError
from patchwarden.evaluation.run import OutdatedError, judge_again
from patchwarden.operations import OPERATIONS
from patchwarden.operations.access import caller_arn, is_allowed
from patchwarden.operations.context import Answer, Context, Request, Resources
from patchwarden.operations.errors import service_code
from patchwarden.operations.served import ServedOperation
from patchwarden.protocol import json11
from patchwarden.protocol.canonical_form import header_values
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
from patchwarden.server.admission import ThrottlingError
from patchwarden.server.authentication import NOBODY, Authenticate, Caller, CheckClaim
from patchwarden.server.background import Background
from patchwarden.server.http import (
    MAX_BODY_BYTES,
    UNSIGNED_BODY_BYTES,
    USUAL_BODY_BYTES,
    ClientGoneError,
    HttpAnswer,
    HttpScope,
    Receive,
    Send,
    read_body,
    send_answer,
)
from patchwarden.server.pooled_reader import PooledReader
from patchwarden.server.randomness import request_id
from patchwarden.server.reader import Reader
from patchwarden.server.writer import Writer
from patchwarden.store.database import Database

CONTENT_TYPE = b"application/x-amz-json-1.1"
_ACCEPTED_CONTENT_TYPES = frozenset(
    {CONTENT_TYPE, b"application/x-amz-json-1.0", b"application/json"}
)
_LONG_BODY_BYTES = 64 * 1024
"""Of a body that is read in the background: it may take more than some milliseconds."""
_MAX_JUDGED = 25
"""Nodes that are judged in one go: what others write must not wait for a whole fleet."""
_log = logging.getLogger("patchwarden.requests")


@dataclass(slots=True)
class Exchange:
    """One request on its way, as far as it has come; the log line is made from it."""

    request_id: str
    started_at: float
    operation: Operation | None = None
    caller: Caller = NOBODY


class _Call(NamedTuple):
    """A request that may be run."""

    served: ServedOperation
    operation: Operation
    caller: Caller
    request: Request
    now: float
    headers: Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsEndpoint:
    """Answers `POST /`."""

    model: ServiceModel
    authenticate: Authenticate
    check_claim: CheckClaim
    resources: Resources
    reader: Reader | PooledReader
    """For the operations that only read."""
    background: Background
    """For those of them that may take long, and for large bodies."""
    writer: Writer

    async def __call__(self, http: HttpScope, receive: Receive, send: Send) -> None:
        """Serve one request by ASGI."""
        path = http["raw_path"].decode("latin-1")
        query = http["query_string"].decode("latin-1")
        request = HttpRequest(http["method"], path, query, http["headers"], b"")
        try:
            body = await read_body(receive, await self._body_limit(request))
        except ClientGoneError:
            return
        except Exception as error:  # noqa: BLE001 - also where the store cannot tell whose key it is
            await send_answer(send, self._failed(self._new_exchange(), error))
            return
        await send_answer(send, await self.answer(request._replace(body=body)))

    async def answer(self, request: HttpRequest) -> HttpAnswer:
        """Answer a request; what it writes is on disk by then."""
        exchange = self._new_exchange()
        try:
            operation = self._route(request.headers)
            if len(request.body) > _LONG_BODY_BYTES:
                call = await self._admit_large(request, operation, exchange)
            elif self.reader.answers_at_once:
                call = self._admit(request, operation, exchange)
            else:
                step = partial(self._answer_or_admit, request, operation, exchange)
                call_or_answer = await self.reader.run(step)
                if isinstance(call_or_answer, HttpAnswer):
                    return call_or_answer
                call = call_or_answer
            return _succeeded(exchange, await self._run(call))
        except Exception as error:  # noqa: BLE001 - the one place that answers for all of them
            return self._failed(exchange, error)

    def answer_now(self, request: HttpRequest) -> HttpAnswer | None:
        """Answer a request that only reads; None if it has to be given to `answer`.

        Most requests only read, and an answer without a task of its own costs half as much.
        """
        if not self.reader.answers_at_once:
            return None
        exchange = self._new_exchange()
        try:
            operation = self._route(request.headers)
            served = OPERATIONS.get(operation.target)
            if served is not None and (served.writes or served.is_long):
                return None
            call = self._admit(request, operation, exchange)
            return _succeeded(exchange, self._execute(call, self.reader.snapshot()))
        except OutdatedError:
            return None
        except Exception as error:  # noqa: BLE001 - the one place that answers for all of them
            return self._failed(exchange, error)

    def _answer_or_admit(
        self, http: HttpRequest, operation: Operation, exchange: Exchange
    ) -> "HttpAnswer | _Call":
        """Answer a request if that is one short read, in a thread of the reader; else admit it."""
        call = self._admit(http, operation, exchange)
        if call.served.writes or call.served.is_long:
            return call
        try:
            return _succeeded(exchange, self._execute(call, self.reader.snapshot()))
        except OutdatedError:
            return call

    def _new_exchange(self) -> Exchange:
        return Exchange(request_id(self.resources.random_bytes(16)), time.time())

    async def _body_limit(self, head: HttpRequest) -> int:
        """Say how much of a body to read; refuse to read much for somebody unknown."""
        try:
            operation = self._route(head.headers)
        except ServiceError:
            return UNSIGNED_BODY_BYTES
        if not operation.is_signed:
            return UNSIGNED_BODY_BYTES
        served = OPERATIONS.get(operation.target)
        if served is not None and served.has_large_body:
            await self.reader.run(partial(self.check_claim, head))
            return MAX_BODY_BYTES
        return USUAL_BODY_BYTES

    def _admit(self, http: HttpRequest, operation: Operation, exchange: Exchange) -> _Call:
        """Take a request through all that comes before it may run."""
        served = self._identify(http, operation, exchange)
        return _called(served, exchange, http, _read_request(http.body, operation))

    async def _admit_large(
        self, http: HttpRequest, operation: Operation, exchange: Exchange
    ) -> _Call:
        served = await self.reader.run(partial(self._identify, http, operation, exchange))
        request = await self.background.run(lambda _: _read_request(http.body, operation))
        return _called(served, exchange, http, request)

    def _identify(
        self, http: HttpRequest, operation: Operation, exchange: Exchange
    ) -> ServedOperation:
        exchange.operation = operation
        exchange.caller = self.authenticate(http, operation, exchange.started_at)
        served = OPERATIONS.get(operation.target)
        if served is None:
            raise not_implemented(operation.name)
        return served

    def _route(self, sent: Sequence[tuple[bytes, bytes]]) -> Operation:
        headers = header_values(sent)
        target = headers.get(b"x-amz-target", b"").decode("latin-1")
        operation = self.model.operation(target)
        if operation is None or not _is_accepted(headers.get(b"content-type", b"")):
            raise unknown_operation()
        return operation

    async def _run(self, call: _Call) -> Answer:
        judged: set[str] = set()
        while not call.served.writes:
            try:
                return await self._read(call)
            except OutdatedError as error:
                if judged.issuperset(error.instance_ids):
                    # Whoever changes the policy all the time would keep it from ever ending.
                    break
                judged.update(error.instance_ids)
                await self._judge_again(call, error.instance_ids)
        return await self.writer.run(lambda db: self._execute(call, db))

    async def _read(self, call: _Call) -> Answer:
        if call.served.is_long:
            return await self.background.run(lambda db: self._execute(call, db))
        return await self.reader.run(lambda: self._execute(call, self.reader.snapshot()))

    async def _judge_again(self, call: _Call, instance_ids: Sequence[str]) -> None:
        engine, scope = self.resources.engine, call.caller.scope
        for first in range(0, len(instance_ids), _MAX_JUDGED):
            few = instance_ids[first : first + _MAX_JUDGED]
            judge = partial(judge_again, engine=engine, scope=scope, instance_ids=few, now=call.now)
            await self.writer.run(judge)

    def _execute(self, call: _Call, db: Database) -> Answer:
        operation = call.operation
        context = Context(
            operation=operation.name,
            scope=call.caller.scope,
            caller=call.caller.holder,
            now=call.now,
            db=db,
            resources=self.resources,
            headers=call.headers,
        )
        try:
            return call.served.answer(context, call.request)
        except CallerError as error:
            code = service_code(error, operation)
            details = error.details if isinstance(error, DeclaredError) else {}
            raise modelled_error(operation, code, str(error), details) from error

    def _failed(self, exchange: Exchange, error: Exception) -> HttpAnswer:
        if isinstance(error, ServiceError):
            _log_refusal(exchange, error)
        else:
            _log.error("%s failed", _line(exchange, 500), exc_info=error)
            error = internal_server_error()
        headers = [*_headers(exchange), (b"x-amzn-errortype", error.code.encode())]
        if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            headers.append((b"connection", b"close"))
        return HttpAnswer(error.status, error.to_body(), headers)


def _is_accepted(content_type: bytes) -> bool:
    return content_type == CONTENT_TYPE or (
        content_type.partition(b";")[0].strip().lower() in _ACCEPTED_CONTENT_TYPES
    )


def _read_request(body: bytes, operation: Operation) -> Request:
    request = json11.decode(body, operation.input)
    validate(request, operation.input)
    return request


def _called(
    served: ServedOperation, exchange: Exchange, http: HttpRequest, request: Request
) -> _Call:
    assert exchange.operation is not None
    call = _Call(
        served, exchange.operation, exchange.caller, request, exchange.started_at, http.headers
    )
    _authorize(call)
    return call


def _authorize(call: _Call) -> None:
    holder, scope, operation = call.caller.holder, call.caller.scope, call.operation
    if not is_allowed(holder, call.served, call.request):
        raise access_denied(
            caller_arn(holder),
            f"{operation.signing_name}:{operation.name}",
            f"arn:aws:ssm:{scope.region}:{scope.account_id}:*",
        )


def _succeeded(exchange: Exchange, output: Answer) -> HttpAnswer:
    body = output if type(output) is bytes else json11.encode(output)
    if _log.isEnabledFor(logging.DEBUG):
        _log.debug(_line(exchange, 200))
    return HttpAnswer(200, body, _headers(exchange))


def _headers(exchange: Exchange) -> list[tuple[bytes, bytes]]:
    return [
        (b"x-amzn-requestid", exchange.request_id.encode()),
        (b"content-type", CONTENT_TYPE),
    ]


def _log_refusal(exchange: Exchange, error: ServiceError) -> None:
    level = logging.WARNING if exchange.caller is NOBODY else logging.INFO
    if isinstance(error, ThrottlingError):
        level = logging.DEBUG  # it is counted, and logged once for many
    # Quoted, because what a client sent may be in it, line breaks and all.
    _log.log(level, "%s %s: %r", _line(exchange, error.status), error.code, str(error))


def _line(exchange: Exchange, status: int) -> str:
    operation = exchange.operation.name if exchange.operation else "-"
    key = exchange.caller.access_key_id or "-"
    duration_ms = (time.time() - exchange.started_at) * 1000
    return f"{exchange.request_id} {operation} {key} {status} {duration_ms:.1f} ms"
