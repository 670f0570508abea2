"""Kinds of subscribers: a module for each."""
