"""What courses ask of procedures that these cannot do: told before anybody is solved."""

from __future__ import annotations

from reseed.base.errors import Fault
from reseed.course import FAILING, GIVING_GRAFTS, NEEDING_GRAFTS, PROCEDURES
from reseed.nouns.course import OF_A_DRUG, Course
from reseed.nouns.scenario import Scenario

_THAWED = ("thaw", "infuse")  # after which nothing frozen is in hand


def faults_of_courses(scenario: Scenario) -> list[Fault]:
    """Unknown procedures, failures that cannot come, and procedures without the graft they need."""
    return [*_unknown(scenario), *_never_failing(scenario), *_no_graft(scenario)]


def _unknown(scenario: Scenario) -> list[Fault]:
    known = (*PROCEDURES, *OF_A_DRUG)
    expected = f"one of {', '.join(known)}"
    named = {
        (arm.course.name, name)
        for arm in scenario.arms
        for _, name in _done(arm.course)
        if name not in known
    }
    return [Fault(f"course {course}", "do", name, expected) for course, name in sorted(named)]


def _never_failing(scenario: Scenario) -> list[Fault]:
    """Switches that wait for the failure of a procedure that cannot fail."""
    named = {
        (arm.course.name, stage.name, one.name)
        for arm in scenario.arms
        for stage in arm.course.stages
        for one in (stage.switch.when if stage.switch else ())
        if one.kind == "failed" and one.name not in FAILING
    }
    return [
        Fault(f"course {course}", f"{stage}: failed", name, f"one of {', '.join(FAILING)}")
        for course, stage, name in sorted(named)
    ]


def _no_graft(scenario: Scenario) -> list[Fault]:
    """Procedures without the graft they need: none is there, it is infused, or it is frozen."""
    faults = {}
    for arm in scenario.arms:
        in_hand = frozen = False
        for stage, name in _done(arm.course):
            place = (f"course {arm.course.name}", f"{stage}: do", name)
            if name in NEEDING_GRAFTS and not in_hand:
                faults[place] = f"a graft in hand: before it one of {', '.join(GIVING_GRAFTS)}"
            if name == "infuse" and frozen:
                faults[place] = "thaw before it: the graft is frozen"
            frozen = name == "freeze" or (frozen and name not in _THAWED)
            in_hand = (in_hand or name in GIVING_GRAFTS) and name != "infuse"
    return [Fault(*place, expected) for place, expected in faults.items()]


def _done(course: Course) -> list[tuple[str, str]]:
    """Stage and name of each procedure, in their order."""
    return [(stage.name, do.procedure) for stage in course.stages for do in stage.procedures]
