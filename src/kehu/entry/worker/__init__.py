"""A process that runs jobs and nothing else."""
