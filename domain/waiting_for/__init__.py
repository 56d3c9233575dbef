"""What a return waits for, by what it is about; domain/waiting.py puts it together."""
