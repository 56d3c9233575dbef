"""``backhaul demo``: real returns from request to survey, checked from the provider's side."""
