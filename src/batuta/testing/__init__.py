"""What Batuta is tested with, shipped because its users must test too."""
