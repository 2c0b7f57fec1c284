"""The pure half of terminals: tmux's control protocol, the byte stream and its plain text, keys, marks."""
