"""From words to a plan: which registered workflow is meant, and which inputs the words hold."""
