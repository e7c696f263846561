"""What every generator's training shares."""
