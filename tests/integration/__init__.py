"""Real servers and real clients over real sockets."""
