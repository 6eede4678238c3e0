"""Documents: files and texts read into documents, passages, edges and vectors."""
