"""What a person touches: widgets over arrays, with their JavaScript in `js/`."""
