"""Exercises that check themselves, and questions."""

from utils.course.exercises import check
from utils.course.quizzes import quiz

__all__ = ["check", "quiz"]
