"""What every process needs at start: settings, logs, the Temporal connection, adapters."""
