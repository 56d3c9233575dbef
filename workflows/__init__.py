"""ORDERS. Durable, deterministic; time only from ``workflow.now()``."""
