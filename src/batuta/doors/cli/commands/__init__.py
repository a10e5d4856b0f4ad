"""One module a command; `batuta.doors.cli.words` says which. Each has `carry_out(args, screen) -> exit code`."""
