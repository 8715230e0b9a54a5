#!/usr/bin/env python3
"""Times one inner iteration of pykan's L-BFGS, so that LbfgsBenchmark can be put beside it on one machine in one run.

  pykan_lbfgs.py --src DIR [--threads 2] [--layers 2,5,1] [--grid 5] [--samples 1000] [--steps 10] [--reps 5] [--json FILE]

DIR holds a work tree of pykan in a folder named KindXiaoming+pykan. Needs its requirements and torch.

Full batch, float64, exp(sin(pi x) + y^2), fit(opt='LBFGS', update_grid=False) as in its examples: a step is up to 20
quasi-Newton iterations, which the optimizer counts itself. Reported: milliseconds of fit (which also measures the test loss
once a step) over the iterations that were made, and of the same steps of the optimizer alone on a model without symbolic
and statistics branches (model.speed()), the fastest form there is. Medians over --reps, each from a new model.
"""
import argparse, json, statistics, sys, time


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('--src', required=True)
    a.add_argument('--threads', type=int, default=2)
    a.add_argument('--layers', default='2,5,1')
    a.add_argument('--grid', type=int, default=5)
    a.add_argument('--samples', type=int, default=1000)
    a.add_argument('--steps', type=int, default=10)
    a.add_argument('--reps', type=int, default=5)
    a.add_argument('--json')
    a = a.parse_args()
    sys.path.insert(0, f'{a.src}/KindXiaoming+pykan')
    import torch
    torch.set_num_threads(a.threads)
    torch.set_default_dtype(torch.float64)
    import kan.utils
    multkan = sys.modules['kan.MultKAN']  # whose class of the same name hides it in the package
    from kan.LBFGS import LBFGS
    create_dataset = kan.utils.create_dataset

    made = []

    class Counted(LBFGS):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            made.append(self)

        def iterations(self):
            return self.state[self._params[0]]['n_iter']

    multkan.LBFGS = Counted
    widths = [int(n) for n in a.layers.split(',')]
    data = create_dataset(lambda x: torch.exp(torch.sin(torch.pi * x[:, [0]]) + x[:, [1]] ** 2), n_var=2,
                          train_num=a.samples, test_num=a.samples, seed=1)

    def new(seed):
        return multkan.MultKAN(width=list(widths), grid=a.grid, k=3, seed=seed, auto_save=False)

    def fit(seed):
        model = new(seed)
        begin = time.perf_counter()
        model.fit(data, opt='LBFGS', steps=a.steps, update_grid=False)
        return (time.perf_counter() - begin) * 1e3 / made[-1].iterations()

    def bare(seed):
        model = new(seed).speed()
        optimizer = Counted(model.get_params(), lr=1, history_size=10, line_search_fn='strong_wolfe', tolerance_grad=1e-32,
                            tolerance_change=1e-32, tolerance_ys=1e-32)

        def closure():
            optimizer.zero_grad()
            loss = torch.mean((model(data['train_input']) - data['train_label']) ** 2)
            loss.backward()
            return loss

        begin = time.perf_counter()
        for _ in range(a.steps):
            optimizer.step(closure)
        return (time.perf_counter() - begin) * 1e3 / optimizer.iterations()

    fit(0)
    row = dict(layers=widths, grid=a.grid, samples=a.samples, threads=a.threads, torch=torch.__version__, reps=a.reps)
    for name, run in (('fit', fit), ('bare', bare)):
        times = [run(seed) for seed in range(a.reps)]
        row[f'{name}_ms'] = round(statistics.median(times), 4)
        row[f'{name}_iterations'] = made[-1].iterations()
    print(f"pykan {a.layers}: {row['fit_ms']:.3f} ms an inner iteration of fit, {row['bare_ms']:.3f} ms of the optimizer alone "
          f"({a.threads} threads, PyTorch {row['torch']})")
    if a.json:
        with open(a.json, 'w') as out:
            json.dump(row, out, indent=1)


if __name__ == '__main__':
    main()
