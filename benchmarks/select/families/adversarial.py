"""Images under attack: what each step of each of them needs is the gradient of
every other class's logit for deep_fool, and one for bim. How many steps there
are only the attack knows. The looks at logits after each do not count."""
from case import Case

CASES = [
    Case(name, floor, None, rows=1000, budget=100, width=3 * 32 * 32,
         labelled=0, contender="quarry_attack_torch")
    for name, floor in (("deep_fool", "jacobian"), ("bim", "gradient"))
]
