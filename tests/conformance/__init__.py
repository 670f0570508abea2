"""The storage contract as tests: one file per noun, run against every backend of one table."""
