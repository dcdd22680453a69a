"""Keeps the fleet up to date in the background, and drops what is old of its history.

It gives way: while requests wait for the writer it does nothing, and what it writes in one go takes
the writer some hundredths of a second. What has to be judged is judged in a thread of its own.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from patchwarden.errors import PatchwardenError
from patchwarden.evaluation.engine import Engine
from patchwarden.evaluation.sweep import Ahead, Failure, Portion, Sweep, Written, judge_ahead
from patchwarden.server.admission import Admission, Reason, ThrottlingError
from patchwarden.server.writer import Writer
from patchwarden.store import retention, sweep_leases, verdicts
from patchwarden.store.database import Database

_LOOK_EVERY_S = 1.0
_AFTER_TROUBLE_S = 10.0
_COUNT_EVERY_S = 5.0
_MOST_GIVING_WAY_S = 0.25
"""Where requests never cease to wait for the writer, the sweep still has to come to an end."""
_GIVING_WAY_S = 0.005
_STEP_S = 0.015
"""Of the writer's time, that one step should take."""
_MIN_STEP, _MAX_STEP = 4, 256
_PAUSE = 0.25
"""The part of the time of a step after which the next may begin: other processes get in between."""
_HISTORY_EVERY_S = 24 * 3600.0
_HISTORY_LEASE_S = 60.0
_HISTORY_PAUSE_S = 0.02
_log = logging.getLogger("patchwarden.sweeper")
_Result = TypeVar("_Result")


class Sweeper:
    """Sweeps as long as the server runs."""

    def __init__(
        self,
        db: Database,
        writer: Writer,
        admission: Admission,
        engine: Engine,
        *,
        holder: str,
        keep_history_s: float,
    ) -> None:
        """Take a read-only connection that nobody else uses; it is closed at the end.

        `engine` is the writer's. `holder` names this process among all that use the store.
        """
        self._db = db
        self._writer = writer
        self._admission = admission
        self._engine = engine
        # What it remembers is for one thread.
        self._own_engine = Engine(engine.choices)
        self._sweep = Sweep(holder, time.time())
        self._keep_history_s = keep_history_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sweeper")
        self._task: asyncio.Task[None] | None = None
        self._step = _MIN_STEP
        self._progress = _Progress()
        self._history_at = 0.0

    def start(self) -> None:
        """Begin; to be called in the event loop."""
        self._task = asyncio.get_running_loop().create_task(self._go_on())

    async def stop(self) -> None:
        """End after the step that is under way, and let other processes go on."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            give_back = partial(sweep_leases.give_all_back, holder=self._sweep.holder)
            try:
                await self._writer.run(give_back)
            except (PatchwardenError, ThrottlingError):
                # They run out by themselves.
                _log.debug("leases were not given back", exc_info=True)
        self._thread.shutdown()
        self._db.close()

    def progress(self) -> Mapping[str, object]:
        """Say how far it is, for those who watch."""
        return self._progress.told(failed=self._sweep.failed)

    async def _go_on(self) -> None:
        # The first answers of a server come before.
        wait_s = _LOOK_EVERY_S
        while True:
            await asyncio.sleep(wait_s)
            try:
                judged = await self._look()
                await self._drop_history()
                wait_s = 0.0 if judged else _LOOK_EVERY_S
            except (PatchwardenError, ThrottlingError) as error:
                _log.warning("the sweep waits: %s", error)
                wait_s = _AFTER_TROUBLE_S
            except Exception:  # noqa: BLE001 - a bug of ours must not end it, nor fill the log
                _log.exception("the sweep failed")
                wait_s = 6 * _AFTER_TROUBLE_S

    async def _look(self) -> int:
        now = time.time()
        portions = await self._read(partial(self._sweep.look, engine=self._own_engine, now=now))
        await self._count(sum(len(portion.nodes) for portion in portions))
        return sum([await self._judge(portion) for portion in portions])

    async def _count(self, found: int) -> None:
        if not found:
            self._progress.note_outdated(0)
        elif self._progress.is_due():
            count = partial(
                verdicts.count_outdated, engine=self._own_engine.identity, now=time.time()
            )
            self._progress.note_outdated(await self._read(count))

    async def _judge(self, portion: Portion) -> int:
        """Judge a portion step by step; give the number of nodes that were judged."""
        nodes, judged, last = portion.nodes, 0, Written(is_held=True, judged=0, failures=())
        # While one step is written the next is judged.
        async with asyncio.TaskGroup() as writing:
            written: asyncio.Task[Written] | None = None
            while nodes and last.is_held:
                some, nodes = nodes[: self._step], nodes[self._step :]
                ahead = await self._read(
                    partial(judge_ahead, engine=self._own_engine, nodes=some, clock=time.time)
                )
                last = last if written is None else await written
                judged += 0 if written is None else last.judged
                written = None
                if any(ahead) and last.is_held:
                    written = writing.create_task(self._write(portion, ahead))
        if written is not None:
            judged += written.result().judged
        if judged:
            await self._writer.run(
                partial(sweep_leases.give_back, part=portion.part, holder=self._sweep.holder)
            )
        return judged

    async def _write(self, portion: Portion, ahead: Ahead) -> Written:
        await self._give_way()
        written, took_s = await self._writer.run(
            partial(_write, self._sweep, self._engine, portion, ahead)
        )
        if written.is_held:
            self._note(written)
            self._adapt(took_s)
            await asyncio.sleep(took_s * _PAUSE)
        return written

    def _note(self, written: Written) -> None:
        self._progress.note_judged(written.judged)
        if written.failures:
            _log_failures(written.failures, is_first=self._sweep.failed == 0)
            self._sweep.note_failures(written.failures, time.time())

    def _adapt(self, took_s: float) -> None:
        factor = min(2.0, max(0.5, _STEP_S / max(took_s, 1e-4)))
        self._step = min(_MAX_STEP, max(_MIN_STEP, round(self._step * factor)))

    async def _give_way(self) -> None:
        started = time.monotonic()
        while self._admission.under_way[Reason.WRITES]:
            if time.monotonic() - started > _MOST_GIVING_WAY_S:
                return
            await asyncio.sleep(_GIVING_WAY_S)

    async def _read(self, work: Callable[[Database], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, self._db)

    async def _drop_history(self) -> None:
        """Once a day, go through all nodes, in one of the processes."""
        now = time.time()
        if now < self._history_at or not await self._holds_history():
            return
        limits = retention.Limits(
            reports=now - self._keep_history_s,
            superseded=now - self._engine.choices.token_lifetime_s,
        )
        after = -1
        while (nodes := await self._read(partial(retention.next_range, after=after))) is not None:
            while await self._read(partial(retention.has_old, nodes=nodes, limits=limits)):
                await self._give_way()
                await self._writer.run(partial(retention.drop_old, nodes=nodes, limits=limits))
                if not await self._holds_history():
                    return
                await asyncio.sleep(_HISTORY_PAUSE_S)
            after = nodes.last
        self._history_at = now + _HISTORY_EVERY_S
        await self._writer.run(
            partial(
                sweep_leases.close,
                part=sweep_leases.HISTORY,
                holder=self._sweep.holder,
                until=self._history_at,
            )
        )

    async def _holds_history(self) -> bool:
        now = time.time()
        taken = await self._read(
            partial(sweep_leases.held_by_others, holder=self._sweep.holder, now=now)
        )
        if sweep_leases.HISTORY in taken:
            self._history_at = now + _HISTORY_LEASE_S
            return False
        return await self._writer.run(
            partial(
                sweep_leases.take,
                part=sweep_leases.HISTORY,
                holder=self._sweep.holder,
                now=now,
                lasts_s=_HISTORY_LEASE_S,
            )
        )


class _Progress:
    """What is told of a sweep."""

    def __init__(self) -> None:
        self._outdated = 0
        self._judged = 0
        self._since: float | None = None
        self._judged_before = 0
        self._counted_at = -_COUNT_EVERY_S

    def is_due(self) -> bool:
        return time.monotonic() - self._counted_at >= _COUNT_EVERY_S

    def note_outdated(self, outdated: int) -> None:
        self._outdated = outdated
        self._counted_at = time.monotonic() if outdated else -_COUNT_EVERY_S
        if not outdated:
            self._since = None
        elif self._since is None:
            self._since, self._judged_before = time.time(), self._judged

    def note_judged(self, judged: int) -> None:
        self._judged += judged
        self._outdated = max(0, self._outdated - judged)

    def told(self, *, failed: int) -> Mapping[str, object]:
        told: dict[str, object] = {
            "outdated": self._outdated,
            "judged_again": self._judged,
            "failed": failed,
        }
        if self._since is not None:
            running_s = max(time.time() - self._since, 0.001)
            told["since"] = round(self._since, 3)
            told["per_s"] = round((self._judged - self._judged_before) / running_s, 1)
        return told


def _write(
    sweep: Sweep, engine: Engine, portion: Portion, ahead: Ahead, db: Database
) -> tuple[Written, float]:
    started = time.monotonic()
    written = sweep.write(db, engine, portion, ahead, time.time())
    return written, time.monotonic() - started


def _log_failures(failures: Sequence[Failure], *, is_first: bool) -> None:
    node, error = failures[0]
    _log.error(
        "%d nodes could not be judged again, %s among them; they are tried again later",
        len(failures),
        node.instance_id,
        exc_info=error if is_first else None,
    )
