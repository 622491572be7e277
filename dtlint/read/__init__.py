"""Text to facts: each reader knows one syntax, and no tool."""
