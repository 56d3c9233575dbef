"""The payment port on PayPal."""
