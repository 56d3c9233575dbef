"""Pages for people: rendered here, without a script, behind a sign-in of their own."""
