"""The handbook: rules, schemas, commands and decisions as the code has them -> reference pages."""
