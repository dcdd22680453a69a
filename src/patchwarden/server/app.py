"""The only composition: from settings to a server that answers."""

import secrets
import time
from dataclasses import dataclass
from functools import partial

from patchwarden import __version__
from patchwarden.evaluation.engine import Engine
from patchwarden.operations.context import Resources
from patchwarden.operations.patch_fragments import PatchFragments
from patchwarden.operations.snapshot_links import SNAPSHOTS_PATH, SnapshotLinks
from patchwarden.protocol.page_token import PageTokens
from patchwarden.protocol.service_model import ServiceModel
from patchwarden.protocol.sigv4 import HttpRequest
from patchwarden.server.admission import Admission, Reason, ThrottlingError
from patchwarden.server.authentication import (
    Authenticate,
    by_signature,
    by_word,
    no_claim_needed,
)
from patchwarden.server.aws_endpoint import AwsEndpoint
from patchwarden.server.background import Background
from patchwarden.server.health import health
from patchwarden.server.http import HttpAnswer, HttpScope, Receive, Send, send_answer
from patchwarden.server.keyring import Keyring
from patchwarden.server.pooled_reader import PooledReader
from patchwarden.server.randomness import RandomBytes
from patchwarden.server.reader import Reader
from patchwarden.server.request_rate import RequestRate, at_a_rate
from patchwarden.server.settings import Settings
from patchwarden.server.snapshots import Snapshots
from patchwarden.server.sweeper import Sweeper
from patchwarden.server.writer import Writer
from patchwarden.store.credentials import Issuer
from patchwarden.store.installation import Installation, open_installation

_DAY_S = 24 * 3600
HEALTH_PATH = "/_patchwarden/health"
_TEXT = [(b"content-type", b"text/plain; charset=utf-8")]
_GREETING = (
    f"Patchwarden {__version__}: the patch side of AWS Systems Manager.\n"
    "Use any AWS client with this URL as its endpoint, such as\n"
    "aws ssm describe-instance-information --endpoint-url URL\n"
).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The ASGI application of one server."""

    endpoint: AwsEndpoint
    snapshots: Snapshots
    reader: Reader | PooledReader
    writer: Writer
    admission: Admission
    sweeper: Sweeper

    async def __call__(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        """Serve one connection's request, or the start and end of the server."""
        if scope["type"] == "http":
            if scope["path"] == "/" and scope["method"] == "POST":
                with self.admission.body(receive) as receive_within_limits:
                    await self.endpoint(scope, receive_within_limits, send)
            else:
                await send_answer(send, await self._page(scope))
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    def answer_now(self, request: HttpRequest) -> HttpAnswer | None:
        """Answer `POST /` at once; None if it has to come by ASGI."""
        return self.endpoint.answer_now(request)

    async def _page(self, scope: HttpScope) -> HttpAnswer:
        is_get = scope["method"] in {"GET", "HEAD"}
        if is_get and scope["path"] == HEALTH_PATH:
            sweep = self.sweeper.progress()
            return await self.reader.run(
                partial(health, self.reader.snapshot, self.admission, sweep)
            )
        if is_get and scope["path"] == "/":
            return HttpAnswer(200, _GREETING, _TEXT)
        if is_get and scope["path"].startswith(SNAPSHOTS_PATH):
            name = scope["path"].removeprefix(SNAPSHOTS_PATH)
            query = scope["query_string"].decode("latin-1")
            return await self.snapshots.answer(name, query, time.time())
        return HttpAnswer(404, b"There is nothing here; the API is POST /.\n", _TEXT)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self.writer.start()
        self.sweeper.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.sweeper.stop()
        self.endpoint.background.close()
        self.writer.stop()
        self.reader.close()
        self.admission.log_refused()
        await send({"type": "lifespan.shutdown.complete"})


def build_app(settings: Settings) -> App:
    """Open the installation and put a server on top of it.

    Raises InstallationError if the installation cannot be used.
    """
    installation = open_installation(
        settings.data_directory, secrets.token_bytes, settings.store_url
    )
    vault = installation.vault
    admission = Admission(settings.limits)
    reader = _reader(installation, admission)
    writer = Writer(installation.connect(), admission)
    resources = Resources(
        engine=Engine(settings.choices),
        page_tokens=PageTokens(vault.derived_key("page tokens")),
        fragments=PatchFragments(settings.choices.state_spelling),
        issuer=Issuer(vault=vault, random_bytes=secrets.token_bytes),
        snapshot_links=SnapshotLinks(
            vault.derived_key("snapshot links"),
            public_url=settings.public_url,
            listening_url=settings.listening_url,
        ),
        random_bytes=RandomBytes(),
    )
    authenticate, check_claim = by_signature(Keyring(reader.snapshot, vault))
    if settings.no_auth:
        authenticate, check_claim = by_word, no_claim_needed
    background = Background(installation.connect(read_only=True), admission)
    endpoint = AwsEndpoint(
        model=ServiceModel.load(),
        authenticate=_at_a_rate(authenticate, admission, reader),
        check_claim=check_claim,
        resources=resources,
        reader=reader,
        background=background,
        writer=writer,
    )
    snapshots = Snapshots(resources.snapshot_links, vault, background)
    sweeper = Sweeper(
        installation.connect(read_only=True),
        writer,
        admission,
        resources.engine,
        holder=secrets.token_hex(8),
        keep_history_s=settings.keep_history_days * _DAY_S,
    )
    return App(
        endpoint=endpoint,
        snapshots=snapshots,
        reader=reader,
        writer=writer,
        admission=admission,
        sweeper=sweeper,
    )


def _reader(installation: Installation, admission: Admission) -> Reader | PooledReader:
    connect = partial(installation.connect, read_only=True)
    if installation.store.url is None:
        return Reader(connect())
    return PooledReader(connect, admission)


def _at_a_rate(
    authenticate: Authenticate, admission: Admission, reader: Reader | PooledReader
) -> Authenticate:
    if admission.limits.requests_per_s is None:
        return authenticate

    def refuse() -> ThrottlingError:
        reader.call_in_loop(lambda: admission.refuse(Reason.RATE))
        return ThrottlingError()

    return at_a_rate(authenticate, RequestRate(admission.limits.requests_per_s), refuse)
