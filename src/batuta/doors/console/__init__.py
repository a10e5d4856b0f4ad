"""The pages: what a workspace does and did, for people with a browser. Rendered here, without a build or a network."""
