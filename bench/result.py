"""What was measured: one line of a table, as text, Markdown and JSON."""
from turns import summary

OURS = "imgvec"


class Skipped(Exception):
    """A row, or a peer, that cannot be measured here."""


def result(work, unit, rates, targets=None, more=None):
    """rates: way -> values of all rounds; targets: way -> (">=" or "<=", ratio of our median to its
    median); more: further columns, name -> text or number."""
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


def groups(row):
    """Results in groups that compare the same ways."""
    found = {}
    for r in row["results"]:
        found.setdefault(tuple(r["ways"]), []).append(r)
    return list(found.values())


def table(results):
    """Header and lines, of texts."""
    names = list(results[0]["ways"])
    noted = [n for n in results[0]["more"]]
    header = ["", "unit"]
    for n in names:
        header += [n] if n == OURS or OURS not in names else [n, "ratio"]
    lines = []
    for r in results:
        line = [r["work"], r["unit"]]
        for n in names:
            line.append(spread(r["ways"][n]))
            if n in r["ratios"]:
                line.append(verdict(r["ratios"][n]))
        for n in noted:
            value = r["more"][n]
            line.append(number(value) if isinstance(value, float) else value)
        lines.append(line)
    return header + noted, lines


def as_text(row):
    tables = []
    for results in groups(row):
        header, lines = table(results)
        widths = [max(len(line[i]) for line in [header, *lines]) for i in range(len(header))]
        rows = ["  ".join(cell.ljust(w) for cell, w in zip(line, widths)).rstrip()
                for line in [header, *lines]]
        tables.append("\n".join([rows[0], "-" * max(map(len, rows)), *rows[1:]]))
    return "\n\n".join(tables)


def as_markdown(row):
    tables = []
    for results in groups(row):
        header, lines = table(results)
        tables.append("\n".join("| " + " | ".join(line) + " |"
                                for line in [header, ["---"] * len(header), *lines]))
    return "\n\n".join(tables)
