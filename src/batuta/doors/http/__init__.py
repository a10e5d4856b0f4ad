"""The server: REST with server-sent events, and an endpoint that speaks the protocol of OpenAI. Holds no logic."""
