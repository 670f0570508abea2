"""What the author of a driver elsewhere has: a driver, and the entry points that make it known."""
