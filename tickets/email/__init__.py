"""Mail about tickets."""
