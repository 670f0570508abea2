"""The storage contract as tests: one file per noun, run against every backend of one table.

The author of a driver elsewhere imports this package and runs it against that driver: see doc/drivers.rst.
"""
