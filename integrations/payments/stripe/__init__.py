"""The payment port on Stripe."""
