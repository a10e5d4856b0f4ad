from batuta.app import App as App
from batuta.capabilities.function import capability as capability
from batuta.errors import CallFailed as CallFailed
from batuta.errors import NotDone as NotDone
from batuta.plans.build import plan_from_file as plan_from_file
from batuta.plans.build import plan_from_yaml as plan_from_yaml
from batuta.plans.build import plan_to_yaml as plan_to_yaml
from batuta.spec.budget import Budget as Budget
from batuta.spec.call import Call as Call
from batuta.spec.call import Done as Done
from batuta.spec.call import Expand as Expand
from batuta.spec.call import Failed as Failed
from batuta.spec.call import Outcome as Outcome
from batuta.spec.call import Question as Question
from batuta.spec.call import Waiting as Waiting
from batuta.spec.card import Card as Card
from batuta.spec.plan import Alternative as Alternative
from batuta.spec.plan import Plan as Plan
from batuta.spec.plan import Repeat as Repeat
from batuta.spec.plan import Retry as Retry
from batuta.spec.plan import Step as Step
from batuta.spec.plan import Undo as Undo

__all__: list[str]
