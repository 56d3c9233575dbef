"""The HTTP API: who asks, what for, and the answer in the wire's words."""
