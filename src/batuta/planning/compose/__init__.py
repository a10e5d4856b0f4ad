"""Plans made of the registered capabilities without a model: by meaning, by types, and by what was done before."""
