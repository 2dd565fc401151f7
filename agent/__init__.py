"""The program on the counter: Qt screens, services, LAN API and the process that ties them together."""
