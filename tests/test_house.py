"""The rules of the house: which way imports point, where foreign libraries live, what is light, what is kept out.

``python tests/test_house.py`` writes the order of the rooms into CONTRIBUTING.md.
"""

import ast
import graphlib
import importlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import a2c_pybamm

ROOT = Path(__file__).parents[1]
PACKAGE = Path(a2c_pybamm.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))

ORDER = (
    "constants",
    "formatting",
    "schema",
    "ions",
    "estimate",
    "failure",
    "status",
    "result",
    "data",
    "laws",
    "readers",
    "estimators",
    "parameter_set",
    "files",
    "study",
    "derivation",
    "sets",
    "cell",
    "scales",
    "propagation",
    "design",
    "tables",
    "report",
    "synthetic",
    "cli",
)
"""A room imports only from rooms that stand before it."""
INSIDE = {
    "laws": (
        "law",
        "scale_and_value",
        "legendre_polynomials",
        "thermodynamics",
        "diffusion",
        "conduction",
        "kinetics",
        "mechanics",
        "thermal",
    ),
    "readers": (
        "units",
        "source_file",
        "bounded_stream",
        "memory_bound",
        "plain_yaml",
        "ase_database",
        "frames",
        "numpy_array",
        "phonopy_object",
        "csv_table",
        "drive_cycle",
        "thermodynamics",
        "motion",
        "hops",
        "conduction",
        "kinetics",
        "mechanics",
    ),
    "estimators": (
        "fingerprint",
        "statistics",
        "time_series",
        "thermodynamics",
        "diffusion",
        "hops",
        "conduction",
        "kinetics",
        "mechanics",
        "thermal",
        "fields",
    ),
    "propagation": (
        "answer",
        "model",
        "provenance",
        "germ_basis",
        "intervals",
        "problem",
        "polynomial",
        "shares",
        "methods",
        "adaptive",
        "round_off",
        "failed_samples",
        "surrogate_test",
        "layout",
        "judgement",
        "sentences",
        "results",
        "verdict",
        "run",
    ),
}
"""Order of files and folders in each room that holds folders: each imports only from those that stand before it."""
NARROWER = {
    "laws": {"constants", "schema", "ions"},
    "readers": {"constants", "formatting", "ions", "data"},
    "estimators": {"constants", "ions", "estimate", "data", "laws"},
    "propagation": {"constants", "formatting", "estimate", "failure", "status", "result"},
}
"""Rooms that may see less than all that stands before them."""
HOMES_OF_LIBRARIES = {
    "ase": {"readers"},
    "phonopy": {"readers"},
    "mdtraj": {"readers"},
    "spglib": {"readers"},
    "yaml": {"readers"},
    "pybamm": {"parameter_set", "files", "cell"},
    "casadi": {"cell"},
    "bpx": {"files"},
    "chaospy": {"propagation"},
    "numpoly": {"propagation"},
    "matplotlib": {"report"},
    "typer": {"cli"},
    "rich": {"cli"},
    "pydantic": {"study"},
}
HEAVY = ("pybamm", "chaospy", "ase", "xarray", "matplotlib", "scipy", "pydantic")
"""Libraries that neither ``import a2c_pybamm`` nor ``a2c --help`` may load."""
COMMANDS = ("demo", "new", "check", "derive", "propagate", "sweep", "report", "run", "show", "export")


def module_name(path: Path) -> str:
    """Dotted name of a file of the package: ``a2c_pybamm.laws`` for ``laws/__init__.py``."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    """Syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All nodes of that tree."""
    return tuple(ast.walk(tree(path)))


@cache
def imports(path: Path) -> frozenset[str]:
    """Dotted names that a file imports anywhere: at the top, in a function, under TYPE_CHECKING, relative ones resolved."""
    return frozenset(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    package = module_name(path).split(".") if path.name == "__init__.py" else module_name(path).split(".")[:-1]
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)


MODULES = {module_name(path) for path in SOURCES}


def own_module(dotted: str) -> str:
    """The file's module behind an imported name of ours; a public name counts as the room that it lives in."""
    parts = dotted.split(".")
    if len(parts) == 2 and parts[1] in a2c_pybamm._HOME:
        return f"a2c_pybamm.{a2c_pybamm._HOME[parts[1]]}"
    while ".".join(parts) not in MODULES:
        parts.pop()
    return ".".join(parts)


def room(module: str) -> str:
    """First part below the package: ``laws`` for ``a2c_pybamm.laws.law``; empty for the package itself."""
    return module.split(".")[1] if "." in module else ""


def own_imports(path: Path) -> set[str]:
    """Modules of ours that a file imports; the version alone makes no dependency."""
    return {
        own_module(name) for name in imports(path) if name.split(".")[0] == "a2c_pybamm" and name != "a2c_pybamm.__version__"
    }


def relative(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def test_every_room_has_its_place_in_the_order() -> None:
    rooms = {room(module_name(path)) for path in SOURCES} - {""}
    assert rooms == set(ORDER)


def listed_rooms() -> str:
    """CONTRIBUTING's list of the rooms in their order, and of what stands inside those that hold folders."""
    inside = [f"- inside `{folder}`: {' · '.join(f'`{child}`' for child in order)}" for folder, order in INSIDE.items()]
    return "\n".join([" · ".join(f"`{name}`" for name in ORDER), "", *inside])


LISTED = re.compile(r"(<!-- rooms -->\n)(.*?)(\n<!-- end of rooms -->)", re.DOTALL)
"""The part of CONTRIBUTING.md that this file writes."""


def test_contributing_lists_the_rooms_in_their_order() -> None:
    written = LISTED.search((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert written
    assert written[2] == listed_rooms(), "run python tests/test_house.py"


def test_every_room_with_folders_has_an_order_inside() -> None:
    assert {path.parents[1].name for path in SOURCES if path.parents[2] == PACKAGE} == set(INSIDE)


@pytest.mark.parametrize("folder", INSIDE)
def test_imports_point_upwards_inside(folder: str) -> None:
    def child(module: str) -> str:
        return module.split(".")[2]

    inside = {path: module_name(path) for path in SOURCES if module_name(path).startswith(f"a2c_pybamm.{folder}.")}
    order = INSIDE[folder]
    assert {child(module) for module in inside.values()} == set(order)
    for path, module in inside.items():
        below = order[order.index(child(module)) + 1 :]
        imported = {other for other in own_imports(path) if room(other) == folder}
        assert f"a2c_pybamm.{folder}" not in imported, f"{relative(path)}: name the file, the room's __init__ imports all"
        assert not {other for other in imported if child(other) in below}, f"{relative(path)} may not import from {below}"


def imports_from_below(path: Path) -> str:
    """Line on what a file imports from rooms below its own; empty text where it imports nothing from there."""
    here = room(module_name(path))
    if not here:
        own = sorted(own_imports(path))
        return f"{relative(path)} imports {own}; the package's own __init__ imports when a name is asked for" if own else ""
    allowed = NARROWER.get(here, set(ORDER[: ORDER.index(here)])) | {here}
    if here == ORDER[-1]:
        allowed = allowed | {""}  # the last room may take public names from the package itself
    outside = sorted(module for module in own_imports(path) if room(module) not in allowed)
    return f"{relative(path)} imports {outside}; it may import from {sorted(allowed)} only" if outside else ""


def test_imports_point_upwards() -> None:
    found = [line for path in SOURCES if (line := imports_from_below(path))]
    assert not found, "\n".join(found)


def test_no_import_cycles() -> None:
    graph = {module_name(path): own_imports(path) - {module_name(path)} for path in SOURCES}
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the cycle


@pytest.mark.parametrize("library", HOMES_OF_LIBRARIES)
def test_foreign_library_has_one_home(library: str) -> None:
    users = {path for path in SOURCES if any(name.split(".")[0] == library for name in imports(path))}
    strangers = [relative(path) for path in users if room(module_name(path)) not in HOMES_OF_LIBRARIES[library]]
    assert not strangers, f"{library} is at home in {sorted(HOMES_OF_LIBRARIES[library])}"


def test_laws_are_written_in_numpy() -> None:
    """So that one text serves floats, arrays, complex numbers and PyBaMM's symbols; scipy is for splines of tables."""
    laws = [path for path in SOURCES if room(module_name(path)) == "laws"]
    foreign = {name.split(".")[0] for path in laws for name in imports(path)} - set(sys.stdlib_module_names) - {"a2c_pybamm"}
    assert foreign <= {"numpy", "scipy"}


PROSE = re.compile(r"^[^\[]*(?:[a-z]{2,} [a-z(]|^ [a-z]|[a-z] $)[^\[]*$")
"""A literal of several words, or of one with a space before or behind it: part of a sentence, no key with its unit."""
SENTENCES = re.compile(r"verdict|decision|sentence|reason|message")
"""Names of variables that hold sentences."""
LOOKING = ("startswith", "endswith", "find", "index", "count")
"""Methods of text that look for words in it."""
FOREIGN_WORDS = {
    "number of MSMR reactions": "an option's name in PyBaMM",
    "Minimum voltage": "an event's name in PyBaMM, which gives it inside a text alone",
}


def text_decisions(code: ast.AST) -> Iterator[tuple[int, str]]:
    """Places where code looks for words in a sentence: ``"holds" in verdict``, ``reason.startswith(cause)``."""
    for node in ast.walk(code):
        looked_for: list[ast.expr] = []
        looked_at: ast.expr | None = None
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            looked_for, looked_at = [node.left], node.comparators[0]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOOKING:
            looked_for, looked_at = node.args, node.func.value
        if looked_at is None:
            continue
        literals = [part.value for part in looked_for for part in ast.walk(part) if isinstance(part, ast.Constant)]
        prose = any(isinstance(text, str) and PROSE.search(text) and text not in FOREIGN_WORDS for text in literals)
        names = [getattr(part, "id", getattr(part, "attr", "")) for part in ast.walk(looked_at)]
        if prose or any(SENTENCES.search(name) for name in names):
            yield node.lineno, ast.unparse(node)


@pytest.mark.parametrize("where", ["propagation", "report", "tables", "cell", "design", "cli"])
def test_no_decision_looks_for_words_in_a_sentence(where: str) -> None:
    """Status and cause are enumerations; sentences are made from them and read by people alone."""
    found = [
        f"{relative(path)}:{line}: {code}"
        for path in SOURCES
        if room(module_name(path)) == where
        for line, code in text_decisions(tree(path))
    ]
    assert not found
    assert list(text_decisions(ast.parse('" holds " in text; reason.startswith(cause); "x holds (y" in z')))[2:]


MOST_CONSTANTS = 200
"""Numeric constants of the package: more than a person keeps in view."""
MOST_LITERALS = 433
"""Numbers inside functions, but for `PLAIN_NUMBERS`: as many as there were when they were counted. It may be lowered alone."""
PLAIN_NUMBERS = {0, 1, 2, 0.5}
"""Numbers that need no name: indices, signs, halves and squares."""


def is_number(value: ast.AST | None) -> bool:
    """True for a number written out, an expression of such, and a tuple of them."""
    if isinstance(value, ast.Tuple):
        return bool(value.elts) and all(map(is_number, value.elts))
    if isinstance(value, ast.BinOp):
        return is_number(value.left) and is_number(value.right)
    if isinstance(value, ast.UnaryOp):
        return is_number(value.operand)
    return isinstance(value, ast.Constant) and type(value.value) in (int, float, complex)


def numeric_constants(path: Path) -> Iterator[tuple[str, bool]]:
    """Names of a file's numeric constants, each with whether a line of text stands under it."""
    body = tree(path).body
    for node, following in zip(body, [*body[1:], None], strict=True):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        for target in targets:
            names, values = [target], [node.value]  # type: ignore[attr-defined]
            if isinstance(target, ast.Tuple) and isinstance(values[0], ast.Tuple):
                names, values = target.elts, values[0].elts
            text = following.value if isinstance(following, ast.Expr) else None
            described = isinstance(text, ast.Constant) and isinstance(text.value, str) and bool(text.value.strip())
            for name, value in zip(names, values, strict=False):
                if isinstance(name, ast.Name) and name.id.isupper() and is_number(value):
                    yield name.id, described


def unnamed_numbers(path: Path) -> set[tuple[int, int]]:
    """Line and column of each number inside the functions of a file, but for plain ones."""
    functions = [node for node in nodes(path) if isinstance(node, ast.FunctionDef | ast.Lambda)]
    bodies = [
        part for function in functions for part in (function.body if isinstance(function.body, list) else [function.body])
    ]
    return {
        (node.lineno, node.col_offset)
        for part in bodies
        for node in ast.walk(part)
        if isinstance(node, ast.Constant) and is_number(node) and node.value not in PLAIN_NUMBERS
    }


def test_a_constant_has_one_meaning_unit_and_source() -> None:
    """No name in two modules; a line under each for what it bounds, its unit and its source; not too many."""
    constants = [(name, relative(path), described) for path in SOURCES for name, described in numeric_constants(path)]
    places: dict[str, list[str]] = {}
    for name, place, _ in constants:
        places.setdefault(name, []).append(place)
    assert not {name: where for name, where in places.items() if len(where) > 1}, "one name, one meaning"
    assert not [f"{place}: {name}" for name, place, described in constants if not described], "no line under it"
    assert len(constants) <= MOST_CONSTANTS, sorted((place, name) for name, place, _ in constants)


def test_numbers_inside_functions_do_not_grow() -> None:
    counts = sorted(((len(unnamed_numbers(path)), relative(path)) for path in SOURCES), reverse=True)
    assert sum(n for n, _ in counts) <= MOST_LITERALS, "\n".join(f"{n:4d} {place}" for n, place in counts if n)


def test_docstrings_name_what_is_returned() -> None:
    """The first line is a noun phrase with the quantity's name, no question; lines under fields and constants too."""
    questions = [
        f"{relative(path)}:{node.lineno}: {text}"
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(text := node.value.value, str)
        if text.split(maxsplit=1)[:1] and text.split(maxsplit=1)[0] in ("What", "Whether", "How", "Why")
    ]
    assert not questions, "\n".join(questions)


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter without the settings that this suite has made."""
    env = {key: value for key, value in os.environ.items() if key != "PYBAMM_DISABLE_TELEMETRY"}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, timeout=120)


REPORT_LOADED = f"import sys; sys.stderr.write('LOADED ' + ' '.join(sorted(set({HEAVY!r}) & set(sys.modules))) + '\\n')"


def loaded(run: subprocess.CompletedProcess[str]) -> list[str]:
    """The heavy libraries that a run has loaded, as it reports them."""
    return next(line for line in run.stderr.splitlines() if line.startswith("LOADED")).split()[1:]


def test_import_is_light() -> None:
    run = run_python(f"import a2c_pybamm\n{REPORT_LOADED}")
    assert run.returncode == 0, run.stderr
    assert loaded(run) == []


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_light(command: str) -> None:
    arguments = ["a2c", *([command] if command else []), "--help"]
    run = run_python(
        f"import sys\nsys.argv = {arguments!r}\n"
        f"from a2c_pybamm.cli import main\ntry:\n    main()\nfinally:\n    {REPORT_LOADED}"
    )
    assert run.returncode == 0, run.stderr
    assert "Usage" in run.stdout
    # typer itself may take pydantic to adapt a command's parameters; the top-level help does not
    assert set(loaded(run)) <= ({"pydantic"} if command else set())


def test_import_turns_telemetry_off() -> None:
    run = run_python("import os, a2c_pybamm; print(os.environ['PYBAMM_DISABLE_TELEMETRY'])")
    assert run.stdout.strip() == "true", run.stderr


def test_public_names_stand_once() -> None:
    names = [name for listed in a2c_pybamm._HOMES.values() for name in listed]
    assert len(names) == len(set(names)), sorted({name for name in names if names.count(name) > 1})


@pytest.mark.parametrize("name", a2c_pybamm.__all__)
def test_public_name_exists_and_says_what_it_is(name: str) -> None:
    thing = getattr(a2c_pybamm, name)
    doc = thing.__doc__ or ""
    assert doc.strip(), f"{name} has no docstring"
    assert not doc.startswith(f"{name}("), f"{name} has only the signature that dataclass writes in place of a docstring"


@pytest.mark.parametrize("module", sorted(a2c_pybamm._HOMES))
def test_public_home_has_a_docstring(module: str) -> None:
    assert importlib.import_module(f"a2c_pybamm.{module}").__doc__


# Written so that this line does not find itself.
MACHINE_PATH = re.compile(r"(?<![\w.~$}-])/(?:home|root|tmp|work|Users|scratch|workspace)/\w|\b[A-Z]:\\Users\b")


def tracked_texts() -> list[Path]:
    """Text files that git tracks; those that hold a zero byte are data."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listing.split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()]


@pytest.mark.skipif(not (ROOT / ".git").exists() or shutil.which("git") is None, reason="not a git checkout")
def test_no_machine_paths_in_tracked_texts() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in tracked_texts()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert not found, "\n".join(found)


def code_from_data(path: Path) -> Iterator[str]:
    """Lines of a file that run or unpickle what comes in."""
    for node in nodes(path):
        if isinstance(node, ast.Call):
            where = f"{relative(path)}:{node.lineno}"
            if isinstance(node.func, ast.Name) and node.func.id in {"eval", "exec"}:
                yield f"{where}: {node.func.id}"
            if any(k.arg == "allow_pickle" and getattr(k.value, "value", None) is not False for k in node.keywords):
                yield f"{where}: allow_pickle"
    yield from (f"{relative(path)}: {name}" for name in imports(path) if name.split(".")[0] in {"pickle", "marshal", "shelve"})


def test_no_code_from_data() -> None:
    """Neither ``eval`` nor ``exec`` nor pickles: a file that comes in is read, never run."""
    found = [line for path in SOURCES for line in code_from_data(path)]
    assert not found, "\n".join(found)


def test_slow_tests_that_are_listed_exist() -> None:
    """Each name in slow_tests.txt is a test or a fixture of its file: one that was renamed would be quick again in silence."""
    lines = [line for line in (ROOT / "tests" / "slow_tests.txt").read_text("utf-8").splitlines() if line and line[0] != "#"]
    names = [line.rsplit(maxsplit=1)[0].partition("::") for line in lines]
    files = {file for file, _, _ in names}
    defined = {file: re.findall(r"^def (\w+)", (ROOT / "tests" / file).read_text("utf-8"), re.MULTILINE) for file in files}
    assert not [f"{file}::{name}" for file, _, name in names if name.partition("[")[0] not in defined[file]]
    assert len(set(names)) == len(names)


if __name__ == "__main__":
    page = ROOT / "CONTRIBUTING.md"
    page.write_text(LISTED.sub(lambda m: m[1] + listed_rooms() + m[3], page.read_text(encoding="utf-8")), encoding="utf-8")
