"""The only user of tmux and libtmux: a private server, control-mode clients, the host's processes."""
