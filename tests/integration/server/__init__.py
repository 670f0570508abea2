"""The command ``zaqar-server``: how it starts, what it refuses, where it listens."""
