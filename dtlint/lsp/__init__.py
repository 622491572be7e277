"""The language server: `dtlint lsp`."""
