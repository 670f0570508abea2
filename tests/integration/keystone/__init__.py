"""A real Keystone for tests: installed once into an environment of its own, started on the loopback."""
