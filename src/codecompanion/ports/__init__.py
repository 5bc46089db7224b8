"""What we ask of the world. Adapters stand in `storage`, `bus`, `workspace` and `repair`; `wiring` picks them."""

from codecompanion.ports.archive import Archive
from codecompanion.ports.bus import BaseBus, Handler, Message
from codecompanion.ports.cache import CacheStats, Era, ResponseCache, SharedResponseCache
from codecompanion.ports.checks import Checks, Detector, HowToMeasure, Measurement
from codecompanion.ports.clock import Clock
from codecompanion.ports.embedder import Embedder
from codecompanion.ports.limits import LEASE_S, PATIENCE_S, WINDOW_S, Limit, LimitBook, ProviderLimits, Turn
from codecompanion.ports.log import BlobStore, EventStore, Snapshot
from codecompanion.ports.mcp import McpOffer, McpServers
from codecompanion.ports.packing import PackedCommit, PackedRepository, Packing
from codecompanion.ports.person import Person
from codecompanion.ports.repair import Repairer, SearchProgress
from codecompanion.ports.sandbox import WEAK_RUNG, Cage, CagedProcess, CommandLine, CommandResult, RefusedHost, Sandbox
from codecompanion.ports.schema import Schema
from codecompanion.ports.tidying import Inspected, Tidied, Tidier, ToolRun
from codecompanion.ports.vectors import Readiness, SharedVectors, VectorIndex
from codecompanion.ports.workers import Attendance, Roster, RunLocks
from codecompanion.ports.workspace import Brought, Merged, RepositoryState, Side, Tree, UsersFiles, Workspace

__all__ = [
    "LEASE_S",
    "PATIENCE_S",
    "WEAK_RUNG",
    "WINDOW_S",
    "Archive",
    "Attendance",
    "BaseBus",
    "BlobStore",
    "Brought",
    "CacheStats",
    "Cage",
    "CagedProcess",
    "Checks",
    "Clock",
    "CommandLine",
    "CommandResult",
    "Detector",
    "Embedder",
    "Era",
    "EventStore",
    "Handler",
    "HowToMeasure",
    "Inspected",
    "Limit",
    "LimitBook",
    "McpOffer",
    "McpServers",
    "Measurement",
    "Merged",
    "Message",
    "PackedCommit",
    "PackedRepository",
    "Packing",
    "Person",
    "ProviderLimits",
    "Readiness",
    "RefusedHost",
    "Repairer",
    "RepositoryState",
    "ResponseCache",
    "Roster",
    "RunLocks",
    "Sandbox",
    "Schema",
    "SearchProgress",
    "SharedResponseCache",
    "SharedVectors",
    "Side",
    "Snapshot",
    "Tidied",
    "Tidier",
    "ToolRun",
    "Tree",
    "Turn",
    "UsersFiles",
    "VectorIndex",
    "Workspace",
]
