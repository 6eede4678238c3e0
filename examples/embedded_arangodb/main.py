"""An ArangoDB inside this process: the real driver, a graph, AQL, and no server."""

from __future__ import annotations

from hades_mcp.embedded import connect

MOONS = [
    ("earth", "moon", 1737),
    ("mars", "phobos", 11),
    ("mars", "deimos", 6),
    ("pluto", "charon", 606),
    ("pluto", "styx", 8),
]


def main() -> None:
    """Fill a database, ask it three things, and check the answers."""
    client = connect(None)  # a folder instead of None keeps the data
    client.db("_system").create_database("sky")
    db = client.db("sky")

    graph = db.create_graph("orbits")
    bodies = graph.create_vertex_collection("bodies")
    circles = graph.create_edge_definition("circles", ["bodies"], ["bodies"])
    bodies.insert({"_key": "sun", "radius": 696340})
    for planet in dict.fromkeys(planet for planet, _, _ in MOONS):
        bodies.insert({"_key": planet})
        circles.insert({"_from": f"bodies/{planet}", "_to": "bodies/sun"})
    for planet, moon, radius in MOONS:
        bodies.insert({"_key": moon, "radius": radius})
        circles.insert({"_from": f"bodies/{moon}", "_to": f"bodies/{planet}"})

    small = db.aql.execute(
        """
        FOR body IN @@bodies
          FILTER body.radius != null AND body.radius < @limit
          SORT body.radius
          RETURN body._key
        """,
        bind_vars={"@bodies": "bodies", "limit": 100},
    )
    print("Smaller than 100 km:", names := list(small))
    assert names == ["deimos", "styx", "phobos"]

    around = db.aql.execute(
        """
        FOR body, edge, path IN 2..2 INBOUND @start GRAPH "orbits"
          COLLECT planet = path.vertices[1]._key WITH COUNT INTO moons
          SORT planet
          RETURN [planet, moons]
        """,
        bind_vars={"start": "bodies/sun"},
    )
    print("Moons by planet:", counts := dict(around))
    assert counts == {"earth": 1, "mars": 2, "pluto": 2}

    route = db.aql.execute(
        """
        FOR body IN ANY SHORTEST_PATH @a TO @b GRAPH "orbits"
          RETURN body._key
        """,
        bind_vars={"a": "bodies/moon", "b": "bodies/styx"},
    )
    print("From the Moon to Styx:", steps := list(route))
    assert steps == ["moon", "earth", "sun", "pluto", "styx"]
    client.close()


if __name__ == "__main__":
    main()
