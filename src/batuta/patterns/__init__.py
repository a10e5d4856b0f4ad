"""Teams as plans: functions that give a `Plan`, as people write it, for what models, agents and plans do together.

Pure: nothing here calls anything. Every plan can be printed (`plan_to_yaml`), checked, explained, drawn and changed.
"""

from batuta.patterns.cascade import cascade
from batuta.patterns.critic_loop import critic_loop, critic_round
from batuta.patterns.debate import debate, debate_round
from batuta.patterns.hand_off import hand_off
from batuta.patterns.manager import manager, manager_round
from batuta.patterns.map_reduce import map_reduce
from batuta.patterns.members import Member, Who
from batuta.patterns.panel import judged_panel, panel
from batuta.patterns.verify import Check, Critic, Scored, Verify

__all__ = [
    "Check",
    "Critic",
    "Member",
    "Scored",
    "Verify",
    "Who",
    "cascade",
    "critic_loop",
    "critic_round",
    "debate",
    "debate_round",
    "hand_off",
    "judged_panel",
    "manager",
    "manager_round",
    "map_reduce",
    "panel",
]
