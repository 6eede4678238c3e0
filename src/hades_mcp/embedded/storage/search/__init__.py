"""Search: the postings of views and inverted indexes, and what finds documents by them."""
