"""How sphinx builds the documentation; ``tox -e docs`` does it."""

from importlib import metadata

project = "Zaqar, rebuilt"
author = "The authors of Zaqar, rebuilt"
copyright = author
release = metadata.version("zaqar-rebuilt")
version = release

extensions = ["myst_parser"]
# Up to this level, headings in Markdown can be linked to.
myst_heading_anchors = 3
# Fragments are put together by towncrier at a release.
exclude_patterns = ["_build", "changes/*"]
nitpicky = True

html_theme = "furo"
html_title = f"{project} {release}"
