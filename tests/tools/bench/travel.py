"""The travel world: invented towns, the routes between them, a traveller's notes."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import replace
from typing import Any

from tests.tools.bench.making import (
    Made,
    abstains,
    cites,
    facts,
    listed,
    names,
    number,
    other,
    rows,
    stored,
)

SEED = 20_261_122
TOWNS = [
    "Aldermoor", "Brintham", "Corvale", "Dunmere", "Elswick", "Fairhollow", "Garthby", "Hexleigh",
    "Ivendale", "Jorvick", "Kelbrook", "Lanmouth", "Morrowfen", "Netherby", "Oakhaven",
    "Penwistle", "Quarrington", "Rivermead", "Stonebeck", "Thornlea",
]  # fmt: skip
COUNTRIES = ["Arvenia", "Belmark", "Corrosia"]
MODES = ["bus", "ferry", "train"]
SIGHTS = {
    "Aldermoor": "It is known for a clock tower that strikes thirteen.",
    "Corvale": "Its glassblowers make green bottles for the whole coast.",
    "Garthby": "A windmill museum with 9 working mills stands on the hill.",
    "Lanmouth": "Seals rest on the sandbank; boats go there at low tide.",
    "Stonebeck": "Saffron is grown on the slopes above the river.",
}
TRIP = [
    "The ferry to Lanmouth leaves from pier 7.",
    "The hotel in Corvale is called Blue Heron.",
    "We pay 46 crowns a night in Garthby.",
    "Ines carries the tickets.",
    "The train from Hexleigh leaves at 8:40.",
]


def _drawn() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    draw = random.Random(SEED)
    towns = [
        {
            "_key": name.lower(),
            "name": name,
            "country": COUNTRIES[draw.randrange(3)],
            "population": draw.randrange(40, 900) * 100,
            "harbour": draw.random() < 0.4,
        }
        for name in TOWNS
    ]
    pairs = {(number, draw.randrange(max(0, number - 4), number)) for number in range(1, 20)}
    pairs |= {tuple(sorted(draw.sample(range(20), 2), reverse=True)) for _ in range(7)}  # type: ignore[misc]
    routes = [
        {
            "_from": f"towns/{TOWNS[start].lower()}",
            "_to": f"towns/{TOWNS[end].lower()}",
            "mode": MODES[draw.randrange(3)],
            "minutes": draw.randrange(4, 40) * 5,
            "price": draw.randrange(3, 60),
        }
        for start, end in sorted(pairs)
    ]
    return towns, routes


TABLE, ROUTES = _drawn()


def name_of(identifier: str) -> str:
    """Return a town's name by its `_id`."""
    return identifier.partition("/")[2].capitalize()


def world() -> dict[str, Any]:
    """Return the towns as documents and as a collection, and the routes twice likewise."""
    texts = {
        town["name"]: f"{town['name']} is a town in {town['country']}. "
        + SIGHTS.get(town["name"], "Travellers change here.")
        for town in TABLE
    }
    return {
        "texts": texts,
        "relations": [[name_of(r["_from"]), name_of(r["_to"]), r["mode"]] for r in ROUTES],
        "collections": {"towns": TABLE},
        "edges": {"routes": ROUTES},
        "contexts": {"trip": TRIP},
    }


def ends(name: str, *, inbound: bool) -> list[str]:
    """Return the towns that routes lead to from a town, or come from to it."""
    here, there = ("_to", "_from") if inbound else ("_from", "_to")
    return sorted(name_of(r[there]) for r in ROUTES if name_of(r[here]) == name)


def ways(start: str, end: str) -> list[list[str]]:
    """Return all shortest ways, direction not minded."""
    found: list[list[str]] = []
    queue = deque([[start]])
    while queue:
        way = queue.popleft()
        if found and len(way) > len(found[0]):
            break
        if way[-1] == end:
            found.append(way)
            continue
        near = {*ends(way[-1], inbound=False), *ends(way[-1], inbound=True)}
        queue.extend([*way, town] for town in sorted(near - set(way)))
    return found


def tasks() -> list[Made]:
    """Return all tasks on this world."""
    return [*_memory(), *_search(), *_walks(), *_paths(), *_reads(), *_sums(), *_steps(), *_rest()]


def _memory() -> list[Made]:
    def made(question: str, checks: list[dict[str, Any]], *rest: Any) -> Made:
        return Made("context-memory", "travel", question, checks, *rest)

    recall = [("context_get", {"context": "trip"})]
    visa = "The visa for Belmark costs 30 crowns."
    meet = "Meet Tomas at the fountain at noon."
    return [
        made("From which pier does the ferry to Lanmouth leave? See the context trip.",
             [number(7)], recall, "From pier 7.", "From pier 4."),
        made("I told you in the context trip what the hotel in Corvale is called. What is it?",
             [facts("Blue Heron")], recall, "It is called Blue Heron.", "It is the Grand Hotel."),
        made("What do we pay a night in Garthby, according to the context trip?",
             [number(46)], recall, "46 crowns.", "64 crowns."),
        made(f"Add to the context trip: {visa}", [stored("trip", "Belmark", "30")],
             [("context_add", {"context": "trip", "content": visa})], "Added.", "Added.",
             [("context_add", {"context": "visas", "content": visa})]),
        made(f"Please remember in the context meetings that we do this: {meet}",
             [stored("meetings", "Tomas", "fountain", ["noon", "12"])],
             [("context_add", {"context": "meetings", "content": meet})],
             "I will remember it.", "I will remember it."),
    ]  # fmt: skip


def _search() -> list[Made]:
    asked = {
        "Aldermoor": ("a clock tower that strikes thirteen", "Which town has {}? Cite it."),
        "Corvale": ("glassblowers who make green bottles", "Find the town with {}."),
        "Garthby": ("a museum of windmills on the hill", "Where is {}? Name the town."),
        "Lanmouth": ("seals resting on a sandbank", "In which town can one see {}?"),
        "Stonebeck": ("saffron grown on the slopes", "Which town has {}?"),
    }
    return [
        Made("search-and-cite", "travel", form.format(what),
             [cites(town), names([town], TOWNS)], [("search", {"text": what, "limit": 3})],
             f"It is {town}.", f"It is {other([town], TOWNS)}.")
        for town, (what, form) in asked.items()
    ]  # fmt: skip


def _walks() -> list[Made]:
    busy = sorted(TOWNS, key=lambda t: (-len(ends(t, inbound=False)), t))
    wanted = sorted(TOWNS, key=lambda t: (-len(ends(t, inbound=True)), t))
    table = [
        (f"Which towns do routes lead to from {busy[0]}?", busy[0], False),
        (f"Where can one go directly from {busy[1]}?", busy[1], False),
        (f"Which towns have a route that ends in {wanted[0]}?", wanted[0], True),
        (f"From which towns does a route come to {wanted[1]}?", wanted[1], True),
        (f"List the towns with a route to {wanted[2]}.", wanted[2], True),
    ]
    made = []
    for question, town, inbound in table:
        right = ends(town, inbound=inbound)
        way = {"direction": "inbound"} if inbound else {}
        made.append(
            Made("graph-walk", "travel", question, [names(right, set(TOWNS) - {town})],
                 [("graph_traverse", {"start": town, "edges": ["relations"], **way})],
                 f"{listed(right)}.", f"{other([*right, town], TOWNS)}.")
        )  # fmt: skip
    return made


def _single(length: int) -> list[list[str]]:
    """Return the shortest ways of a length that are the only ones between their ends."""
    pairs = ((start, end) for start in TOWNS for end in TOWNS if start < end)
    every = (ways(start, end) for start, end in pairs)
    return [found[0] for found in every if len(found) == 1 and len(found[0]) == length]


def _paths() -> list[Made]:
    made = []
    for way, form in zip(
        [_single(3)[0], _single(3)[5], _single(4)[2]],
        ["Through which town does the shortest way from {} to {} lead?",
         "Where does one change on the shortest way from {} to {}?",
         "Which towns lie between {} and {} on the shortest way?"],
        strict=True,
    ):  # fmt: skip
        start, *middle, end = way
        made.append(
            Made("shortest-path", "travel", form.format(start, end),
                 [names(middle, set(TOWNS) - {start, end})],
                 [("graph_path", {"start": start, "target": end})],
                 f"{listed(middle)}.", f"{other(way, TOWNS)}.")
        )  # fmt: skip
    for way in (_single(5)[0], _single(4)[7]):
        start, end, steps = way[0], way[-1], len(way) - 1
        made.append(
            Made("shortest-path", "travel",
                 f"How many routes must one take at least from {start} to {end}, either way round?",
                 [number(steps)], [("graph_path", {"start": start, "target": end})],
                 f"{steps} routes.", f"{steps + 1} routes.")
        )  # fmt: skip
    return made


def _made_query(question: str, query: str, right: list[str]) -> Made:
    return Made("aql-read", "travel", question, [names(right, TOWNS)],
                [("aql_read", {"query": query})], f"{listed(right)}.",
                f"{other(right, TOWNS)}.")  # fmt: skip


def _reads() -> list[Made]:
    big = max(TABLE, key=lambda t: t["population"])
    small = sorted(TABLE, key=lambda t: t["population"])[:3]
    dear = max(ROUTES, key=lambda r: (r["price"], r["_from"]))
    alone = [r for r in ROUTES if r["price"] == dear["price"]]
    assert len(alone) == 1, "the dearest route must be one"
    ports = [t["name"] for t in TABLE if t["harbour"] and t["country"] == "Arvenia"]
    large = [t["name"] for t in TABLE if t["population"] > 70_000]
    return [
        _made_query("Which town in the collection towns has the largest population?",
                    "FOR t IN towns SORT t.population DESC LIMIT 1 RETURN t.name", [big["name"]]),
        _made_query("Name the three towns with the smallest population (collection towns).",
                    "FOR t IN towns SORT t.population LIMIT 3 RETURN t.name",
                    [t["name"] for t in small]),
        _made_query("Which towns of Arvenia have a harbour? They are in the collection towns.",
                    "FOR t IN towns FILTER t.harbour AND t.country == 'Arvenia' RETURN t.name",
                    ports),
        _made_query("List the towns with more than 70000 inhabitants (towns.population).",
                    "FOR t IN towns FILTER t.population > 70000 RETURN t.name", large),
        _made_query("Between which two towns does the most expensive route run? See routes.price.",
                    "FOR r IN routes SORT r.price DESC LIMIT 1 "
                    "RETURN [DOCUMENT(r._from).name, DOCUMENT(r._to).name]",
                    [name_of(dear["_from"]), name_of(dear["_to"])]),
    ]  # fmt: skip


def _sums() -> list[Made]:
    trains = [r for r in ROUTES if r["mode"] == "train"]
    table: list[tuple[str, str, float]] = [
        ("How many towns of the collection towns are in Belmark?",
         "RETURN LENGTH(FOR t IN towns FILTER t.country == 'Belmark' RETURN 1)",
         sum(t["country"] == "Belmark" for t in TABLE)),
        ("What is the sum of the populations of all towns in Corrosia?",
         "RETURN SUM(FOR t IN towns FILTER t.country == 'Corrosia' RETURN t.population)",
         sum(t["population"] for t in TABLE if t["country"] == "Corrosia")),
        ("How many routes are ferries (routes.mode)?",
         "RETURN LENGTH(FOR r IN routes FILTER r.mode == 'ferry' RETURN 1)",
         sum(r["mode"] == "ferry" for r in ROUTES)),
        ("How many minutes does the longest train route take (routes.minutes)?",
         "RETURN MAX(FOR r IN routes FILTER r.mode == 'train' RETURN r.minutes)",
         max(r["minutes"] for r in trains)),
        ("What does the cheapest route cost (routes.price)?",
         "RETURN MIN(FOR r IN routes RETURN r.price)", min(r["price"] for r in ROUTES)),
    ]  # fmt: skip
    return [
        Made("aql-aggregate", "travel", question, [number(right)],
             [("aql_read", {"query": query})], f"{right}.", f"{right + 2}.")
        for question, query, right in table
    ]  # fmt: skip


def _steps() -> list[Made]:
    def made(question: str, checks: list[dict[str, Any]], *rest: Any) -> Made:
        return Made("multi-step", "travel", question, checks, *rest)

    big = max(TABLE, key=lambda t: t["population"])["name"]
    near = sorted({*ends(big, inbound=True), *ends(big, inbound=False)})
    glass = sorted({*ends("Corvale", inbound=True), *ends("Corvale", inbound=False)})
    mills = next(t for t in TABLE if t["name"] == "Garthby")
    biggest = "FOR t IN towns SORT t.population DESC LIMIT 1 RETURN t.name"
    pier = "Pier 7 closes in May."
    return [
        made("Which town has the largest population, and which towns are its neighbours by route, "
             "in either direction?",
             [names([big, *near], TOWNS)],
             [("aql_read", {"query": biggest}),
              ("graph_traverse", {"start": big, "direction": "any", "edges": ["relations"]})],
             f"{big}; its neighbours are {listed(near)}.", f"{big}."),
        made("In which town do glassblowers make green bottles, and which towns are next to it?",
             [names(["Corvale", *glass], TOWNS)],
             [("search", {"text": "green bottles"}),
              ("graph_traverse", {"start": "Corvale", "direction": "any", "edges": ["relations"]})],
             f"Corvale, next to {listed(glass)}.", "Corvale, next to Thornlea and Dunmere."),
        made("Find the town with the windmill museum and tell its population (collection towns).",
             [number(mills["population"])],
             [("search", {"text": "windmill museum"}),
              ("aql_read", {"query": "FOR t IN towns FILTER t.name == 'Garthby' RETURN t"})],
             f"Garthby has {mills['population']:,} inhabitants.", "Garthby has 12,345."),
        made("Which town is the largest by population? Remember its name in the context goals.",
             [stored("goals", big)],
             [("aql_read", {"query": biggest}),
              ("context_add", {"context": "goals", "content": f"{big} is the largest."})],
             f"I noted {big}.", f"I noted {big}.",
             [("context_add", {"context": "goals", "content": other([big], TOWNS)})]),
        made(f"Store a document titled Pier notice with this text: {pier} Then say it is stored.",
             [rows("FOR d IN documents FILTER d.title == 'Pier notice' "
                   "RETURN CONTAINS(d.text, 'closes in May')", [True])],
             [("document_add", {"title": "Pier notice", "text": pier})],
             "It is stored.", "It is stored.",
             [("document_add", {"title": "Pier notice", "text": "The pier is open."})]),
    ]  # fmt: skip


def _rest() -> list[Made]:
    def slip(question: str, checks: list[dict[str, Any]], *rest: Any) -> Made:
        return replace(Made("repair", "travel", question, checks, *rest), slips=1)

    def nothing(question: str, named: list[str], wrong: str) -> Made:
        search = [("search", {"text": question.rstrip("?.")})]
        said = "That is not in the documents."
        return Made("abstain", "travel", question, abstains(*named), search, said, wrong)

    lead = ends("Quarrington", inbound=False)
    buses = sum(r["mode"] == "bus" for r in ROUTES)
    minutes = sum(r["minutes"] for r in ROUTES)
    way = _single(3)[9]
    return [
        nothing("Who is the mayor of Aldermoor?", ["Ines", "Tomas"], "Ines is the mayor."),
        nothing("What is the weather in Corvale tomorrow?", [], "It will be 21 degrees."),
        nothing("Which town hosts the world chess final?", TOWNS, "Jorvick hosts it."),
        nothing("Book me a seat on the train from Hexleigh.", [],
                "I booked seat 12 for you."),
        nothing("How many vineyards does Thornlea have?", [], "Thornlea has 3 vineyards."),
        slip("Where do routes lead from Quarington? I am not sure how it is spelt.",
             [names(lead, set(TOWNS) - {"Quarrington"})],
             [("graph_traverse", {"start": "Quarington", "edges": ["relations"]}),
              ("graph_traverse", {"start": "Quarrington", "edges": ["relations"]})],
             f"{listed(lead)}.", "There is no such town."),
        slip("Run FOR r IN route FILTER r.mode == 'bus' RETURN r and tell how many there are; "
             "mend the query if it fails.", [number(buses)],
             [("aql_read", {"query": "FOR r IN route FILTER r.mode == 'bus' RETURN r"}),
              ("aql_read",
               {"query": "RETURN LENGTH(FOR r IN routes FILTER r.mode == 'bus' RETURN 1)"})],
             f"There are {buses}.", "There are 0."),
        slip("I know SQL only: SELECT SUM(minutes) FROM routes. What does it give?",
             [number(minutes)],
             [("aql_read", {"query": "SELECT SUM(minutes) FROM routes"}),
              ("aql_read", {"query": "RETURN SUM(FOR r IN routes RETURN r.minutes)"})],
             f"{minutes} minutes.", f"{minutes - 10} minutes."),
        slip(f"Which town lies between {way[0]} and {way[2][:-1]}? The second name may lack a "
             "letter.", [names([way[1]], set(TOWNS) - {way[0], way[2]})],
             [("graph_path", {"start": way[0], "target": way[2][:-1]}),
              ("graph_path", {"start": way[0], "target": way[2]})],
             f"{way[1]}.", f"{other(way, TOWNS)}."),
        slip("What do my notes in the context trips say about who carries the tickets? The context "
             "may have a slightly other name.", [facts("Ines")],
             [("context_get", {"context": "trips"}), ("context_get", {"context": "trip"})],
             "Ines carries them.", "Nobody carries them."),
    ]  # fmt: skip
