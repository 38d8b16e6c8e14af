"""Signatures and parameter lists made from the settings' one description."""

import inspect

KEYWORD = inspect.Parameter.KEYWORD_ONLY


def fields_doc(fields, skip=()):
    """The fields as the Parameters section of a NumPy-style docstring."""
    lines = []
    for field in fields:
        if field["name"] in skip:
            continue
        kind = " or ".join(repr(c) for c in field["choices"]) or field["type"]
        default = "required" if field["required"] else f"default {field['default']!r}"
        facts = [fact for fact in (field["range"], field["unit"]) if fact]
        lines.append(f"{field['name']} : {kind}, {default}")
        lines.append(f"    {field['sentence']}" + (f" ({'; '.join(facts)})" if facts else ""))
    return "\n".join(lines)


def described(*tables, skip=(), own=()):
    """Gives a function `f(..., **settings)` the signature and docstring of the tables' fields.

    `own` names keywords of the function itself, which stay where they are. Where the tables disagree
    on a field's default it is None: not given.
    """
    merged = {}
    for table in tables:
        for field in table:
            merged.setdefault(field["name"], []).append(field)
    fields = []
    for name, found in merged.items():
        if name in skip or name in own:
            continue
        field = dict(found[0])
        # Only what all that have the field agree on is a default; an empty list says 'not given'.
        if field["default"] == [] or any(f["default"] != field["default"] for f in found):
            field["default"] = None
        fields.append(field)

    def decorate(function):
        signature = inspect.signature(function)
        kept = [p for p in signature.parameters.values() if p.kind != p.VAR_KEYWORD]
        more = [
            inspect.Parameter(
                f["name"], KEYWORD, default=inspect.Parameter.empty if f["required"] else f["default"]
            )
            for f in fields
        ]
        function.__signature__ = signature.replace(parameters=kept + more)
        if function.__doc__ and "%(settings)s" in function.__doc__:
            text = fields_doc(fields).replace("\n", "\n    ")
            function.__doc__ = function.__doc__.replace("%(settings)s", text)
        return function

    return decorate
