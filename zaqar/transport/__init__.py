"""The protocols that the service speaks: decode, call one operation, encode."""
