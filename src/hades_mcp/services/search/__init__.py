"""Search: rankings by meaning and by words, fused, filtered, expanded through the graph."""
