"""How a cluster would spread a graph: kept and told, of no effect, as on any single server.

Source: ArangoDB 3.12 manual, "SmartGraphs and SatelliteGraphs on a Single Server": they are general
graphs there, and what is said of shards and replicas plays no role in how they behave.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hades_mcp.embedded.errors import ArangoError

_BAD_PARAMETER = 10
SATELLITE = "satellite"


@dataclass(frozen=True, slots=True)
class Sharding:
    """What a request for a new graph says of shards and replicas.

    Attributes:
        smart: A SmartGraph, or without an attribute an EnterpriseGraph.
        disjoint: A SmartGraph without edges between shards.
        attribute: The attribute that decides on the shard.
        satellites: Collections that every server of a cluster would hold.
        options: Numbers of shards and replicas, as given.
    """

    smart: bool
    disjoint: bool
    attribute: str | None
    satellites: frozenset[str]
    options: dict[str, Any]

    @classmethod
    def of(cls, body: dict[str, Any]) -> Sharding:
        """Read the body of a request; ArangoError 10 for what is of the wrong type."""
        options = body.get("options") or {}
        if not isinstance(options, dict):
            raise ArangoError(_BAD_PARAMETER, "expecting an object as 'options'")
        attribute, satellites = options.get("smartGraphAttribute"), options.get("satellites") or []
        if not isinstance(attribute, str | None):
            raise ArangoError(_BAD_PARAMETER, "expecting a string as 'smartGraphAttribute'")
        if not isinstance(satellites, list) or not all(isinstance(n, str) for n in satellites):
            raise ArangoError(_BAD_PARAMETER, "expecting names of collections as 'satellites'")
        smart, disjoint = body.get("isSmart") is True, body.get("isDisjoint") is True
        names = ("numberOfShards", "replicationFactor", "minReplicationFactor", "writeConcern")
        kept = {name: options[name] for name in names if name in options}
        return cls(smart, disjoint, attribute, frozenset(satellites), kept)

    @property
    def is_satellite(self) -> bool:
        """Whether the whole graph would be on every server."""
        return self.options.get("replicationFactor") == SATELLITE

    def of_graph(self, definitions: list[dict[str, Any]]) -> dict[str, Any]:
        """Return what the graph keeps of it; nothing for a general graph."""
        if self.is_satellite:
            return {"isSatellite": True, "replicationFactor": SATELLITE}
        if not self.smart:
            return {}
        kept = {"isSmart": True, "isDisjoint": self.disjoint, **self.options}
        if self.attribute is not None:
            kept["smartGraphAttribute"] = self.attribute
        if definitions:
            kept["initial"] = definitions[0]["from"][0]
        return kept

    def of_collection(self, name: str) -> dict[str, Any]:
        """Return what a collection of the graph keeps of it."""
        if self.is_satellite or (self.smart and name in self.satellites):
            return {"replicationFactor": SATELLITE}
        if not self.smart:
            return {}
        kept = {"isSmart": True, "isDisjoint": self.disjoint, **self.options}
        return kept if self.attribute is None else {**kept, "smartGraphAttribute": self.attribute}
