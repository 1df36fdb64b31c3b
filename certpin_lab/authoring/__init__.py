"""How the course is made: build the learners' copies, lint the lessons, grade.

Needs nbgrader, which learners do not.
"""
