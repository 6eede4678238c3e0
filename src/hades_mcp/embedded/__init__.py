"""The embedded ArangoDB: AQL over SQLite behind ArangoDB's own HTTP API; a library of its own."""
