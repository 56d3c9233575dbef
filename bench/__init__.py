"""What a return costs, beside a bare workflow with the same steps and I/O: ``make bench``."""
