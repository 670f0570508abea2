"""Mail: who it is for, how it is written, and the two ways by which it leaves (notifications A5)."""
