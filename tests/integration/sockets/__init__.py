"""What the HTTP engines do with clients that behave, and with clients that do not."""
