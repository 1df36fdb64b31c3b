"""The command `certpin-lab`, and what it starts: the learner's folder, JupyterLab, the examination
of the machine.
"""
