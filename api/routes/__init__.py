"""Routes by what they are about: each translates in, asks, translates out."""
