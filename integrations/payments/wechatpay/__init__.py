"""The payment port on WeChat Pay."""
