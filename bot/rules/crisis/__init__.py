"""The crisis detector: what a text says about danger to the one who wrote it or to others."""

from bot.rules.crisis.context import RiskQuestion
from bot.rules.crisis.detector import Detector
from bot.rules.crisis.load import load_detector

__all__ = ["Detector", "RiskQuestion", "load_detector"]
