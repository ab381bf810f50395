"""The demo's clinic and clinician; safe to prepare at every start."""

from __future__ import annotations

from pathlib import Path

from bot.core.errors import InvalidField
from bot.services.clinic_files import apply_clinic, plan_clinic
from bot.services.clinicians import Role, add_clinician
from bot.services.parts import Parts

CLINIC_FILE = Path(__file__).resolve().parents[2] / "clinics" / "demo.yaml"
CLINIC = "demo"
EMAIL = "demo@clinic.example"
NAME = "Demo Clinician"
ORIGIN_IN_FILE = "http://127.0.0.1:8000"


def prepare_clinic(parts: Parts) -> None:
    """Apply the demo clinic, which allows the origin it is served from."""
    source = CLINIC_FILE.read_text("utf-8").replace(ORIGIN_IN_FILE, parts.public_url)
    plan = plan_clinic(parts, source)
    if plan.changes:
        apply_clinic(parts, plan)


def prepare_clinician(parts: Parts, password: str) -> None:
    """Add the demo clinician once."""
    try:
        add_clinician(
            parts,
            email=EMAIL,
            name=NAME,
            role=Role.LEAD,
            clinic_ids={CLINIC},
            password=password,
        )
    except InvalidField as error:
        if error.field != "email":
            raise
