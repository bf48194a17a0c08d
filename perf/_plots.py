# SPDX-License-Identifier: BSD-3-Clause
"""SVG plots of a run, by gnuplot."""

import shutil
import subprocess
from pathlib import Path

STAGES = ["classify", "lookup", "enforce", "tunnel", "tx"]
STYLE = """
set terminal svg size 860,520 font "sans,14" background "#ffffff"
set border 3 lc rgb "#444444"
set tics nomirror
set grid ytics lc rgb "#dddddd"
set key top left reverse Left box lc rgb "#dddddd" opaque
set style line 1 lc rgb "#0b6e99" lw 2.5 pt 7 ps 0.9
set style line 2 lc rgb "#c1440e" lw 2.5 pt 7 ps 0.9
set style line 3 lc rgb "#0b6e99" lw 1.5 dt 2 pt 6 ps 0.7
set style line 4 lc rgb "#c1440e" lw 1.5 dt 2 pt 6 ps 0.7
set style line 5 lc rgb "#6a8f3c" lw 2.5 pt 5 ps 0.9
set style line 6 lc rgb "#e0a030" lw 2.5 pt 5 ps 0.9
set style line 7 lc rgb "#7b5aa6" lw 2.5 pt 5 ps 0.9
"""


def block(name, rows):
    """A gnuplot data block."""
    return f"${name} << EOD\n" + "".join(" ".join(map(str, row)) + "\n" for row in rows) + "EOD\n"


def gnuplot(path, script):
    done = subprocess.run(["gnuplot"], input=f"{STYLE}\nset output '{path}'\n{script}", text=True, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"gnuplot, {path.name}: {done.stderr.strip()[-500:]}")
    return path


def pipeline_rows(results, **wanted):
    return [r for r in results["pipeline"]["rows"] if all(r[k] == v for k, v in wanted.items())]


def two_workers(results, rows, direction):
    """Cycles between two packets that leave the machine while two workers forward."""
    speedup = results.get("workers", {}).get("speedup_2", {}).get(direction, {})
    counts = {"1k": 1000, "64k": 64000, "1m": 1000000}
    by_count = {r["sessions"]: r["cycles"] for r in rows}
    return [(n, by_count[n] / speedup[name]) for name, n in counts.items() if name in speedup and n in by_count]


def by_sessions(results, folder):
    """Cold headers, rate limit on, 64 bytes; by sessions and by cores."""
    script, lines = "", []
    for n, d in enumerate(("ul", "dl"), 1):
        rows = sorted(pipeline_rows(results, direction=d, inner=64, rate=1, hot=0), key=lambda r: r["sessions"])
        script += block(d, [(r["sessions"], r["cycles"], r["em"]) for r in rows])
        lines += [f"${d} using 1:2 with linespoints ls {n} title 'Torii {d.upper()}'",
                  f"${d} using 1:3 with linespoints ls {n + 2} title 'exact match {d.upper()}'"]
        both = two_workers(results, rows, d)
        if both:
            script += block(f"two_{d}", both)
            lines.append(f"$two_{d} using 1:2 with linespoints ls {n + 4} title '{d.upper()}, 2 workers on 2 CPUs'")
    return gnuplot(folder / "cycles_by_sessions.svg", script + f"""
set title "Cycles per packet by sessions and cores (64 bytes, rate limit on, cold headers)"
set logscale x 10
set format x "10^{{%L}}"
set xlabel "sessions"
set ylabel "TSC cycles per packet"
set xrange [0.7:*]
set yrange [0:*]
plot {", ".join(lines)}
""")


def by_stage(results, folder):
    wanted = [("ul", 1000, 1), ("dl", 1000, 1), ("ul", 1000, 0), ("dl", 1000, 0), ("ul", 1000000, 0), ("dl", 1000000, 0)]
    found = {(s["direction"], s["sessions"], s["hot"]): s for s in results["pipeline"]["stages"]}
    rows = []
    for key in wanted:
        if key in found:
            d, sessions, hot = key
            name = f'"{d.upper()} {"1 K" if sessions == 1000 else "1 M"} {"hot" if hot else "cold"}"'
            rows.append((name, *(found[key][stage] for stage in STAGES)))
    styles = ("1", "5", "6", "2", "7")
    plots = ", ".join(f"$stages using {i + 2}:xtic(1) ls {styles[i]} title '{stage}'" for i, stage in enumerate(STAGES))
    return gnuplot(folder / "cycles_by_stage.svg", block("stages", rows) + f"""
set title "Where the cycles of a packet go (64 bytes, rate limit on)"
set style data histograms
set style histogram rowstacked
set style fill solid 0.9 noborder
set boxwidth 0.6
set ylabel "TSC cycles per packet"
set yrange [0:*]
plot {plots}
""")


def by_size(results, folder):
    memif = results["memif"]
    sizes = list(dict.fromkeys(row["size"] for row in memif["sizes"]))
    rows = []
    for size in sizes:
        of = {row["direction"]: row for row in memif["sizes"] if row["size"] == size}
        rows.append((f'"{size}"', of["ul"]["mpps"], of["ul"]["macswap_mpps"], of["dl"]["mpps"], of["dl"]["macswap_mpps"]))
    return gnuplot(folder / "throughput_by_size.svg", block("sizes", rows) + """
set title "One worker over memif, 1 K sessions, by size of the inner packet"
set key top right
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.9 noborder
set xlabel "bytes"
set ylabel "Mpps"
set yrange [0:*]
plot $sizes using 2:xtic(1) ls 1 title 'Torii UL', $sizes using 3 ls 6 title 'macswap, UL frames', \\
     $sizes using 4 ls 2 title 'Torii DL', $sizes using 5 ls 5 title 'macswap, DL frames'
""")


def by_load(results, folder):
    rows = [(r["load_pct"], r["p50"], r["p99"], r["p999"]) for r in results["memif"]["latency"]]
    return gnuplot(folder / "latency_by_load.svg", block("latency", rows) + """
set title "Latency by load over memif (UL, 64 bytes, 1 K sessions)"
set logscale y 10
set key bottom right
set xlabel "% of the highest rate"
set ylabel "microseconds, there and back"
set xrange [0:105]
plot $latency using 1:2 with linespoints ls 1 title 'p50', $latency using 1:3 with linespoints ls 2 title 'p99', \\
     $latency using 1:4 with linespoints ls 4 title 'p99.9'
""")


PLOTS = {"pipeline": (by_sessions, by_stage), "memif": (by_size, by_load)}


def draw(results, folder):
    """The plots of what was measured; their files. Without gnuplot none."""
    if shutil.which("gnuplot") is None:
        return []
    folder = Path(folder)
    return [plot(results, folder) for part, plots in PLOTS.items() if part in results for plot in plots]
