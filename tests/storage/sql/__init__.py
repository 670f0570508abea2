"""What is peculiar to Redis: its addresses, its faults, its data and its cost."""
