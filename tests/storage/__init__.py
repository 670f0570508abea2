"""What is peculiar to one backend; what all of them promise is in ``tests/conformance``."""
