"""Files of the workspace: read, read as rows, listed and written, inside its folder and nowhere else."""
