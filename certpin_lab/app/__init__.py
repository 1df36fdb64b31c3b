"""The command `certpin-lab`, and what it starts: working folder, JupyterLab, examination."""
