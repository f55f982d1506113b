"""PROVES, in processes: a real L1 + L2 + L3 on this machine. Also the demo."""
