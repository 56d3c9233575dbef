"""Papers for a parcel, drawn from what they say alone: the same facts are the same bytes."""
