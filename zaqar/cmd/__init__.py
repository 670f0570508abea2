"""The programs: parse arguments, call deploy."""
