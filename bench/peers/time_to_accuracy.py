#!/usr/bin/env python3
"""Data and PyTorch models of bench/time-to-accuracy.

  time_to_accuracy.py data FOLDER NAME [--mnist DIR]
  time_to_accuracy.py train FOLDER (mlp|efficient-kan) LAYERS RATE BATCH EPOCHS SEED [--src DIR]

`data` writes FOLDER/NAME: "about" (inputs, outputs, training rows, test rows, measure, goal) and float32 files train.x, train.y,
test.x, test.y. NAME: sine (exp(sin(pi x) + y^2)), determinant (of 4 x 4 matrices), friedman1 (ten columns, five of which matter, and
noise), mnist (from the IDX files in DIR). Inputs are in -1..1, targets have mean 0 and deviation 1 on the training rows. Needs numpy.

`train` trains with Adam on one thread, the learning rate falling along half a cosine, and prints a line an epoch: seconds of the process on the processor without those of
measuring, and the measure of the test rows. Needs torch; efficient-kan is in --src as bench/peers/peers.py has it.
"""
import argparse
import pathlib
import sys
import time

import numpy as np

GOALS = {'sine': ('rmse', 0.025), 'determinant': ('rmse', 0.243), 'friedman1': ('rmse', 0.215), 'mnist': ('accuracy', 0.97)}


def idx(file, offset):
    return np.frombuffer(file.read_bytes(), np.uint8, offset=offset)


def make(name, mnist):
    r = np.random.default_rng(1)
    if name == 'sine':
        x = r.uniform(-1, 1, (2000, 2))
        return x, np.exp(np.sin(np.pi * x[:, 0]) + x[:, 1] ** 2), 1000
    if name == 'determinant':
        x = r.uniform(0, 10, (120000, 16))
        return x / 5 - 1, np.linalg.det(x.reshape(-1, 4, 4)), 100000
    if name == 'friedman1':
        x = r.random((12000, 10))
        y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
        return 2 * x - 1, y + r.normal(0, 1, len(x)), 10000
    if name == 'mnist':
        folder = pathlib.Path(mnist)
        x = np.concatenate([idx(folder / f'{part}-images-idx3-ubyte', 16) for part in ('train', 't10k')]).reshape(-1, 784)
        y = np.concatenate([idx(folder / f'{part}-labels-idx1-ubyte', 8) for part in ('train', 't10k')])
        return x / 127.5 - 1, y, 60000
    raise SystemExit(f"data: expected of {', '.join(GOALS)}, given {name}")


def data(folder, name, mnist):
    x, y, rows = make(name, mnist)
    measure, goal = GOALS[name]
    out = 10
    if measure == 'rmse':
        out = 1
        y = (y - y[:rows].mean()) / y[:rows].std()
    to = pathlib.Path(folder) / name
    to.mkdir(parents=True, exist_ok=True)
    for part, some in (('train', slice(rows)), ('test', slice(rows, None))):
        x[some].astype('<f4').tofile(to / f'{part}.x')
        y[some].astype('<f4').tofile(to / f'{part}.y')
    (to / 'about').write_text(f'{x.shape[1]} {out} {rows} {len(x) - rows} {measure} {goal}\n')


def train(folder, method, layers, rate, batch, epochs, seed, src):
    import torch
    from torch import nn
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    folder = pathlib.Path(folder)
    inputs, out, rows, tests, measure, goal = (folder / 'about').read_text().split()
    inputs, out, rows, tests, goal = int(inputs), int(out), int(rows), int(tests), float(goal)
    classes = measure == 'accuracy'

    def read(part, n):
        x = torch.from_numpy(np.fromfile(folder / f'{part}.x', '<f4').reshape(n, inputs))
        y = torch.from_numpy(np.fromfile(folder / f'{part}.y', '<f4'))
        return x, y.long() if classes else y.reshape(n, out)

    (x, y), (test_x, test_y) = read('train', rows), read('test', tests)
    widths = [int(w) for w in layers.split('x')]
    if method == 'mlp':
        model = nn.Sequential(*[m for a, b in zip(widths, widths[1:]) for m in (nn.Linear(a, b), nn.SiLU())][:-1])
    else:
        sys.path.append(f'{src}/Blealtan+efficient-kan/src')
        from efficient_kan import KAN
        model = KAN(widths)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, fused=True)
    steps = epochs * -(-rows // batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    loss = nn.CrossEntropyLoss() if classes else nn.MSELoss()
    spent = 0.0
    for _ in range(epochs):
        begin = time.process_time()
        model.train()
        order = torch.randperm(rows)
        for some in order.split(batch):
            optimizer.zero_grad()
            loss(model(x[some]), y[some]).backward()
            optimizer.step()
            schedule.step()
        spent += time.process_time() - begin
        with torch.no_grad():
            model.eval()
            p = torch.cat([model(part) for part in test_x.split(1000)])
            reached = (p.argmax(1) == test_y).float().mean().item() if classes else (p - test_y).square().mean().sqrt().item()
        print(f'{spent:.4f} {reached:.6f}', flush=True)
        if reached >= goal if classes else reached <= goal:
            break


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = a.add_subparsers(dest='command', required=True)
    make_data = commands.add_parser('data')
    make_data.add_argument('folder')
    make_data.add_argument('name')
    make_data.add_argument('--mnist', default='.')
    fit = commands.add_parser('train')
    for name, kind in (('folder', str), ('method', str), ('layers', str), ('rate', float), ('batch', int), ('epochs', int),
                       ('seed', int)):
        fit.add_argument(name, type=kind)
    fit.add_argument('--src', default='.')
    given = vars(a.parse_args())
    {'data': data, 'train': train}[given.pop('command')](**given)


if __name__ == '__main__':
    main()
