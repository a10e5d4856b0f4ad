"""Traces for OpenTelemetry, made of the log."""
