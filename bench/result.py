"""What was measured: one line of a table, as text, Markdown and JSON."""
from turns import summary

OURS = "imgvec"


class Skipped(Exception):
    """A row, or a peer, that cannot be measured here."""


class Wrong(Exception):
    """The ways that are compared do not compute the same."""


def result(work, unit, rates, targets=None, more=None):
    """rates: way -> values of all rounds, ours among them; targets: way -> (">=" or "<=", ratio of
    our median to its median); more: name -> text or number."""
    ways = {name: summary(values) for name, values in rates.items()}
    ratios = {}
    for name in ways:
        if name != OURS and OURS in ways:
            ratio = ways[OURS]["median"] / ways[name]["median"]
            ratios[name] = {"ratio": ratio, **judged(ratio, (targets or {}).get(name))}
    return {"work": work, "unit": unit, "ways": ways, "ratios": ratios, "more": more or {}}


def judged(value, target):
    if target is None:
        return {}
    relation, limit = target
    met = value >= limit if relation == ">=" else value <= limit
    return {"target": f"{relation} {limit:g}", "met": met}


def number(value):
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f}"


def spread(way):
    return f"{number(way['median'])} ({number(way['min'])} - {number(way['max'])})"


def verdict(ratio):
    text = f"{ratio['ratio']:.2f}"
    if "target" in ratio:
        text += f" ({ratio['target']}{'' if ratio['met'] else ', missed'})"
    return text


def table(row):
    """Header and lines, of texts."""
    names = []
    for r in row["results"]:
        names += [n for n in r["ways"] if n not in names]
    noted = any(r["more"] for r in row["results"])
    header = [row["name"], "unit", *(h for n in names for h in ([n] if n == OURS else [n, "ratio"]))]
    lines = []
    for r in row["results"]:
        line = [r["work"], r["unit"]]
        for n in names:
            line.append(spread(r["ways"][n]) if n in r["ways"] else "")
            if n != OURS:
                line.append(verdict(r["ratios"][n]) if n in r["ratios"] else "")
        if noted:
            line.append("; ".join(f"{k} {number(v) if isinstance(v, float) else v}"
                                  for k, v in r["more"].items()))
        lines.append(line)
    return header + (["also"] if noted else []), lines


def as_text(row):
    header, lines = table(row)
    widths = [max(len(line[i]) for line in [header, *lines]) for i in range(len(header))]
    rows = ["  ".join(cell.ljust(w) for cell, w in zip(line, widths)).rstrip()
            for line in [header, *lines]]
    return "\n".join([rows[0], "-" * len(rows[0]), *rows[1:]])


def as_markdown(row):
    header, lines = table(row)
    rows = [header, ["---"] * len(header), *lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in rows)
