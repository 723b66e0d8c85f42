"""A parameter set as a stand-alone Python module: formulas written out, coefficients with their covariance.

The formulas are those of the laws themselves: each law's method is called with expressions that record the operations on them.
"""

from __future__ import annotations

import inspect
import json
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from a2c_pybamm import __version__
from a2c_pybamm.files.formula_source import Recording, Tables, formula_lines
from a2c_pybamm.files.writing import writable, write_text
from a2c_pybamm.laws import derived_names
from a2c_pybamm.laws.thermodynamics import site_sum as sites
from a2c_pybamm.parameter_set import (
    Attachment,
    BaseSet,
    ParameterSet,
    base_values,
    ions_of,
    method_arguments,
    module_name,
    passed_arguments,
    required_arguments,
)
from a2c_pybamm.parameter_set.value_document import ExpressionFunction
from a2c_pybamm.readers.source_file import naming


def _quoted(text: str) -> str:
    """Python source of a text, everything that does not print escaped."""
    source = repr(text)
    return f'"{source[1:-1]}"' if not set("'\"") & set(text) else source


def _docstring(text: str, indent: str = "") -> str:
    """A docstring that cannot end before its end, whatever the text."""
    safe = "".join(c if c == "\n" or (c.isprintable() and c not in '\\"') else repr(c)[1:-1] for c in text)
    safe = safe.replace('"', r"\"")
    return textwrap.indent(f'"""{safe}\n"""' if "\n" in safe else f'"""{safe}"""', indent)


def _function_name(key: str) -> str:
    """``positive_electrode_ocp`` for ``Positive electrode OCP [V]``."""
    words = re.sub(r"\[.*?\]|'", "", key, flags=re.ASCII).lower()
    name = re.sub(r"[^a-z0-9]+", "_", words).strip("_")
    return name if name[:1].isalpha() else f"parameter_{name}"


def _function(key: str, name: str, attachment: Attachment, T: float, tables: Tables) -> str:
    """Source of the function that stands in for a PyBaMM parameter."""
    law, arguments = attachment.law, passed_arguments(key, attachment)
    recording = Recording(tables)
    passed = {argument: recording.add(argument) for argument in arguments}
    c = {name: recording.add(f"c[{_quoted(name)}]") for name in (*law.names, *derived_names(law))}
    try:
        body = formula_lines(getattr(law, attachment.method)(c, *method_arguments(attachment, passed, T)))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{key!r}: law {law.kind!r}, method {attachment.method!r}, cannot be written out as a formula: {error}; "
            "a law is made of + - * / ** and numpy's exp, log, tanh"
        ) from error
    where = f" at {T!r} K" if arguments == ("sto",) else ""
    ion = next((f", {ion.symbol} ions" for _, ion in ions_of(law)), "")
    doc = _docstring(f"{key}{where}: {attachment.method} of law {law.kind}{ion}.", "    ")
    return "\n".join([f"def {name}({', '.join([*arguments, 'c'])}):", doc, *(f"    {line}" for line in body)])


SPLINE = '''
def spline(x, grid, values):
    """Not-a-knot cubic spline through a table, held beyond its ends; a PyBaMM expression."""
    inside = pybamm.minimum(pybamm.maximum(x, grid[0]), grid[-1])
    return pybamm.Interpolant(np.array(grid), np.array(values), inside, interpolator="cubic")
'''
SITES = '''
def site_voltage(*operands):
    """Voltage of sites of several kinds: a node that PyBaMM turns into its search for the root when it solves."""
    return pybamm.Function(search_of, *operands, name="site voltage")


def search_of(x, *sites):
    n = len(sites) // 3
    return search(x, sites[:n], sites[n : 2 * n], sites[2 * n :])
'''
SHIFTED = '''
def shifted_ocp(sto, ocp, entropy, shift):
    """An open-circuit potential moved to another reference temperature."""
    potential, change = (entry(sto) if callable(entry) else entry for entry in (ocp, entropy))
    return potential + shift * change
'''
BASE = '''
def base_values():
    """The values that the set starts from."""
    values = pybamm.ParameterValues.from_json(json.loads(BASE))
    for key, entry in list(values.items()):
        if isinstance(entry, pybamm.ExpressionFunctionParameter):
            values[key] = ExpressionFunction(entry)
    return values
'''
BASE_LINE = 100
"""Characters of a base set's JSON in one line of the module."""
USE = """
COEFFICIENTS are the means, COVARIANCE their joint error in the same order. The set with errors:

    values = get_parameter_values({name: pybamm.InputParameter(name) for name in COEFFICIENTS})
    samples = np.random.default_rng(1).multivariate_normal(list(COEFFICIENTS.values()), COVARIANCE, 100)
    inputs = [dict(zip(COEFFICIENTS, sample)) for sample in samples]

Solve for these inputs. Initial concentrations are those of full charge at the means; set them for each sample."""


OPTIONS_TEXT = """
OPTIONS are those of PyBaMM's models that the laws need: pybamm.lithium_ion.SPMe(OPTIONS)."""
PLATEAUS = """
PLATEAUS hold the compositions and voltages of coexisting phases at the means. They follow from the coefficients: whoever
changes these has to give new ones with them (a2c_pybamm's ParameterSet.with_derived computes them for samples)."""


def _assembly(parameter_set: ParameterSet, names: Mapping[str, str]) -> str:
    """Source of ``get_parameter_values``."""
    attachments, base = parameter_set.attach, parameter_set.base
    merged = ["coefficients = PLATEAUS | dict(coefficients)"] if parameter_set.deriving_laws else []
    start = f"pybamm.ParameterValues({_quoted(base)})" if isinstance(base, str) else "base_values()"
    lines = [*merged, f"values = {start}", "new = {"]
    for key, name in names.items():
        value = f"partial({name}, c=coefficients)" if passed_arguments(key, attachments[key]) else f"{name}(coefficients)"
        if attachments[key].relative:
            value = _scaled(key, value, base)
        lines.append(f"    {_quoted(key)}: {value},")
    lines += [f'    "{kind} temperature [K]": TEMPERATURE,' for kind in ("Reference", "Ambient", "Initial")]
    lines += [f"    {_quoted(key)}: {float(value)!r}," for key, value in _state(parameter_set).items()]
    lines += ["}", *_moved(names, base_values(base)), "values.update(new)", "return values"]
    doc = _docstring("PyBaMM's values with these coefficients: numbers, or inputs of the same names.", "    ")
    return "\n".join(["def get_parameter_values(coefficients=COEFFICIENTS):", doc, *(f"    {line}" for line in lines)])


def _moved(names: Mapping[str, str], base: Mapping[str, Any]) -> list[str]:
    """Lines that move the base set's own potentials to the module's temperature."""
    keys = {side: f"{side} electrode OCP [V]" for side in ("Negative", "Positive")}
    sides = [side for side, key in keys.items() if key in base and key not in names]
    if not sides:
        return []
    lines = ['shift = TEMPERATURE - values["Reference temperature [K]"]', "if shift:"]
    for side in sides:
        ocp, entropy = f"{side} electrode OCP [V]", f"{side} electrode OCP entropic change [V.K-1]"
        change = f'{"new" if entropy in names else "values"}["{entropy}"]'
        lines += [
            f'    new["{ocp}"] = partial(',
            f'        shifted_ocp, ocp=values["{ocp}"], entropy={change}, shift=shift',
            "    )",
        ]
    return lines


def _scaled(key: str, factor: str, base: str | BaseSet) -> str:
    """Source of the base set's entry times a factor."""
    entry = base_values(base)[key]
    if not callable(entry):
        return f"{factor} * values[{_quoted(key)}]"
    return f"partial(scaled_{len(required_arguments(entry))}, base=values[{_quoted(key)}], factor={factor})"


def _scalings(parameter_set: ParameterSet) -> list[str]:
    """Sources of functions that multiply a base set's own, one for each number of arguments that occurs."""
    base = base_values(parameter_set.base)
    entries = [base[key] for key, attachment in parameter_set.attach.items() if attachment.relative]
    sources = []
    for n in sorted({len(required_arguments(entry)) for entry in entries if callable(entry)}):
        arguments = ", ".join("abde"[:n])
        doc = f'    """A function of {n} argument{"s" * (n > 1)} times a factor."""'
        sources.append(f"def scaled_{n}({arguments}, base, factor):\n{doc}\n    return factor * base({arguments})")
    return sources


def _state(parameter_set: ParameterSet) -> dict[str, float]:
    """Voltage limits, and the initial concentrations of full charge at the means."""
    return parameter_set.limit_values | parameter_set.full_charge


def _search() -> list[str]:
    """Sources of the search for a site sum's voltage, those of the law itself."""
    constants = ("LARGEST_EXPONENT", "LEAST_SLOPE", "N_SITE_HALVING", "N_SITE_NEWTON")
    numbers = "\n".join(f"{name} = {getattr(sites, name)!r}" for name in constants)
    functions = (sites.boltzmann, sites.occupation, sites.refine, sites.search)
    return [numbers, *map(_plain_source, functions), SITES.strip()]


def _plain_source(thing: Any) -> str:
    """Source of a function or class without annotations, which name types that the module does not import."""
    annotation = r": (?:Sequence\[Any\]|Any|pybamm\.ExpressionFunctionParameter)| -> [^:]+(?=:\n)"
    return re.sub(annotation, "", inspect.getsource(thing)).strip()


def _base(parameter_set: ParameterSet) -> list[str]:
    """Sources of the values that the set starts from; none where they are a set's that has a name.

    Raises
    ------
    ValueError
        If one is a function that PyBaMM cannot write.
    """
    base = parameter_set.base
    if isinstance(base, str):
        return []
    for key, reference in base.functions:
        raise ValueError(
            f"set {parameter_set.name}: {key!r} of the base set {base} is the function {reference}, which a stand-alone module "
            "cannot hold; write it with PyBaMM's functions of its arguments"
        )
    text = json.dumps(json.loads(base.text))  # ASCII
    lines = [f"    {text[k : k + BASE_LINE]!r}" for k in range(0, len(text), BASE_LINE)]
    return ["\n".join(["BASE = (", *lines, ")"]), _plain_source(ExpressionFunction), BASE.strip()]


def _tuple(name: str, values: tuple[float, ...]) -> str:
    """Source of a table."""
    wrapper = textwrap.TextWrapper(
        120, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
    )  # 1e-05 is one word
    return f"{name} = (\n{wrapper.fill(', '.join(map(repr, values)))},\n)"


def _options(options: Mapping[str, Any]) -> str:
    """Source of the options of a model, each a pair for both electrodes."""
    pairs = (f"    {_quoted(name)}: ({', '.join(map(_quoted, pair))})," for name, pair in options.items())
    return "\n".join(["OPTIONS = {", *pairs, "}"])


def _numbers(name: str, values: Mapping[str, float]) -> str:
    """Source of a dictionary of numbers."""
    return "\n".join([f"{name} = {{", *(f"    {_quoted(key)}: {float(v)!r}," for key, v in values.items()), "}"])


def _head(parameter_set: ParameterSet) -> str:
    """Docstring, imports and coefficients of the module."""
    joint = parameter_set.joint
    cited = ["\nCite:", *parameter_set.citations] if parameter_set.citations else []
    first = f"PyBaMM parameter set {parameter_set.name}, written by a2c_pybamm {__version__}."
    about = [first, *(["", parameter_set.description] if parameter_set.description else []), *cited, USE]
    standard = "from functools import partial"
    if not isinstance(parameter_set.base, str):
        standard = f"import json\n{standard}\nfrom inspect import Parameter, Signature"
    plateaus = []
    if parameter_set.model_options:
        about.append(OPTIONS_TEXT)
        plateaus.append(_options(parameter_set.model_options))
    if parameter_set.deriving_laws:
        about.append(PLATEAUS)
        inputs = parameter_set.with_derived(joint.mean[None])[0]
        derived = dict(zip(parameter_set.input_names, inputs, strict=True))
        plateaus += [_numbers("PLATEAUS", {name: derived[name] for name in parameter_set.input_names[len(joint.names) :]})]
    covariance = [f"    ({', '.join(repr(float(v)) for v in row)},)," for row in joint.covariance]
    return "\n".join(
        [
            _docstring("\n".join(about)),
            f"\n{standard}\n\nimport numpy as np\nimport pybamm\n",
            f"TEMPERATURE = {float(parameter_set.temperature)!r}",
            _numbers("COEFFICIENTS", dict(zip(joint.names, joint.mean, strict=True))),
            *plateaus,
            _numbers("STANDARD_DEVIATIONS", dict(zip(joint.names, joint.std, strict=True))),
            "\n".join(["COVARIANCE = (", *covariance, ")"]),
        ]
    )


def pybamm_module(parameter_set: ParameterSet) -> str:
    """Source of a Python module that makes the set with numpy and PyBaMM alone.

    Its ``get_parameter_values(coefficients)`` gives what ``ParameterSet.nominal`` gives, and with PyBaMM inputs as coefficients
    what ``ParameterSet.uncertain`` gives. Each law is one function; the mean coefficients, their standard deviations and
    their covariance are written to the last digit.

    Raises
    ------
    ValueError
        If a law does something other than arithmetic and numpy's elementary functions with its arguments, or the base set has a
        function that PyBaMM cannot write.
    """
    tables = Tables()
    names = {key: _function_name(key) for key in parameter_set.attach}
    if len(set(names.values())) < len(names):
        raise ValueError(f"set {parameter_set.name}: two of {', '.join(map(repr, names))} make the same function name")
    T = parameter_set.temperature
    functions = [_function(key, names[key], attachment, T, tables) for key, attachment in parameter_set.attach.items()]
    shifted = any(f"{side} electrode OCP [V]" not in names for side in ("Negative", "Positive"))
    written = [_tuple(name, values) for values, name in tables.names.items()]
    searched = any("site_voltage(" in function for function in functions)
    helpers = [
        *(_search() if searched else []),
        *([SPLINE.strip()] if written else []),
        *([SHIFTED.strip()] if shifted else []),
        *_base(parameter_set),
        *_scalings(parameter_set),
    ]
    head = "\n".join([_head(parameter_set), *written])
    return "\n\n\n".join([head, *helpers, *functions, _assembly(parameter_set, names)]) + "\n"


def write_pybamm_module(path: Path, parameter_set: ParameterSet) -> Path:
    """The path, holding the module of ``pybamm_module``.

    Raises
    ------
    ValueError
        If a module of the file's name would hide another or be run unasked (see `module_name`), or the file cannot be written
        there.
    """
    path = writable(path)
    with naming(path):
        module_name(path.stem)
    return write_text(path, pybamm_module(parameter_set))
