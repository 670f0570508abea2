"""What is peculiar to MongoDB: its addresses, its faults, its data and its cost."""
