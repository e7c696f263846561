"""Language models that write rows: from scratch, from checkpoints, behind endpoints."""
