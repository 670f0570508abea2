"""What is peculiar to SQL: SQLite's files, processes, group commit and plans, and what other databases make of the statements."""
