"""The stream process: holds the connections of listening visitors and tells them what is new."""
