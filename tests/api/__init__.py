"""Conversations with the service, told once for every transport."""
