"""The MCP servers of a project: read from `.mcp.json`, trusted by a person, started in the sandbox, asked for their tools."""
