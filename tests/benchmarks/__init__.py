"""Programs that measure, to be run by hand; none is a test."""
