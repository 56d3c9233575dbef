"""Payment providers: refunds and their look-up."""
