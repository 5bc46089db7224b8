"""Durable no-op steps in other programs. Run by an interpreter that has them.

    orchestration_peers.py NAME AT_ONCE WORKFLOWS STEPS PLACE

Each is used as its own documentation shows, with the settings that make a step durable before the next one begins (SQLite: WAL
and synchronous=FULL); whether it is, a connection of its own is asked after the race. PLACE is a new folder or the URL of an
empty database. Prints one line of JSON.
"""

import asyncio
import json
import os
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

STATE = "0" * 300
"""What a step adds: about as much as an event of ours."""


def durability_query(place: str) -> str:
    """Return what to ask on a contestant's own connection."""
    return "SHOW synchronous_commit" if place.startswith("postgres") else "PRAGMA synchronous"


def is_synced(answer: object) -> bool:
    """Return whether a commit is on the disk when it returns. SQLite: 0 is OFF, 1 NORMAL (not with a WAL), 2 FULL, 3 EXTRA."""
    return answer not in ("off", 0, 1)


async def at_once(many: int, jobs: list[Callable[[], Awaitable[None]]]) -> None:
    """Do jobs, so many at a time."""
    waiting = list(reversed(jobs))

    async def work() -> None:
        while waiting:
            await waiting.pop()()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(many):
            tasks.create_task(work())


async def langgraph(many: int, workflows: int, steps: int, place: str) -> dict[str, Any]:
    """One node that loops; `durability="sync"` stores each step before the next one."""
    graph_module = import_module("langgraph.graph")
    typed: Any = import_module("typing_extensions").TypedDict
    state_type = typed("State", {"n": int, "text": str})
    latencies: list[float] = []

    def step(state: Any) -> dict[str, Any]:
        return {"n": state["n"] + 1, "text": STATE}

    def follow(state: Any) -> str:
        return graph_module.END if state["n"] >= steps else "step"

    builder = graph_module.StateGraph(state_type)
    builder.add_node("step", step)
    builder.add_edge(graph_module.START, "step")
    builder.add_conditional_edges("step", follow)
    async with await _saver(place) as saver:
        await saver.setup()
        if not place.startswith("postgres"):
            await saver.conn.execute("PRAGMA journal_mode = WAL")
            await saver.conn.execute("PRAGMA synchronous = FULL")
        graph = builder.compile(checkpointer=saver)

        async def one(number: int) -> None:
            config = {"configurable": {"thread_id": f"run-{number}"}, "recursion_limit": steps + 10}
            begun = time.perf_counter()
            async for _ in graph.astream({"n": 0, "text": ""}, config, durability="sync"):
                latencies.append(time.perf_counter() - begun)
                begun = time.perf_counter()

        started = time.perf_counter()
        await at_once(many, [lambda number=number: one(number) for number in range(workflows)])
        elapsed_s = time.perf_counter() - started
        started = time.perf_counter()
        for number in range(workflows):
            state = await graph.aget_state({"configurable": {"thread_id": f"run-{number}"}})
            if state.values["n"] != steps:
                raise AssertionError(state)
        reload_s = (time.perf_counter() - started) / workflows
        answer = await (await saver.conn.execute(durability_query(place))).fetchone()
        value = answer["synchronous_commit"] if place.startswith("postgres") else answer[0]
        return result(workflows * steps, elapsed_s, latencies, reload_s, synced=is_synced(value))


async def _saver(place: str) -> Any:
    if place.startswith("postgres"):
        return import_module("langgraph.checkpoint.postgres.aio").AsyncPostgresSaver.from_conn_string(place)
    return import_module("langgraph.checkpoint.sqlite.aio").AsyncSqliteSaver.from_conn_string(f"{place}/langgraph.db")


def dbos(many: int, workflows: int, steps: int, place: str) -> dict[str, Any]:
    """A workflow of steps, its threads started by us."""
    module: Any = import_module("dbos")
    url = place if place.startswith("postgres") else f"sqlite:///{place}/dbos.db"
    if not place.startswith("postgres"):
        with sqlite3.connect(f"{place}/dbos.db") as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    module.DBOS(config={"name": "bench", "system_database_url": url, "log_level": "ERROR", "run_admin_server": False})
    latencies: list[float] = []

    @module.DBOS.step()
    def step(_number: int) -> str:
        return STATE

    @module.DBOS.workflow()
    def workflow() -> None:
        for number in range(steps):
            begun = time.perf_counter()
            step(number)
            latencies.append(time.perf_counter() - begun)

    module.DBOS.launch()
    identify: Any = module.SetWorkflowID

    def one(number: int) -> None:
        with identify(f"run-{number}"):
            workflow()

    with ThreadPoolExecutor(many) as threads:
        started = time.perf_counter()
        list(threads.map(one, range(workflows)))
        elapsed_s = time.perf_counter() - started
    started = time.perf_counter()
    for number in range(workflows):
        if len(module.DBOS.list_workflow_steps(f"run-{number}")) != steps:
            raise AssertionError(number)
    reload_s = (time.perf_counter() - started) / workflows
    with import_module("dbos._dbos")._get_dbos_instance()._sys_db.engine.connect() as connection:  # noqa: SLF001  # there is no other way
        synced = is_synced(connection.exec_driver_sql(durability_query(place)).scalar())
    module.DBOS.destroy()
    return result(workflows * steps, elapsed_s, latencies, reload_s, synced=synced)


def eventsourcing(many: int, workflows: int, steps: int, place: str) -> dict[str, Any]:
    """An aggregate per workflow, saved after each step."""
    domain: Any = import_module("eventsourcing.domain")
    latencies: list[float] = []

    class Steps(domain.Aggregate):
        """A run."""

        @domain.event("Taken")
        def take(self, text: str) -> None:
            """Remember the last step."""
            self.last = text

    env = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": f"{place}/es.db"}
    if place.startswith("postgres"):
        from urllib.parse import urlsplit  # noqa: PLC0415

        parts = urlsplit(place)
        env = {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": parts.path[1:],
            "POSTGRES_HOST": parts.hostname or "",
            "POSTGRES_PORT": str(parts.port or 5432),
            "POSTGRES_USER": parts.username or "",
            "POSTGRES_PASSWORD": parts.password or "none",
        }
    application = import_module("eventsourcing.application").Application(env=env)

    def one(_number: int) -> Any:
        aggregate: Any = Steps()
        for _ in range(steps):
            begun = time.perf_counter()
            aggregate.take(text=STATE)
            application.save(aggregate)
            latencies.append(time.perf_counter() - begun)
        return aggregate.id

    with ThreadPoolExecutor(many) as threads:
        started = time.perf_counter()
        ids = list(threads.map(one, range(workflows)))
        elapsed_s = time.perf_counter() - started
    started = time.perf_counter()
    for one_id in ids:
        if application.repository.get(one_id).version != steps + 1:
            raise AssertionError(one_id)
    reload_s = (time.perf_counter() - started) / workflows
    with application.factory.datastore.transaction(commit=False) as cursor:
        cursor.execute(durability_query(place))
        answer = cursor.fetchone()
    synced = is_synced(next(iter(dict(answer).values())))
    application.close()
    return result(workflows * steps, elapsed_s, latencies, reload_s, synced=synced)


def result(steps: int, elapsed_s: float, latencies_s: list[float], reload_s: float, *, synced: bool) -> dict[str, Any]:
    """Return the figures of a contestant: steps per second, milliseconds of a step, milliseconds to load a workflow again.

    And whether its commits are synced to the disk, 1 or 0.
    """
    ordered = sorted(latencies_s)
    return {
        "steps_per_s": steps / elapsed_s,
        "p50_ms": 1000 * ordered[len(ordered) // 2],
        "p99_ms": 1000 * ordered[int(len(ordered) * 0.99)],
        "reload_ms": 1000 * reload_s,
        "synced": int(synced),
    }


def main() -> None:
    """Let one of them run."""
    name, many, workflows, steps, place = sys.argv[1], *map(int, sys.argv[2:5]), sys.argv[5]
    if not place.startswith("postgres"):
        Path(place).mkdir(exist_ok=True)
    if name == "langgraph":
        figures = asyncio.run(langgraph(many, workflows, steps, place))
    else:
        figures = {"dbos": dbos, "eventsourcing": eventsourcing}[name](many, workflows, steps, place)
    print("\n" + json.dumps(figures), flush=True)
    os._exit(0)  # their threads may wait


if __name__ == "__main__":
    main()
