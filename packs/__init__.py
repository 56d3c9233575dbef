"""Law as data files, read and checked: ``law/`` holds the packs, one file a version."""
