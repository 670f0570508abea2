"""The core: one module per noun, one public method per verb; no HTTP, no database, no configuration file."""
