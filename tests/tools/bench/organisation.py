"""The organisation world: invented people, who reports to whom, who mentors whom, house rules."""

from __future__ import annotations

import random
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

SEED = 51_120_26
FIRST = ["Mara", "Jonas", "Priya", "Oskar", "Lena", "Tariq", "Yuki", "Bruno", "Selma", "Ivo",
         "Noor", "Felix", "Greta", "Hugo", "Anika", "Pavel", "Rosa", "Dario", "Wanda", "Silas",
         "Edda", "Milo", "Zofia", "Arne"]  # fmt: skip
LAST = ["Lindqvist", "Okafor", "Brandt", "Castellan", "Demir", "Engel", "Farkas", "Grun",
        "Holm", "Ilves", "Jansky", "Kovac", "Lund", "Moreau", "Novak", "Olsen", "Petrov",
        "Quist", "Rossi", "Sato", "Tamm", "Ulrich", "Varga", "Weiss"]  # fmt: skip
PEOPLE = [f"{first} {last}" for first, last in zip(FIRST, LAST, strict=True)]
TEAMS = ["Harbour", "Lantern", "Meadow", "Quarry"]
CITIES = ["Bern", "Graz", "Turku"]
SKILLS = {
    "Priya Brandt": "She restores old violins and tunes the office piano.",
    "Tariq Engel": "He wrote the rule book for night shifts at the loading dock.",
    "Ivo Ilves": "He keeps bees on the roof and sells the honey at lunch.",
    "Rosa Petrov": "She translates contracts from Portuguese.",
    "Zofia Varga": "She repairs the label printers when they jam.",
}
RULES = {
    "Travel rules": "Trains are booked in second class. A hotel may cost 110 francs a night.",
    "Fire drill": "The drill is on the first Monday of each quarter. Meet at the north gate.",
    "Lost badges": "A lost badge costs 25 francs and is replaced by the Quarry team.",
}
HANDOVER = [
    "The audit starts on 4 June.",
    "Selma Holm keeps the key of room 312.",
    "The printer contract ends in 2029.",
    "Invoices over 900 francs need two signatures.",
]


def _drawn() -> list[dict[str, Any]]:
    draw = random.Random(SEED)
    return [
        {
            "_key": name.lower().replace(" ", "-"),
            "name": name,
            "team": TEAMS[draw.randrange(4)],
            "city": CITIES[draw.randrange(3)],
            "years": draw.randrange(0, 30),
            "pay": draw.randrange(40, 120) * 100,
            "boss": PEOPLE[(number - 1) // 3] if number else "",
        }
        for number, name in enumerate(PEOPLE)
    ]


TABLE = _drawn()
MENTORS = [(PEOPLE[n], PEOPLE[(n * 5 + 7) % 24]) for n in range(24) if n != (n * 5 + 7) % 24]


def reports(name: str) -> list[str]:
    """Return who reports to a person."""
    return [p["name"] for p in TABLE if p["boss"] == name]


def chain(name: str) -> list[str]:
    """Return a person's bosses, the nearest first."""
    boss = next(p["boss"] for p in TABLE if p["name"] == name)
    return [boss, *chain(boss)] if boss else []


def world() -> dict[str, Any]:
    """Return people as documents and as a collection, and the edges between the documents."""
    texts = {
        p["name"]: f"{p['name']} works in the team {p['team']} in {p['city']}. "
        + SKILLS.get(p["name"], "")
        for p in TABLE
    }
    return {
        "texts": texts | RULES,
        "relations": [[p["name"], p["boss"], "reports to"] for p in TABLE if p["boss"]],
        "document_edges": {"mentors": [list(pair) for pair in MENTORS]},
        "collections": {"people": TABLE},
        "contexts": {"handover": HANDOVER},
    }


def tasks() -> list[Made]:
    """Return all tasks on this world."""
    return [*_memory(), *_search(), *_walks(), *_paths(), *_reads(), *_sums(), *_steps(), *_rest()]


def _memory() -> list[Made]:
    def made(question: str, checks: list[dict[str, Any]], *rest: Any) -> Made:
        return Made("context-memory", "organisation", question, checks, *rest)

    recall = [("context_get", {"context": "handover"})]
    move = "The Meadow team moves to floor 5 in October."
    new = "The audit now starts on 18 June."
    return [
        made("Who keeps the key of room 312? It is in the context handover.",
             [names(["Selma Holm"], PEOPLE)], recall, "Selma Holm does.", "Ivo Ilves does."),
        made("According to the context handover, when does the printer contract end?",
             [number(2029)], recall, "It ends in 2029.", "It ends in 2026."),
        made("From how many francs on do invoices need two signatures? See the context handover.",
             [number(900)], recall, "Over 900 francs.", "Over 500 francs."),
        made(f"Remember this in the context handover: {move}",
             [stored("handover", "Meadow", ["floor 5", "5th floor", "fifth floor"])],
             [("context_add", {"context": "handover", "content": move})], "Noted.", "Noted.",
             [("context_add", {"context": "handover", "content": "The team moves."})]),
        made(f"Something changed, so add it to the context handover: {new}",
             [stored("handover", "audit", "18 June")],
             [("context_add", {"context": "handover", "content": new})], "Added.", "Added."),
    ]  # fmt: skip


def _search() -> list[Made]:
    asked = {
        "Priya Brandt": ("restores old violins", "Who {}? Cite the document."),
        "Tariq Engel": ("wrote the rule book for night shifts", "Which colleague {}?"),
        "Rosa Petrov": ("translates contracts from Portuguese", "I look for somebody who {}."),
    }
    made = [
        Made("search-and-cite", "organisation", form.format(what),
             [cites(name), names([name], PEOPLE)], [("search", {"text": what, "limit": 3})],
             f"It is {name}.", f"It is {other([name], PEOPLE)}.")
        for name, (what, form) in asked.items()
    ]  # fmt: skip
    rules = [
        ("What may a hotel cost a night? Name the document that says so.", "Travel rules", 110,
         "hotel cost a night"),
        ("What does a lost badge cost? Cite the document.", "Lost badges", 25, "lost badge cost"),
    ]  # fmt: skip
    return made + [
        Made("search-and-cite", "organisation", question, [cites(title), number(cost)],
             [("search", {"text": text, "limit": 3})], f"{cost} francs ({title}).",
             f"{cost + 40} francs (Fire drill).")
        for question, title, cost, text in rules
    ]  # fmt: skip


def _walks() -> list[Made]:
    def made(question: str, start: str, right: list[str], **arguments: Any) -> Made:
        return Made("graph-walk", "organisation", question, [names(right, set(PEOPLE) - {start})],
                    [("graph_traverse", {"start": start, **arguments})], f"{listed(right)}.",
                    f"{other([*right, start], PEOPLE)}.")  # fmt: skip

    chief, second, third = PEOPLE[0], PEOPLE[1], PEOPLE[4]
    mentored = dict(MENTORS)
    below = [*reports(second), *(name for one in reports(second) for name in reports(one))]
    return [
        made(f"Who reports to {second}?", second, reports(second), direction="inbound",
             edges=["relations"]),
        made(f"Name the people who report directly to {chief}.", chief, reports(chief),
             direction="inbound", edges=["relations"]),
        made(f"Who reports to {second}, directly or through one other person?", second, below,
             direction="inbound", edges=["relations"], depth=2),
        made(f"Whom does {third} mentor? Follow the edges of kind mentors.", third,
             [mentored[third]], edges=["mentors"]),
        made(f"To whom does {PEOPLE[20]} report?", PEOPLE[20], chain(PEOPLE[20])[:1],
             edges=["relations"]),
    ]  # fmt: skip


def _paths() -> list[Made]:
    def made(question: str, ends: tuple[str, str], checks: list[dict[str, Any]], *say: Any) -> Made:
        call = ("graph_path", {"start": ends[0], "target": ends[1]})
        return Made("shortest-path", "organisation", question, checks, [call], *say)

    low, high, across = PEOPLE[20], PEOPLE[0], PEOPLE[10]
    middle = chain(low)[:-1]
    top = PEOPLE[2]
    between = [name for name in chain(PEOPLE[23]) if name not in chain(top) and name != top]
    siblings = (PEOPLE[7], PEOPLE[8])
    steps = len(set(chain(low)) ^ set(chain(across))) + 2
    return [
        made(f"Through whom does the chain from {low} up to {high} lead?", (low, high),
             [names(middle, set(PEOPLE) - {low, high})], f"{listed(middle)}.",
             f"{other([low, high, *middle], PEOPLE)}."),
        made(f"Who stands between {PEOPLE[23]} and {top}?", (PEOPLE[23], top),
             [names(between, set(PEOPLE) - {PEOPLE[23], top})], f"{listed(between)}.",
             f"{other([top, *between, PEOPLE[23]], PEOPLE)}."),
        made(f"Over whom are {siblings[0]} and {siblings[1]} connected?", siblings,
             [names(chain(siblings[0])[:1], set(PEOPLE) - set(siblings))],
             f"Over {chain(siblings[0])[0]}.", f"Over {other(chain(siblings[0]), PEOPLE[9:])}."),
        made(f"How many steps are there between {low} and {high} on the shortest path?",
             (low, high), [number(len(chain(low)))], f"{len(chain(low))} steps.",
             f"{len(chain(low)) + 3} steps."),
        made(f"How long, in steps, is the shortest path from {low} to {across}?", (low, across),
             [number(steps)], f"{steps} steps.", f"{steps + 2} steps."),
    ]  # fmt: skip


def _reads() -> list[Made]:
    def made(question: str, query: str, right: list[str]) -> Made:
        return Made("aql-read", "organisation", question, [names(right, PEOPLE)],
                    [("aql_read", {"query": query})], f"{listed(right)}.",
                    f"{other(right, PEOPLE)}.")  # fmt: skip

    best = sorted(TABLE, key=lambda p: (-p["pay"], p["name"]))
    old = sorted(TABLE, key=lambda p: (-p["years"], p["name"]))
    assert best[0]["pay"] > best[1]["pay"], "the best paid must be one"
    assert old[1]["years"] > old[2]["years"], "the two longest must be two"
    lantern = [p["name"] for p in TABLE if p["team"] == "Lantern" and p["city"] == "Turku"]
    few = [p["name"] for p in TABLE if p["years"] < 3]
    graz = [p["name"] for p in TABLE if p["city"] == "Graz" and p["years"] >= 15]
    return [
        made("Who in the collection people has the highest pay?",
             "FOR p IN people SORT p.pay DESC LIMIT 1 RETURN p.name", [best[0]["name"]]),
        made("Which two people have been here for the most years (people.years)?",
             "FOR p IN people SORT p.years DESC LIMIT 2 RETURN p.name",
             [old[0]["name"], old[1]["name"]]),
        made("List the people of team Lantern who are in the city Turku (collection people).",
             "FOR p IN people FILTER p.team == 'Lantern' AND p.city == 'Turku' RETURN p.name",
             lantern),
        made("Who has been here for less than 3 years? See people.years.",
             "FOR p IN people FILTER p.years < 3 RETURN p.name", few),
        made("Who in Graz has been here for 15 years or longer (people.city, people.years)?",
             "FOR p IN people FILTER p.city == 'Graz' AND p.years >= 15 RETURN p.name", graz),
    ]  # fmt: skip


def _sums() -> list[Made]:
    quarry = [p for p in TABLE if p["team"] == "Quarry"]
    table: list[tuple[str, str, float]] = [
        ("How many people are in team Harbour (collection people)?",
         "RETURN LENGTH(FOR p IN people FILTER p.team == 'Harbour' RETURN 1)",
         sum(p["team"] == "Harbour" for p in TABLE)),
        ("What is the total pay of team Quarry (people.pay)?",
         "RETURN SUM(FOR p IN people FILTER p.team == 'Quarry' RETURN p.pay)",
         sum(p["pay"] for p in quarry)),
        ("How many people work in Bern?",
         "RETURN LENGTH(FOR p IN people FILTER p.city == 'Bern' RETURN 1)",
         sum(p["city"] == "Bern" for p in TABLE)),
        ("How many years has the longest-serving member of team Meadow been here?",
         "RETURN MAX(FOR p IN people FILTER p.team == 'Meadow' RETURN p.years)",
         max(p["years"] for p in TABLE if p["team"] == "Meadow")),
        ("How many people earn more than 8000 (people.pay)?",
         "RETURN LENGTH(FOR p IN people FILTER p.pay > 8000 RETURN 1)",
         sum(p["pay"] > 8000 for p in TABLE)),
    ]  # fmt: skip
    return [
        Made("aql-aggregate", "organisation", question, [number(right)],
             [("aql_read", {"query": query})], f"It is {right}.", f"It is {right + 2}.")
        for question, query, right in table
    ]  # fmt: skip


def _steps() -> list[Made]:
    def made(question: str, checks: list[dict[str, Any]], *rest: Any) -> Made:
        return Made("multi-step", "organisation", question, checks, *rest)

    paid = max(TABLE, key=lambda p: p["pay"])
    boss = paid["boss"] or reports(paid["name"])[0]
    bees = next(p for p in TABLE if p["name"] == "Ivo Ilves")
    printer = next(p for p in TABLE if p["name"] == "Zofia Varga")
    best = "FOR p IN people SORT p.pay DESC LIMIT 1 RETURN p.name"
    return [
        made("Who has the highest pay in people, and to whom does that person report?",
             [names([paid["name"], boss], PEOPLE)],
             [("aql_read", {"query": best}),
              ("graph_traverse", {"start": paid["name"], "edges": ["relations"]})],
             f"{paid['name']}, who reports to {boss}.", f"{paid['name']}."),
        made("Find the colleague who keeps bees and tell how many years he has been here "
             "(collection people).", [number(bees["years"])],
             [("search", {"text": "keeps bees on the roof"}),
              ("aql_read", {"query": "FOR p IN people FILTER p.name == 'Ivo Ilves' "
                                     "RETURN p.years"})],
             f"{bees['years']} years.", f"{bees['years'] + 4} years."),
        made("Who repairs the label printers, and who is that person's boss?",
             [names(["Zofia Varga", printer["boss"]], PEOPLE)],
             [("search", {"text": "repairs the label printers"}),
              ("graph_traverse", {"start": "Zofia Varga", "edges": ["relations"]})],
             f"Zofia Varga; the boss is {printer['boss']}.", "Zofia Varga; Rosa Petrov."),
        made("Look up what a lost badge costs and remember it in the context handover.",
             [stored("handover", "badge", "25")],
             [("document_get", {"document": "Lost badges"}),
              ("context_add", {"context": "handover", "content": "A lost badge costs 25 francs."})],
             "I noted it.", "I noted it.",
             [("context_add", {"context": "handover", "content": "A badge costs 20 francs."})]),
        made("Relate Ivo Ilves to Rosa Petrov with an edge of kind sells honey to.",
             [rows("FOR e IN relations FILTER e.type == 'sells honey to' "
                   "RETURN [DOCUMENT(e._from).title, DOCUMENT(e._to).title]",
                   [["Ivo Ilves", "Rosa Petrov"]])],
             [("graph_relate", {"start": "Ivo Ilves", "target": "Rosa Petrov",
                                "kind": "sells honey to"})],
             "Done.", "Done.",
             [("graph_relate", {"start": "Ivo Ilves", "target": "Rosa Petrov",
                                "kind": "knows"})]),
    ]  # fmt: skip


def _rest() -> list[Made]:
    def slip(question: str, checks: list[dict[str, Any]], *rest: Any) -> Made:
        return replace(Made("repair", "organisation", question, checks, *rest), slips=1)

    def nothing(question: str, named: list[str], wrong: str) -> Made:
        search = [("search", {"text": question.rstrip("?.")})]
        said = "The documents do not say."
        return Made("abstain", "organisation", question, abstains(*named), search, said, wrong)

    under = reports(PEOPLE[3])
    pay = sum(p["pay"] for p in TABLE)
    lantern = sum(p["team"] == "Lantern" for p in TABLE)
    return [
        nothing("What is the shoe size of Mara Lindqvist?", [], "It is 39."),
        nothing("Who leads the team Volcano?", PEOPLE, "Jonas Okafor leads it."),
        nothing("Pay Pavel Olsen his bonus now.", [], "I paid the bonus of 500 francs."),
        nothing("Which of our people has climbed Mount Everest?", PEOPLE, "Arne Weiss has."),
        nothing("In which year was the company founded?", [], "It was founded in 1987."),
        slip(f"Who reports to {PEOPLE[3].replace('C', 'K')}? The name is from hearsay.",
             [names(under, set(PEOPLE) - {PEOPLE[3]})],
             [("graph_traverse", {"start": PEOPLE[3].replace("C", "K"), "direction": "inbound"}),
              ("graph_traverse", {"start": PEOPLE[3], "direction": "inbound",
                                  "edges": ["relations"]})],
             f"{listed(under)}.", "Nobody reports to him."),
        slip("Sum up all pay with SELECT SUM(pay) FROM people, or what the database takes instead.",
             [number(pay)],
             [("aql_read", {"query": "SELECT SUM(pay) FROM people"}),
              ("aql_read", {"query": "RETURN SUM(FOR p IN people RETURN p.pay)"})],
             f"{pay} francs.", f"{pay + 100} francs."),
        slip("How many rows does this give, once mended: "
             "FOR p IN persons FILTER p.team == 'Lantern' RETURN p", [number(lantern)],
             [("aql_read", {"query": "FOR p IN persons FILTER p.team == 'Lantern' RETURN p"}),
              ("aql_read", {"query": "FOR p IN people FILTER p.team == 'Lantern' RETURN p.name"})],
             f"{lantern} rows.", f"{lantern + 4} rows."),
        slip("Read the document Travel rule and tell in which class trains are booked.",
             [facts(["second", "2nd"])],
             [("document_get", {"document": "Travel rule"}),
              ("document_get", {"document": "Travel rules"})],
             "In second class.", "In first class."),
        slip("Whom does Lena Demir mentor? Follow edges of kind mentor, or whatever it is called.",
             [names([dict(MENTORS)["Lena Demir"]], set(PEOPLE) - {"Lena Demir"})],
             [("graph_traverse", {"start": "Lena Demir", "edges": ["mentor"]}),
              ("graph_traverse", {"start": "Lena Demir", "edges": ["mentors"]})],
             f"{dict(MENTORS)['Lena Demir']}.", "Nobody."),
    ]  # fmt: skip
