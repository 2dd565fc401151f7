"""The command line `withfom`. Each subcommand imports only what it needs."""

VERSION = "0.1.0"
