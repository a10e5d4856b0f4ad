"""Agents: a model that calls tools in turns. Each thought and each tool call is a step of the run."""
