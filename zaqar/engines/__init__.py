"""The HTTP servers that can run the application, each behind one function ``serve``; they know nothing of queues."""
