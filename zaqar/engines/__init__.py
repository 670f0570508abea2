"""The HTTP servers that can carry the application; they know nothing of what it does."""
