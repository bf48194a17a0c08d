# SPDX-License-Identifier: BSD-3-Clause
"""What perf/run says of its results: tables with what has to be reached, Markdown, a comparison."""

from pathlib import Path

# key, what it is, must, aim; "<" or ">" says which side is good. The order of the tables.
GOALS = [
    ("pipeline.ul.1k.ratio_em", "UL / exact match, 1 K sessions", "<", 1.5, 1.2),
    ("pipeline.ul.1m.ratio_em", "UL / exact match, 1 M", "<", 1.4, 1.15),
    ("pipeline.dl.1k.ratio_em", "DL / exact match, 1 K", "<", 1.7, 1.35),
    ("pipeline.dl.1m.ratio_em", "DL / exact match, 1 M", "<", 1.5, 1.25),
    ("pipeline.ul.1k.cycles", "UL cycles, 1 K, hot", "<", 110, 60),
    ("pipeline.dl.1k.cycles", "DL cycles, 1 K, hot", "<", 130, 75),
    ("pipeline.ul.1m.cycles", "UL cycles, 1 M, cold", None, None, None),
    ("pipeline.dl.1m.cycles", "DL cycles, 1 M, cold", None, None, None),
    ("pipeline.meter_cycles", "rate limit, cycles", "<", 25, 10),
    ("pipeline.handoff_cycles", "handoff, cycles", None, None, None),
    ("memif.ul.1k.mpps", "UL over memif, 1 K, Mpps", None, None, None),
    ("memif.dl.1k.mpps", "DL over memif, 1 K, Mpps", None, None, None),
    ("memif.ul.1k.ratio_macswap", "UL / testpmd macswap, 1 K", ">", 0.75, 0.9),
    ("memif.dl.1k.ratio_macswap", "DL / testpmd macswap, 1 K", ">", 0.75, 0.9),
    ("memif.ul.1m.mpps", "UL over memif, 1 M, Mpps", None, None, None),
    ("memif.dl.1m.mpps", "DL over memif, 1 M, Mpps", None, None, None),
    ("memif.ul.1m.ratio_macswap", "UL / testpmd macswap, 1 M", ">", 0.6, 0.8),
    ("memif.dl.1m.ratio_macswap", "DL / testpmd macswap, 1 M", ">", 0.6, 0.8),
    ("memif.ul.1k.times_tun_and_socket", "UL / tun and socket (0.19 Mpps)", ">", 20, 40),
    ("memif.dl.1k.times_tun_and_socket", "DL / tun and socket (0.16 Mpps)", ">", 20, 40),
    ("signalling.loss_of_throughput_pct.10k", "lost to 10 K changes/s, %", "<", 2, 0.5),
    ("signalling.loss_of_throughput_pct.100k", "lost to 100 K changes/s, %", "<", 8, 2),
    ("gtpc.create_per_s", "Create Session per second", ">", 20000, 50000),
    ("gtpc.p99_ms", "p99 at half of it, ms", "<", 5, 1),
    ("memory.dataplane_bytes_per_session", "dataplane, bytes per session", "<", 400, 256),
    ("memory.control_bytes_per_session", "control, bytes per session", "<", 1200, 700),
    ("restart.replay_1m_s", "1 M sessions replayed, s", "<", 10, 3),
    ("workers.speedup_2.ul.1k", "UL, 2 workers on 2 CPUs / 1, 1 K", None, None, None),
    ("workers.speedup_2.dl.1k", "DL, 2 workers on 2 CPUs / 1, 1 K", None, None, None),
    ("workers.speedup_2.ul.1m", "UL, 2 workers on 2 CPUs / 1, 1 M", None, None, None),
    ("workers.speedup_2.dl.1m", "DL, 2 workers on 2 CPUs / 1, 1 M", None, None, None),
    ("veth.ul.loss_pct", "UL loss on veth, 300 Kpps, %", "<", 0.1, 0),
    ("veth.dl.loss_pct", "DL loss on veth, 300 Kpps, %", "<", 0.1, 0),
    ("s6a.air_per_s", "S6a AIR per second", None, None, None),
    ("s6a.ulr_per_s", "S6a ULR per second", None, None, None),
]


def flat(tree, prefix=""):
    """Leaves that are numbers, by their path."""
    out = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            out.update(flat(value, f"{prefix}{key}."))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            out[prefix + key] = value
    return out


def number(value):
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def verdict(side, must, aim, value):
    if value is None:
        return "not measured"
    if side is None:
        return ""
    reached = (lambda goal: value <= goal) if side == "<" else (lambda goal: value >= goal)
    return "aim" if reached(aim) else "must" if reached(must) else "MISSED"


def rows(results):
    values = flat(results)
    for key, what, side, must, aim in GOALS:
        value = values.get(key)
        goal = "" if side is None else f"{'<=' if side == '<' else '>='} {number(must)}"
        best = "" if side is None else f"{'<=' if side == '<' else '>='} {number(aim)}"
        yield what, number(value), goal, best, verdict(side, must, aim, value)


def table(results):
    lines = [f"{'figure':36} {'value':>10} {'must':>10} {'aim':>10}  reached"]
    lines += [f"{what:36} {value:>10} {must:>10} {aim:>10}  {how}" for what, value, must, aim, how in rows(results)]
    return "\n".join(lines)


def markdown_rows(rows_of, columns):
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(str(row.get(c, "")) for c in columns) + " |" for row in rows_of]
    return lines


def markdown(results, plots):
    c = results["conditions"]
    out = ["# Performance of Torii", "", f"{c['time']}, commit {c['commit']}, {c['cpu']}, {c['cpus']} CPUs, kernel "
           f"{c['kernel']}, {c['mode']} run of {c['seconds']:.0f} s; load at the start {c['load']}, stolen by the "
           f"hypervisor meanwhile {c['steal_ticks']} ticks, hugepages {c['hugepages_mib']} MiB.", "",
           "| figure | value | must | aim | reached |", "|---|---|---|---|---|"]
    out += ["| " + " | ".join(row) + " |" for row in rows(results)]
    if results.get("not_measured"):
        out += ["", "Not measured:", ""] + [f"- {part}: {why}" for part, why in results["not_measured"].items()]
    pipeline = results.get("pipeline", {})
    if pipeline:
        out += ["", "## Cycles per packet, in process", ""]
        out += markdown_rows(pipeline["rows"], ["direction", "sessions", "inner", "rate", "hot", "cycles", "low", "high",
                                                "em", "macswap", "ratio_em"])
        out += ["", "## By stage", ""]
        out += markdown_rows(pipeline["stages"], ["direction", "sessions", "hot", "classify", "lookup", "enforce",
                                                  "tunnel", "tx"])
    memif = results.get("memif", {})
    if memif:
        out += ["", "## Over memif, by size of the inner packet (1 K sessions)", ""]
        out += markdown_rows(memif["sizes"], ["direction", "size", "mpps", "low", "high", "macswap_mpps",
                                              "ratio_macswap"])
        out += ["", "## Latency by load (UL, microseconds)", ""]
        out += markdown_rows(memif["latency"], ["load_pct", "loss_pct", "p50", "p90", "p99", "p999", "max"])
    for plot in plots:
        out += ["", f"![{plot.stem.replace('_', ' ')}]({plot.name})"]
    return "\n".join(out) + "\n"


def compare(old, new):
    before, after = flat(old), flat(new)
    lines = [f"{'figure':44} {'before':>10} {'after':>10} {'change':>9}"]
    for key in [goal[0] for goal in GOALS]:
        if key not in before or key not in after:
            continue
        change = f"{100 * (after[key] / before[key] - 1):+.1f} %" if before[key] else "-"
        lines.append(f"{key:44} {number(before[key]):>10} {number(after[key]):>10} {change:>9}")
    return "\n".join(lines)


def write(path, text):
    Path(path).write_text(text)
