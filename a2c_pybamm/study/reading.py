def read_study(path: str | Path) -> Study:
    """The study in a TOML file, its data files taken relative to it.

    Raises
    ------
    ValueError
        One line naming file, key and remedy: the file is not there or not TOML, a key is unknown or missing, a unit does not
        fit, a value is out of range.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "study.toml"
    if not path.is_file():
        raise ValueError(f"{path}: no such study; make one with 'a2c new DIR', or run 'a2c demo DIR'")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not a TOML file ({error})") from error
    try:
        return Study.model_validate(table, context={"folder": path.parent})
    except ValidationError as error:
        raise ValueError(f"{path}: {_first_problem(error)}") from None


def _first_problem(error: ValidationError) -> str:
    """One line on the first thing wrong, and how many more there are."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "study"
    message = first["msg"].removeprefix("Value error, ").removeprefix("value: ")
    if first["type"] == "extra_forbidden":
        message = f"unknown key; known here: {', '.join(_known(first['loc'][:-1]))}"
    elif first["type"] == "missing":
        message = "this key is missing"
    more = error.error_count() - 1
    return f"{where}: {message}" + (f" (and {more} more)" if more else "")


def _models(annotation: Any) -> list[type[Section]]:
    """Sections that a field's type mentions."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models(part)]


def _known(location: tuple[int | str, ...]) -> list[str]:
    """Keys of the section at this place in the file."""
    model: type[Section] = Study
    for part in location:
        if isinstance(part, str) and part in model.model_fields:
            model = _models(model.model_fields[part].annotation)[0]
    return list(model.model_fields)
