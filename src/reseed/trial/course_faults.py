"""What courses ask of procedures that these cannot do: told before anybody is solved."""

from __future__ import annotations

from reseed.base.errors import Fault
from reseed.course import FAILING, GIVING_GRAFTS, NEEDING_GRAFTS, PROCEDURES
from reseed.nouns.course import OF_A_DRUG
from reseed.nouns.scenario import Scenario

_THAWED = ("thaw", "infuse")  # after which nothing frozen is in hand


def faults_of_courses(scenario: Scenario) -> list[Fault]:
    """Unknown procedures, failures that cannot come, and procedures without the graft they need."""
    return [*_unknown(scenario), *_never_failing(scenario), *_no_graft(scenario)]


def _unknown(scenario: Scenario) -> list[Fault]:
    known = (*PROCEDURES, *OF_A_DRUG)
    expected = f"one of {', '.join(known)}"
    named = {
        (arm.course.name, do.procedure)
        for arm in scenario.arms
        for stage in arm.course.stages
        for do in stage.procedures
        if do.procedure not in known
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
        for stage in arm.course.stages:
            for do in stage.procedures:
                if do.procedure in NEEDING_GRAFTS and not in_hand:
                    place = (f"course {arm.course.name}", f"{stage.name}: do", do.procedure)
                    faults[place] = f"a graft in hand: before it one of {', '.join(GIVING_GRAFTS)}"
                if do.procedure == "infuse" and frozen:
                    place = (f"course {arm.course.name}", f"{stage.name}: do", "infuse")
                    faults[place] = "thaw before it: the graft is frozen"
                frozen = do.procedure == "freeze" or (frozen and do.procedure not in _THAWED)
                in_hand = (in_hand or do.procedure in GIVING_GRAFTS) and do.procedure != "infuse"
    return [Fault(*place, expected) for place, expected in faults.items()]
