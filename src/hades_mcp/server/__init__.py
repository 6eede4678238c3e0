"""The gates: MCP over stdio."""
