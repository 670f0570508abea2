"""Tests of the messaging service, by layer."""
