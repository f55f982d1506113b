"""What commands share: their options, their output, and the live view."""
