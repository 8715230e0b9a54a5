#!/usr/bin/env python3
# kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
"""Puts the results of the stages of gpu_all.sh together: report.json, and report.txt to read.

  gpu_report.py FOLDER
"""
import json
import pathlib
import sys


def read(path):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as e:
        return {'unreadable': str(e)}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    stages = {p.stem: dict(zip(('result', 'seconds'), p.read_text().rsplit(maxsplit=1)))
              for p in sorted(folder.glob('*.status'))}
    results = {p.stem: read(p) for p in sorted(folder.glob('*.json')) if p.stem != 'report'}
    lines = ['stage        result    seconds']
    lines += [f"{name:12s} {s['result']:9s} {s['seconds']:>7s}" for name, s in stages.items()]
    shapes = {}
    for name, rows in results.items():
        if name.startswith(('bench-', 'peers-')) and isinstance(rows, list):
            whose, _, shape = name.partition('-')
            shapes.setdefault(shape, []).extend(('kan4j' if whose == 'bench' else 'PyTorch', row) for row in rows)
    for shape, rows in shapes.items():
        lines += ['', f'{shape}: milliseconds, medians; MB held at the peak',
                  f"{'':8s} {'model':14s} {'parameters':>12s} {'forward':>9s} {'backward':>9s} {'step':>9s} {'memory':>9s}"
                  f" {'of MLP':>7s}"]
        mlp = next((r['forward_ms'] + r['backward_ms'] for who, r in rows if who == 'PyTorch' and r['model'] == 'mlp'), None)
        for who, r in rows:
            both = r['forward_ms'] + r['backward_ms']
            lines.append(f"{who:8s} {r['model']:14s} {r['params']:12,d} {r['forward_ms']:9.4f} {r['backward_ms']:9.4f} "
                         f"{r['step_ms']:9.4f} {r.get('backward_peak_mb') or 0:9.1f} "
                         + (f'{both / mlp:7.2f}' if mlp else f"{'':7s}"))
    if 'mnist' in results:
        lines += ['', 'epoch of [784, 64, 10], batch 64: ' + json.dumps(results['mnist'])]
    text = '\n'.join(lines) + '\n'
    (folder / 'report.json').write_text(json.dumps({'stages': stages, 'results': results}, indent=1) + '\n')
    (folder / 'report.txt').write_text(text)
    print(text, end='')


if __name__ == '__main__':
    main()
