"""The job on paper: programs run in a context, and the processes that they would start."""
