"""What HADES promises: contexts, documents, search, graphs, guarded AQL, schema."""
