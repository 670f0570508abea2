"""What is SQLite's own: its files and connections, one group commit for all writes of a process, the time of a file."""
