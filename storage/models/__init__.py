"""The tables, by subject; ``catalogue.METADATA`` knows them all."""
