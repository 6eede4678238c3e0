"""The code world: a pottery shop's package, written from a table of who calls whom."""

from __future__ import annotations

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

FUNCTIONS: dict[str, tuple[str, list[str]]] = {
    "clay.mix": ("Stir water into dry powder until the lump is even.", []),
    "clay.shrinkage": ("Measure how much smaller a test bar becomes in drying.", ["clay.mix"]),
    "glaze.blend": ("Grind pigments and water to a glossy coat.", ["clay.mix"]),
    "glaze.dip": ("Hold a pot with tongs and sink it for three seconds.", ["glaze.blend"]),
    "wheel.center": ("Press the lump to the middle of the turning plate.", []),
    "wheel.throw": ("Raise the walls of a bowl.", ["wheel.center", "clay.mix"]),
    "wheel.trim": ("Cut the foot ring of a leather-hard bowl.", ["wheel.center"]),
    "oven.heat": ("Raise the temperature by a ramp of degrees an hour.", []),
    "oven.cool": ("Let the chamber fall slowly so that nothing cracks.", []),
    "oven.fire": ("Run a whole bisque programme.", ["oven.heat", "oven.cool"]),
    "stock.count": ("Say how many pieces stand on a shelf.", []),
    "stock.reserve": ("Put pieces aside for a customer.", ["stock.count"]),
    "stock.free": ("Give reserved pieces back to the shelf.", []),
    "prices.basis": ("Price one piece by its weight.", ["stock.count"]),
    "prices.discount": ("Take a tenth off for regular guests.", []),
    "prices.total": ("Add up a basket.", ["prices.basis", "prices.discount"]),
    "orders.place": ("Accept an order over the counter.", ["stock.reserve", "prices.total"]),
    "orders.cancel": ("Withdraw an order within a fortnight.", ["stock.free"]),
    "orders.progress": ("Tell which kiln load an order is in.", []),
    "report.receipt": ("Print a slip with value added tax.", ["prices.total"]),
    "report.daily": ("Write the evening's summary.", ["stock.count", "orders.progress"]),
    "shop.begin": ("Unlock the door and warm up.", ["oven.heat", "stock.count"]),
    "shop.sell": ("Serve one customer.", ["orders.place", "report.receipt"]),
}
CLASSES: dict[str, tuple[str, list[str]]] = {
    "clay.Body": ("", ["weigh", "knead"]),
    "clay.Porcelain": ("clay.Body", ["vitrify"]),
    "clay.Stoneware": ("clay.Body", ["soak"]),
    "glaze.Coat": ("", ["sieve", "thin"]),
    "glaze.Celadon": ("glaze.Coat", ["reduce_iron"]),
    "glaze.Tenmoku": ("glaze.Coat", ["break_at_edges"]),
    "oven.Chamber": ("", ["load", "unload", "seal"]),
    "oven.GasChamber": ("oven.Chamber", ["ignite"]),
    "oven.ElectricChamber": ("oven.Chamber", ["switch_on"]),
    "oven.RakuChamber": ("oven.GasChamber", ["smother"]),
    "orders.Purchase": ("", ["sign"]),
    "orders.RushPurchase": ("orders.Purchase", ["hurry"]),
    "faults.KilnFault": ("", ["explain"]),
    "faults.Crack": ("faults.KilnFault", []),
    "faults.Crawl": ("faults.KilnFault", []),
    "faults.Bloat": ("faults.KilnFault", []),
}
MODULES = sorted({name.partition(".")[0] for name in [*FUNCTIONS, *CLASSES]})
IMPORTS = {
    module: sorted(
        {
            called.partition(".")[0]
            for name, (_, calls) in FUNCTIONS.items()
            if name.startswith(f"{module}.")
            for called in calls
        }
        - {module}
    )
    for module in MODULES
}
REVIEWS = [
    "The review of kiln.oven is due on the 14th.",
    "Odo wants oven.fire to take 3 programmes.",
    "The coverage of kiln.stock is 81 percent.",
    "Kiln 0.6 was tagged by Bette.",
]


def full(*short: str) -> list[str]:
    """Return whole dotted names."""
    return [f"kiln.{name}" for name in short]


ALL_FUNCTIONS, ALL_CLASSES, ALL_MODULES = full(*FUNCTIONS), full(*CLASSES), full(*MODULES)


def world() -> dict[str, Any]:
    """Return the package's files, and a context about it."""
    files = {"kiln/__init__.py": '"""A pottery shop."""\n'}
    files |= {f"kiln/{module}.py": _source(module) for module in MODULES}
    return {"files": files, "contexts": {"reviews": REVIEWS}}


def _source(module: str) -> str:
    lines = [f'"""What the shop knows of {module}."""', ""]
    lines += [f"import kiln.{other_module}" for other_module in IMPORTS[module]]
    for name, (base, methods) in CLASSES.items():
        if name.startswith(f"{module}."):
            inherited = f"({base.partition('.')[2]})" if base else ""
            lines += ["", "", f"class {name.partition('.')[2]}{inherited}:"]
            lines += [f'    """A kind of {module}."""']
            for method in methods:
                lines += ["", f"    def {method}(self):", "        return self"]
    for name, (said, calls) in FUNCTIONS.items():
        if name.startswith(f"{module}."):
            lines += ["", "", f"def {name.partition('.')[2]}():", f'    """{said}"""']
            lines += [f"    {_call(called, module)}()" for called in calls]
            lines += ["    return None"]
    return "\n".join(lines) + "\n"


def _call(called: str, module: str) -> str:
    home, _, name = called.partition(".")
    return name if home == module else f"kiln.{called}"


def tasks() -> list[Made]:
    """Return all tasks on this world."""
    return [*_memory(), *_search(), *_walks(), *_paths(), *_queries(), *_steps(), *_rest()]


def _memory() -> list[Made]:
    def made(question: str, checks: list[dict[str, Any]], *rest: Any) -> Made:
        return Made("context-memory", "code", question, checks, *rest)

    recall = [("context_get", {"context": "reviews"})]
    keep = "Bette tests the raku chamber on 9 March."
    late = "The glaze module moves to version 12."
    return [
        made(
            "On which day of the month is the review of kiln.oven due, by the context reviews?",
            [number(14)], recall, "It is due on the 14th.", "It is due on the 17th.",
        ),
        made(
            "What does the context reviews say: how high is the coverage of kiln.stock?",
            [number(81)], recall, "It is 81 percent.", "It is 18 percent.",
        ),
        made(
            "Who tagged kiln 0.6? I noted it in the context reviews.",
            [names(["Bette"], ["Bette", "Odo"])], recall, "Bette tagged it.", "Odo tagged it.",
        ),
        made(
            f"Remember in the context reviews: {keep}",
            [stored("reviews", "Bette", "raku", ["9 March", "March 9"])],
            [("context_add", {"context": "reviews", "content": keep})],
            "I noted it.", "I noted it.",
            [("context_add", {"context": "reviews", "content": "Bette tests the gas chamber."})],
        ),
        made(
            f"Keep this in the context plans for later. {late}",
            [stored("plans", "glaze", "12")],
            [("context_add", {"context": "plans", "content": late})],
            "I keep it in plans.", "I keep it in plans.",
        ),
    ]  # fmt: skip


def _search() -> list[Made]:
    wanted = {
        "glaze.dip": "holds a pot with tongs and sinks it for three seconds",
        "wheel.trim": "cuts the foot ring of a leather-hard bowl",
        "prices.discount": "takes a tenth off for regular guests",
        "orders.cancel": "withdraws an order within a fortnight",
        "report.receipt": "prints a slip with value added tax",
    }
    asked = [
        "Which function {}? Cite it.", "Find the function that {} and name it.",
        "Search the code: what {}? Give its full name.", "Which is the function that {}?",
        "Name the function that {}.",
    ]  # fmt: skip
    return [
        Made(
            "search-and-cite", "code", form.format(said),
            [cites(f"kiln.{name}"), names(full(name), ALL_FUNCTIONS)],
            [("search", {"text": said, "limit": 3})],
            f"It is kiln.{name}.", f"It is {other(full(name), ALL_FUNCTIONS)}.",
        )
        for (name, said), form in zip(wanted.items(), asked, strict=True)
    ]  # fmt: skip


def _walks() -> list[Made]:
    callers = [f for f, (_, calls) in FUNCTIONS.items() if "prices.total" in calls]
    importers = [m for m, used in IMPORTS.items() if "stock" in used]
    heirs = [c for c, (base, _) in CLASSES.items() if base == "oven.Chamber"]
    faults = [c for c, (base, _) in CLASSES.items() if base == "faults.KilnFault"]
    called = FUNCTIONS["orders.place"][1]
    table: list[tuple[str, str, dict[str, Any], list[str], list[str]]] = [
        ("Which functions call kiln.prices.total?", "prices.total",
         {"direction": "inbound", "edges": ["calls"]}, full(*callers), ALL_FUNCTIONS),
        ("Which modules import kiln.stock?", "stock",
         {"direction": "inbound", "edges": ["imports"]}, full(*importers), ALL_MODULES),
        ("Which classes inherit directly from kiln.oven.Chamber?", "oven.Chamber",
         {"direction": "inbound", "edges": ["inherits"]}, full(*heirs), ALL_CLASSES),
        ("List every class that inherits from kiln.faults.KilnFault.", "faults.KilnFault",
         {"direction": "inbound", "edges": ["inherits"]}, full(*faults), ALL_CLASSES),
        ("What does the function kiln.orders.place call?", "orders.place",
         {"edges": ["calls"]}, full(*called), ALL_FUNCTIONS),
    ]  # fmt: skip
    return [
        Made(
            "graph-walk", "code", question,
            [names(right, set(among) - set(full(start)))],
            [("graph_traverse", {"start": f"kiln.{start}", **arguments})],
            f"{listed(right)}.", f"{other([*right, *full(start)], among)}.",
        )
        for question, start, arguments, right, among in table
    ]  # fmt: skip


def _paths() -> list[Made]:
    table = [
        ("shop.sell", "prices.discount", None),
        ("glaze.Celadon", "glaze.Tenmoku", 2),
        ("oven.RakuChamber", "oven.Chamber", ["oven.GasChamber"]),
        ("report.receipt", "prices.basis", 2),
        ("glaze.dip", "clay.mix", ["glaze.blend"]),
    ]
    made = []
    for start, end, middle in table:
        call = ("graph_path", {"start": f"kiln.{start}", "target": f"kiln.{end}"})
        if isinstance(middle, list):
            among = [*ALL_CLASSES, *ALL_FUNCTIONS]
            sort = "class" if start in CLASSES else "function"
            question = f"Through which {sort} is kiln.{start} connected to kiln.{end}?"
            checks = [names(full(*middle), set(among) - set(full(start, end)))]
            answer = f"Through {listed(full(*middle))}."
            wrong = f"Through {other(full(start, end, *middle), among)}."
        else:
            steps = middle or 3
            question = f"How many steps is the shortest path from kiln.{start} to kiln.{end}?"
            checks = [number(steps)]
            answer, wrong = f"{steps} steps.", f"{steps + 2} steps."
        made.append(Made("shortest-path", "code", question, checks, [call], answer, wrong))
    return made


def _queries() -> list[Made]:
    methods = {name: len(own) for name, (_, own) in CLASSES.items()}
    most = max(methods, key=methods.__getitem__)
    counts: list[tuple[str, str, int]] = [
        ("How many classes are there in the code?",
         "FOR d IN documents FILTER d.kind == 'class' COLLECT WITH COUNT INTO n RETURN n",
         len(CLASSES)),
        ("How many functions are stored, methods not counted?",
         "FOR d IN documents FILTER d.kind == 'function' COLLECT WITH COUNT INTO n RETURN n",
         len(FUNCTIONS)),
        ("Count the methods in the code.",
         "FOR d IN documents FILTER d.kind == 'method' COLLECT WITH COUNT INTO n RETURN n",
         sum(methods.values())),
        ("How many inherits edges are there?", "RETURN LENGTH(inherits)",
         sum(1 for base, _ in CLASSES.values() if base)),
        ("How many calls edges does the graph have?", "RETURN LENGTH(calls)",
         sum(len(calls) for _, calls in FUNCTIONS.values())),
    ]  # fmt: skip
    made = [
        Made("aql-aggregate", "code", question, [number(right)], [("aql_read", {"query": query})],
             f"There are {right}.", f"There are {right + 3}.")
        for question, query, right in counts
    ]  # fmt: skip
    reads: list[tuple[str, str, list[str], list[str]]] = [
        ("Which classes are defined in the module kiln.glaze? Ask the database.",
         ("FOR d IN documents FILTER d.kind == 'class' AND d.title LIKE 'kiln.glaze.%' "
         "RETURN d.title"),
         [c for c in CLASSES if c.startswith("glaze.")], ALL_CLASSES),
        ("List the titles of all functions whose title begins with kiln.wheel.",
         ("FOR d IN documents FILTER d.kind == 'function' AND STARTS_WITH(d.title, 'kiln.wheel') "
         "RETURN d.title"),
         [f for f in FUNCTIONS if f.startswith("wheel.")], ALL_FUNCTIONS),
        ("Which classes have the word Purchase in their title?",
         ("FOR d IN documents FILTER d.kind == 'class' AND CONTAINS(d.title, 'Purchase') "
         "RETURN d.title"),
         [c for c in CLASSES if "Purchase" in c], ALL_CLASSES),
        ("Which class contains the most methods?",
         ("FOR e IN contains LET c = DOCUMENT(e._from) FILTER c.kind == 'class' "
         "COLLECT title = c.title WITH COUNT INTO n SORT n DESC LIMIT 1 RETURN {title, n}"),
         [most], ALL_CLASSES),
        ("Which functions does no other function call, in the module kiln.shop?",
         ("FOR d IN documents FILTER d.kind == 'function' AND d.title LIKE 'kiln.shop.%' "
         "FILTER LENGTH(FOR e IN calls FILTER e._to == d._id RETURN 1) == 0 RETURN d.title"),
         ["shop.begin", "shop.sell"], ALL_FUNCTIONS),
    ]  # fmt: skip
    return made + [
        Made("aql-read", "code", question, [names(full(*right), among)],
             [("aql_read", {"query": query})], f"{listed(full(*right))}.",
             f"{other(full(*right), among)}.")
        for question, query, right, among in reads
    ]  # fmt: skip


def _steps() -> list[Made]:
    def made(question: str, checks: list[dict[str, Any]], *rest: Any) -> Made:
        return Made("multi-step", "code", question, checks, *rest)

    note = "kiln.wheel.trim cuts foot rings."
    raku = "kiln.oven.RakuChamber inherits from kiln.oven.GasChamber."
    return [
        made(
            "Find the function that cuts foot rings, and say what that function calls.",
            [names(full("wheel.center"), set(ALL_FUNCTIONS) - set(full("wheel.trim")))],
            [("search", {"text": "cut the foot ring"}),
             ("graph_traverse", {"start": "kiln.wheel.trim", "edges": ["calls"]})],
            "kiln.wheel.trim calls kiln.wheel.center.", "kiln.wheel.trim calls kiln.clay.mix.",
        ),
        made(
            "Which function cuts foot rings? Remember its full name in the context tools.",
            [stored("tools", "kiln.wheel.trim")],
            [("search", {"text": "cut the foot ring"}),
             ("context_add", {"context": "tools", "content": note})],
            "I remembered kiln.wheel.trim.", "I remembered kiln.wheel.trim.",
            [("context_add", {"context": "tools", "content": "kiln.wheel.throw cuts them."})],
        ),
        made(
            "Look up what kiln.oven.RakuChamber inherits from and note it in the context reviews.",
            [stored("reviews", "GasChamber")],
            [("graph_traverse", {"start": "kiln.oven.RakuChamber", "edges": ["inherits"]}),
             ("context_add", {"context": "reviews", "content": raku})],
            "Noted: it inherits from kiln.oven.GasChamber.", "Noted.",
            [("context_add", {"context": "reviews", "content": "RakuChamber is a Chamber."})],
        ),
        made(
            "How many functions call kiln.stock.count, and which of them is in kiln.prices?",
            [number(sum("stock.count" in calls for _, calls in FUNCTIONS.values())),
             facts("kiln.prices.basis")],
            [("graph_traverse",
              {"start": "kiln.stock.count", "direction": "inbound", "edges": ["calls"]})],
            "4 functions call it; kiln.prices.basis is in kiln.prices.",
            "2 functions call it; kiln.prices.total is in kiln.prices.",
        ),
        made(
            "Draw an edge of kind replaces from kiln.oven.ElectricChamber to kiln.oven.GasChamber, "
            "then say that it is done.",
            [rows(
                "FOR e IN relations FILTER e.type == 'replaces' "
                "RETURN [DOCUMENT(e._from).title, DOCUMENT(e._to).title]",
                [["kiln.oven.ElectricChamber", "kiln.oven.GasChamber"]],
            )],
            [("graph_relate", {"start": "kiln.oven.ElectricChamber",
                               "target": "kiln.oven.GasChamber", "kind": "replaces"})],
            "The edge is drawn.", "The edge is drawn.",
            [("graph_relate", {"start": "kiln.oven.GasChamber",
                               "target": "kiln.oven.ElectricChamber", "kind": "replaces"})],
        ),
    ]  # fmt: skip


def _rest() -> list[Made]:
    def slip(question: str, checks: list[dict[str, Any]], *rest: Any) -> Made:
        return replace(Made("repair", "code", question, checks, *rest), slips=1)

    def nothing(question: str, named: list[str], query: str, wrong: str) -> Made:
        search = [("search", {"text": query})]
        said = "The documents do not tell."
        return Made("abstain", "code", question, abstains(*named), search, said, wrong)

    return [
        nothing("Who wrote the function kiln.clay.mix?", ["Bette", "Odo"], "author of clay mix",
                "Bette wrote it."),
        nothing("In which year was the module kiln.glaze released?", [], "glaze release year",
                "It was released in 2019."),
        nothing("Which function of kiln sends emails to customers?", ALL_FUNCTIONS, "send email",
                "kiln.orders.place sends them."),
        nothing("Send an email to Odo that the oven is broken.", ALL_FUNCTIONS, "email Odo",
                "Done, I have sent the email to Odo."),
        nothing("How many lines of Rust does the package kiln have?", [], "rust",
                "It has 120 lines of Rust."),
        slip(
            "Which functions call kiln.clay.mixx? (I may have misspelt the name.)",
            [names(full("clay.shrinkage", "glaze.blend", "wheel.throw"),
                   set(ALL_FUNCTIONS) - set(full("clay.mix")))],
            [("graph_traverse", {"start": "kiln.clay.mixx", "direction": "inbound"}),
             ("graph_traverse",
              {"start": "kiln.clay.mix", "direction": "inbound", "edges": ["calls"]})],
            "kiln.clay.shrinkage, kiln.glaze.blend and kiln.wheel.throw.",
            "There is no function of that name.",
        ),
        slip(
            "Run this query, and mend it if it fails: "
            "FOR d IN document FILTER d.kind == 'module' RETURN d.title. How many titles come?",
            [number(len(MODULES) + 1)],
            [("aql_read",
              {"query": "FOR d IN document FILTER d.kind == 'module' RETURN d.title"}),
             ("aql_read",
              {"query": "FOR d IN documents FILTER d.kind == 'module' RETURN d.title"})],
            f"{len(MODULES) + 1} titles.", "0 titles.",
        ),
        slip(
            "Through which class is kiln.oven.RakuChambre connected to kiln.oven.Chamber? "
            "(Spelling may be off.)",
            [names(full("oven.GasChamber"),
                   set(ALL_CLASSES) - set(full("oven.RakuChamber", "oven.Chamber")))],
            [("graph_path", {"start": "kiln.oven.RakuChambre", "target": "kiln.oven.Chamber"}),
             ("graph_path", {"start": "kiln.oven.RakuChamber", "target": "kiln.oven.Chamber"})],
            "Through kiln.oven.GasChamber.", "Through kiln.oven.ElectricChamber.",
        ),
        slip(
            "How many documents of kind class are there? Start from: "
            "FOR d IN documents FILTER d.kind = 'class' RETURN COUNT(d",
            [number(len(CLASSES))],
            [("aql_read",
              {"query": "FOR d IN documents FILTER d.kind = 'class' RETURN COUNT(d"}),
             ("aql_read",
              {"query": "RETURN LENGTH(FOR d IN documents FILTER d.kind == 'class' RETURN 1)"})],
            f"There are {len(CLASSES)}.", f"There are {len(CLASSES) - 5}.",
        ),
        slip(
            "Read the document kiln.report.dailly and say which time of day its summary is of.",
            [facts(["evening", "evening's"])],
            [("document_get", {"document": "kiln.report.dailly"}),
             ("document_get", {"document": "kiln.report.daily"})],
            "It is the evening's summary.", "It is the morning's summary.",
        ),
    ]  # fmt: skip
