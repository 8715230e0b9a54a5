#!/usr/bin/env python3
# kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
"""Prints the tables of a report of gpu_all.sh: kan4j beside PyTorch, and B-splines by each of their kernels.

  gpu_report.py report.json
"""
import json
import sys


def print_table(data):
    rows = [('PyTorch', row['precision'], row) for row in data.get('peers', [])]
    for name, of in data.items():
        if name.startswith('kan4j-'):
            rows += [('kan4j', name.rsplit('-', 1)[1], row) for row in of]
    shapes = {}
    for who, precision, row in rows:
        shapes.setdefault((tuple(row['layers']), row['batch'], precision), []).append((who, row))
    for (layers, batch, precision), these in shapes.items():
        mlp = next((r['forward_ms'] + r['backward_ms'] for who, r in these if who == 'PyTorch' and r['model'] == 'mlp'), None)
        print(f"\n{list(layers)}, batch {batch}, {precision}: milliseconds, medians\n"
              f"{'':8s} {'model':14s} {'parameters':>12s} {'forward':>9s} {'backward':>9s} {'step':>9s} {'of MLP':>7s}")
        for who, r in these:
            both = r['forward_ms'] + r['backward_ms']
            print(f"{who:8s} {r['model']:14s} {r['params']:12,d} {r['forward_ms']:9.4f} {r['backward_ms']:9.4f} {r['step_ms']:9.4f}"
                  + (f' {both / mlp:7.2f}' if mlp else ''))


def print_tuning(data):
    print(f"\n{'kernel, grid, batch':34s} {'forward':>9s} {'backward':>9s}")
    for name, rows in sorted(data.items(), key=lambda item: item[0].split('-')[::-1]):
        for r in rows:
            print(f"{name:34s} {r['forward_ms']:9.4f} {r['backward_ms']:9.4f}")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1]) as file:
        stages = {s['stage']: s for s in json.load(file)}
    if 'table' in stages:
        print_table(stages['table']['data'])
    if 'tuning' in stages:
        print_tuning(stages['tuning']['data'])
    print()


if __name__ == '__main__':
    main()
