"""What may stand where somebody has pressed the tabulator."""
