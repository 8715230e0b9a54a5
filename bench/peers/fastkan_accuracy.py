#!/usr/bin/env python3
"""Trains the published FastKAN by efficient-kan's recipe, so that `kan4j train mnist --basis fastkan` can be put beside it.

  fastkan_accuracy.py --src DIR --data DIR [--seeds 1,2,3] [--epochs 10] [--threads 2] [--json FILE]

--src holds a work tree of FastKAN in a folder named ZiyaoLi+fast-kan; --data the four unpacked files of MNIST or
Fashion-MNIST (kan4j keeps them in ~/.cache/kan4j/data/mnist). Needs torch and numpy.

FastKAN([784, 64, 10]) with its 8 centres; pixels to -1..1, batches of 64 in an order drawn anew in each epoch, cross-entropy,
AdamW at 1e-3 with weight decay 1e-4 on everything, times 0.8 after each epoch. Reported: percent of the 10,000 test images
after each epoch, and the last epoch's mean over the seeds.
"""
import argparse, json, statistics, sys


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('--src', required=True)
    a.add_argument('--data', required=True)
    a.add_argument('--seeds', default='1,2,3')
    a.add_argument('--epochs', type=int, default=10)
    a.add_argument('--threads', type=int, default=2)
    a.add_argument('--json')
    a = a.parse_args()
    sys.path.insert(0, f'{a.src}/ZiyaoLi+fast-kan')
    import numpy
    import torch
    from fastkan import FastKAN
    torch.set_num_threads(a.threads)

    def images(name):
        pixels = numpy.fromfile(f'{a.data}/{name}-images-idx3-ubyte', dtype=numpy.uint8, offset=16)
        return torch.from_numpy(pixels.reshape(-1, 784).astype(numpy.float32) / 255 * 2 - 1)

    def labels(name):
        return torch.from_numpy(numpy.fromfile(f'{a.data}/{name}-labels-idx1-ubyte', dtype=numpy.uint8, offset=8).astype(int))

    x, y, test_x, test_y = images('train'), labels('train'), images('t10k'), labels('t10k')
    rows = []
    for seed in map(int, a.seeds.split(',')):
        torch.manual_seed(seed)
        model = FastKAN([784, 64, 10])
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-4, fused=True)
        schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.8)
        loss = torch.nn.CrossEntropyLoss()
        accuracy = []
        for _ in range(a.epochs):
            for batch in torch.randperm(len(x)).split(64):
                optimizer.zero_grad()
                loss(model(x[batch]), y[batch]).backward()
                optimizer.step()
            schedule.step()
            with torch.no_grad():
                accuracy.append(round(100 * (model(test_x).argmax(1) == test_y).double().mean().item(), 2))
        rows.append({'model': 'fastkan', 'seed': seed, 'torch': torch.__version__, 'test_accuracy': accuracy})
        print(f'seed {seed:3d}  {accuracy[-1]:.2f} %   epochs {" ".join(f"{v:.2f}" for v in accuracy)}', flush=True)
        if a.json:
            with open(a.json, 'w') as f:
                json.dump(rows, f, indent=1)
    print(f'mean      {statistics.mean(r["test_accuracy"][-1] for r in rows):.2f} %')


if __name__ == '__main__':
    main()
