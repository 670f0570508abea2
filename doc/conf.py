"""How sphinx builds the documentation; ``tox -e docs`` does it."""

from importlib import metadata

project = "Zaqar, rebuilt"
author = "The authors of Zaqar, rebuilt"
copyright = author
release = metadata.version("zaqar-rebuilt")
version = release

extensions = []
# Fragments are put together by towncrier at a release.
exclude_patterns = ["_build", "changes/*"]
nitpicky = True

html_theme = "furo"
html_title = f"{project} {release}"
