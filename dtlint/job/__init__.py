"""The nouns of a job on paper: hosts, environments, commands, launches, processes, worlds."""
