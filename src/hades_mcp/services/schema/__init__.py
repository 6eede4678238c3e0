"""Schema: collections, indexes and graphs as a model sees them."""
