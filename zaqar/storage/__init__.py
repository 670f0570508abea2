"""The storage contract and its drivers."""
