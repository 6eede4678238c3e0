"""Makes HADES-Bench: three small invented worlds, and tasks whose answers follow from them."""
