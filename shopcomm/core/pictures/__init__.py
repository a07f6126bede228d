"""Pictures from strangers: headers are read here, pixels are decoded in a process of its own that dies alone."""
