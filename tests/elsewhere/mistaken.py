"""A module of kinds that cannot be imported."""

raise RuntimeError("no line")
