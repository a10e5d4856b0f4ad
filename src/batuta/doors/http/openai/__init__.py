"""What OpenAI's clients speak: the workspace, its plans, agents and models appear as models."""
