"""Clients that exist, unchanged, against the installed server."""
