"""Files that people hand in: taken, looked at in a child process, written anew, kept encrypted."""
