"""The Qt process: windows, tray, dispatcher, remote control of the demo."""
